package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/health"
)

// outcome is what a strategy made of recorded rounds.
type outcome struct {
	rounds, captures, largest int
	// stale is the longest time from an output to the capture that saw it.
	stale time.Duration
	// missed are panes whose last output no capture saw.
	missed int
}

// recording is the output of panes over time: for each pane, the moments at
// which it printed.
type recording struct {
	panes   int
	length  time.Duration
	outputs map[int][]time.Duration
}

// record makes a recording: most panes are quiet, some print now and then, some
// spin, and once all print at the same moment.
func record(seed uint64, panes int) recording {
	random := rand.New(rand.NewPCG(seed, 1))
	r := recording{panes: panes, length: 40 * time.Second, outputs: make(map[int][]time.Duration)}
	for p := range panes {
		switch {
		case p%10 == 0:
			for at := time.Duration(0); at < 20*time.Second; at += 120 * time.Millisecond {
				r.outputs[p] = append(r.outputs[p], at)
			}
		case p%3 == 0:
			for range 5 {
				r.outputs[p] = append(r.outputs[p], time.Duration(random.Int64N(int64(20*time.Second))))
			}
		}
		r.outputs[p] = append(r.outputs[p], 21*time.Second)
	}
	return r
}

// replay lets a strategy plan the rounds over a recording, with tmux's
// one-second grain of activity.
func replay(s Strategy, r recording, budget int) outcome {
	start := time.Unix(1_800_000_000, 0)
	seen := make([]sighting, r.panes)
	changed := make([]time.Time, r.panes)
	var out outcome
	for now := time.Duration(0); now < r.length; {
		at := start.Add(now)
		in := PlanInput{Now: at, Interval: 250 * time.Millisecond, Budget: budget}
		prints := make([]fingerprint, r.panes)
		for p := range r.panes {
			for _, output := range r.outputs[p] {
				if output <= now {
					prints[p].activity = max(prints[p].activity, start.Add(output).Unix())
				}
			}
			change := seen[p].change(prints[p])
			if change >= ChangeSeen {
				changed[p] = at
			}
			in.Panes = append(in.Panes, PaneView{
				Ref: health.PaneRef{Pane: fmt.Sprint(p)}, Change: change, CapturedAt: seen[p].at,
				ChangedAt: changed[p], State: health.State(p % 5), Focused: p == 3,
			})
		}
		plan := s.Plan(in)
		for _, ref := range plan.Recapture {
			var p int
			_, _ = fmt.Sscan(ref.Pane, &p)
			for _, output := range r.outputs[p] {
				if output <= now && start.Add(output).After(seen[p].at) && !seen[p].at.IsZero() {
					out.stale = max(out.stale, now-output)
				}
			}
			seen[p] = sighting{at: at, second: at.Unix(), print: prints[p]}
		}
		out.rounds++
		out.captures += len(plan.Recapture)
		if now > 0 {
			out.largest = max(out.largest, len(plan.Recapture))
		}
		now += max(plan.NextIn, time.Millisecond)
	}
	for p := range r.panes {
		last := r.outputs[p][len(r.outputs[p])-1]
		if seen[p].at.Before(start.Add(last)) {
			out.missed++
		}
	}
	return out
}

func TestEveryStrategyCoversTheSameRecordedRounds(t *testing.T) {
	const panes, budget = 100, 40
	r := record(7, panes)
	all := replay(everything{}, r, budget)
	for _, s := range BuiltinStrategies() {
		out := replay(s, r, budget)
		t.Logf("%-10s %4d rounds %6d captures, at most %3d a round, %v stale at most", s.Name(), out.rounds, out.captures, out.largest, out.stale)
		if out.missed > 0 {
			t.Errorf("%s: the last output of %d panes was never seen", s.Name(), out.missed)
		}
		limit := 500 * time.Millisecond
		if s.Name() == StrategyPriority {
			limit = overdueAfter
			if out.largest > budget {
				t.Errorf("%s: %d captures in a round, more than the budget of %d", s.Name(), out.largest, budget)
			}
		}
		if out.stale > limit {
			t.Errorf("%s: an output was seen after %v, more than %v", s.Name(), out.stale, limit)
		}
		if pushes := s.Name() == StrategyPush || s.Name() == StrategyPriority; pushes && out.captures > all.captures/4 {
			t.Errorf("%s: %d captures, where capturing everything takes %d", s.Name(), out.captures, all.captures)
		}
	}
}

func TestPriorityLooksAtTheFocusedPaneFirst(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	in := PlanInput{Now: now, Interval: time.Second, Budget: 2}
	for i := range 10 {
		in.Panes = append(in.Panes, PaneView{
			Ref: health.PaneRef{Pane: fmt.Sprint(i)}, Change: ChangeSeen, CapturedAt: now.Add(-time.Second),
			State: []health.State{health.StateIdle, health.StateWaiting}[i%2], Focused: i == 6,
		})
	}
	plan := priority{}.Plan(in)
	if len(plan.Recapture) != 2 || plan.Recapture[0].Pane != "6" || plan.Recapture[1].Pane != "1" {
		t.Errorf("planned %v, want the focused pane 6 and then the waiting pane 1", plan.Recapture)
	}
}

func TestRoundsBecomeRarerAtRestButNeverRarerThanStated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		interval := time.Duration(rapid.Int64Range(int64(50*time.Millisecond), int64(2*time.Second)).Draw(t, "interval"))
		quiet := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "quiet"))
		in := PlanInput{Now: now, Interval: interval, Panes: []PaneView{{ChangedAt: now.Add(-quiet), CapturedAt: now}}}
		got := push{}.Plan(in).NextIn
		if got < interval || got > max(interval, restInterval) {
			t.Fatalf("next round in %v after %v of quiet at an interval of %v", got, quiet, interval)
		}
		if quiet < restAfter && got != interval {
			t.Fatalf("next round in %v only %v after a change", got, quiet)
		}
	})
}
