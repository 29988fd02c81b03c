package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of checks.
const (
	// MaxChecks is how many checks run at once in one Checker, whoever asks.
	MaxChecks = 20
	// DefaultCheckTimeout is how long one check may take.
	DefaultCheckTimeout = 5 * time.Second
)

// What can go wrong with a check beside what the source of screens reports.
var (
	// ErrNoScreen: the source ended without a word about the pane.
	ErrNoScreen = errors.New("source delivered no screen")
	// ErrJudgePanicked: the judge panicked on this observation.
	ErrJudgePanicked = errors.New("judge panicked")
)

// Screen is the text of a pane at one moment.
type Screen struct {
	// Text is the visible text, as Observation.Screen wants it.
	Text string
	// At is when it was captured.
	At time.Time
	// Version orders the screens of one pane.
	Version uint64
}

// ScreenSource gives the screens to check, from a cache or from tmux.
type ScreenSource interface {
	// Screens delivers the screen of each pane, or the reason why there is
	// none, exactly once, by its index in refs. It returns when it has
	// delivered all, or soon after ctx ends, and delivers nothing later. limit
	// bounds the captures under way at once; sweep asks for one pipelined sweep
	// over all panes instead.
	//
	// deliver does not block and may be called from any goroutine. Screens
	// itself is called from several goroutines at once, for different panes.
	Screens(ctx context.Context, refs []PaneRef, limit int, sweep bool, deliver func(i int, s Screen, err error))
}

// Judge tells what an observation means; Detector is one. It must be safe for
// concurrent use.
type Judge interface {
	Detect(o Observation) Verdict
}

// Target is one pane to check.
type Target struct {
	Ref PaneRef
	// Facts is all that is known but the screen, which the check adds.
	Facts Observation
}

// Result is the outcome of one check.
type Result struct {
	Ref PaneRef
	// Verdict is unknown when Err is set: a failed check never guesses.
	Verdict Verdict
	Screen  Screen
	Err     error
	// Took is how long the check ran, without the time it waited for its turn;
	// 0 for one that never ran.
	Took time.Duration
}

// BatchOptions say how a batch is checked.
type BatchOptions struct {
	// Limit is how many checks of the batch run at once, from 1 to MaxChecks;
	// other values mean MaxChecks.
	Limit int
	// Sweep fetches all screens of the batch in one call of the source and
	// judges them as they arrive.
	Sweep bool
	// Timeout bounds each check from its start; a value that is not positive
	// means DefaultCheckTimeout.
	Timeout time.Duration
}

func (o BatchOptions) orDefault() BatchOptions {
	if o.Limit < 1 || o.Limit > MaxChecks {
		o.Limit = MaxChecks
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultCheckTimeout
	}
	return o
}

// CheckerStats are the figures of a checker, counted from the start.
type CheckerStats struct {
	// Checks counts the checks begun; Joined those asked for while one of the
	// same pane ran, which they shared; Failures those that ended with an
	// error. One that all its askers have left is no failure.
	Checks   uint64
	Joined   uint64
	Failures uint64
	// InFlight is how many hold one of the MaxChecks places now: in a sweep
	// while they are judged, else from the capture on. MaxInFlight is the
	// greatest number so far.
	InFlight    int
	MaxInFlight int
}

// Checker looks at panes: it gets their screens and has them judged, at most
// MaxChecks at once, and one check per pane whoever asks. Its methods are safe
// for concurrent use. It needs no Close: a check ends when it is done, when its
// time is up, or when nobody waits for it any more; Wait waits for all.
type Checker struct {
	source ScreenSource
	judge  Judge
	now    func() time.Time
	// places has one element for each check in flight.
	places chan struct{}
	// work are the goroutines at work; see Wait.
	work sync.WaitGroup

	mu      sync.Mutex
	running map[PaneRef]*check
	stats   CheckerStats
}

// NewChecker returns a checker. now is the clock for Result.Took.
func NewChecker(source ScreenSource, judge Judge, now func() time.Time) *Checker {
	return &Checker{
		source: source, judge: judge, now: now,
		places:  make(chan struct{}, MaxChecks),
		running: make(map[PaneRef]*check),
	}
}

// Wait blocks until all checks have finished, abandoned ones included. Do not start
// new ones meanwhile.
func (c *Checker) Wait() { c.work.Wait() }

// Stats returns the figures so far.
func (c *Checker) Stats() CheckerStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Check looks at one pane, or joins the check of it that is under way; then the
// facts of the one who asked first count. When ctx ends, the caller leaves with
// ctx's error, and the check goes on for those who joined.
func (c *Checker) Check(ctx context.Context, target Target) Result {
	return c.checkOne(ctx, target, DefaultCheckTimeout)
}

func (c *Checker) checkOne(ctx context.Context, target Target, timeout time.Duration) Result {
	if ctx.Err() != nil {
		return left(ctx, target.Ref)
	}
	c.mu.Lock()
	k, joined := c.join(target.Ref)
	if !joined {
		f := newFetch(ctx)
		k = c.begin(f, target)
		c.work.Go(func() { c.runOne(f, k, timeout) })
	}
	c.mu.Unlock()
	return c.wait(ctx, k)
}

// CheckBatch looks at all targets and returns the results in their order. A pane
// that is being checked already, or that is named twice, is not checked again:
// its result is shared. CheckBatch returns when all results are there or when
// ctx ends; the results that are missing then have ctx's error.
func (c *Checker) CheckBatch(ctx context.Context, targets []Target, options BatchOptions) []Result {
	options = options.orDefault()
	if options.Sweep {
		return c.sweepBatch(ctx, targets, options)
	}
	results := make([]Result, len(targets))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(options.Limit, len(targets)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(targets)); i = next.Add(1) - 1 {
				results[i] = c.checkOne(ctx, targets[i], options.Timeout)
			}
		})
	}
	workers.Wait()
	return results
}

// sweepBatch begins all checks of a batch at once and fetches their screens in
// one call.
func (c *Checker) sweepBatch(ctx context.Context, targets []Target, options BatchOptions) []Result {
	results := make([]Result, len(targets))
	checks := make([]*check, len(targets))
	if ctx.Err() != nil {
		for i, target := range targets {
			results[i] = left(ctx, target.Ref)
		}
		return results
	}
	var own []*check
	f := newFetch(ctx)
	c.mu.Lock()
	for i, target := range targets {
		k, joined := c.join(target.Ref)
		if !joined {
			k = c.begin(f, target)
			own = append(own, k)
		}
		checks[i] = k
	}
	c.mu.Unlock()
	if len(own) == 0 {
		f.cancel()
	} else {
		c.work.Go(func() { c.runSweep(f, own, options) })
	}
	for i, k := range checks {
		results[i] = c.wait(ctx, k)
	}
	return results
}

// left is the result of one who did not wait for the check's end.
func left(ctx context.Context, ref PaneRef) Result {
	return Result{Ref: ref, Err: fmt.Errorf("health: check %s: %w", ref, ctx.Err())}
}
