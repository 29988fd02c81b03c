package engine

import (
	"context"
	"sync"
)

// mailbox hands the newest snapshot to one subscriber: a newer one replaces one
// that has not been read, and the sender never waits.
type mailbox struct {
	mu     sync.Mutex
	ch     chan *Snapshot
	closed bool
}

func newMailbox() *mailbox { return &mailbox{ch: make(chan *Snapshot, 1)} }

// put replaces what lies in the box.
func (m *mailbox) put(s *Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	select {
	case <-m.ch:
	default:
	}
	m.ch <- s
}

// close ends the stream; the reader sees a closed channel.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.ch)
	}
}

// Stream delivers every value in order. Nothing is dropped: what has not been
// read waits in memory. It serves one reader.
type Stream[T any] struct {
	// skip tells which values the reader does not want; nil for none.
	skip func(T) bool

	mu     sync.Mutex
	queue  []T
	wake   chan struct{}
	closed bool
}

// TransitionStream delivers every transition, AnswerStream every answer that was
// sent.
type (
	TransitionStream = Stream[Transition]
	AnswerStream     = Stream[Outcome]
)

func newStream[T any]() *Stream[T] {
	return &Stream[T]{wake: make(chan struct{}, 1)}
}

// push adds values; it never waits.
func (s *Stream[T]) push(more ...T) {
	s.mu.Lock()
	for _, v := range more {
		if !s.closed && (s.skip == nil || !s.skip(v)) {
			s.queue = append(s.queue, v)
		}
	}
	s.mu.Unlock()
	signal(s.wake)
}

func (s *Stream[T]) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Stream[T]) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	signal(s.wake)
}

// Close ends the stream for its reader: nothing more is kept for it.
func (s *Stream[T]) Close() {
	s.mu.Lock()
	s.closed, s.queue = true, nil
	s.mu.Unlock()
	signal(s.wake)
}

// Next returns the next value. It waits for one until ctx ends (whose error it
// then returns) or the service has stopped and all has been read (ErrStopped).
func (s *Stream[T]) Next(ctx context.Context) (T, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			t := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return t, nil
		}
		closed := s.closed
		s.mu.Unlock()
		var none T
		if closed {
			return none, ErrStopped
		}
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case <-s.wake:
		}
	}
}
