package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
	"agentwatch/internal/history"
)

// The files in testdata/upgrade were written by the program of commit 19ebe24, the
// last before there was an engine process: its dashboard watched two agents, had its
// view changed and one of them marked, and an answer was sent. history.json is what
// its own `history --json` said of history.db.

// upgraded is a home with these files.
func upgraded(t *testing.T) (run func(args ...string) (int, string, string), folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "agentwatch")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.toml", "dashboard.json", "history.db"} {
		if err := os.WriteFile(filepath.Join(folder, name), fromBefore(t, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(args ...string) (int, string, string) {
		var out, complaints bytes.Buffer
		code := Main(Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints, Getenv: func(name string) string {
			return map[string]string{"XDG_STATE_HOME": filepath.Dir(folder), "XDG_CONFIG_HOME": filepath.Dir(folder), "HOME": folder}[name]
		}})
		return code, out.String(), complaints.String()
	}, folder
}

// fromBefore reads a file of testdata/upgrade.
func fromBefore(t *testing.T, name string) []byte {
	t.Helper()
	path := filepath.Join("testdata/upgrade", name)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		var packed []byte
		if packed, err = os.ReadFile(path + ".gz"); err == nil {
			var unpacked *gzip.Reader
			if unpacked, err = gzip.NewReader(bytes.NewReader(packed)); err == nil {
				data, err = io.ReadAll(unpacked)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheConfigurationOfAnOlderBuildIsInForce(t *testing.T) {
	run, _ := upgraded(t)
	if code, out, complaints := run("config", "check"); code != exitOK {
		t.Errorf("exit code %d\n%s%s", code, out, complaints)
	}
	_, out, complaints := run("config", "show")
	settings := make(map[string]string)
	for line := range strings.Lines(out) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), " "); found {
			settings[name] = strings.TrimSpace(value)
		}
	}
	for name, want := range map[string]string{
		"theme": `"nord"`, "view": `"grid"`, "watch.strategy": `"priority"`, "watch.interval": `"500ms"`, "watch.no_clients": "true",
		"keys.quit": `["ctrl+q"]`, "history.retention": `"30d"`, "history.screens": "true", "history.max_size": `"50MB"`, "notify.after": `"20s"`,
		"notify.channels.phone": `{type = "ntfy", url = "https://ntfy.sh/$NTFY_TOPIC"`, "strategy": "[{name = 'night'", "watch.git": "true",
	} {
		if !strings.HasPrefix(settings[name], want) {
			t.Errorf("%s is %q, not %s%s", name, settings[name], want, complaints)
		}
	}
}

func TestTheHistoryOfAnOlderBuildSaysWhatItDid(t *testing.T) {
	run, _ := upgraded(t)
	code, out, complaints := run("history", "--since", "2026-01-01", "--limit", "0", "--json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	var before, now []map[string]any
	if err := json.Unmarshal(fromBefore(t, "history.json"), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &now); err != nil {
		t.Fatal(err)
	}
	if len(now) != len(before) || len(before) < 20 {
		t.Fatalf("%d changes, %d before", len(now), len(before))
	}
	for i, entry := range before {
		for key, value := range entry {
			if now[i][key] != value {
				t.Errorf("change %d: %s is %v, was %v", i, key, now[i][key], value)
			}
		}
	}
	if _, out, _ := run("history", "--since", "2026-01-01", "--answers"); !strings.Contains(out, "approve") || !strings.Contains(out, "done") {
		t.Errorf("answers:\n%s", out)
	}
	if _, out, complaints := run("report", "--since", "2026-01-01"); strings.Count(out, " claude  %") != 2 {
		t.Errorf("report:\n%s%s", out, complaints)
	}
	if code, out, complaints := run("forecast"); code != exitOK || !strings.Contains(out, "turns learnt") {
		t.Errorf("forecast: %d, %s%s", code, out, complaints)
	}
}

func TestTheHistoryOfAnOlderBuildIsGoneOnWith(t *testing.T) {
	_, folder := upgraded(t)
	path := filepath.Join(folder, "history.db")
	store, err := history.Open(t.Context(), history.Options{Path: path, Retention: 100 * 365 * 24 * time.Hour, MaxBytes: 50e6})
	if err != nil {
		t.Fatal(err)
	}
	agent := history.Agent{Socket: "/s", Session: "new", Pane: "%9", PanePID: 9, PID: 9, Kind: "codex"}
	at := time.Now()
	run := history.NewRunID()
	err = store.Append(t.Context(), history.RunBegun{Run: run, Socket: "/s", At: at, PID: 1},
		history.Transition{Run: run, Seq: 1, At: at, Since: at, Agent: agent, From: engine.UrgencyUnknown, To: engine.UrgencyWorking, Source: health.SourceScreen, First: true},
		history.Answer{At: at, Agent: agent, Action: "reply", Text: "go on", Outcome: history.OutcomeDone, By: "web: phone"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	archive := newPast(path)
	defer archive.Close()
	changes := 0
	for entry, err := range archive.History(t.Context(), api.PastFilter{What: api.PastChanges}) {
		if err != nil || entry.Change == nil {
			t.Fatal(entry, err)
		}
		changes++
	}
	if changes != 24 {
		t.Errorf("%d changes, 23 were there and one has come", changes)
	}
	recording, err := archive.Recording(t.Context(), engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/fx/tmp/tmux-0/agentwatch-test-up", Pane: "%2"}, PanePID: 9871, PID: 9871, Kind: "claude",
	})
	if err != nil || len(recording.Times) < 10 {
		t.Errorf("%d stored screens, %v", len(recording.Times), err)
	}
}
