package health

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// textJudge's verdicts tell what it was shown, and panics over what is hostile. While
// it judges it notes how many do.
type textJudge struct {
	takes     time.Duration
	now, most atomic.Int64
}

func (j *textJudge) Detect(o Observation) Verdict {
	n := j.now.Add(1)
	defer j.now.Add(-1)
	for most := j.most.Load(); n > most && !j.most.CompareAndSwap(most, n); most = j.most.Load() {
	}
	time.Sleep(j.takes)
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

// screenOf names its pane.
func screenOf(ref PaneRef) Screen { return Screen{Text: "screen of " + ref.String(), Version: 1} }

func wantVerdict(t interface{ Errorf(string, ...any) }, r Result, target Target) {
	if r.Err != nil || r.Ref != target.Ref || r.Verdict.Activity != "screen of "+target.Ref.String() ||
		r.Verdict.Kind != target.Facts.Kind || r.Screen.Text != r.Verdict.Activity {
		t.Errorf("%s got %+v", target.Ref, r)
	}
}

func wantFailure(t interface{ Errorf(string, ...any) }, r Result, target Target, err error) {
	if !errors.Is(r.Err, err) || !strings.Contains(r.Err.Error(), target.Ref.String()) || r.Ref != target.Ref {
		t.Errorf("%s got error %v, want %v with the pane's name", target.Ref, r.Err, err)
	}
	if r.Verdict.State != StateUnknown || r.Verdict.Kind != KindNone || r.Verdict.Confidence != 0 {
		t.Errorf("%s failed and yet has the verdict %+v", target.Ref, r.Verdict)
	}
}

func TestABatchHasItsResultsInOrderHoweverItsScreensCome(t *testing.T) {
	lost := errors.New("the pane is gone")
	rapid.Check(t, func(t *rapid.T) {
		// Some panes are named again, some fail, some are never heard of.
		targets := paneTargets(rapid.IntRange(0, 40).Draw(t, "panes"))
		for range rapid.IntRange(0, min(5, len(targets))).Draw(t, "again") {
			targets = append(targets, targets[rapid.IntRange(0, len(targets)-1).Draw(t, "which")])
		}
		b := NewBatch(&textJudge{}, targets, rapid.IntRange(-1, 25).Draw(t, "limit"))
		fates := make(map[PaneRef]int, len(b.Panes()))
		order := rapid.Permutation(b.Panes()).Draw(t, "order")
		index := make(map[PaneRef]int, len(order))
		for i, ref := range b.Panes() {
			index[ref] = i
		}
		if len(index) != len(b.Panes()) {
			t.Fatalf("a pane is asked for twice: %v", b.Panes())
		}
		var capture sync.WaitGroup
		for _, ref := range order {
			switch fates[ref] = rapid.IntRange(0, 2).Draw(t, "fate"); fates[ref] {
			case 0:
				capture.Go(func() { b.Deliver(index[ref], screenOf(ref), nil) })
			case 1:
				capture.Go(func() { b.Deliver(index[ref], Screen{}, lost) })
			}
		}
		capture.Wait()
		results := b.Results()
		if len(results) != len(targets) {
			t.Fatalf("%d results of %d targets", len(results), len(targets))
		}
		for i, target := range targets {
			switch fates[target.Ref] {
			case 0:
				wantVerdict(t, results[i], target)
			case 1:
				wantFailure(t, results[i], target, lost)
			default:
				wantFailure(t, results[i], target, ErrNoScreen)
			}
		}
	})
}

func TestNoMoreChecksRunAtOnceThanTheLimitAllows(t *testing.T) {
	for limit, want := range map[int]int64{1: 1, 7: 7, 20: 20, 0: MaxChecks, 1000: MaxChecks} {
		synctest.Test(t, func(t *testing.T) {
			judge := &textJudge{takes: time.Second}
			b := NewBatch(judge, paneTargets(100), limit)
			began := time.Now()
			for i, ref := range b.Panes() {
				b.Deliver(i, screenOf(ref), nil)
			}
			for i, r := range b.Results() {
				wantVerdict(t, r, paneTargets(100)[i])
			}
			if most, rounds := judge.most.Load(), time.Since(began)/time.Second; most != want || int64(rounds) != (99+want)/want {
				t.Errorf("limit %d: %d at once, %d s in all", limit, most, rounds)
			}
		})
	}
}

func TestAScreenOnWhichTheJudgePanicsFailsAlone(t *testing.T) {
	targets := paneTargets(3)
	b := NewBatch(&textJudge{}, targets, MaxChecks)
	for i, ref := range b.Panes() {
		s := screenOf(ref)
		if i == 1 {
			s.Text = "hostile"
		}
		b.Deliver(i, s, nil)
	}
	results := b.Results()
	wantVerdict(t, results[0], targets[0])
	wantFailure(t, results[1], targets[1], ErrJudgePanicked)
	wantVerdict(t, results[2], targets[2])
}

func TestWhatIsDeliveredTwiceOrTooLateIsIgnored(t *testing.T) {
	targets := paneTargets(2)
	b := NewBatch(&textJudge{}, targets, MaxChecks)
	b.Deliver(0, screenOf(targets[0].Ref), nil)
	b.Deliver(0, Screen{Text: "another"}, nil)
	b.Deliver(0, Screen{}, errors.New("the second time it fails"))
	first := b.Results()
	b.Deliver(1, screenOf(targets[1].Ref), nil)
	for _, results := range [][]Result{first, b.Results()} {
		wantVerdict(t, results[0], targets[0])
		wantFailure(t, results[1], targets[1], ErrNoScreen)
	}
}
