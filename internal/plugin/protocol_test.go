package plugin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

func TestARequestTellsOfEachPaneWhatAStrategyMayKnow(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	in := engine.PlanInput{Now: now, Interval: 250 * time.Millisecond, Budget: 9, Panes: panes(2, now)}
	in.Panes[1].CapturedAt, in.Panes[1].ChangedAt, in.Panes[1].Change = time.Time{}, time.Time{}, engine.ChangeNew
	in.Panes[1].DirtySince, in.Panes[1].Focused = now.Add(-7*time.Second), true
	got, err := json.Marshal(requestOf(3, "/s", in))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":3,"server":"/s","interval_ms":250,"budget":9,"panes":[` +
		`{"pane":"%0","kind":"claude","state":"unknown","change":"seen","focused":false,"age_ms":0,"quiet_ms":1000,"pending_ms":0},` +
		`{"pane":"%1","kind":"claude","state":"starting","change":"new","focused":true,"age_ms":-1,"quiet_ms":-1,"pending_ms":7000}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestALyingAnswerNamesEachWatchedPaneAtMostOnce(t *testing.T) {
	in := inputNow(3)
	line := `{"id":1,"recapture":["%2","%99","` + strings.Repeat(`%2","`, 50_000) + `%0","","../etc"],"next_ms":-9223372036854775808,"limit":-5,"surplus":{}}`
	plan, err := readAnswer([]byte(line), 1, "/s", in)
	if err != nil {
		t.Fatal(err)
	}
	if planned(plan) != "%2 %0" || plan.NextIn != 0 || plan.Recapture[0].Server != "/s" {
		t.Errorf("%+v", plan)
	}
}

func FuzzAnswersAndWelcomesNeverPanic(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"recapture":["%1"],"method":"pooled","limit":3,"next_ms":9223372036854775807}`, `[]`, `{"id":"1"}`, "\x00",
		`{"protocol":1,"name":"x","summary":"y"}`, `{"id":1,"recapture":null}`,
	} {
		f.Add([]byte(seed))
	}
	in := inputNow(3)
	f.Fuzz(func(t *testing.T, line []byte) {
		if summary, err := readWelcome(line, "x"); err == nil && strings.ContainsAny(summary, "\x1b\n\x00") {
			t.Errorf("summary %q", summary)
		}
		plan, err := readAnswer(line, 1, "/s", in)
		if err == nil && (len(plan.Recapture) > len(in.Panes) || plan.NextIn < 0 || plan.NextIn > time.Hour) {
			t.Errorf("%+v", plan)
		}
	})
}
