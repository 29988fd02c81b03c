package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// scriptedSource is a source whose answers a test decides.
type scriptedSource struct {
	// answer gives the screen of one pane; it may block until ctx ends.
	answer func(ctx context.Context, ref PaneRef) (Screen, error)

	mu    sync.Mutex
	calls []sourceCall
}

type sourceCall struct {
	refs  []PaneRef
	limit int
	sweep bool
}

func (s *scriptedSource) Screens(
	ctx context.Context, refs []PaneRef, limit int, sweep bool, deliver func(int, Screen, error),
) {
	s.mu.Lock()
	s.calls = append(s.calls, sourceCall{refs, limit, sweep})
	s.mu.Unlock()
	var all sync.WaitGroup
	for i, ref := range refs {
		all.Go(func() {
			screen, err := s.answer(ctx, ref)
			deliver(i, screen, err)
		})
	}
	all.Wait()
}

func (s *scriptedSource) seen() []sourceCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// echo answers at once with a text that names the pane.
func echo(_ context.Context, ref PaneRef) (Screen, error) {
	return Screen{Text: "screen of " + ref.String(), Version: 1}, nil
}

// hang answers when ctx ends.
func hang(ctx context.Context, _ PaneRef) (Screen, error) {
	<-ctx.Done()
	return Screen{}, ctx.Err()
}

// textJudge's verdicts tell what it was shown.
type textJudge struct{}

func (textJudge) Detect(o Observation) Verdict {
	if strings.Contains(o.Screen, "hostile") {
		panic("hostile screen")
	}
	return Verdict{Kind: o.Kind, State: StateWorking, Activity: o.Screen}
}

func paneTargets(n int) []Target {
	targets := make([]Target, n)
	for i := range targets {
		targets[i] = Target{
			Ref:   PaneRef{Server: "/tmp/tmux-0/default", Pane: fmt.Sprintf("%%%d", i)},
			Facts: Observation{Kind: KindClaude},
		}
	}
	return targets
}

func wantVerdict(t *testing.T, r Result, target Target) {
	t.Helper()
	if r.Err != nil || r.Ref != target.Ref || r.Verdict.Activity != "screen of "+target.Ref.String() ||
		r.Verdict.Kind != target.Facts.Kind || r.Screen.Text != r.Verdict.Activity {
		t.Fatalf("%s got %+v", target.Ref, r)
	}
}

func wantFailure(t *testing.T, r Result, target Target, err error) {
	t.Helper()
	if !errors.Is(r.Err, err) || !strings.Contains(r.Err.Error(), target.Ref.String()) || r.Ref != target.Ref {
		t.Fatalf("%s got error %v, want %v with the pane's name", target.Ref, r.Err, err)
	}
	if r.Verdict.State != StateUnknown || r.Verdict.Kind != KindNone || r.Verdict.Confidence != 0 {
		t.Fatalf("%s failed and yet has the verdict %+v", target.Ref, r.Verdict)
	}
}

// bothWays runs a test with and without a sweep, in a bubble with a clock of its
// own, and fails if a goroutine is left.
func bothWays(t *testing.T, test func(t *testing.T, sweep bool)) {
	for _, sweep := range []bool{false, true} {
		t.Run(fmt.Sprintf("sweep %v", sweep), func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			synctest.Test(t, func(t *testing.T) { test(t, sweep) })
		})
	}
}

func TestABatchHasItsResultsInOrder(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			// The first ones take longest.
			time.Sleep(time.Duration(100-len(ref.Pane)*20) * time.Millisecond)
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(120)
		for i, r := range c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep, Limit: 7}) {
			wantVerdict(t, r, targets[i])
			if want := time.Duration(100-len(r.Ref.Pane)*20) * time.Millisecond; !sweep && r.Took != want {
				t.Errorf("%s took %s, want %s", r.Ref, r.Took, want)
			}
		}
		calls := source.seen()
		if sweep && (len(calls) != 1 || !calls[0].sweep || len(calls[0].refs) != 120) {
			t.Errorf("a sweep made the calls %+v", calls)
		}
		if !sweep && len(calls) != 120 {
			t.Errorf("%d calls for 120 checks", len(calls))
		}
		if st := c.Stats(); st.Checks != 120 || st.Joined+st.Failures != 0 || st.InFlight != 0 || st.MaxInFlight > 7 {
			t.Errorf("figures %+v", st)
		}
	})
}

func TestAnEmptyBatchIsNoCall(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: echo}
		got := NewChecker(source, textJudge{}, time.Now).CheckBatch(t.Context(), nil, BatchOptions{Sweep: sweep})
		if len(got) != 0 || len(source.seen()) != 0 {
			t.Errorf("%d results, %d calls", len(got), len(source.seen()))
		}
	})
}

func TestAPaneNamedTwiceIsCheckedOnce(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			time.Sleep(time.Millisecond)
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := append(paneTargets(3), paneTargets(3)...)
		for i, r := range c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep}) {
			wantVerdict(t, r, targets[i])
		}
		if st := c.Stats(); st.Checks != 3 || st.Joined != 3 {
			t.Errorf("figures %+v", st)
		}
	})
}

func TestASecondAskerJoinsAndOutlivesTheFirst(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		open := make(chan struct{})
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			select {
			case <-open:
				return echo(ctx, ref)
			case <-ctx.Done():
				return Screen{}, ctx.Err()
			}
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(2)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan []Result, 1), make(chan Result, 1)
		go func() { first <- c.CheckBatch(ctx, targets, BatchOptions{Sweep: sweep}) }()
		synctest.Wait()
		go func() { second <- c.Check(t.Context(), targets[1]) }()
		synctest.Wait()
		cancel()
		for i, r := range <-first {
			wantFailure(t, r, targets[i], context.Canceled)
		}
		close(open)
		wantVerdict(t, <-second, targets[1])
		if st := c.Stats(); st.Checks != 2 || st.Joined != 1 || st.Failures != 0 {
			t.Errorf("figures %+v", st)
		}
	})
}

func TestAJoinerWhoseContextEndsLeavesAlone(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			time.Sleep(time.Second)
			if err := ctx.Err(); err != nil {
				return Screen{}, err
			}
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(1)
		staying := make(chan []Result, 1)
		go func() { staying <- c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		wantFailure(t, c.Check(ctx, targets[0]), targets[0], context.DeadlineExceeded)
		wantVerdict(t, (<-staying)[0], targets[0])
	})
}

func TestEachCheckHasItsDeadline(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			if ref.Pane == "%1" {
				return hang(ctx, ref)
			}
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(3)
		began := time.Now()
		got := c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep, Limit: 1, Timeout: 2 * time.Second})
		wantVerdict(t, got[0], targets[0])
		wantFailure(t, got[1], targets[1], context.DeadlineExceeded)
		wantVerdict(t, got[2], targets[2])
		if took := time.Since(began); took != 2*time.Second || got[1].Took != took {
			t.Errorf("the batch took %s, the check %s", took, got[1].Took)
		}
		// A check that ran out of time leaves when its source has returned.
		c.Wait()
		if st := c.Stats(); st.Failures != 1 || st.InFlight != 0 {
			t.Errorf("figures %+v", st)
		}
	})
}

func TestADeadlineHoldsAgainstASourceThatIgnoresIt(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			time.Sleep(time.Minute)
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		began := time.Now()
		got := c.CheckBatch(t.Context(), paneTargets(1), BatchOptions{Sweep: sweep})
		wantFailure(t, got[0], paneTargets(1)[0], context.DeadlineExceeded)
		if took := time.Since(began); took != DefaultCheckTimeout {
			t.Errorf("the caller waited %s", took)
		}
		time.Sleep(2 * time.Minute)
		if st := c.Stats(); st.InFlight != 0 || st.Failures != 1 {
			t.Errorf("figures %+v", st)
		}
	})
}

func TestACheckThatAllHaveLeftIsCancelled(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		c := NewChecker(&scriptedSource{answer: hang}, textJudge{}, time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		targets := paneTargets(50)
		began := time.Now()
		for i, r := range c.CheckBatch(ctx, targets, BatchOptions{Sweep: sweep}) {
			wantFailure(t, r, targets[i], context.DeadlineExceeded)
		}
		synctest.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("the batch took %s", took)
		}
		// Nobody was told of a failure: those who asked had gone by themselves.
		if st := c.Stats(); st.InFlight != 0 || st.Failures != 0 || len(c.running) != 0 {
			t.Errorf("figures %+v, %d running", st, len(c.running))
		}
		for i, r := range c.CheckBatch(ctx, targets, BatchOptions{Sweep: sweep}) {
			wantFailure(t, r, targets[i], context.DeadlineExceeded)
		}
		wantFailure(t, c.Check(ctx, targets[0]), targets[0], context.DeadlineExceeded)
	})
}

func TestAHostileScreenFailsItsOwnCheckOnly(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		broken := errors.New("pane vanished")
		source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
			switch ref.Pane {
			case "%0":
				return Screen{Text: "hostile"}, nil
			case "%1":
				return Screen{Text: "half a screen"}, broken
			}
			return echo(ctx, ref)
		}}
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(3)
		got := c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep})
		wantFailure(t, got[0], targets[0], ErrJudgePanicked)
		wantFailure(t, got[1], targets[1], broken)
		wantVerdict(t, got[2], targets[2])
	})
}

// sourceFunc is a source that misbehaves.
type sourceFunc func(refs []PaneRef, deliver func(int, Screen, error))

func (f sourceFunc) Screens(_ context.Context, refs []PaneRef, _ int, _ bool, deliver func(int, Screen, error)) {
	f(refs, deliver)
}

func TestASourceThatBreaksItsContractBreaksNothingElse(t *testing.T) {
	bothWays(t, func(t *testing.T, sweep bool) {
		var late func(int, Screen, error)
		source := sourceFunc(func(refs []PaneRef, deliver func(int, Screen, error)) {
			late = deliver
			deliver(-1, Screen{}, nil)
			deliver(len(refs), Screen{}, nil)
			for i, ref := range refs {
				if ref.Pane == "%0" {
					screen, _ := echo(t.Context(), ref)
					deliver(i, screen, nil)
					deliver(i, Screen{Text: "hostile"}, nil)
				}
			}
		})
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(2)
		got := c.CheckBatch(t.Context(), targets, BatchOptions{Sweep: sweep, Limit: 1})
		wantVerdict(t, got[0], targets[0])
		wantFailure(t, got[1], targets[1], ErrNoScreen)
		late(0, Screen{}, nil)
	})
}
