package monitor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
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
func replay(s engine.Strategy, r recording, budget int) outcome {
	start := time.Unix(1_800_000_000, 0)
	seen := make([]sighting, r.panes)
	changed := make([]time.Time, r.panes)
	var out outcome
	for now := time.Duration(0); now < r.length; {
		at := start.Add(now)
		in := engine.PlanInput{Now: at, Interval: 250 * time.Millisecond, Budget: budget}
		prints := make([]fingerprint, r.panes)
		for p := range r.panes {
			for _, output := range r.outputs[p] {
				if output <= now {
					prints[p].activity = max(prints[p].activity, start.Add(output).Unix())
				}
			}
			change := seen[p].change(prints[p])
			if change >= engine.ChangeSeen {
				changed[p] = at
			}
			in.Panes = append(in.Panes, engine.PaneView{
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
	var all outcome
	for _, s := range slices.Backward(strategies.Builtin()) { // the reference is the last
		if s.Name() == engine.StrategySequential {
			all = replay(s, r, budget)
		}
		out := replay(s, r, budget)
		t.Logf("%-10s %4d rounds %6d captures, at most %3d a round, %v stale at most", s.Name(), out.rounds, out.captures, out.largest, out.stale)
		if out.missed > 0 {
			t.Errorf("%s: the last output of %d panes was never seen", s.Name(), out.missed)
		}
		limit := 500 * time.Millisecond
		if s.Name() == engine.StrategyPriority {
			limit = strategies.OverdueAfter
			if out.largest > budget {
				t.Errorf("%s: %d captures in a round, more than the budget of %d", s.Name(), out.largest, budget)
			}
		}
		if out.stale > limit {
			t.Errorf("%s: an output was seen after %v, more than %v", s.Name(), out.stale, limit)
		}
		if pushes := s.Name() == engine.StrategyPush || s.Name() == engine.StrategyPriority; pushes && out.captures > all.captures/4 {
			t.Errorf("%s: %d captures, where capturing everything takes %d", s.Name(), out.captures, all.captures)
		}
	}
}
