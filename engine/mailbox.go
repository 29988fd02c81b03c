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

// TransitionStream delivers every transition in order. Nothing is dropped: what
// has not been read waits in memory. It serves one reader.
type TransitionStream struct {
	// seen is set when the reader also wants what the user has seen.
	seen bool

	mu     sync.Mutex
	queue  []Transition
	wake   chan struct{}
	closed bool
}

func newTransitionStream() *TransitionStream {
	return &TransitionStream{wake: make(chan struct{}, 1)}
}

// push adds transitions; it never waits.
func (s *TransitionStream) push(more []Transition) {
	if !s.seen {
		more = withoutSeen(more)
	}
	s.mu.Lock()
	if !s.closed {
		s.queue = append(s.queue, more...)
	}
	s.mu.Unlock()
	s.signal()
}

func (s *TransitionStream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *TransitionStream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *TransitionStream) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
}

// Close ends the stream for its reader: nothing more is kept for it.
func (s *TransitionStream) Close() {
	s.mu.Lock()
	s.closed, s.queue = true, nil
	s.mu.Unlock()
	s.signal()
}

// Next returns the next transition. It waits for one until ctx ends (whose
// error it then returns) or the service has stopped and all has been read
// (ErrStopped).
func (s *TransitionStream) Next(ctx context.Context) (Transition, error) {
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
		if closed {
			return Transition{}, ErrStopped
		}
		select {
		case <-ctx.Done():
			return Transition{}, ctx.Err()
		case <-s.wake:
		}
	}
}
