package history

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
)

func minutes(n int) time.Time { return noon().Add(time.Duration(n) * time.Minute) }

// live is api as the engine has it now.
func live(past ...engine.Phase) engine.Agent {
	a := api()
	return engine.Agent{
		Ref: health.PaneRef{Server: a.Socket, Pane: a.Pane}, Server: a.Server, Session: a.Session, Window: a.Window,
		PanePID: a.PanePID, PID: a.PID, Kind: a.Kind, Past: past,
	}
}

func phasesAt(t *testing.T, s *Store, a engine.Agent, since time.Time) []engine.Phase {
	t.Helper()
	found, err := s.Phases(context.Background(), []engine.Agent{a}, since)
	if err != nil {
		t.Fatal(err)
	}
	return found[a.Ref]
}

func same(t *testing.T, got, want []engine.Phase) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestAnAgentsPastGoesBackBeyondThisRunWithGapsWhereNobodyWatched(t *testing.T) {
	s := opened(t, Options{Now: func() time.Time { return minutes(60) }})
	first := change(1, 1, minutes(0), engine.UrgencyUnknown, engine.UrgencyWorking)
	first.First = true
	again := change(2, 1, minutes(30), engine.UrgencyUnknown, engine.UrgencyIdle)
	again.First = true
	appended(t, s,
		RunBegun{Run: 1, Socket: api().Socket, At: minutes(0)}, first,
		change(1, 2, minutes(5), engine.UrgencyWorking, engine.UrgencyWaiting),
		RunSeen{Run: 1, At: minutes(10)}, // and then it was killed
		RunBegun{Run: 2, Socket: api().Socket, At: minutes(30)}, again,
		RunEnded{Run: 2, At: minutes(40)},
	)
	want := []engine.Phase{
		{At: minutes(0), Urgency: engine.UrgencyWorking},
		{At: minutes(5), Urgency: engine.UrgencyWaiting},
		{At: minutes(10), Urgency: engine.UrgencyUnknown, Gap: true},
		{At: minutes(30), Urgency: engine.UrgencyIdle},
		{At: minutes(40), Urgency: engine.UrgencyUnknown, Gap: true},
	}
	same(t, phasesAt(t, s, live(engine.Phase{At: minutes(50), Urgency: engine.UrgencyWorking}), minutes(-60)), want)
	// What this run knows itself is not told twice.
	same(t, phasesAt(t, s, live(engine.Phase{At: minutes(35), Urgency: engine.UrgencyIdle}), minutes(-60)), want[:4])
	// A state that began before the time asked for is cut there.
	same(t, phasesAt(t, s, live(engine.Phase{At: minutes(8), Urgency: engine.UrgencyIdle}), minutes(6)),
		[]engine.Phase{{At: minutes(6), Urgency: engine.UrgencyWaiting}})
}

func TestAPaneOfARestartedServerIsNotTakenForTheOldOne(t *testing.T) {
	s := opened(t, Options{Now: func() time.Time { return minutes(60) }})
	appended(t, s, RunBegun{Run: 1, Socket: api().Socket, At: minutes(0)},
		change(1, 1, minutes(0), engine.UrgencyUnknown, engine.UrgencyWorking), RunEnded{Run: 1, At: minutes(10)})
	restarted := live(engine.Phase{At: minutes(20), Urgency: engine.UrgencyIdle})
	restarted.PanePID++
	if got := phasesAt(t, s, restarted, minutes(-60)); got != nil {
		t.Errorf("it has the past of another: %v", got)
	}
	other := live(engine.Phase{At: minutes(20), Urgency: engine.UrgencyIdle})
	other.Kind = "codex"
	if got := phasesAt(t, s, other, minutes(-60)); got != nil {
		t.Errorf("it has the past of another kind: %v", got)
	}
}

func TestARunThatGoesOnWithAnotherLeavesNoGapAndTellsNothingTwice(t *testing.T) {
	s := opened(t, Options{Now: func() time.Time { return minutes(60) }})
	carried := change(2, 1, minutes(10), engine.UrgencyWaiting, engine.UrgencyWaiting)
	carried.Carried = true
	appended(t, s, RunBegun{Run: 1, Socket: api().Socket, At: minutes(0)},
		change(1, 1, minutes(0), engine.UrgencyWorking, engine.UrgencyWaiting), RunEnded{Run: 1, At: minutes(10)},
		RunBegun{Run: 2, Socket: api().Socket, At: minutes(10)}, carried, RunSeen{Run: 2, At: minutes(20)})
	same(t, phasesAt(t, s, live(engine.Phase{At: minutes(20), Urgency: engine.UrgencyIdle}), minutes(-60)),
		[]engine.Phase{{At: minutes(0), Urgency: engine.UrgencyWaiting}})
	rows, err := s.Report(context.Background(), minutes(-60), minutes(60), time.UTC)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if r := rows[0]; r.Spent.Of(engine.UrgencyWaiting) != 20*time.Minute || r.LongestWait != 20*time.Minute {
		t.Errorf("waited %s, longest %s, want 20 min in one", r.Spent.Of(engine.UrgencyWaiting), r.LongestWait)
	}
}

func TestAClockThatWasSetBackCountsNoTimeTwice(t *testing.T) {
	s := opened(t, Options{})
	carried := change(2, 1, minutes(4), engine.UrgencyWorking, engine.UrgencyWorking)
	carried.Carried = true
	appended(t, s, RunBegun{Run: 1, Socket: api().Socket, At: minutes(0)},
		change(1, 1, minutes(0), engine.UrgencyIdle, engine.UrgencyWorking), RunSeen{Run: 1, At: minutes(10)},
		RunBegun{Run: 2, Socket: api().Socket, At: minutes(4)}, carried, RunSeen{Run: 2, At: minutes(12)})
	rows, err := s.Report(context.Background(), minutes(-60), minutes(60), time.UTC)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got := rows[0].Spent.Of(engine.UrgencyWorking); got != 12*time.Minute {
		t.Errorf("worked %s, want 12 min", got)
	}
}
