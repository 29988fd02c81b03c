package history

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

// swing is a change of the agent in a pane.
func swing(pane string, from, to engine.Urgency, at time.Time) engine.Transition {
	return engine.Transition{At: at, Agent: engine.Agent{
		Ref: health.PaneRef{Server: "/s", Pane: pane}, State: stateFor(to), Unseen: to == engine.UrgencyDone,
		Past: []engine.Phase{{Urgency: from}, {Urgency: to}},
	}, Evidence: health.Evidence{Text: "a line"}}
}

func stateFor(u engine.Urgency) health.State {
	if u == engine.UrgencyDone {
		return health.StateIdle
	}
	state, err := health.ParseState(u.String())
	if err != nil {
		panic(err)
	}
	return state
}

func TestTenMinutesOfFlappingAreAFewEntriesWithACount(t *testing.T) {
	var d damper
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	first := swing("%1", engine.UrgencyUnknown, engine.UrgencyWorking, at)
	first.First = true
	kept := d.take(first)
	states := [2]engine.Urgency{engine.UrgencyWorking, engine.UrgencyWaiting}
	for i := range 857 {
		at = at.Add(700 * time.Millisecond)
		kept = append(kept, d.take(swing("%1", states[i%2], states[1-i%2], at))...)
	}
	if got := d.calm(at.Add(time.Second)); len(got) != 0 {
		t.Errorf("calm after a second: %d entries", len(got))
	}
	if last := kept[len(kept)-1]; last.Agent.Urgency() != engine.UrgencyWaiting {
		t.Errorf("while it flaps it counts as %s, want the more urgent state", last.Agent.Urgency())
	}
	end := d.calm(at.Add(flapCalm))
	kept = append(kept, end...)
	if len(kept) > 12 {
		t.Errorf("%d entries", len(kept))
	}
	if len(end) == 0 || !strings.Contains(end[len(end)-1].Evidence.Text, "more changes between waiting and working in 9m") {
		t.Errorf("the last entries are %+v", end)
	}
	if again := append(d.calm(at.Add(time.Hour)), d.end()...); len(again) != 0 {
		t.Errorf("told again: %d entries", len(again))
	}
}

func TestWhatIsRecordedIsAlwaysACourseOfChangesThatEndsWhereTheAgentIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d damper
		at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
		is, recorded := engine.UrgencyWorking, engine.UrgencyWorking
		follow := func(kept []engine.Transition) {
			for _, k := range kept {
				from, to := k.Urgencies()
				if from != recorded && !k.First {
					t.Fatalf("an entry from %s, and %s was recorded", from, recorded)
				}
				recorded = to
			}
		}
		first := swing("%1", engine.UrgencyUnknown, is, at)
		first.First = true
		follow(d.take(first))
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{100, 700, 700, 700, 4000, 9000}).Draw(t, "ms")) * time.Millisecond)
			if rapid.IntRange(0, 3).Draw(t, "calm") == 0 {
				follow(d.calm(at))
			}
			to := rapid.SampledFrom([]engine.Urgency{
				engine.UrgencyWorking, engine.UrgencyWaiting, engine.UrgencyWorking, engine.UrgencyWaiting, engine.UrgencyDone,
			}).Draw(t, "to")
			if to == is {
				continue
			}
			follow(d.take(swing("%1", is, to, at)))
			is = to
		}
		follow(d.calm(at.Add(flapCalm)))
		if recorded != is {
			t.Fatalf("recorded is %s, and the agent is %s", recorded, is)
		}
	})
}
