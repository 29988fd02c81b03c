package api_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// rich is a snapshot in which nothing is zero that another build may write.
func rich() *engine.Snapshot {
	at := time.UnixMicro(1_700_000_000_000_000)
	a := engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/s", Pane: "%1"}, Server: "default", Session: "work", Window: "w", Kind: "claude", State: health.StateWaiting,
		Wait: health.WaitPermission, Since: at, PanePID: 7, PID: 8, Revision: 3, Unseen: true, Activity: "busy",
		Past:   []engine.Phase{{At: at, Urgency: engine.UrgencyWorking}, {At: at.Add(time.Minute), Urgency: engine.UrgencyWaiting}},
		Dialog: &health.Dialog{Question: "Go on?", Options: []health.Option{{Key: "1", Label: "Yes"}}},
	}
	return &engine.Snapshot{
		Seq: 5, At: at, Ready: true, Agents: []engine.Agent{a}, Panes: 3, Strategy: "push", Counts: engine.Counts{engine.UrgencyWaiting: 1},
		Servers: []engine.ServerStatus{{Name: "default", Socket: "/tmp/s", Link: engine.LinkBatch, Panes: 3}},
		Notices: []engine.Notice{{Severity: engine.SeverityError, Text: "look"}}, Trend: []engine.Sample{{At: at, Captured: 3}},
	}
}

// messages are what builds send each other, each with a value to read it into.
func messages() map[string]struct{ sent, read any } {
	s := rich()
	patch, _ := api.Diff(nil, s)
	patch.Engine, patch.Figures = &api.Engine{ID: "there", Build: api.Build{Version: "1"}, PID: 4, Settings: 2}, api.FiguresOf(nil, s)
	outcome, _ := api.OutcomeOf(engine.Outcome{Agent: s.Agents[0], Sent: true, Problem: "late"}, errors.New("late"))
	outcome.Agent.Past = nil
	return map[string]struct{ sent, read any }{
		"patch":      {&patch, new(api.Patch)},
		"snapshot":   {api.WithoutPasts(s), new(engine.Snapshot)},
		"transition": {&api.TransitionLine{Seq: 2, Engine: "there", Transition: &engine.Transition{Agent: s.Agents[0], From: health.StateWorking, To: health.StateWaiting}}, new(api.TransitionLine)},
		"screen":     {&api.ScreenPatch{Ref: s.Agents[0].Ref, Height: 2, Rows: map[int]string{1: "x"}}, new(api.ScreenPatch)},
		"answer":     {&api.Answer{ID: "a", Target: s.Agents[0].Ref, Action: "approve", Seen: api.Seen(engine.SeenOf(s.Agents[0]))}, new(api.Answer)},
		"outcome":    {&outcome, new(api.Outcome)},
		"past":       {&api.PastEntry{Change: &api.PastChange{To: engine.UrgencyDone, Rule: "r", PastAgent: api.PastAgent{Pane: "%1"}}}, new(api.PastEntry)},
		"report":     {&api.ReportRow{Day: "2026-01-02", Turns: 3, Spent: engine.Durations{engine.UrgencyWorking: time.Minute}}, new(api.ReportRow)},
		"status":     {new(api.Status), new(api.Status)},
		"hello":      {&api.Hello{Host: "there"}, new(api.Hello)},
	}
}

// each calls change for every object within a JSON value that has fields. Those of
// the others are words and rows.
func each(value any, change func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if !slices.Contains([]string{"today", "counts", "spent_ns", "rows"}, key) {
				each(inner, change)
			}
		}
		change(v)
	case []any:
		for _, inner := range v {
			each(inner, change)
		}
	}
}

// changed is a message as a build of another age may write it.
func changed(t *testing.T, sent any, change func(map[string]any)) []byte {
	t.Helper()
	data, err := json.Marshal(sent)
	var value any
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	each(value, change)
	if err == nil {
		data, err = json.Marshal(value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFieldsThatANewerBuildSendsAreIgnored(t *testing.T) {
	for name, m := range messages() {
		data := changed(t, m.sent, func(object map[string]any) { object["unheard_of"] = map[string]any{"deep": []any{1, "x", nil}} })
		if err := json.Unmarshal(data, m.read); err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
			continue
		}
		want, got := changed(t, m.sent, func(map[string]any) {}), changed(t, m.read, func(map[string]any) {})
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: it is read as\n%s\nand was\n%s", name, got, want)
		}
	}
}

func TestFieldsAndWordsThatAnOlderBuildDoesNotKnowHaveDefaults(t *testing.T) {
	for name, m := range messages() {
		keys := make(map[string]bool)
		changed(t, m.sent, func(object map[string]any) {
			for key := range object {
				keys[key] = true
			}
		})
		for key := range keys {
			missing := changed(t, m.sent, func(object map[string]any) { delete(object, key) })
			if err := json.Unmarshal(missing, fresh(m.read)); err != nil {
				t.Errorf("%s without %s: %v", name, key, err)
			}
			other := changed(t, m.sent, func(object map[string]any) {
				if word, is := object[key].(string); is && !isTime(word) {
					object[key] = "unheard of"
				}
			})
			if err := json.Unmarshal(other, fresh(m.read)); err != nil {
				t.Errorf("%s with another word for %s: %v", name, key, err)
			}
			if patch, is := fresh(m.read).(*api.Patch); is && json.Unmarshal(missing, patch) == nil {
				// It either fits or has the stream begin anew; it never panics.
				if _, err := patch.Apply(rich()); err != nil && !errors.Is(err, api.ErrPatch) {
					t.Errorf("without %s: %v", key, err)
				}
			}
		}
	}
}

func fresh(v any) any { return reflect.New(reflect.TypeOf(v).Elem()).Interface() }

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil
}
