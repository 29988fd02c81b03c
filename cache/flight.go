package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrPanicked is what a computation that panicked, or that ended its goroutine,
// returns to those who wait for it; the error is a *PanicError.
var ErrPanicked = errors.New("cache: computation panicked")

// PanicError carries the panic of a computation.
type PanicError struct {
	// Reason is the value that the computation panicked with, as text.
	Reason string
	// Stack is where it did.
	Stack []byte
}

// Error returns one line; the stack is not in it.
func (e *PanicError) Error() string { return ErrPanicked.Error() + ": " + e.Reason }

// Unwrap returns ErrPanicked.
func (e *PanicError) Unwrap() error { return ErrPanicked }

// flight is one running computation and those who wait for it.
type flight[V any] struct {
	key    Key
	cancel context.CancelFunc
	// waiters is guarded by Store.mu.
	waiters int
	// done is closed when value and err are final.
	done  chan struct{}
	value V
	err   error
}

// GetOrCompute returns the value of a key; when there is none it computes and
// stores it. However many callers ask at the same time, one computation runs,
// and all get its result.
//
// The computation belongs to all who wait for it. A caller whose context ends
// leaves with that context's error, and the others stay; when nobody is left the
// context of the computation, which has the values of the first caller's and no
// deadline, is cancelled. compute must heed it.
//
// A failed computation is not stored. One that an invalidation overtakes gives
// its result to those who asked before, is not stored, and those who ask later
// start a new one. A result older than what has been put in meanwhile is
// returned and not stored.
//
// A computation must not ask for its own key: it would wait for itself.
func (s *Store[V]) GetOrCompute(
	ctx context.Context, k Key, compute func(context.Context) (V, Version, error),
) (V, error) {
	var none V
	s.mu.Lock()
	if e, ok := s.lookUp(k); ok {
		v := e.value
		s.mu.Unlock()
		return v, nil
	}
	if err := ctx.Err(); err != nil {
		s.mu.Unlock()
		return none, fmt.Errorf("cache: %s of %s: %w", s.layer, k, err)
	}
	f, running := s.flights.get(k)
	if !running {
		f = s.start(ctx, k, compute)
	}
	f.waiters++
	s.mu.Unlock()

	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		s.leave(f)
		return none, fmt.Errorf("cache: %s of %s: %w", s.layer, k, ctx.Err())
	}
}

// start begins a computation. The caller holds mu.
func (s *Store[V]) start(
	ctx context.Context, k Key, compute func(context.Context) (V, Version, error),
) *flight[V] {
	s.figures.computes++
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[V]{key: k, cancel: cancel, done: make(chan struct{})}
	s.flights.set(k, f)
	go s.fly(ctx, f, compute)
	return f
}

// fly runs a computation to its end, whatever end that is.
func (s *Store[V]) fly(
	ctx context.Context, f *flight[V], compute func(context.Context) (V, Version, error),
) {
	var version Version
	// Stays in place when compute leaves by runtime.Goexit, which recover does
	// not see.
	f.err = &PanicError{Reason: "its goroutine was ended"}
	defer func() {
		if r := recover(); r != nil {
			f.err = &PanicError{Reason: fmt.Sprint(r), Stack: debug.Stack()}
		}
		s.land(f, version)
	}()
	f.value, version, f.err = compute(ctx)
}

// land stores the result of a computation if it still stands for its key, and
// hands it to those who wait.
func (s *Store[V]) land(f *flight[V], version Version) {
	f.cancel()
	s.mu.Lock()
	if current, ok := s.flights.get(f.key); ok && current == f {
		s.flights.remove(f.key)
		if f.err == nil {
			s.put(f.key, f.value, version)
		}
	}
	s.mu.Unlock()
	close(f.done)
}

// leave takes one caller away from a computation. The last one to go cancels it,
// and makes place for a new one: who asks next must not get its cancellation.
func (s *Store[V]) leave(f *flight[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters > 0 {
		return
	}
	f.cancel()
	if current, ok := s.flights.get(f.key); ok && current == f {
		s.flights.remove(f.key)
	}
}
