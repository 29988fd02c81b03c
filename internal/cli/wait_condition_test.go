package cli

import (
	"errors"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

func TestAConditionIsMetByTheAgentsThatAreMeant(t *testing.T) {
	begun := time.Now()
	fresh := func(a engine.Agent) engine.Agent { a.Since = begun.Add(time.Second); return a }
	unseen := func(a engine.Agent) engine.Agent { a.Unseen = true; return a }
	stale := func(a engine.Agent) engine.Agent { a.Stale = true; return a }
	idle, working := waiter("%1", health.StateIdle), waiter("%2", health.StateWorking)
	elsewhere := waiter("%3", health.StateIdle)
	elsewhere.Session, elsewhere.Window = "web", "tests"
	toIdle := []engine.Urgency{engine.UrgencyIdle}
	toDone := []engine.Urgency{engine.UrgencyDone}
	for name, c := range map[string]struct {
		wanted condition
		agents []engine.Agent
		want   waitOutcome
	}{
		"a pane is idle":                              {condition{States: toIdle, Pane: "%1"}, []engine.Agent{idle, working}, outcomeReached},
		"a pane still works":                          {condition{States: toIdle, Pane: "%2"}, []engine.Agent{idle, working}, outcomePending},
		"a pane is not there":                         {condition{States: toIdle, Pane: "%9"}, []engine.Agent{idle}, outcomeGone},
		"a pane of another server":                    {condition{States: toIdle, Pane: "%1", Socket: "/other"}, []engine.Agent{idle}, outcomeGone},
		"its agent has exited":                        {condition{States: toIdle, Pane: "%1"}, []engine.Agent{waiter("%1", health.StateExited)}, outcomeGone},
		"its agent has crashed":                       {condition{States: toIdle, Pane: "%1"}, []engine.Agent{waiter("%1", health.StateCrashed)}, outcomeGone},
		"a crash is waited for":                       {condition{States: []engine.Urgency{engine.UrgencyCrashed}, Pane: "%1"}, []engine.Agent{waiter("%1", health.StateCrashed)}, outcomeReached},
		"done counts as idle":                         {condition{States: toIdle, Pane: "%1"}, []engine.Agent{unseen(idle)}, outcomeReached},
		"idle from before is not done":                {condition{States: toDone, Pane: "%1"}, []engine.Agent{idle}, outcomePending},
		"idle since, and seen, is done":               {condition{States: toDone, Pane: "%1"}, []engine.Agent{fresh(idle)}, outcomeReached},
		"done is done":                                {condition{States: toDone, Pane: "%1"}, []engine.Agent{unseen(idle)}, outcomeReached},
		"what is shown of a lost server is not known": {condition{States: toIdle, Pane: "%1"}, []engine.Agent{stale(idle)}, outcomePending},
		"any agent":                                   {condition{States: toIdle}, []engine.Agent{working, idle}, outcomeReached},
		"any agent has yet to come":                   {condition{States: toIdle}, nil, outcomePending},
		"not all agents":                              {condition{States: toIdle, All: true}, []engine.Agent{working, idle}, outcomePending},
		"all agents":                                  {condition{States: toIdle, All: true}, []engine.Agent{elsewhere, idle}, outcomeReached},
		"all but those that have ended":               {condition{States: toIdle, All: true}, []engine.Agent{waiter("%5", health.StateExited), idle}, outcomeReached},
		"all of none":                                 {condition{States: toIdle, All: true}, nil, outcomeGone},
		"a session":                                   {condition{States: toIdle, Session: "web", All: true}, []engine.Agent{elsewhere, working}, outcomeReached},
		"a session that works":                        {condition{States: toIdle, Session: "api", All: true}, []engine.Agent{elsewhere, working}, outcomePending},
		"a session without agents":                    {condition{States: toIdle, Session: "docs"}, []engine.Agent{elsewhere}, outcomeGone},
		"a window":                                    {condition{States: toIdle, Window: "tests"}, []engine.Agent{elsewhere, working}, outcomeReached},
		"one of several states":                       {condition{States: []engine.Urgency{engine.UrgencyWaiting, engine.UrgencyWorking}, Pane: "%2"}, []engine.Agent{working}, outcomeReached},
	} {
		c.wanted.Since = begun
		got, err := c.wanted.check(seen(c.agents...))
		if err != nil || got.outcome != c.want {
			t.Errorf("%s: outcome %d, %v; want %d", name, got.outcome, err, c.want)
		}
		if got.outcome == outcomeReached && len(got.agents) == 0 {
			t.Errorf("%s: no agent is named", name)
		}
	}
}

func TestBeforeEveryServerWasLookedAtNothingIsGone(t *testing.T) {
	s := seen()
	s.Ready = false
	if got, err := (condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: "%1"}).check(s); err != nil || got.outcome != outcomePending {
		t.Error(got, err)
	}
}

func TestNothingIsGoneFromAServerThatCannotBeRead(t *testing.T) {
	for _, server := range []engine.ServerStatus{{Name: "x", Link: engine.LinkLost}, {Name: "x", Link: engine.LinkBatch, Problem: "no answer"}} {
		s := &engine.Snapshot{Ready: true, Servers: []engine.ServerStatus{server}}
		c := condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: "%1"}
		if w, err := c.check(s); err != nil || w.outcome != outcomePending {
			t.Errorf("%+v: %+v, %v", server, w, err)
		}
		s.Servers[0] = engine.ServerStatus{Name: "x", Link: engine.LinkBatch}
		if w, err := c.check(s); err != nil || w.outcome != outcomeGone {
			t.Errorf("%+v: %+v, %v", s.Servers[0], w, err)
		}
	}
}

func TestAPaneOnSeveralServersIsAmbiguous(t *testing.T) {
	one, other := waiter("%1", health.StateIdle), waiter("%1", health.StateIdle)
	other.Ref.Server = "/tmp/tmux/work"
	wanted := condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: "%1"}
	if _, err := wanted.check(seen(one, other)); !errors.Is(err, api.ErrAmbiguous) {
		t.Error(err)
	}
	wanted.Socket = other.Ref.Server
	if got, err := wanted.check(seen(one, other)); err != nil || got.agents[0].Ref != other.Ref {
		t.Error(got, err)
	}
}

func TestTheneediestIsTheOneOfTheMostUrgentThatHasWaitedLongest(t *testing.T) {
	since := func(pane string, s health.State, ago time.Duration) engine.Agent {
		a := waiter(pane, s)
		a.Since = time.Now().Add(-ago)
		return a
	}
	working := since("%0", health.StateWorking, time.Hour)
	if _, ok := neediest([]engine.Agent{working}); ok {
		t.Error("one that works needs nobody")
	}
	lost := since("%9", health.StateWaiting, 2*time.Hour)
	lost.Stale = true
	agents := []engine.Agent{
		working, since("%1", health.StateCrashed, time.Hour), since("%2", health.StateWaiting, time.Minute),
		since("%3", health.StateWaiting, 5*time.Minute), lost,
	}
	if a, ok := neediest(agents); !ok || a.Ref.Pane != "%3" {
		t.Errorf("%s", a.Ref)
	}
	if a, ok := neediest([]engine.Agent{working, lost}); !ok || a.Ref.Pane != "%9" {
		t.Errorf("%s", a.Ref)
	}
}

// waiter is an agent in a pane.
func waiter(pane string, state health.State) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux/default", Pane: pane}, Server: "default", Session: "api", Window: "main", Kind: "claude", State: state, Since: time.Now().Add(-time.Minute),
	}
}

// seen is a snapshot of agents.
func seen(agents ...engine.Agent) *engine.Snapshot {
	return &engine.Snapshot{Ready: true, Agents: agents}
}
