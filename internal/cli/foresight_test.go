package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/foresight"
	"agentwatch/internal/history"
)

// lived writes a history of so many turns. With signal, what runs in api soon asks
// something, and what runs in docs takes long and finishes.
func lived(t *testing.T, turns int, signal bool) (state string) {
	t.Helper()
	state = t.TempDir()
	path := filepath.Join(state, "agentwatch", "history.db")
	store, err := history.Open(context.Background(), history.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	at := time.Now().Add(-30 * 24 * time.Hour)
	run := history.NewRunID()
	entries := []history.Entry{history.RunBegun{Run: run, Socket: "/s", At: at, PID: 1}}
	seq := uint64(0)
	change := func(a history.Agent, from, to engine.Urgency) {
		seq++
		entries = append(entries, history.Transition{Run: run, Seq: seq, At: at, Since: at, Agent: a, From: from, To: to, Source: health.SourceScreen, First: from == engine.UrgencyUnknown})
	}
	agents := []history.Agent{{Socket: "/s", Session: "api", Pane: "%1", PanePID: 1, Kind: "claude"}, {Socket: "/s", Session: "docs", Pane: "%2", PanePID: 2, Kind: "claude"}}
	for _, a := range agents {
		change(a, engine.UrgencyUnknown, engine.UrgencyIdle)
	}
	before := []engine.Urgency{engine.UrgencyIdle, engine.UrgencyIdle}
	for range turns {
		i := random.IntN(2)
		asks, length := 0.3, 60.0
		if signal {
			asks, length = []float64{0.9, 0.1}[i], []float64{20, 600}[i]
		}
		change(agents[i], before[i], engine.UrgencyWorking)
		at = at.Add(time.Duration((2 + random.ExpFloat64()*length) * float64(time.Second)))
		before[i] = engine.UrgencyIdle
		if random.Float64() < asks {
			before[i] = engine.UrgencyWaiting
		}
		change(agents[i], engine.UrgencyWorking, before[i])
		at = at.Add(time.Minute)
	}
	if err := store.Append(context.Background(), append(entries, history.RunEnded{Run: run, At: at})...); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestForecastSaysWhetherItMaySpeakOnTheUsersHistory(t *testing.T) {
	for _, c := range []struct {
		name     string
		turns    int
		signal   bool
		says     []string
		saysNone string
	}{
		{"with a signal", 500, true, []string{"500 turns learnt", "when a turn will end: shown", "how a turn will end: shown", "reliability: "}, "not shown"},
		{"without one", 500, false, []string{"500 turns learnt", "when a turn will end: not shown; not surely better than", "how a turn will end: not shown"}, "end: shown"},
		{"with few turns", 60, true, []string{"60 turns learnt", "140 more turns to go"}, "end: shown"},
	} {
		code, out, complaints := runAt(lived(t, c.turns, c.signal), "forecast")
		for _, want := range c.says {
			if code != exitOK || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, %q is not in:\n%s%s", c.name, code, want, out, complaints)
			}
		}
		if strings.Contains(out, c.saysNone) {
			t.Errorf("%s:\n%s", c.name, out)
		}
	}
	if code, out, complaints := runAt(t.TempDir(), "forecast"); code != exitOK || out != "" || !strings.Contains(complaints, "no history yet") {
		t.Errorf("without a history: exit code %d, stdout %q, stderr %q", code, out, complaints)
	}
	if code, out, _ := runAt(lived(t, 30, true), "forecast", "--json"); code != exitOK || !strings.Contains(out, `"needed": 200`) {
		t.Errorf("exit code %d, stdout %q", code, out)
	}
}

func TestWhatNobodySawIsNotLearntAsATurn(t *testing.T) {
	o := newOracle()
	a := history.Agent{Socket: "/s", Session: "api", Pane: "%1", Kind: "claude"}
	at := time.Now()
	later := func() time.Time { at = at.Add(time.Minute); return at }
	o.note(change{agent: a, at: later(), to: engine.UrgencyWorking, fresh: true, joined: true}) // it worked before we came
	o.note(change{agent: a, at: later(), to: engine.UrgencyDone})
	if s := o.model.Standing(); s.Turns+s.Unseen != 0 {
		t.Errorf("a turn whose beginning nobody saw was learnt: %+v", s)
	}
	o.note(change{agent: a, at: later(), to: engine.UrgencyWorking})
	o.note(change{agent: a, at: later(), to: engine.UrgencyWorking, gone: true})
	if s := o.model.Standing(); s.Turns != 0 || s.Unseen != 1 {
		t.Errorf("a closed pane: %+v", s)
	}
	o.note(change{agent: a, at: later(), to: engine.UrgencyWorking, fresh: true})
	o.note(change{agent: a, at: later(), to: engine.UrgencyWaiting})
	if s := o.model.Standing(); s.Turns != 1 {
		t.Errorf("a turn: %+v", s)
	}
}

func TestEndsAndUrgenciesAreEachOthersInverse(t *testing.T) {
	for e := range foresight.EndUnknown {
		if back := endOf(urgencyOf(e)); back != e {
			t.Error(fmt.Sprint(e), back)
		}
	}
}

func TestForecastsAreMadeForThoseThatWorkOnceTheyMayBe(t *testing.T) {
	state := lived(t, 500, true)
	store, err := history.Open(t.Context(), history.Options{Path: filepath.Join(state, "agentwatch", "history.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	o := newOracle()
	if err := o.recall(t.Context(), store, time.Now()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	api := history.Agent{Socket: "/s", Session: "api", Pane: "%1", Kind: "claude"}
	o.note(change{agent: api, at: now, to: engine.UrgencyWorking})
	all := o.forecasts(now.Add(time.Second))
	f := all[health.PaneRef{Server: "/s", Pane: "%1"}]
	if len(all) != 1 || f == nil || f.End != engine.UrgencyWaiting || f.Chance < 0.7 || f.High <= 0 || f.High > 5*time.Minute {
		t.Errorf("%+v", f)
	}
	o.note(change{agent: api, at: now.Add(time.Minute), to: engine.UrgencyWaiting})
	if all := o.forecasts(now.Add(time.Minute)); len(all) != 0 {
		t.Errorf("of one that waits: %v", all)
	}
}

func TestEvalPredictScoresTheForecastAgainstEachGuess(t *testing.T) {
	state := lived(t, 500, true)
	code, out, complaints := runAt(state, "eval", "predict")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	t.Log(out)
	for _, want := range []string{"500 turns in 2 sessions, each predicted, then learnt", "when a turn ends (pinball loss)", "elapsed time alone", "how it ends (Brier score)", " % "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if code, out, _ = runAt(state, "eval", "predict", "--json"); code != exitOK || !strings.Contains(out, `"baseline": "base rate"`) || !strings.Contains(out, `"low"`) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if code, out, complaints = runAt(t.TempDir(), "eval", "predict"); code != exitOK || out != "" || !strings.Contains(complaints, "no history yet") {
		t.Errorf("without a history: exit code %d, %q, %q", code, out, complaints)
	}
}
