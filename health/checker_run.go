package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errAbandoned ends a check that nobody waits for any more; nobody sees it.
var errAbandoned = errors.New("all who asked have left")

// fetch is what the checks of one call of the source have in common. Its context
// does not end with that of any asker: others may have joined.
type fetch struct {
	ctx    context.Context
	cancel context.CancelFunc
	// open is the number of its checks that have not ended; Checker.mu guards
	// it.
	open int
}

func newFetch(ctx context.Context) *fetch {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &fetch{ctx: ctx, cancel: cancel}
}

// check is one look at one pane and those who wait for it.
type check struct {
	target Target
	fetch  *fetch
	// waiters, started and ended are guarded by Checker.mu; started is zero
	// until the check runs.
	waiters int
	started time.Time
	ended   bool
	// done is closed when result is final.
	done   chan struct{}
	result Result
}

// begin registers a new check with its first asker. The caller holds mu.
func (c *Checker) begin(f *fetch, target Target) *check {
	k := &check{target: target, fetch: f, waiters: 1, done: make(chan struct{})}
	f.open++
	c.running[target.Ref] = k
	c.stats.Checks++
	return k
}

// join adds an asker to the check of a pane that is under way, if there is one.
// The caller holds mu.
func (c *Checker) join(ref PaneRef) (*check, bool) {
	k, ok := c.running[ref]
	if ok {
		k.waiters++
		c.stats.Joined++
	}
	return k, ok
}

// wait returns the result of a check, or leaves it when ctx ends first.
func (c *Checker) wait(ctx context.Context, k *check) Result {
	select {
	case <-k.done:
		return k.result
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.ended {
		return k.result
	}
	k.waiters--
	if k.waiters == 0 {
		c.finish(k, Result{Err: errAbandoned})
	}
	return left(ctx, k.target.Ref)
}

// end settles a check; only the first call for a check counts.
func (c *Checker) end(k *check, r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish(k, r)
}

// finish is end for a caller that holds mu.
func (c *Checker) finish(k *check, r Result) {
	if k.ended {
		return
	}
	k.ended = true
	delete(c.running, k.target.Ref)
	r.Ref = k.target.Ref
	if !k.started.IsZero() {
		r.Took = c.now().Sub(k.started)
	}
	if r.Err != nil {
		r.Err = fmt.Errorf("health: check %s: %w", r.Ref, r.Err)
		if !errors.Is(r.Err, errAbandoned) {
			c.stats.Failures++
		}
	}
	k.result = r
	close(k.done)
	k.fetch.open--
	if k.fetch.open == 0 {
		k.fetch.cancel()
	}
}

// enter takes one of the places for checks in flight; false when ctx ends first.
func (c *Checker) enter(ctx context.Context) bool {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.InFlight++
	c.stats.MaxInFlight = max(c.stats.MaxInFlight, c.stats.InFlight)
	return true
}

// leave gives the place back.
func (c *Checker) leave() {
	c.mu.Lock()
	c.stats.InFlight--
	c.mu.Unlock()
	<-c.places
}

// start sets the clock of checks that begin to run, and returns the context that
// ends with their time, and what gives its means back. When the time is up the
// checks end, even if the source is late in heeding the context.
func (c *Checker) start(f *fetch, timeout time.Duration, checks ...*check) (context.Context, func()) {
	c.mu.Lock()
	for _, k := range checks {
		k.started = c.now()
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(f.ctx, timeout)
	// A timer, since context.AfterFunc would start a goroutine for each check
	// that ends well, too: its end cancels the fetch.
	timer := time.AfterFunc(timeout, func() {
		for _, k := range checks {
			c.end(k, Result{Err: context.DeadlineExceeded})
		}
	})
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

// runOne is the whole of a check on its own.
func (c *Checker) runOne(f *fetch, k *check, timeout time.Duration) {
	if !c.enter(f.ctx) {
		return // The last asker has left, which has ended the check.
	}
	ctx, cancel := c.start(f, timeout, k)
	defer cancel()
	in := newInbox(1)
	c.source.Screens(ctx, []PaneRef{k.target.Ref}, 1, false, in.deliver)
	in.close()
	result := Result{Err: undelivered(ctx)}
	if got, ok := <-in.arrivals; ok {
		result = c.judgeArrival(k, got)
	}
	// Before the end, which lets a batch begin its next check. The source has
	// returned: the bound holds for captures, too.
	c.leave()
	c.end(k, result)
}

// runSweep fetches the screens of many checks in one call and judges them as
// they arrive.
func (c *Checker) runSweep(f *fetch, checks []*check, options BatchOptions) {
	ctx, cancel := c.start(f, options.Timeout, checks...)
	defer cancel()
	refs := make([]PaneRef, len(checks))
	for i, k := range checks {
		refs[i] = k.target.Ref
	}
	in := newInbox(len(checks))
	var judges sync.WaitGroup
	for range min(options.Limit, len(checks)) {
		judges.Go(func() {
			for got := range in.arrivals {
				if !c.enter(ctx) {
					continue // Time is up, or all have left; see below.
				}
				result := c.judgeArrival(checks[got.index], got)
				c.leave()
				c.end(checks[got.index], result)
			}
		})
	}
	c.source.Screens(ctx, refs, options.Limit, true, in.deliver)
	in.close()
	judges.Wait()
	for _, k := range checks {
		c.end(k, Result{Err: undelivered(ctx)})
	}
}

// undelivered is the error of a check whose screen the source did not deliver.
func undelivered(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrNoScreen
}

// judgeArrival makes a result of what the source said about a pane.
func (c *Checker) judgeArrival(k *check, got arrival) Result {
	if got.err != nil {
		return Result{Err: got.err}
	}
	o := k.target.Facts
	o.Screen = got.screen.Text
	verdict, err := c.detect(o)
	return Result{Verdict: verdict, Screen: got.screen, Err: err}
}

// detect asks the judge and turns its panic into an error. Screens are untrusted,
// and one that the judge cannot bear must not end the dashboard.
func (c *Checker) detect(o Observation) (verdict Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			verdict, err = Verdict{}, fmt.Errorf("%w: %v", ErrJudgePanicked, r)
		}
	}()
	return c.judge.Detect(o), nil
}

// arrival is what the source delivered about one pane.
type arrival struct {
	index  int
	screen Screen
	err    error
}

// inbox takes each delivery once and never blocks the source.
type inbox struct {
	arrivals chan arrival

	mu       sync.Mutex
	received []bool
	closed   bool
}

func newInbox(n int) *inbox {
	return &inbox{arrivals: make(chan arrival, n), received: make([]bool, n)}
}

// deliver takes a screen or an error. A second delivery, one after the end and
// one for a pane that was not asked for are ignored.
func (in *inbox) deliver(i int, s Screen, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed || i < 0 || i >= len(in.received) || in.received[i] {
		return
	}
	in.received[i] = true
	in.arrivals <- arrival{i, s, err}
}

// close says that nothing more is taken.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	close(in.arrivals)
}
