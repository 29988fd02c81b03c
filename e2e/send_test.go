package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// simulated runs one of the demo's agents, which answer keys, and waits until it
// is listed in a state. It plays so slowly that nothing happens by itself.
func simulated(u *user, kind, script, state string) (server *tmuxtest.Server, pane string) {
	u.t.Helper()
	return simulatedIn(u, u.t.TempDir(), kind, script, state)
}

// simulatedIn is simulated, in a folder.
func simulatedIn(u *user, folder, kind, script, state string) (server *tmuxtest.Server, pane string) {
	u.t.Helper()
	server = tmuxtest.New(u.t, tmuxtest.Size(100, 40))
	link := filepath.Join(u.t.TempDir(), kind)
	if err := os.Symlink(program, link); err != nil {
		u.t.Fatal(err)
	}
	pane = server.Run("new-session", "-d", "-P", "-F", "#{pane_id}", "-s", "work", "-c", folder, "-x", "100", "-y", "40",
		link, "simulate", "--kind", kind, "--script", script, "--speed", "0.02")
	awaitState(u, server, pane, state)
	return server, pane
}

func awaitState(u *user, server *tmuxtest.Server, pane, state string) {
	u.t.Helper()
	tmuxtest.Eventually(u.t, patience, "the agent is "+state, func() bool {
		for _, a := range list(u, server) {
			if a.Pane == pane && a.State == state {
				return true
			}
		}
		return false
	})
}

// answered is what `agentwatch send --json` prints.
type answered struct {
	Sent, Confirmed bool
	Keys            []string
	Error           string
	Changed         []struct{ What string }
}

// send runs `agentwatch send --json --yes` and returns its exit code.
func send(u *user, server *tmuxtest.Server, pane string, args ...string) (answered, int) {
	u.t.Helper()
	command := u.command(append([]string{"send", "-S", server.SocketPath(), pane, "--json", "--yes"}, args...)...)
	out, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		u.t.Fatal(err)
	}
	var got answered
	if len(out) > 0 {
		if err := json.Unmarshal(out, &got); err != nil {
			u.t.Fatalf("%v\n%s", err, out)
		}
	}
	return got, command.ProcessState.ExitCode()
}

func TestSendAnswersAgents(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	for _, c := range []struct {
		name, kind, script, state, after string
		args                             []string
		keys                             string
	}{
		{"approve", "claude", "permission", "waiting", "working", []string{"--approve"}, "1"},
		{"deny", "claude", "permission", "waiting", "idle", []string{"--deny"}, "3"},
		{"option 2", "claude", "question", "waiting", "working", []string{"--choose", "2"}, "2"},
		{"a text of one's own", "claude", "question", "waiting", "working", []string{"--text", "neither: keep both for a release, and log who reads the old one"}, "3 Enter"},
		{"a plan", "claude", "plan", "waiting", "working", []string{"--approve"}, "1"},
		{"trust", "claude", "trust", "waiting", "idle", []string{"--approve"}, "Down Enter"},
		{"a key", "codex", "permission", "waiting", "working", []string{"--key", "y"}, "y"},
		{"approve codex", "codex", "permission", "waiting", "working", []string{"--approve"}, "1"},
		{"a codex plan", "codex", "plan", "waiting", "idle", []string{"--deny"}, "2"},
		{"codex trust", "codex", "trust", "waiting", "idle", []string{"--approve"}, "Enter"},
		{"notes to codex", "codex", "question", "waiting", "working", []string{"--text", "keep it for one release"}, "Down Down Tab Enter"},
		{"approve gemini", "gemini", "permission", "waiting", "working", []string{"--approve"}, "1"},
		{"deny gemini", "gemini", "plan", "waiting", "idle", []string{"--deny"}, "Escape"},
		{"choose gemini", "gemini", "question", "waiting", "working", []string{"--choose", "2"}, "2"},
		{"interrupt gemini", "gemini", "working", "working", "idle", []string{"--interrupt"}, "Escape"},
		{"reply to gemini", "gemini", "done", "idle", "working", []string{"--text", "add a test for the empty list"}, "Enter"},
		{"approve opencode", "opencode", "permission", "waiting", "working", []string{"--approve"}, "Enter"},
		{"always for opencode", "opencode", "permission", "waiting", "working", []string{"--choose", "2"}, "Right Enter"},
		{"choose opencode", "opencode", "question", "waiting", "working", []string{"--choose", "2"}, "Down Enter"},
		{"interrupt opencode", "opencode", "working", "working", "idle", []string{"--interrupt"}, "Escape"},
		{"reply to opencode", "opencode", "done", "idle", "working", []string{"--text", "add a test for the empty list"}, "Enter"},
		{"interrupt", "claude", "working", "working", "idle", []string{"--interrupt"}, "Escape"},
		{"reply", "claude", "done", "idle", "working", []string{"--text", "add a test for the empty list"}, "Enter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			u := &user{t: t, env: u.env}
			server, pane := simulated(u, c.kind, c.script, c.state)
			got, code := send(u, server, pane, c.args...)
			if code != 0 || !got.Sent || !got.Confirmed || strings.Join(got.Keys, " ") != c.keys {
				t.Fatalf("exit %d, %+v\n%s", code, got, server.Capture(pane))
			}
			awaitState(u, server, pane, c.after)
			if kept := answersInHistory(u, server); len(kept) != 1 || kept[0].Pane != pane || kept[0].Outcome != "done" {
				t.Errorf("the history has %+v", kept)
			}
		})
	}
}

func TestAnAnswerBySendBesideADashboardIsRecordedOnce(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you")
	if got, code := send(u, server, pane, "--approve"); code != 0 || !got.Confirmed {
		t.Fatalf("exit %d, %+v\n%s", code, got, server.Capture(pane))
	}
	d.lacks("1 needs you")
	d.quit()
	u.awaitNoEngine()
	if kept := answersInHistory(u, server); len(kept) != 1 || kept[0].Action != "approve" || kept[0].Outcome != "done" {
		t.Errorf("the history has %+v", kept)
	}
}

// keptAnswer is a line of `agentwatch history --answers --json`.
type keptAnswer struct{ Socket, Pane, Action, Outcome string }

// answersInHistory are those to the agents of a server.
func answersInHistory(u *user, server *tmuxtest.Server) []keptAnswer {
	u.t.Helper()
	out, err := u.command("history", "--answers", "--json").Output()
	if err != nil {
		u.t.Fatal(err)
	}
	var all []keptAnswer
	if err := json.Unmarshal(out, &all); err != nil {
		u.t.Fatalf("%v\n%s", err, out)
	}
	return slices.DeleteFunc(all, func(a keptAnswer) bool { return a.Socket != server.SocketPath() })
}

func TestSendTypesNothingWhereItMustNot(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	before := server.Capture(pane)
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"--approve", "--read-only"}, 1},
		{[]string{"--approve", "--expect-question", "Delete everything?"}, 3},
		{[]string{"--text", "hello"}, 1},
		{[]string{"--interrupt"}, 1},
		{[]string{"--choose", "9"}, 2},
		{[]string{"--key", "C-b"}, 2},
		{[]string{"--approve", "--deny"}, 2},
		{nil, 2},
	} {
		if got, code := send(u, server, pane, c.args...); code != c.code || got.Sent {
			t.Errorf("%v: exit %d, want %d, %+v", c.args, code, c.code, got)
		}
	}
	if got, code := send(u, server, "%99", "--approve"); code != 1 || got.Sent {
		t.Errorf("a pane that is not there: exit %d", code)
	}
	server.Run("copy-mode", "-t", pane)
	if got, code := send(u, server, pane, "--approve"); code != 3 || len(got.Changed) == 0 {
		t.Errorf("copy mode: exit %d, %+v", code, got)
	}
	server.SendKeys(pane, "q")
	asking := u.command("send", "-S", server.SocketPath(), pane, "--approve")
	if err := asking.Run(); err == nil || asking.ProcessState.ExitCode() != 2 {
		t.Errorf("without a terminal and --yes: %v", err)
	}
	if now := server.Capture(pane); now != before {
		t.Errorf("the screen has changed to\n%s", now)
	}
}

func TestSendAsksAndNoticesWhatHappensMeanwhile(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	ask := func() *dashboard {
		d := openIn(u, 100, 30, "send", "-S", server.SocketPath(), pane, "--approve")
		d.shows("Do you want to ", `chooses "1. Yes" by its key 1`, "send? [y/N]")
		return d
	}
	d := ask()
	d.press("n", "Enter")
	d.shows("nothing was typed", "ended with 1")
	awaitState(u, server, pane, "waiting")
	d = ask()
	server.SendKeys(pane, "Escape")
	awaitState(u, server, pane, "idle")
	d.press("y", "Enter")
	d.shows("the pane has changed", "ended with 3")
	if screen := server.Capture(pane); strings.Contains(screen, "❯ 1") {
		t.Errorf("something was typed:\n%s", screen)
	}
}
