package strategies

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestPriorityLooksAtTheFocusedPaneFirst(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	in := engine.PlanInput{Now: now, Interval: time.Second, Budget: 2}
	for i := range 10 {
		in.Panes = append(in.Panes, engine.PaneView{
			Ref: health.PaneRef{Pane: fmt.Sprint(i)}, Change: engine.ChangeSeen, CapturedAt: now.Add(-time.Second),
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
		in := engine.PlanInput{Now: now, Interval: interval, Panes: []engine.PaneView{{ChangedAt: now.Add(-quiet), CapturedAt: now}}}
		got := push{}.Plan(in).NextIn
		if got < interval || got > max(interval, restInterval) {
			t.Fatalf("next round in %v after %v of quiet at an interval of %v", got, quiet, interval)
		}
		if quiet < restAfter && got != interval {
			t.Fatalf("next round in %v only %v after a change", got, quiet)
		}
	})
}
