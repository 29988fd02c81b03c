package engine

import (
	"context"
	"sync"
)

// Stream delivers every value in order. Nothing is dropped: what has not been
// read waits in memory. It serves one reader.
type Stream[T any] struct {
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

// NewStream returns a stream from now on. skip tells which values its reader does not
// want; nil for none.
func NewStream[T any](skip func(T) bool) *Stream[T] {
	return &Stream[T]{skip: skip, wake: make(chan struct{}, 1)}
}

// Push adds values; it never waits.
func (s *Stream[T]) Push(more ...T) {
	s.mu.Lock()
	for _, v := range more {
		if !s.closed && (s.skip == nil || !s.skip(v)) {
			s.queue = append(s.queue, v)
		}
	}
	s.mu.Unlock()
	s.wakeReader()
}

// Closed tells whether nothing more is kept.
func (s *Stream[T]) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// End ends the stream for whoever fills it: its reader still gets what lies in it.
func (s *Stream[T]) End() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wakeReader()
}

// Close ends the stream for its reader: nothing more is kept for it.
func (s *Stream[T]) Close() {
	s.mu.Lock()
	s.closed, s.queue = true, nil
	s.mu.Unlock()
	s.wakeReader()
}

func (s *Stream[T]) wakeReader() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
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
