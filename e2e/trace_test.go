package e2e

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// userState is everything of a server that watching must leave as it was.
func userState(s *tmuxtest.Server) string {
	state := []string{
		withoutOurs(s.Run("list-sessions", "-F",
			"#{session_name} #{session_id} attached=#{session_attached} #{session_windows} alerts=#{session_alerts}")),
		withoutOurs(s.Run("list-panes", "-a", "-F",
			"#{session_name} #{window_id} #{window_layout} #{window_flags} #{window_width}x#{window_height} #{pane_id} "+
				"#{pane_width}x#{pane_height} #{pane_active} #{pane_marked} #{pane_in_mode} #{pane_input_off}")),
		s.Run("list-buffers"),
		s.Run("show-options", "-g"), s.Run("show-options", "-s"), s.Run("show-options", "-gw"),
		s.Run("show-environment", "-g"), s.Run("show-hooks", "-g"),
	}
	for line := range strings.Lines(withoutOurs(s.Run("list-sessions", "-F", "#{session_name} #{session_id}"))) {
		_, session, _ := strings.Cut(strings.TrimSpace(line), " ")
		state = append(state, s.Run("show-options", "-t", session), s.Run("show-environment", "-t", session))
	}
	return strings.Join(state, "\n")
}

// withoutOurs leaves out the lines that begin with the name of a session of ours.
func withoutOurs(lines string) string {
	var theirs []string
	for line := range strings.SplitSeq(lines, "\n") {
		if !strings.HasPrefix(line, "_agentwatch") {
			theirs = append(theirs, line)
		}
	}
	return strings.Join(theirs, "\n")
}

// noneOfOurs tells whether no client and no session of ours is on the server.
func noneOfOurs(s *tmuxtest.Server) bool {
	return len(s.Clients()) == 0 && !strings.Contains(s.Run("list-sessions", "-F", "#{session_name}"), "_agentwatch")
}

func TestWatchingLeavesTheUsersSessionsAsTheyWere(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	server.Run("set-buffer", "-b", "mine", "precious")
	server.Run("set-environment", "-t", "=api", "DISPLAY", ":7")
	before := userState(server)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 2")
	d.press("Enter")
	d.shows("facts")
	d.press("Escape")
	d.shows("agents 2")
	d.press("Down", "R", "o", "s")
	d.shows("sequential")
	d.press("Escape")
	d.await("the picker to close", func(screen string) bool { return !strings.Contains(screen, "sequential") })
	if during := userState(server); during != before {
		t.Errorf("while it watches:\n%s\nbefore:\n%s", during, before)
	}
	d.quit()
	tmuxtest.Eventually(t, patience, "our clients and our session to be gone", func() bool { return noneOfOurs(server) })
	if after := userState(server); after != before {
		t.Errorf("after it has ended:\n%s\nbefore:\n%s", after, before)
	}
}

func TestTwoDashboardsWatchTheSameServerSideBySide(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	first := openDashboard(u, 120, 40, server)
	first.shows("agents 1")
	second := openDashboard(u, 120, 40, server)
	second.shows("agents 1")
	first.quit()
	s.play(server, "web", screens["codex/waiting-edit-80x24-1"])
	second.shows("agents 2", "2 need you")
	second.quit()
	tmuxtest.Eventually(t, patience, "all clients to be gone", func() bool { return noneOfOurs(server) })
}

func TestAKilledDashboardLeavesNoClient(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	u := newUser(t).withClients()
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	command := u.command("watch", "-S", server.SocketPath())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, patience, "our clients to come", func() bool { return len(server.Clients()) > 0 })
	if err := command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	tmuxtest.Eventually(t, patience, "our clients and our session to be gone", func() bool { return noneOfOurs(server) })
}

func TestAFrozenServerDoesNotFreezeTheDashboard(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server, other := tmuxtest.New(t), tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	s.play(other, "web", screens["codex/waiting-edit-80x24-1"])
	d := openDashboard(u, 120, 40, server, other)
	d.shows("agents 2")
	server.Freeze()
	frozen := time.Now()
	d.shows("does not answer")
	for time.Since(frozen) < 10*time.Second {
		asked := time.Now()
		d.press("?")
		d.shows("click selects")
		d.press("Escape")
		d.await("the help to close", func(screen string) bool { return !strings.Contains(screen, "click selects") })
		if took := time.Since(asked); took > 5*time.Second {
			t.Errorf("keys took %s while a server was frozen", took)
		}
	}
	server.Thaw()
	d.await("the notice to go", func(screen string) bool { return !strings.Contains(screen, "does not answer") })
	s.play(server, "docs", screens["codex/waiting-edit-80x24-1"])
	d.shows("agents 3")
	d.quit()
	tmuxtest.Eventually(t, patience, "all clients to be gone", func() bool { return noneOfOurs(server) && noneOfOurs(other) })
}

func TestAKilledServerIsReportedAndItsSuccessorIsWatched(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 1", "1 needs you")
	server.Kill()
	d.shows("does not answer")
	s.play(server, "again", screens["codex/idle-typed-80x24-1"])
	d.shows("agents 1", "codex", "nobody needs you")
	d.quit()
}

func TestKilledClientsAreReplaced(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	u := newUser(t).withClients()
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 1")
	clients := func() []string { return strings.Fields(server.Run("list-clients", "-F", "#{client_pid}")) }
	for range 3 {
		killed := clients()
		for _, pid := range killed {
			if err := exec.Command("kill", "-KILL", pid).Run(); err != nil {
				t.Logf("client %s had ended already", pid)
			}
		}
		tmuxtest.Eventually(t, patience, "another client to come", func() bool {
			return slices.ContainsFunc(clients(), func(pid string) bool { return !slices.Contains(killed, pid) })
		})
	}
	s.play(server, "web", screens["codex/waiting-edit-80x24-1"])
	d.shows("agents 2")
	d.quit()
}
