package health

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// MaxChecks is how many checks of a batch run at once, at most.
const MaxChecks = 20

// What can go wrong with a check beside what the capture reports.
var (
	// ErrNoScreen: the batch was ended without a word about the pane.
	ErrNoScreen = errors.New("no screen was delivered")
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
}

// Batch checks many panes: each is judged on a goroutine of its own as soon as its
// screen is delivered, so many at once as the limit says.
type Batch struct {
	judge   Judge
	targets []Target
	// panes are the targets to deliver, each once; place is where the result of each
	// target is.
	panes  []PaneRef
	place  []int
	checks errgroup.Group

	mu      sync.Mutex
	closed  bool
	taken   []bool
	results []Result
}

// NewBatch prepares the checks of all targets. A limit that is not from 1 to
// MaxChecks means MaxChecks.
func NewBatch(judge Judge, targets []Target, limit int) *Batch {
	b := &Batch{judge: judge, place: make([]int, len(targets))}
	known := make(map[PaneRef]int, len(targets))
	for i, t := range targets {
		at, again := known[t.Ref]
		if !again {
			at = len(b.panes)
			known[t.Ref] = at
			b.panes, b.targets = append(b.panes, t.Ref), append(b.targets, t)
			b.results = append(b.results, Result{Ref: t.Ref, Err: failed(t.Ref, ErrNoScreen)})
		}
		b.place[i] = at
	}
	b.taken = make([]bool, len(b.panes))
	if limit < 1 || limit > MaxChecks {
		limit = MaxChecks
	}
	b.checks.SetLimit(limit)
	return b
}

// Panes are those whose screens are to be delivered: the targets, each once.
func (b *Batch) Panes() []PaneRef { return b.panes }

// Deliver takes the screen of the i-th of Panes, or the reason why there is none. It
// may be called from any goroutine, and waits while as many checks run as the limit
// allows. What comes a second time, or after Results, is ignored.
func (b *Batch) Deliver(i int, s Screen, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.taken[i] {
		return
	}
	b.taken[i] = true
	ref := b.panes[i]
	if err != nil {
		b.results[i].Err = failed(ref, err)
		return
	}
	b.checks.Go(func() error {
		// Nobody else writes this element from now on, or reads it before Results.
		b.results[i] = b.check(b.targets[i], s)
		return nil
	})
}

// Results waits for the checks of all that was delivered, and returns the results in
// the order of the targets; those of one pane are the same.
func (b *Batch) Results() []Result {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	_ = b.checks.Wait() // no check fails but by its result
	results := make([]Result, len(b.place))
	for i, at := range b.place {
		results[i] = b.results[at]
	}
	return results
}

// check judges one screen. A panic becomes an error: screens are untrusted, and one
// that the judge cannot bear must not end the engine.
func (b *Batch) check(t Target, s Screen) (r Result) {
	defer func() {
		if p := recover(); p != nil {
			r = Result{Ref: t.Ref, Err: failed(t.Ref, fmt.Errorf("%w: %v", ErrJudgePanicked, p))}
		}
	}()
	o := t.Facts
	o.Screen = s.Text
	return Result{Ref: t.Ref, Screen: s, Verdict: b.judge.Detect(o)}
}

// failed names the pane whose check has failed.
func failed(ref PaneRef, err error) error { return fmt.Errorf("check %s: %w", ref, err) }
