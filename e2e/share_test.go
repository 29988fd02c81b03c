package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// ownSessions are the sessions that instances of agentwatch have on a server:
// one for each engine that watches it.
func ownSessions(s *tmuxtest.Server) []string {
	return strings.Fields(s.Run("list-sessions", "-f", "#{m:_agentwatch*,#{session_name}}", "-F", "#{session_name}"))
}

// pid is the process of the program that runs in a dashboard's pane.
func (d *dashboard) pid() int {
	d.t.Helper()
	shell := d.server.Run("display-message", "-p", "-t", d.pane, "#{pane_pid}")
	out, err := exec.Command("ps", "-A", "-o", "ppid=,pid=").Output()
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == shell {
			pid, err := strconv.Atoi(fields[1])
			if err != nil {
				d.t.Fatal(err)
			}
			return pid
		}
	}
	d.t.Fatalf("the shell %s has no child", shell)
	return 0
}

func TestTwoDashboardsShareOneEngineAndTheSecondGoesOnWhenTheFirstIsKilled(t *testing.T) {
	t.Parallel()
	u := newUser(t).withClients()
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	first := openDashboard(u, 120, 40, server)
	first.shows("agents 1", "1 needs you")
	engines := ownSessions(server)
	if len(engines) != 1 {
		t.Fatalf("the first one has the sessions %q", engines)
	}
	second := openDashboard(u, 100, 30, server)
	second.shows("agents 1", "1 needs you")
	if got := ownSessions(server); len(got) != 1 || got[0] != engines[0] {
		t.Errorf("with two dashboards there are the sessions %q, with one %q", got, engines)
	}
	// Each follows what it shows, and both see what changes.
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	first.shows("agents 2", "codex")
	second.shows("agents 2", "codex")

	if err := syscall.Kill(first.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	// What it shows stays on its screen all the time.
	second.await("another engine to watch", func(screen string) bool {
		if !strings.Contains(screen, "agents 2") || strings.Contains(screen, "no agent") {
			t.Fatalf("%s after the first was killed, the second one shows:\n%s", time.Since(killed), screen)
		}
		got := ownSessions(server)
		return len(got) == 1 && got[0] != engines[0]
	})
	s.play(server, "docs", screens["claude-code/idle-declined-80x24-1"])
	second.shows("agents 3")
	if out, err := u.command("status", "--json", "-S", server.SocketPath()).Output(); err != nil || !strings.Contains(string(out), `"source":"instance"`) {
		t.Errorf("nobody serves: %s, %v", out, err)
	}
	// A third one uses it in turn, and leaves without a trace.
	third := openDashboard(u, 80, 24, server)
	third.shows("▲")
	if got := ownSessions(server); len(got) != 1 {
		t.Errorf("%q", got)
	}
	third.quit()
	second.quit()
	tmuxtest.Eventually(t, patience, "our clients and sessions to be gone", func() bool { return noneOfOurs(server) })
}
