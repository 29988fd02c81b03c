package serve

import (
	"errors"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAConditionIsMetByTheAgentsThatAreMeant(t *testing.T) {
	begun := time.Now()
	fresh := func(a engine.Agent) engine.Agent { a.Since = begun.Add(time.Second); return a }
	unseen := func(a engine.Agent) engine.Agent { a.Unseen = true; return a }
	stale := func(a engine.Agent) engine.Agent { a.Stale = true; return a }
	idle, working := agentIn("%1", health.StateIdle), agentIn("%2", health.StateWorking)
	elsewhere := agentIn("%3", health.StateIdle)
	elsewhere.Session, elsewhere.Window = "web", "tests"
	toIdle := []engine.Urgency{engine.UrgencyIdle}
	toDone := []engine.Urgency{engine.UrgencyDone}
	for name, c := range map[string]struct {
		wanted Condition
		agents []engine.Agent
		want   Outcome
	}{
		"a pane is idle":                              {Condition{States: toIdle, Pane: "%1"}, []engine.Agent{idle, working}, OutcomeReached},
		"a pane still works":                          {Condition{States: toIdle, Pane: "%2"}, []engine.Agent{idle, working}, OutcomePending},
		"a pane is not there":                         {Condition{States: toIdle, Pane: "%9"}, []engine.Agent{idle}, OutcomeGone},
		"a pane of another server":                    {Condition{States: toIdle, Pane: "%1", Socket: "/other"}, []engine.Agent{idle}, OutcomeGone},
		"its agent has exited":                        {Condition{States: toIdle, Pane: "%1"}, []engine.Agent{agentIn("%1", health.StateExited)}, OutcomeGone},
		"its agent has crashed":                       {Condition{States: toIdle, Pane: "%1"}, []engine.Agent{agentIn("%1", health.StateCrashed)}, OutcomeGone},
		"a crash is waited for":                       {Condition{States: []engine.Urgency{engine.UrgencyCrashed}, Pane: "%1"}, []engine.Agent{agentIn("%1", health.StateCrashed)}, OutcomeReached},
		"done counts as idle":                         {Condition{States: toIdle, Pane: "%1"}, []engine.Agent{unseen(idle)}, OutcomeReached},
		"idle from before is not done":                {Condition{States: toDone, Pane: "%1"}, []engine.Agent{idle}, OutcomePending},
		"idle since, and seen, is done":               {Condition{States: toDone, Pane: "%1"}, []engine.Agent{fresh(idle)}, OutcomeReached},
		"done is done":                                {Condition{States: toDone, Pane: "%1"}, []engine.Agent{unseen(idle)}, OutcomeReached},
		"what is shown of a lost server is not known": {Condition{States: toIdle, Pane: "%1"}, []engine.Agent{stale(idle)}, OutcomePending},
		"any agent":                                   {Condition{States: toIdle}, []engine.Agent{working, idle}, OutcomeReached},
		"any agent has yet to come":                   {Condition{States: toIdle}, nil, OutcomePending},
		"not all agents":                              {Condition{States: toIdle, All: true}, []engine.Agent{working, idle}, OutcomePending},
		"all agents":                                  {Condition{States: toIdle, All: true}, []engine.Agent{elsewhere, idle}, OutcomeReached},
		"all but those that have ended":               {Condition{States: toIdle, All: true}, []engine.Agent{agentIn("%5", health.StateExited), idle}, OutcomeReached},
		"all of none":                                 {Condition{States: toIdle, All: true}, nil, OutcomeGone},
		"a session":                                   {Condition{States: toIdle, Session: "web", All: true}, []engine.Agent{elsewhere, working}, OutcomeReached},
		"a session that works":                        {Condition{States: toIdle, Session: "api", All: true}, []engine.Agent{elsewhere, working}, OutcomePending},
		"a session without agents":                    {Condition{States: toIdle, Session: "docs"}, []engine.Agent{elsewhere}, OutcomeGone},
		"a window":                                    {Condition{States: toIdle, Window: "tests"}, []engine.Agent{elsewhere, working}, OutcomeReached},
		"one of several states":                       {Condition{States: []engine.Urgency{engine.UrgencyWaiting, engine.UrgencyWorking}, Pane: "%2"}, []engine.Agent{working}, OutcomeReached},
	} {
		c.wanted.Since = begun
		got, err := c.wanted.Check(snapshotOf(c.agents...))
		if err != nil || got.Outcome != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got.Outcome, err, c.want)
		}
		if got.Outcome == OutcomeReached && len(got.Agents) == 0 {
			t.Errorf("%s: no agent is named", name)
		}
	}
}

func TestBeforeEveryServerWasLookedAtNothingIsGone(t *testing.T) {
	s := snapshotOf()
	s.Ready = false
	if got, err := (Condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: "%1"}).Check(s); err != nil || got.Outcome != OutcomePending {
		t.Error(got, err)
	}
}

func TestAPaneOnSeveralServersIsAmbiguous(t *testing.T) {
	one, other := agentIn("%1", health.StateIdle), agentIn("%1", health.StateIdle)
	other.Ref.Server = "/tmp/tmux/work"
	wanted := Condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: "%1"}
	if _, err := wanted.Check(snapshotOf(one, other)); !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
	wanted.Socket = other.Ref.Server
	if got, err := wanted.Check(snapshotOf(one, other)); err != nil || got.Agents[0].Ref != other.Ref {
		t.Error(got, err)
	}
}

func TestTheNeediestIsTheOneOfTheMostUrgentThatHasWaitedLongest(t *testing.T) {
	since := func(pane string, s health.State, ago time.Duration) engine.Agent {
		a := agentIn(pane, s)
		a.Since = time.Now().Add(-ago)
		return a
	}
	working := since("%0", health.StateWorking, time.Hour)
	if _, ok := Neediest([]engine.Agent{working}); ok {
		t.Error("one that works needs nobody")
	}
	lost := since("%9", health.StateWaiting, 2*time.Hour)
	lost.Stale = true
	agents := []engine.Agent{
		working, since("%1", health.StateCrashed, time.Hour), since("%2", health.StateWaiting, time.Minute),
		since("%3", health.StateWaiting, 5*time.Minute), lost,
	}
	if a, ok := Neediest(agents); !ok || a.Ref.Pane != "%3" {
		t.Errorf("%s", a.Ref)
	}
	if a, ok := Neediest([]engine.Agent{working, lost}); !ok || a.Ref.Pane != "%9" {
		t.Errorf("%s", a.Ref)
	}
}
