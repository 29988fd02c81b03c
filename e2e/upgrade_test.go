package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// olderBuild builds the commit before this one, where the history is there, and
// otherwise this one with an older version.
func olderBuild(t *testing.T) string {
	t.Helper()
	source, path := "..", filepath.Join(t.TempDir(), "agentwatch")
	if err := exec.Command("git", "-C", source, "rev-parse", "--verify", "HEAD^").Run(); err == nil {
		folder := t.TempDir()
		unpack := exec.Command("sh", "-c", `git -C .. archive HEAD^ | tar -x -C "$1"`, "sh", folder)
		if out, err := unpack.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		source = folder
	}
	build := exec.Command("go", "build", "-ldflags=-w -X main.version=0.0.1", "-o", path, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the commit before: %v\n%s", err, out)
	}
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, before, before); err != nil {
		t.Fatal(err)
	}
	return path
}

// asks runs commands of a build against the engine process that runs.
func asks(u *user, build string, server *tmuxtest.Server) {
	u.t.Helper()
	for command, want := range map[string]string{
		"list --json -S": `"kind":"claude"`, "status --json -S": `"source":"instance"`, "history --json": `"to":"waiting"`, "report --json": "[",
	} {
		args := strings.Fields(command)
		if strings.HasSuffix(command, "-S") {
			args = append(args, server.SocketPath())
		}
		run := u.command(args...)
		run.Path = build
		if out, err := run.Output(); err != nil || !strings.Contains(string(out), want) {
			u.t.Errorf("%s %s: %v\n%s", build, command, err, out)
		}
	}
}

func TestBuildsOfDifferentAgeWorkBesideEachOther(t *testing.T) {
	t.Parallel()
	older := olderBuild(t)
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	old := openProgram(u, older, 120, 40, "-S", server.SocketPath())
	old.shows("1 needs you")
	if e, ok := u.engine(); !ok || e.Version != "0.0.1" {
		t.Fatalf("the engine process is %+v", e)
	}
	awaitRecorded(u, server, "waiting")
	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you", "older build")
	asks(u, program, server)
	d.press("y")
	d.shows("enter sends it")
	d.press("Enter")
	awaitState(u, server, pane, "working")
	old.lacks("1 needs you")
	tmuxtest.Eventually(t, patience, "the answer in the history", func() bool {
		kept := answersInHistory(u, server)
		return len(kept) == 1 && kept[0].Outcome == "done"
	})
	awaitRecorded(u, server, "working")
	// Either may start another one.
	if e, ok := u.engine(); !ok || syscall.Kill(e.PID, syscall.SIGKILL) != nil {
		t.Fatal("no engine process answers")
	}
	server.SendKeys(pane, "Escape")
	d.shows("finished, unseen")
	old.shows("finished, unseen")
	d.quit()
	old.quit()
	u.awaitNoEngine()

	d = openDashboard(u, 120, 40, server)
	d.shows("agents 1")
	old = openProgram(u, older, 120, 40, "-S", server.SocketPath())
	old.shows("agents 1", "older build")
	asks(u, older, server)
	server.SendKeys(pane, "go on", "Enter")
	awaitState(u, server, pane, "working")
	old.quit()
	d.quit()
}
