package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// changedRepository is one with a branch that has a commit, a change and a file that
// is new. Its configuration would have a program started that leaves a trace.
func (s *stage) changedRepository(name string) (folder, trace string) {
	s.t.Helper()
	folder = s.repository(name)
	git(s.t, folder, "checkout", "-q", "-b", "fix")
	s.write(filepath.Join(folder, "committed.go"), "package main\n", 0o644)
	git(s.t, folder, "add", ".")
	git(s.t, folder, "commit", "-q", "-m", "second")
	trace = filepath.Join(s.dir, name+"-ran")
	program := filepath.Join(s.dir, name+"-program")
	s.write(program, "#!/bin/sh\ntouch "+trace+"\ncat\n", 0o755)
	for _, key := range []string{"filter.f.clean", "diff.external", "core.fsmonitor", "diff.d.textconv"} {
		git(s.t, folder, "config", key, program)
	}
	s.write(filepath.Join(folder, ".git/info/attributes"), "* filter=f diff=d\n", 0o644)
	s.write(filepath.Join(folder, "main.go"), "package main\n\nfunc main() { run() }\n\nfunc run() {} // \x1b[31m\ttab\n", 0o644)
	s.write(filepath.Join(folder, "new.go"), "package main\n\nvar answer = 42\n", 0o644)
	return folder, trace
}

func TestDiffPrintsWhatAnAgentHasChangedAndStartsNothingOfItsRepository(t *testing.T) {
	t.Parallel()
	u, s, screens := newUser(t), newStage(t), corpus(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	folder, trace := s.changedRepository("api")
	pane := s.playIn(server, "one", folder, screens["claude-code/idle-declined-80x24-1"])
	elsewhere := s.playIn(server, "two", s.dir, screens["claude-code/idle-declined-80x24-1"])

	got := u.run(server, "diff", pane)
	for _, want := range []string{"diff --git a/main.go b/main.go", "-func main() {}\n", "+func run() {} // \ttab\n", "+++ b/new.go\n", "\n+var answer = 42"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in\n%s%s", want, got.out, got.complaint)
		}
	}
	if got.code != 0 || strings.Contains(got.out, "\x1b") || strings.Contains(got.out, "committed.go") {
		t.Errorf("%d\n%q", got.code, got.out)
	}
	want := "modified   +3 -1         main.go\nuntracked  +3 -0         new.go\n2 files, +6 -1 against HEAD ("
	if got := u.run(server, "diff", pane, "--stat"); !strings.HasPrefix(got.out, want) {
		t.Errorf("%s%s", got.out, got.complaint)
	}
	if got := u.run(server, "diff", pane, "--stat", "--base"); !strings.Contains(got.out, "added      +1 -0         committed.go\n") || !strings.Contains(got.out, "3 files, +7 -1 against main (") {
		t.Errorf("%s%s", got.out, got.complaint)
	}
	if got := u.run(server, "diff", elsewhere); got.code == 0 || !strings.Contains(got.complaint, "no git repository") {
		t.Errorf("in no repository: %d %s", got.code, got.complaint)
	}

	raw := u.run(server, "diff", pane, "--raw")
	if _, err := os.Stat(trace); err == nil {
		t.Error("a program was started that the repository names")
	}
	copied := filepath.Join(s.dir, "copy")
	git(t, s.dir, "clone", "-q", folder, copied)
	apply := exec.Command("git", "apply", "-")
	apply.Dir, apply.Stdin = copied, strings.NewReader(raw.out+"\n")
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s%s", err, out, raw.out, raw.complaint)
	}
	for _, name := range []string{"main.go", "new.go"} {
		there, _ := os.ReadFile(filepath.Join(folder, name))
		here, err := os.ReadFile(filepath.Join(copied, name))
		if err != nil || string(here) != string(there) {
			t.Errorf("%s is %q, want %q: %v", name, here, there, err)
		}
	}
}

func TestTheDashboardShowsWhatAnAgentHasChangedAndWritesNothing(t *testing.T) {
	t.Parallel()
	u, s, screens := newUser(t), newStage(t), corpus(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	folder, trace := s.changedRepository("api")
	s.playIn(server, "one", folder, screens["claude-code/idle-declined-80x24-1"])
	index, err := os.ReadFile(filepath.Join(folder, ".git/index"))
	if err != nil {
		t.Fatal(err)
	}
	d := openDashboard(u, 80, 24, server)
	d.shows("○ one")
	d.press("D")
	d.shows("diff: ", "2 files +6 -1 against HEAD", "-func main() {}", "1 of 2 main.go")
	d.press("b")
	d.shows("against main", "committed.go  added +1 -0")
	d.press("/", "answer")
	d.shows("1 match")
	d.press("Enter", "Tab", "Tab")
	d.shows("3 of 3 new.go +3 -0")
	s.write(filepath.Join(folder, "new.go"), "package main\n", 0o644)
	d.press("R")
	d.shows("3 of 3 new.go +1 -0")
	d.press("Escape")
	d.lacks("diff: ")
	d.quit()
	after, err := os.ReadFile(filepath.Join(folder, ".git/index"))
	if err != nil || string(after) != string(index) {
		t.Error("the index was written")
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("a program was started that the repository names")
	}
}
