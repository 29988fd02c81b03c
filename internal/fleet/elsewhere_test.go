package fleet

import (
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAnAgentThatWasAnsweredAndAsksAgainBetweenTwoLooksHasLeftItsFirstQuestion(t *testing.T) {
	m := &Monitor{}
	e := &Elsewhere{monitor: m, known: make(map[health.PaneRef]engine.Agent), met: make(map[string]time.Time)}
	began := time.Now()
	waits := func(revision uint64, since time.Time, past ...engine.Phase) *engine.Snapshot {
		return &engine.Snapshot{
			Hosts: []engine.HostStatus{{Name: "there", State: engine.HostLive}},
			Agents: []engine.Agent{{
				Ref: health.PaneRef{Host: "there", Pane: "%1"}, Kind: "claude", State: health.StateWaiting, Since: since, Past: past, Revision: revision,
			}},
		}
	}
	first := engine.Phase{At: began, Urgency: engine.UrgencyWaiting}
	worked := engine.Phase{At: began.Add(100 * time.Millisecond), Urgency: engine.UrgencyWorking}
	second := engine.Phase{At: began.Add(300 * time.Millisecond), Urgency: engine.UrgencyWaiting}
	if all := e.look(waits(1, first.At, first), began); len(all) != 1 || !all[0].First {
		t.Errorf("at first %+v", all)
	}
	all := e.look(waits(2, second.At, first, worked, second), began.Add(lookEvery))
	if len(all) != 2 || all[0].To != health.StateWorking || !all[0].At.Equal(worked.At) || all[1].From != health.StateWorking || all[1].To != health.StateWaiting {
		t.Errorf("after the second question %+v", all)
	}
	if all := e.look(waits(3, second.At.Add(time.Millisecond), first, worked, second), began.Add(2*lookEvery)); len(all) != 1 {
		t.Errorf("with a clock that was put right %+v", all)
	}
}
