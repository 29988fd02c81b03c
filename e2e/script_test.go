package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// ran is what a run of the program came to.
type ran struct {
	out, complaint string
	code           int
}

// run runs the program on a server, to its end.
func (u *user) run(server *tmuxtest.Server, args ...string) ran {
	u.t.Helper()
	return u.runs(append(args, "-S", server.SocketPath())...)
}

// runs runs the program to its end.
func (u *user) runs(args ...string) ran {
	u.t.Helper()
	command := u.command(args...)
	var out, complaint strings.Builder
	command.Stdout, command.Stderr = &out, &complaint
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		u.t.Fatal(err)
	}
	return ran{strings.TrimSpace(out.String()), complaint.String(), command.ProcessState.ExitCode()}
}

// sourceOf is who told `status --json`.
func (u *user) sourceOf(server *tmuxtest.Server) string {
	u.t.Helper()
	var status struct{ Source string }
	if err := json.Unmarshal([]byte(u.run(server, "status", "--json").out), &status); err != nil {
		u.t.Fatal(err)
	}
	return status.Source
}

func TestStatusSaysTheSameFromARunningInstanceAndByItself(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	if got := u.run(server, "status", "--format", "tmux"); got.out != "" || got.code != 0 {
		t.Errorf("without agents: %+v", got)
	}
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	s.play(server, "web", screens["claude-code/error-500-final-80x24-1"])
	s.play(server, "docs", screens["codex/working-tool-120x40-1"])
	const styled = "#[fg=yellow]▲1#[default] #[fg=red]!1#[default] ●1"
	tmuxtest.Eventually(t, patience, "all three to be seen by a look", func() bool { return u.run(server, "status", "--format", "tmux").out == styled })
	if got := u.sourceOf(server); got != "look" {
		t.Errorf("without an instance, %s told", got)
	}
	if got := u.run(server, "status", "--verbose"); !strings.Contains(got.complaint, "no agentwatch is running") {
		t.Errorf("%+v", got)
	}
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 3")
	if got := u.sourceOf(server); got != "instance" {
		t.Errorf("beside an instance, %s told", got)
	}
	if got := u.run(server, "status", "--format", "tmux"); got.out != styled {
		t.Errorf("%+v", got)
	}
	if got := u.run(server, "status"); got.out != "▲1 !1 ●1" {
		t.Errorf("%+v", got)
	}
	d.quit()
	tmuxtest.Eventually(t, patience, "a look when the engine process is gone", func() bool { return u.sourceOf(server) == "look" })
}

func TestTheStatusLineOfTmuxShowsWhoNeedsYou(t *testing.T) {
	t.Parallel()
	screens, s := corpus(t), newStage(t)
	server := newUser(t).server()
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	server.Run("set-option", "-g", "status-interval", "1")
	server.Run("set-option", "-g", "status-right", "<#("+program+" status --format tmux -S "+server.SocketPath()+")>")
	outer := tmuxtest.New(t)
	pane := outer.NewSession("terminal", "env", "-u", "TMUX", "tmux", "-u", "-S", server.SocketPath(), "attach-session", "-t", "=api")
	tmuxtest.Eventually(t, patience, "the status line", func() bool { return strings.Contains(outer.Capture(pane), "<▲1>") })
	if coloured := outer.Run("capture-pane", "-p", "-e", "-t", pane); !strings.Contains(coloured, "▲1") || strings.Contains(coloured, "fg=") {
		t.Errorf("%q", coloured)
	}
	server.Run("set-option", "-g", "status-right", "<#("+program+" status --format tmux --interval 2h -S "+server.SocketPath()+")>")
	tmuxtest.Eventually(t, patience, "what is wrong in the status line", func() bool {
		return strings.Contains(outer.Capture(pane), "<agentwatch: --interval 2h0m0s is not")
	})
}

func TestNextGoesToTheNeediestAgentByTheClientThatAsks(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := u.server()
	if got := u.run(server, "next"); got.code != 1 || !strings.Contains(got.complaint, "no agent needs you") {
		t.Errorf("%+v", got)
	}
	s.play(server, "web", screens["claude-code/error-500-final-80x24-1"])
	needy := s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	want := server.SocketPath() + " " + needy
	tmuxtest.Eventually(t, patience, "the neediest to be named", func() bool { return u.run(server, "next", "--print").out == want })
	var agent listed
	if err := json.Unmarshal([]byte(u.run(server, "next", "--json").out), &agent); err != nil || agent.Pane != needy || agent.State != "waiting" {
		t.Errorf("%+v, %v", agent, err)
	}
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 2")

	// Two terminals are in the same window; the key is pressed in the first.
	outer := tmuxtest.New(t)
	server.Run("bind-key", "-n", "F5", "run-shell", program+" next -S "+server.SocketPath()+" --client '#{client_name}'")
	attach := []string{"env", "-u", "TMUX", "tmux", "-u", "-S", server.SocketPath(), "attach-session", "-t", "=main"}
	pressed, other := outer.NewSession("one", attach...), outer.NewSession("two", attach...)
	shown := func(outerPane string) string {
		tty := outer.Run("display-message", "-p", "-t", outerPane, "#{pane_tty}")
		for line := range strings.Lines(server.Run("list-clients", "-F", "#{client_tty} #{session_name}")) {
			if session, is := strings.CutPrefix(strings.TrimSpace(line), tty+" "); is {
				return session
			}
		}
		return ""
	}
	tmuxtest.Eventually(t, patience, "both to be attached", func() bool { return shown(pressed) == "main" && shown(other) == "main" })
	outer.SendKeys(other, "x")
	outer.SendKeys(pressed, "F5")
	tmuxtest.Eventually(t, patience, "the client to be there", func() bool { return shown(pressed) == "api" })
	if got := shown(other); got != "main" {
		t.Errorf("the other client shows %s", got)
	}
	// A key of the desktop's, outside tmux, can name the other one.
	tty := outer.Run("display-message", "-p", "-t", other, "#{pane_tty}")
	if got := u.run(server, "next", "--client", tty); got.code != 0 || shown(other) != "api" {
		t.Errorf("%+v, and it shows %q", got, shown(other))
	}
	if got := u.run(server, "next", "--client", "nobody"); got.code == 0 {
		t.Errorf("%+v", got)
	}
	d.quit()
}

func TestWaitTellsByItsExitCodeWhatHasCome(t *testing.T) {
	t.Parallel()
	u := newUser(t).withClients()
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	idle := s.play(server, "api", screens["claude-code/idle-declined-80x24-1"])
	working := s.play(server, "web", screens["codex/working-tool-120x40-1"])
	check := func(t *testing.T) {
		for name, c := range map[string]struct {
			code int
			args []string
		}{
			"reached":         {0, []string{"--pane", idle}},
			"any":             {0, []string{"--any", "--state", "idle"}},
			"one of several":  {0, []string{"--session", "web", "--state", "waiting,working"}},
			"timeout":         {3, []string{"--pane", working, "--timeout", "300ms"}},
			"not all":         {3, []string{"--all", "--timeout", "300ms"}},
			"no such pane":    {4, []string{"--pane", "%99"}},
			"no such session": {4, []string{"--session", "nowhere"}},
			"no such state":   {2, []string{"--pane", idle, "--state", "asleep"}},
			"nobody meant":    {2, nil},
			"no pane id":      {2, []string{"--pane", "api"}},
		} {
			if got := u.run(server, append([]string{"wait"}, c.args...)...); got.code != c.code {
				t.Errorf("%s: %+v, want %d", name, got, c.code)
			}
		}
		if got := u.run(server, "wait", "--pane", idle); got.out != server.SocketPath()+" "+idle+" idle" {
			t.Errorf("%+v", got)
		}
		var agent listed
		if err := json.Unmarshal([]byte(u.run(server, "wait", "--pane", idle, "--json").out), &agent); err != nil || agent.Pane != idle {
			t.Errorf("%+v, %v", agent, err)
		}
	}
	tmuxtest.Eventually(t, patience, "both to have drawn", func() bool {
		return u.run(server, "status").out == "●1" || u.run(server, "status").out == "● 1"
	})
	t.Run("by itself", check)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 2")
	t.Run("by the running instance", check)

	waitsOn(u, d, server, working)
}

// waitsOn lets a wait for a pane go on when the dashboard beside it ends,
// and end with the pane.
func waitsOn(u *user, d *dashboard, server *tmuxtest.Server, working string) {
	u.t.Helper()
	waiting := u.command("wait", "--pane", working, "-S", server.SocketPath())
	waiting.Stderr = os.Stderr
	if err := waiting.Start(); err != nil {
		u.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- waiting.Wait() }()
	d.quit()
	if _, ok := u.engine(); !ok {
		u.t.Error("the engine process has left a face")
	}
	server.Run("kill-pane", "-t", working)
	select {
	case err := <-ended:
		if waiting.ProcessState.ExitCode() != 4 {
			u.t.Errorf("%v", err)
		}
	case <-time.After(patience):
		u.t.Fatal("it still waits for a pane that is gone")
	}
}
