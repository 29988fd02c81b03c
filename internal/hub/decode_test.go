package hub

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// recordText is the record of an agent of which all is known, as a host writes it.
func recordText(t testing.TB) string {
	t.Helper()
	now := time.Now()
	r := recordOf(engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux-1000/default", Pane: "%3"}, Session: "build \"α\" <x> & y", Window: "claude", WindowIndex: 2, PaneIndex: 1, Kind: health.KindClaude,
		State: health.StateWaiting, Wait: health.WaitPermission, Since: now, ActiveAt: now, CheckedAt: now, Unseen: true, Stale: true, Confidence: 0.875,
		Snooze: &engine.Snooze{At: now, Until: now.Add(time.Hour)}, Composer: 7, PID: 1234, PanePID: 1200, Width: 120, Height: 40, Command: "claude",
		Evidence: health.Evidence{Source: health.SourceScreen, Rule: "dialog", Line: 3, Text: "Do you want to proceed? \\ /"}, Activity: "Do you want to proceed?", Title: "✳ title", CWD: "/home/alice",
		Dialog: &health.Dialog{Question: "Do you want to proceed?", Body: []string{"rm -rf [x]", `"{}`}, Options: []health.Option{{Key: "1", Label: "Yes", Selected: true}, {Key: "2", Label: "No"}}},
		Facts:  []health.Fact{{Value: "opus"}}, Past: []engine.Phase{{At: now.Add(-time.Hour), Urgency: engine.UrgencyWorking}, {At: now, Urgency: engine.UrgencyWaiting}},
	}, "abcdefghij234567", "s1.3", ShareLines)
	r.Epoch, r.Rev = now.UnixMilli(), 7
	data, err := r.encoded()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEveryRecordThatAHostWritesIsReadQuicklyAndWhole(t *testing.T) {
	text := recordText(t)
	got, quick := quickRecord(text)
	if !quick {
		t.Fatalf("not read quickly: %s", text)
	}
	var want Record
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read as\n%+v, not\n%+v", got, want)
	}
	again, err := json.Marshal(got)
	if err != nil || string(again) != text {
		t.Errorf("written again as %s (%v), not %s", again, err, text)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Record]()) {
		if value := reflect.ValueOf(got).FieldByIndex(field.Index); value.IsZero() {
			t.Errorf("the record of this test has no %s", field.Name)
		}
	}
}

func FuzzARecordIsReadQuicklyAsItIsSlowly(f *testing.F) {
	f.Add(recordText(f))
	for _, text := range []string{
		`{}`, `{"v":1}`, `{"v":1,"e":-0,"past":[]}`, `{"v":01}`, `{"v":1,"since":9223372036854775807}`, `{"v":1,"since":92233720368547758070}`, `{"v":1.0}`, `{"v":1,}`,
		`{"v":1,"session":"\u0061"}`, `{"V":2,"v":1}`, `{"v":1,"dialog":null,"facts":[],"past":null}`, `{"v":1,"unseen":truefalse}`, `{"v":1}x`, `{"v":1,"conf":1e-1,"state":"new"}`,
		`{"v":1,"dialog":{"question":"a"},"dialog":{"footer":"b"}}`, `{"v":1,"r":-1}`, `{"v":1,"past":[1,]}`, `{"v":1,"past":[1 ,2]}`, `{"v":1,"dialog":"]"}`,
	} {
		f.Add(text)
		f.Add(strings.ToUpper(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, quick := quickRecord(text)
		if !quick {
			return
		}
		var want Record
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q is read, and is not to be: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as\n%+v, not\n%+v", text, got, want)
		}
	})
}

func BenchmarkReadRecord(b *testing.B) {
	text := recordText(b)
	for b.Loop() {
		if _, err := readRecord(text, "abcdefghij234567", "s1.3"); err != nil {
			b.Fatal(err)
		}
	}
}
