package notify

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestWhatIsSnoozedIsNotToldAndWhatComesBackIs(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("a", engine.UrgencyWaiting)
	a := agentIn("a", engine.UrgencyWaiting)
	a.Since = d.now
	snoozed := a
	snoozed.Snooze = &engine.Snooze{At: d.now}
	d.decider.Transition(engine.Transition{At: d.now, Agent: snoozed, From: a.State, To: a.State, Snooze: engine.SnoozeBegun})
	if d.after(time.Hour); len(d.told) != 0 {
		t.Errorf("told while it is snoozed: %+v", d.told)
	}
	for range 2 {
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: a.State, To: a.State, Snooze: engine.SnoozeEnded})
		before := len(d.told)
		if d.after(time.Minute); len(d.told) != before+1 {
			t.Errorf("told %d times after it came back", len(d.told)-before)
		}
	}
}

func TestWhoWasSnoozedBeforeTheProcessBeganIsNotTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	a := agentIn("a", engine.UrgencyWaiting)
	a.Since, a.Snooze = d.now, &engine.Snooze{At: d.now}
	d.becomes("a", engine.UrgencyWaiting)
	d.decider.Observe([]engine.Agent{a})
	if d.after(time.Hour); len(d.told) != 0 {
		t.Errorf("told: %+v", d.told)
	}
}
