package plugin

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// buildUrgent builds the example in Go and returns its path.
func buildUrgent(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filePrefix+"urgent")
	out, err := exec.Command("go", "build", "-o", path, repository+"/examples/strategy-go").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// ownPlan returns the first plan that is the strategy's own: it tells them from
// push's by what push would plan.
func ownPlan(t *testing.T, s engine.Strategy, in engine.PlanInput, is func(engine.Plan) bool) engine.Plan {
	t.Helper()
	var plan engine.Plan
	eventually(t, "a plan of "+string(s.Name()), func() bool {
		in.Now = time.Now()
		plan = s.Plan(in)
		return is(plan)
	})
	return plan
}

func TestTheExampleInGoPutsWhatWaitsForYouFirst(t *testing.T) {
	path := buildUrgent(t)
	_, latest := manage(t, Options{Folders: []string{filepath.Dir(path)}})
	eventually(t, "its handshake", func() bool { return latest.text() == "urgent ok" })
	in := inputNow(100)
	for i := range in.Panes {
		in.Panes[i].Change, in.Panes[i].DirtySince = engine.ChangeSeen, in.Now
		in.Panes[i].State = health.StateIdle
	}
	in.Panes[70].State, in.Panes[80].Focused = health.StateWaiting, true
	in.Panes[90].DirtySince = in.Now.Add(-3 * time.Second)
	in.Panes[0].Change = engine.ChangeNone
	s := latest.byName("urgent")
	if s.Summary() != "what waits for you first, at most 40 panes a round" {
		t.Errorf("summary %q", s.Summary())
	}
	plan := ownPlan(t, s, in, func(p engine.Plan) bool { return len(p.Recapture) == 40 })
	for i, want := range []string{"%80", "%90", "%70", "%1"} {
		if got := plan.Recapture[i].Pane; got != want {
			t.Errorf("place %d: %s, want %s", i, got, want)
		}
	}
}

func TestTheExampleInPythonMakesRoundsRarerAtRest(t *testing.T) {
	folder := t.TempDir()
	copyExample(t, repository+"/examples/strategy-python/agentwatch-strategy-quiet", folder)
	_, latest := manage(t, Options{Folders: []string{folder}})
	eventually(t, "its handshake (it needs python3)", func() bool { return latest.text() == "quiet ok" })
	in := inputNow(4)
	for i := range in.Panes {
		in.Panes[i].State = health.StateIdle
	}
	in.Panes[2].Change, in.Panes[2].CapturedAt = engine.ChangePossible, in.Now.Add(-time.Hour)
	s := latest.byName("quiet")
	plan := ownPlan(t, s, in, func(p engine.Plan) bool { return p.NextIn == 2*time.Second })
	if got := planned(plan); got != "%0 %2 %3" {
		t.Errorf("planned %s", got)
	}
	// The round before may still be on its way to the program.
	in.Panes = slices.Clone(in.Panes)
	in.Panes[1].State = health.StateWorking
	ownPlan(t, s, in, func(p engine.Plan) bool { return p.NextIn == in.Interval })
}

// BenchmarkExecutable is one plan of 200 panes by the example in Go: request,
// its work, answer.
func BenchmarkExecutable(b *testing.B) {
	e := newExecutable(buildUrgent(b), "test", defaultLimits())
	runUntilEnd(b, e)
	eventually(b, "the handshake", func() bool { return e.Health().Status == engine.StrategyOK })
	in := inputNow(200)
	b.ReportAllocs()
	for b.Loop() {
		c, _ := e.submit(in)
		select {
		case <-c.done:
		case <-time.After(patience):
			b.Fatal(e.Health())
		}
	}
}
