package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// strategiesIn runs the command with a configuration folder that has a strategy
// that works, one that dies and one that may not be run.
func strategiesIn(t *testing.T, args ...string) string {
	t.Helper()
	config := t.TempDir()
	folder := filepath.Join(config, "agentwatch", "strategies")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	good := "#!/bin/sh\nread -r hello\necho '{\"protocol\":1,\"name\":\"good\",\"summary\":\"does good\"}'\nread -r more\n"
	for name, f := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"good": {good, 0o755}, "bad": {"#!/bin/sh\necho first >&2\necho 'no such thing' >&2\nexit 7\n", 0o755}, "plain": {good, 0o644},
	} {
		if err := os.WriteFile(filepath.Join(folder, "agentwatch-strategy-"+name), []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
	}
	var out, complaints bytes.Buffer
	code := Main(Process{
		Args: append([]string{"strategies"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints,
		Getenv: func(key string) string { return map[string]string{"XDG_CONFIG_HOME": config}[key] },
	})
	if code != exitOK || complaints.Len() > 0 {
		t.Fatalf("exit code %d, stderr %q", code, complaints.String())
	}
	return out.String()
}

func TestStrategiesListsAllWithSourceAndHealth(t *testing.T) {
	var records []strategyRecord
	if err := json.Unmarshal([]byte(strategiesIn(t, "--json")), &records); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]strategyRecord)
	for _, r := range records {
		found[r.Name] = r
	}
	if r := found["push"]; r.Source != "built in" || r.Health != "ok" {
		t.Errorf("%+v", r)
	}
	if r := found["good"]; r.Health != "ok" || r.Summary != "does good" || !filepath.IsAbs(r.Source) {
		t.Errorf("%+v", r)
	}
	if r := found["bad"]; r.Health != "failing" || !strings.Contains(r.Reason, "exit status 7; it wrote: no such thing") || r.Stderr != "first\nno such thing" {
		t.Errorf("%+v", r)
	}
	if r := found["plain"]; r.Health != "refused" || !strings.Contains(r.Reason, "chmod +x") {
		t.Errorf("%+v", r)
	}
}

func TestStrategiesSaysBelowTheTableWhatIsWrong(t *testing.T) {
	out := strategiesIn(t)
	for _, want := range []string{"NAME", "does good", "\nbad: ", "\nplain: it is not executable; run: chmod +x "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestPATHIsSearchedForStrategiesOnlyOnRequest(t *testing.T) {
	env := map[string]string{"HOME": "/home/me", "PATH": "/usr/bin::relative:/opt/bin"}
	p := Process{Getenv: func(key string) string { return env[key] }}
	if got := strings.Join(pluginOptions(p).Folders, " "); got != "/home/me/.config/agentwatch/strategies" {
		t.Errorf("not asked for: %s", got)
	}
	env[searchPathVariable] = "1"
	if got := strings.Join(pluginOptions(p).Folders, " "); got != "/home/me/.config/agentwatch/strategies /usr/bin /opt/bin" {
		t.Errorf("asked for: %s", got)
	}
}
