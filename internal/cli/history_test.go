package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/history"
)

// runAt runs the program with a folder for its state.
func runAt(state string, args ...string) (code int, stdout, stderr string) {
	var out, complaints bytes.Buffer
	code = Main(Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints,
		Getenv: func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] },
	})
	return code, out.String(), complaints.String()
}

// recorded is a folder with a history: an agent that worked for an hour, waited
// for ten minutes and crashed half an hour ago, and the answer it had.
func recorded(t *testing.T) string {
	t.Helper()
	state := t.TempDir()
	path := filepath.Join(state, "agentwatch", "history.db")
	store, err := history.Open(context.Background(), history.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	agent := history.Agent{
		Socket: "/tmp/s", Server: "work", Session: "api", Window: "re\x1b[31mview", Pane: "%7", PanePID: 70, PID: 71, Kind: "claude",
	}
	crashed := time.Now().Add(-30 * time.Minute)
	entries := []history.Entry{history.RunBegun{Run: 1, Socket: agent.Socket, At: crashed.Add(-70 * time.Minute)}}
	from := engine.UrgencyUnknown
	for i, step := range []struct {
		before time.Duration
		to     engine.Urgency
	}{{70 * time.Minute, engine.UrgencyWorking}, {10 * time.Minute, engine.UrgencyWaiting}, {0, engine.UrgencyCrashed}} {
		entries = append(entries, history.Transition{
			Run: 1, Seq: uint64(i), At: crashed.Add(-step.before), Agent: agent, From: from, To: step.to, First: i == 0,
			Rule: "test.rule", Text: "\x1b]0;evil\x07a line",
		})
		from = step.to
	}
	entries = append(entries, history.RunEnded{Run: 1, At: crashed.Add(time.Minute)},
		history.Answer{At: crashed.Add(-time.Minute), Agent: agent, Action: "choose", Text: "1. Yes", Outcome: history.OutcomeRefused, Reason: "gone", By: "web: phone"},
		history.Notification{At: crashed, Agent: agent, Channel: "desktop", Outcome: history.OutcomeDone})
	if err := store.Append(context.Background(), entries...); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestHistoryPrintsWhatWasRecordedNewestFirst(t *testing.T) {
	code, out, complaints := runAt(recorded(t), "history")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d, stderr %q", code, complaints)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for i, want := range []string{"CHANGE", "waiting > crashed", "working > waiting", "appears, working"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], want)
		}
	}
	if strings.Contains(out, "\x1b]0") || strings.Contains(out, "\x1b[31m") {
		t.Errorf("what a pane had on its screen is printed as it was: %q", out)
	}
}

func TestHistoryAsJSONHasOneObjectALine(t *testing.T) {
	state := recorded(t)
	for flag, want := range map[string]int{"--limit=0": 3, "--state=waiting,crashed": 2, "--session=none": 0, "--answers": 1, "--notifications": 1, "--until=31m": 2} {
		code, out, complaints := runAt(state, "history", "--json", flag)
		if code != exitOK || complaints != "" {
			t.Fatalf("%s: exit code %d, stderr %q", flag, code, complaints)
		}
		var records []map[string]any
		if err := json.Unmarshal([]byte(out), &records); err != nil {
			t.Fatalf("%s: %v:\n%s", flag, err, out)
		}
		if len(records) != want {
			t.Errorf("%s: %d objects, want %d", flag, len(records), want)
		}
		for _, r := range records {
			if _, err := time.Parse(time.RFC3339, r["time"].(string)); err != nil || r["pane"] != "%7" || r["kind"] != "claude" {
				t.Errorf("%s: %v", flag, r)
			}
		}
	}
}

func TestHistorySaysWhoGaveAnAnswer(t *testing.T) {
	if code, out, _ := runAt(recorded(t), "history", "--answers"); code != exitOK || !strings.Contains(out, "refused: gone (web: phone)") {
		t.Errorf("exit code %d, stdout:\n%s", code, out)
	}
}

func TestAListThatIsCutOffSaysSo(t *testing.T) {
	code, out, complaints := runAt(recorded(t), "history", "--limit", "2")
	if code != exitOK || strings.Count(out, "%7") != 2 || !strings.Contains(complaints, "--limit 0") {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, complaints, out)
	}
}

func TestWhereNothingFitsBothSaySo(t *testing.T) {
	state := recorded(t)
	for _, args := range [][]string{{"history", "--session", "none"}, {"report", "--since", "1m", "--until", "30s"}} {
		if code, out, complaints := runAt(state, args...); code != exitOK || out != "" || !strings.Contains(complaints, "recorded") || !strings.Contains(complaints, "--since") {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, out, complaints)
		}
	}
}

func TestReportSumsPerDayInThreeForms(t *testing.T) {
	state := recorded(t)
	_, out, _ := runAt(state, "report", "--json")
	var rows []reportRecord
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	var sum reportRecord
	for _, r := range rows {
		sum.Working, sum.Waiting, sum.Crashed, sum.Crashes = sum.Working+r.Working, sum.Waiting+r.Waiting, sum.Crashed+r.Crashed, sum.Crashes+r.Crashes
	}
	// A midnight between them cuts what goes on, and each part is written to the millisecond.
	for _, seconds := range []*float64{&sum.Working, &sum.Waiting, &sum.Crashed} {
		*seconds = math.Round(*seconds*100) / 100
	}
	if sum != (reportRecord{Working: 3600, Waiting: 600, Crashed: 60, Crashes: 1}) {
		t.Errorf("%+v", rows)
	}
	_, out, _ = runAt(state, "report", "--csv")
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(records) != len(rows)+1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if last := records[len(records)-1]; last[5] != "%7" || last[8] != "claude" || records[0][8] != "kind" {
		t.Errorf("%v", last)
	}
	code, out, complaints := runAt(state, "report")
	if code != exitOK || complaints != "" || !strings.Contains(out, "work:api re") || !strings.Contains(out, "CRASHES") {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, complaints, out)
	}
}

func TestWithoutAHistoryBothSaySoAndSucceed(t *testing.T) {
	for _, command := range []string{"history", "report"} {
		code, out, complaints := runAt(t.TempDir(), command)
		if code != exitOK || out != "" || !strings.Contains(complaints, "no history yet") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", command, code, out, complaints)
		}
		// What reads it gets what it can read.
		if code, out, _ := runAt(t.TempDir(), command, "--json"); code != exitOK || out != "[]\n" {
			t.Errorf("%s --json: exit code %d, stdout %q", command, code, out)
		}
	}
	if code, out, _ := runAt(t.TempDir(), "report", "--csv"); code != exitOK || !strings.HasPrefix(out, "day,") || strings.Count(out, "\n") != 1 {
		t.Errorf("report --csv: exit code %d, stdout %q", code, out)
	}
}

func TestHistoryRefusesWhatItDoesNotUnderstand(t *testing.T) {
	state := recorded(t)
	for _, args := range [][]string{
		{"history", "--since", "soon"},
		{"history", "--state", "asleep"},
		{"history", "--limit", "-1"},
		{"history", "--since", "1h", "--until", "2h"},
		{"history", "--answers", "--notifications"},
		{"history", "--answers", "--state", "idle"},
		{"history", "api"},
		{"report", "--json", "--csv"},
		{"report", "--since", "tomorrow"},
		{"report", "--since", "1h", "--until", "2h"},
	} {
		if code, out, complaints := runAt(state, args...); code != exitUsage || out != "" || complaints == "" {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, out, complaints)
		}
	}
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	day := func(d, h, m int) time.Time { return time.Date(2026, 3, d, h, m, 0, 0, time.UTC) }
	for text, want := range map[string]time.Time{
		"90m": now.Add(-90 * time.Minute), "24h": now.Add(-24 * time.Hour), "7d": now.AddDate(0, 0, -7), "1w": now.AddDate(0, 0, -7),
		"today": day(14, 0, 0), "yesterday": day(13, 0, 0), "now": now, "2026-03-02": day(2, 0, 0), "2026-03-02 08:30": day(2, 8, 30),
		"09:15": day(14, 9, 15), "2026-03-02T08:30:00+01:00": day(2, 7, 30),
	} {
		if got, err := parseMoment("since", text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "-3h", "d", "2026-13-01", "99999999999d", "1e9h"} {
		if got, err := parseMoment("since", text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

func FuzzATimeThatIsReadIsReadAgainFromItsFullForm(f *testing.F) {
	for _, seed := range []string{"90m", "7d", "2w", "today", "2026-03-14", "2026-03-14 15:04", "15:04", "2026-03-02T08:30:00+01:00", "0d", "-1h"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 14, 15, 9, 26, 535, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseMoment("since", text, now)
		if err != nil {
			return
		}
		again, err := parseMoment("since", at.Format(time.RFC3339Nano), now)
		if err != nil || !again.Equal(at) {
			t.Errorf("%q is %s, and that is %s, %v", text, at, again, err)
		}
	})
}
