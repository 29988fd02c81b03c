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
	"agentwatch/health"
)

const (
	// lookEvery is how often a recorder looks whether something is due: a beat, a
	// lease that has become free, a disk that takes entries again.
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
	// Recording and Standby count the tmux servers that this process records and
	// those that another one does.
	Recording, Standby int
}

// RecorderOptions configure a recorder.
type RecorderOptions struct {
	Store Options
	// Tell is called whenever the status has changed, from the goroutine of Run.
	Tell func(Status)
	// Screens are to be kept, too; nil for none.
	Screens Screens
}

// Recorder writes down what the engine tells. Of all processes that watch a tmux
// server, one records it; when that one ends, however it ends, another goes on
// where it stopped. It never makes the engine wait, and a disk that fails costs
// history, nothing else.
type Recorder struct {
	options RecorderOptions
	now     func() time.Time
	feeds   map[string]*recording
	damper  damper
	status  Status
	// failed is why the last entries were not kept.
	failed error

	// lostScreens counts those that could not be kept.
	lostScreens atomic.Uint64

	mu    sync.Mutex
	store *Store
	// held are the servers whose lease is ours.
	held map[string]bool
}

// recording is the feed of one server with its lease.
type recording struct {
	feed  *feed
	lease *lease
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
		options: o, feeds: make(map[string]*recording), held: make(map[string]bool),
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

// Phases is that of the store, for the timeline; ErrClosed while it is not open.
func (r *Recorder) Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error) {
	store, err := r.opened()
	if err != nil {
		return nil, err
	}
	return store.Phases(ctx, agents, since)
}

// opened is the store; ErrClosed while it is not open.
func (r *Recorder) opened() (*Store, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.store == nil {
		return nil, ErrClosed
	}
	return r.store, nil
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

// take waits for transitions, for at most lookEvery, and takes what is there. It
// returns false when there will be no more.
func (r *Recorder) take(ctx context.Context, stream Transitions) bool {
	waiting, cancel := context.WithTimeout(ctx, lookEvery)
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
		r.feed(t.Agent.Ref.Server, t.At).take(t)
	}
}

func (r *Recorder) feed(socket string, began time.Time) *feed {
	known := r.feeds[socket]
	if known == nil {
		known = &recording{feed: newFeed(socket, os.Getpid(), began)}
		r.feeds[socket] = known
	}
	return known.feed
}

// flush gives the store what is due and waits for the acknowledgements.
func (r *Recorder) flush(ctx context.Context, store *Store, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	now := r.now()
	given := make(map[*feed]<-chan error)
	r.failed = nil
	for socket, known := range r.feeds {
		if known.lease == nil {
			r.seekLease(ctx, store, socket, known, now)
		}
		if entries := known.feed.next(now); len(entries) > 0 {
			given[known.feed] = store.Record(entries...)
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
			r.failed = fmt.Errorf("history: write to %s: the disk takes too long: %w", store.Path(), ctx.Err())
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

// seekLease takes the lease of a server when it is free, and goes on where the
// one that had it has stopped.
func (r *Recorder) seekLease(ctx context.Context, store *Store, socket string, known *recording, now time.Time) {
	held, err := takeLease(store.Path(), socket)
	if err != nil {
		if !errors.Is(err, ErrTaken) {
			r.failed = err
		}
		known.feed.standBy(now)
		return
	}
	left, err := store.standing(ctx, socket)
	if err != nil {
		held.release()
		r.failed = err
		known.feed.standBy(now)
		return
	}
	known.lease = held
	r.mu.Lock()
	r.held[socket] = true
	r.mu.Unlock()
	known.feed.takeOver(left, now)
}

// report tells the status when it has changed.
func (r *Recorder) report() {
	next := Status{Err: r.failed, LostScreens: r.lostScreens.Load()}
	for _, known := range r.feeds {
		next.Lost += known.feed.lost
		if known.lease != nil {
			next.Recording++
		} else {
			next.Standby++
		}
	}
	r.tell(next)
}

func (r *Recorder) tell(next Status) {
	same := next.Lost == r.status.Lost && next.LostScreens == r.status.LostScreens && next.Recording == r.status.Recording && next.Standby == r.status.Standby &&
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
		for _, known := range r.feeds {
			left = left || r.failed == nil && known.lease != nil && len(known.feed.pending) > 0
		}
	}
	now, ends := r.now(), []Entry{}
	for _, known := range r.feeds {
		if known.lease != nil && !known.feed.inFlight {
			ends = append(ends, RunEnded{Run: known.feed.run, At: now})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	err := errors.Join(r.failed, store.Append(ctx, ends...), store.Close())
	for _, known := range r.feeds {
		known.lease.release()
	}
	return err
}
