package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/beat"
	"agentwatch/internal/flock"
)

const (
	// lookEvery is how often a recorder looks whether something is due: a change that
	// was held back, a lock that has become free, a disk that takes entries again.
	lookEvery = time.Second
	// acknowledgeWithin is how long a recorder waits for the disk before it
	// goes on and tries again. At the end there is no other try, so the wait is
	// long: what is not acknowledged then is lost.
	acknowledgeWithin = 3 * time.Second
	lastWords         = 30 * time.Second
)

// Transitions is a stream of transitions; *engine.TransitionStream is one. It
// should be one that also has what the user has seen.
type Transitions interface {
	Next(ctx context.Context) (engine.Transition, error)
	Close()
}

// Status says how recording goes.
type Status struct {
	// Err is why nothing is recorded at the moment; nil when all is well. It says
	// what to do.
	Err error
	// Lost counts transitions that could not be kept.
	Lost uint64
	// LostScreens counts screens that could not be kept.
	LostScreens uint64
	// Recording is set once this process is the one that records; Err is ErrTaken
	// while another one does.
	Recording bool
}

// RecorderOptions configure a recorder.
type RecorderOptions struct {
	Store Options
	// Tell is called whenever the status has changed, from the goroutine of Run.
	Tell func(Status)
	// Left are the agents of a process that has just ended: they do not appear anew.
	Left []engine.Agent
	// Screens are to be kept, too; nil for none.
	Screens Screens
}

// Recorder writes down what the engine tells. One process records at a time: the
// engine process. It never makes the engine wait, and a disk that fails costs
// history, nothing else.
type Recorder struct {
	options RecorderOptions
	now     func() time.Time
	// feeds are by the socket of their server.
	feeds  map[string]*feed
	damper damper
	status Status
	// failed is why the last entries were not kept.
	failed error
	// lock is the right to record; nil while another process has it.
	lock *flock.Lock

	// lostScreens counts those that could not be kept.
	lostScreens atomic.Uint64
	// recording is set once lock is held.
	recording atomic.Bool

	mu    sync.Mutex
	store *Store
}

// NewRecorder returns a recorder that has not started.
func NewRecorder(o RecorderOptions) *Recorder {
	now := o.Store.Now
	if now == nil {
		now = time.Now
	}
	if o.Tell == nil {
		o.Tell = func(Status) {}
	}
	return &Recorder{
		options: o, feeds: make(map[string]*feed),
		// Without the monotonic clock, which stands still while the machine sleeps.
		now: func() time.Time { return now().Round(0) },
	}
}

// Keep writes down what other parts of the program did: answers and
// notifications. It does not wait; the channel gets one value, as that of
// Store.Record.
func (r *Recorder) Keep(entries ...Entry) <-chan error {
	r.mu.Lock()
	store := r.store
	r.mu.Unlock()
	if store != nil {
		return store.Record(entries...)
	}
	refused := make(chan error, 1)
	refused <- ErrClosed
	return refused
}

// Run records a stream until it ends or ctx does, which is its orderly end, and
// closes it. The error is why nothing can be recorded; it has been told as well.
func (r *Recorder) Run(ctx context.Context, stream Transitions) error {
	defer stream.Close()
	if r.options.Screens != nil {
		defer r.options.Screens.Close()
	}
	store, err := Open(ctx, r.options.Store)
	if err != nil {
		if ctx.Err() == nil {
			r.tell(Status{Err: err})
		}
		return err
	}
	r.use(store)
	defer r.use(nil)
	stopScreens := r.startScreens(store)
	for r.take(ctx, stream) {
		r.hand(r.damper.calm(r.now()))
		r.flush(ctx, store, acknowledgeWithin)
	}
	stopScreens()
	r.hand(r.damper.end())
	return r.finish(store)
}

func (r *Recorder) use(store *Store) {
	r.mu.Lock()
	r.store = store
	r.mu.Unlock()
}

// patience is how long transitions are waited for: up to lookEvery, or until the next
// beat when nothing else can become due.
func (r *Recorder) patience() time.Duration {
	soon, next := beat.Until(lookEvery), beatEvery
	if r.failed != nil || r.lock == nil || r.damper.holds() {
		return soon
	}
	for _, f := range r.feeds {
		next = min(next, f.beat.Add(beatEvery).Sub(r.now()))
	}
	return max(soon, next)
}

// take waits for transitions, as long as its patience lasts, and takes what is there.
// It returns false when there will be no more.
func (r *Recorder) take(ctx context.Context, stream Transitions) bool {
	waiting, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	for range maxBatch {
		t, err := stream.Next(waiting)
		switch {
		case err == nil:
			r.hand(r.damper.take(t))
			// What else is there is taken, but not waited for.
			cancel()
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return ctx.Err() == nil
		default:
			return false
		}
	}
	return true
}

// hand gives transitions to the feeds of their servers.
func (r *Recorder) hand(transitions []engine.Transition) {
	for _, t := range transitions {
		r.feed(t.Agent.Ref.Server).take(t)
	}
}

func (r *Recorder) feed(socket string) *feed {
	f := r.feeds[socket]
	if f == nil {
		f = newFeed(socket, os.Getpid(), r.options.Left)
		r.feeds[socket] = f
	}
	return f
}

// flush gives the store what is due and waits for the acknowledgements.
func (r *Recorder) flush(ctx context.Context, store *Store, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if r.failed = r.seekLock(store); r.failed != nil {
		for _, f := range r.feeds {
			f.wait()
		}
		r.report()
		return
	}
	now := r.now()
	given := make(map[*feed]<-chan error)
	for _, f := range r.feeds {
		if entries := f.next(now); len(entries) > 0 {
			given[f] = store.Record(entries...)
		}
	}
	for f, done := range given {
		select {
		case err := <-done:
			if err == nil {
				f.kept()
			} else {
				r.failed = err
			}
		case <-ctx.Done():
			r.failed = fmt.Errorf("write to %s: the disk takes too long: %w", store.Path(), ctx.Err())
		}
	}
	if r.failed != nil {
		r.pause(ctx)
	}
	r.report()
}

// pause keeps from trying again at once. The rest of the time to wait is used.
func (r *Recorder) pause(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// seekLock takes the right to record, unless it is ours.
func (r *Recorder) seekLock(store *Store) error {
	if r.lock != nil {
		return nil
	}
	lock, err := flock.Take(store.Path() + ".lock")
	if errors.Is(err, flock.ErrTaken) {
		return ErrTaken
	}
	r.lock = lock
	r.recording.Store(err == nil)
	return err
}

// report tells the status when it has changed.
func (r *Recorder) report() {
	next := Status{Err: r.failed, LostScreens: r.lostScreens.Load(), Recording: r.lock != nil}
	for _, f := range r.feeds {
		next.Lost += f.lost
	}
	r.tell(next)
}

func (r *Recorder) tell(next Status) {
	same := next.Lost == r.status.Lost && next.LostScreens == r.status.LostScreens && next.Recording == r.status.Recording &&
		(next.Err == nil) == (r.status.Err == nil) && (next.Err == nil || next.Err.Error() == r.status.Err.Error())
	if !same {
		r.status = next
		r.options.Tell(next)
	}
}

// finish writes what is left, ends the runs, and lets others go on.
func (r *Recorder) finish(store *Store) error {
	for left := true; left; {
		r.flush(context.Background(), store, lastWords)
		left = false
		for _, f := range r.feeds {
			left = left || r.failed == nil && len(f.pending) > 0
		}
	}
	if errors.Is(r.failed, ErrTaken) {
		return store.Close()
	}
	now, ends := r.now(), []Entry{}
	for _, f := range r.feeds {
		if f.run != 0 && !f.inFlight {
			ends = append(ends, RunEnded{Run: f.run, At: now})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	defer r.lock.Release()
	return errors.Join(r.failed, store.Append(ctx, ends...), store.Close())
}
