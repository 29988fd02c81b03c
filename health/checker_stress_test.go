package health

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// strictSource notices when a pane is fetched twice at once, and how many fetches
// on their own run at once.
type strictSource struct {
	scriptedSource
	single, mostSingle atomic.Int64
	doubled            atomic.Int64
	busy               sync.Map
}

func newStrictSource(answer func(context.Context, PaneRef) (Screen, error)) *strictSource {
	s := &strictSource{}
	s.answer = func(ctx context.Context, ref PaneRef) (Screen, error) {
		if _, twice := s.busy.LoadOrStore(ref, true); twice {
			s.doubled.Add(1)
		}
		defer s.busy.Delete(ref)
		return answer(ctx, ref)
	}
	return s
}

func (s *strictSource) Screens(
	ctx context.Context, refs []PaneRef, limit int, sweep bool, deliver func(int, Screen, error),
) {
	if !sweep {
		n := s.single.Add(1)
		defer s.single.Add(-1)
		for most := s.mostSingle.Load(); n > most && !s.mostSingle.CompareAndSwap(most, n); most = s.mostSingle.Load() {
			continue
		}
	}
	s.scriptedSource.Screens(ctx, refs, limit, sweep, deliver)
}

// countingJudge notices how many judgements run at once.
type countingJudge struct {
	textJudge
	now, most atomic.Int64
}

func (j *countingJudge) Detect(o Observation) Verdict {
	n := j.now.Add(1)
	defer j.now.Add(-1)
	for most := j.most.Load(); n > most && !j.most.CompareAndSwap(most, n); most = j.most.Load() {
		continue
	}
	runtime.Gosched()
	return j.textJudge.Detect(o)
}

func TestAllPromisesHoldForManyAskersAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	// Panes are fetched for as long as their asker stays, so that a cancelled
	// fetch that is still on its way out is not taken for a second one.
	source := newStrictSource(func(ctx context.Context, ref PaneRef) (Screen, error) {
		runtime.Gosched()
		return echo(ctx, ref)
	})
	judge := &countingJudge{}
	c := NewChecker(source, judge, time.Now)
	all := paneTargets(60)
	var asked atomic.Int64
	var askers sync.WaitGroup
	for asker := range 12 {
		askers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(asker), 2))
			for range 40 {
				targets := make([]Target, r.IntN(40))
				for i := range targets {
					targets[i] = all[r.IntN(len(all))]
				}
				options := BatchOptions{Sweep: r.IntN(2) == 0, Limit: r.IntN(30)}
				for i, result := range c.CheckBatch(t.Context(), targets, options) {
					if result.Err != nil || result.Ref != targets[i].Ref ||
						result.Verdict.Activity != "screen of "+result.Ref.String() {
						t.Errorf("asked for %s, got %+v", targets[i].Ref, result)
						return
					}
				}
				asked.Add(int64(len(targets)))
			}
		})
	}
	askers.Wait()
	st := c.Stats()
	if int64(st.Checks+st.Joined) != asked.Load() || st.Joined == 0 || st.Failures != 0 {
		t.Errorf("%+v after %d questions", st, asked.Load())
	}
	if source.doubled.Load() != 0 {
		t.Errorf("%d times a pane was checked twice at once", source.doubled.Load())
	}
	if most := max(source.mostSingle.Load(), judge.most.Load(), int64(st.MaxInFlight)); most > MaxChecks {
		t.Errorf("%d at once: fetches %d, judgements %d, places %d",
			most, source.mostSingle.Load(), judge.most.Load(), st.MaxInFlight)
	}
}

func TestTheBoundIsOfTheWholeCheckerAndIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newStrictSource(func(ctx context.Context, ref PaneRef) (Screen, error) {
			time.Sleep(time.Second)
			return echo(ctx, ref)
		})
		c := NewChecker(source, textJudge{}, time.Now)
		targets := paneTargets(100)
		began := time.Now()
		var askers sync.WaitGroup
		for i := range 4 {
			askers.Go(func() { c.CheckBatch(t.Context(), targets[25*i:25*i+25], BatchOptions{}) })
		}
		askers.Wait()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("100 checks of a second each, %d at once, took %s", MaxChecks, took)
		}
		if n := source.mostSingle.Load(); n != MaxChecks || c.Stats().MaxInFlight != MaxChecks {
			t.Errorf("%d fetches at once, %d in flight", n, c.Stats().MaxInFlight)
		}
	})
}

func TestACheckGivesItsPlaceBackBeforeItEnds(t *testing.T) {
	// Else a batch that begins its next check would be one over its limit. The
	// clock is read when a check begins and when it ends.
	var c *Checker
	var held []int
	clock := func() time.Time {
		held = append(held, len(c.places))
		return time.Now()
	}
	c = NewChecker(&scriptedSource{answer: echo}, textJudge{}, clock)
	c.CheckBatch(t.Context(), paneTargets(3), BatchOptions{Limit: 1})
	if want := []int{1, 0, 1, 0, 1, 0}; !slices.Equal(held, want) {
		t.Fatalf("places held at each beginning and end: %v, want %v", held, want)
	}
	if st := c.Stats(); st.MaxInFlight != 1 {
		t.Fatalf("figures %+v", st)
	}
}

// Any mixture of batches, times and cancellations: every asker gets the right
// pane's verdict or its own context's end or the deadline, in time, and nothing
// is left over.
func TestAnyMixtureOfAskersEndsWell(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ testing.TB }{t}, func(t *rapid.T) {
			delay := rapid.SliceOfN(rapid.IntRange(0, 4000), 6, 6).Draw(t, "milliseconds per pane")
			source := &scriptedSource{answer: func(ctx context.Context, ref PaneRef) (Screen, error) {
				var n int
				if _, err := fmt.Sscanf(ref.Pane, "%%%d", &n); err != nil {
					return Screen{}, err
				}
				select {
				case <-time.After(time.Duration(delay[n]) * time.Millisecond):
					return echo(ctx, ref)
				case <-ctx.Done():
					return Screen{}, ctx.Err()
				}
			}}
			c := NewChecker(source, textJudge{}, time.Now)
			var askers sync.WaitGroup
			complaints := make(chan string, 1000)
			for range rapid.IntRange(1, 5).Draw(t, "askers") {
				a := drawAsker(t)
				askers.Go(func() { a.ask(c, complaints) })
			}
			askers.Wait()
			synctest.Wait()
			close(complaints)
			for complaint := range complaints {
				t.Error(complaint)
			}
			if st := c.Stats(); st.InFlight != 0 || len(c.running) != 0 || st.MaxInFlight > MaxChecks {
				t.Errorf("left over: %+v and %d running", st, len(c.running))
			}
		})
	})
}

// asker is one batch that begins and gives up at times of its own.
type asker struct {
	targets         []Target
	options         BatchOptions
	begins, givesUp time.Duration
}

func drawAsker(t *rapid.T) asker {
	var a asker
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, 5), 0, 8).Draw(t, "panes") {
		a.targets = append(a.targets, paneTargets(6)[n])
	}
	a.options = BatchOptions{
		Limit:   rapid.IntRange(1, 4).Draw(t, "limit"),
		Sweep:   rapid.Bool().Draw(t, "sweep"),
		Timeout: time.Duration(rapid.IntRange(1, 5).Draw(t, "timeout")) * time.Second,
	}
	a.begins = time.Duration(rapid.IntRange(0, 3000).Draw(t, "begins")) * time.Millisecond
	a.givesUp = time.Duration(rapid.IntRange(0, 9000).Draw(t, "gives up")) * time.Millisecond
	return a
}

func (a asker) ask(c *Checker, complaints chan<- string) {
	time.Sleep(a.begins)
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), a.givesUp)
	defer cancel()
	results := c.CheckBatch(ctx, a.targets, a.options)
	if took := time.Since(began); took > a.givesUp {
		complaints <- fmt.Sprintf("a batch took %s and was to give up after %s", took, a.givesUp)
	}
	for i, r := range results {
		right := r.Verdict.Activity == "screen of "+a.targets[i].Ref.String()
		failed := errors.Is(r.Err, context.DeadlineExceeded) && r.Verdict.State == StateUnknown
		if r.Ref != a.targets[i].Ref || right == failed {
			complaints <- fmt.Sprintf("asked for %s, got %+v", a.targets[i].Ref, r)
		}
	}
}

func BenchmarkCheckBatch(b *testing.B) {
	source := sourceFunc(func(refs []PaneRef, deliver func(int, Screen, error)) {
		for i := range refs {
			deliver(i, Screen{Text: "screen"}, nil)
		}
	})
	c := NewChecker(source, textJudge{}, time.Now)
	targets := paneTargets(100)
	for _, sweep := range []bool{false, true} {
		b.Run(fmt.Sprintf("100 panes, sweep %v", sweep), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.CheckBatch(b.Context(), targets, BatchOptions{Sweep: sweep})
			}
		})
	}
}
