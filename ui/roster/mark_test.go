package roster

import (
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAMarkBelongsToTheAgentAndNotToItsPane(t *testing.T) {
	working := engine.Agent{Ref: health.PaneRef{Server: "s", Pane: "%1"}, Kind: "claude", PanePID: 100, PID: 120, State: health.StateWorking}
	other := func(change func(a *engine.Agent)) engine.Agent {
		a := working
		change(&a)
		return a
	}
	crashed := other(func(a *engine.Agent) { a.State, a.PID = health.StateCrashed, 100 })
	unknown := other(func(a *engine.Agent) { a.PID = 100 })
	cases := map[string]struct {
		marked, now engine.Agent
		still       bool
	}{
		"the same":                             {working, other(func(a *engine.Agent) { a.State = health.StateIdle }), true},
		"crashed since":                        {working, crashed, true},
		"started again":                        {working, other(func(a *engine.Agent) { a.PID = 130 }), false},
		"started again after it had ended":     {crashed, working, false},
		"another program":                      {working, other(func(a *engine.Agent) { a.Kind = "codex" }), false},
		"another server's pane":                {working, other(func(a *engine.Agent) { a.PanePID = 900 }), false},
		"its process has become known":         {unknown, working, true},
		"a process that was never to be known": {unknown, unknown, true},
	}
	for name, c := range cases {
		marks := Marks{c.marked.Ref: engine.IdentityOf(&c.marked)}
		on, _ := marks.On([]engine.Agent{c.now})
		if _, still := on[c.now.Ref]; still != c.still {
			t.Errorf("%s: marked %v, want %v", name, still, c.still)
		}
		if len(marks) != 1 {
			t.Errorf("%s: the marks themselves were changed", name)
		}
	}
}

func TestAMarkFollowsItsAgentToItsEnd(t *testing.T) {
	a := engine.Agent{Kind: "claude", PanePID: 100, PID: 100, State: health.StateStarting}
	marks := Marks{a.Ref: engine.IdentityOf(&a)}
	for _, step := range []struct {
		pid   int
		state health.State
		still bool
	}{{120, health.StateWorking, true}, {100, health.StateCrashed, true}, {130, health.StateWorking, false}, {100, health.StateExited, false}} {
		a.PID, a.State = step.pid, step.state
		marks, _ = marks.On([]engine.Agent{a})
		if _, still := marks[a.Ref]; still != step.still {
			t.Fatalf("%+v: marked %v", step, still)
		}
	}
}

func TestAnAgentThatIsNotSeenForAWhileKeepsItsMark(t *testing.T) {
	a := engine.Agent{Kind: "claude", PanePID: 100, PID: 120}
	marks := Marks{a.Ref: engine.IdentityOf(&a)}
	if on, changed := marks.On(nil); changed || len(on) != 1 {
		t.Errorf("%v, changed %v", on, changed)
	}
}
