package tmuxpool_test

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// terminal attaches a client on a terminal of its own and returns its process.
// It is the user's: it has to be there until the test ends.
func terminal(t *testing.T, s *tmuxtest.Server, args ...string) (pid int) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "tmux",
		append([]string{"-u", "-S", s.SocketPath(), "attach"}, args...)...)
	cmd.Env = append(tmuxtest.Environ(), "TERM=xterm")
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 4096)
		for err := error(nil); err == nil; {
			_, err = screen.Read(buffer)
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		select {
		case <-ended:
			t.Errorf("the terminal %d was detached", cmd.Process.Pid)
		default:
		}
		_ = cmd.Process.Kill()
		<-ended
		_ = screen.Close()
	})
	return cmd.Process.Pid
}

// away are options with which we come back soon, but not at once.
func away() tmuxpool.Options {
	return tmuxpool.Options{StayAway: 1500 * time.Millisecond, Clients: tmuxpool.ClientsAlways}
}

// isIn tells in which session a client is.
func isIn(s *tmuxtest.Server, pid int, session string) func() bool {
	return func() bool {
		return slices.Contains(strings.Split(s.Run("list-clients", "-F", "#{client_pid} #{session_name}"), "\n"),
			strconv.Itoa(pid)+" "+session)
	}
}

// leftFor waits until our session has been left for a reason.
func leftFor(t *testing.T, s *tmuxpool.Server, word string) {
	t.Helper()
	tmuxtest.Eventually(t, patience, "our session is left: "+word, func() bool {
		st := s.Status()
		return st.Link == tmuxpool.LinkBatch && strings.Contains(st.Reason, word) && !st.RetryAt.IsZero()
	})
}

// keepers are the panes of keepers.
func keepers(s *tmuxtest.Server) string {
	var panes []string
	for line := range strings.Lines(s.Run("list-panes", "-a", "-F", "#{pane_id} #{pane_start_command}")) {
		if pane, command, _ := strings.Cut(line, " "); strings.Contains(command, "while kill -0") {
			panes = append(panes, pane)
		}
	}
	return strings.Join(panes, "\n")
}

func TestAttachingFromASecondTerminalWorksTheFirstTime(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	private := tmuxtest.New(t)
	first := terminal(t, private, "-t", "=main")
	tmuxtest.Eventually(t, patience, "the first terminal is in", isIn(private, first, "main"))
	server := watch(t, private, away())
	control(t, server)
	second := terminal(t, private)
	leftFor(t, server, "a terminal came")
	tmuxtest.Eventually(t, patience, "the second terminal is in, too", isIn(private, second, "main"))
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
		t.Error(err)
	}
	control(t, server)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if !isIn(private, first, "main")() || !isIn(private, second, "main")() {
		t.Errorf("clients are %q", private.Clients())
	}
	if left := private.Run("list-sessions", "-F", "#{session_name}"); left != "main" {
		t.Errorf("sessions are %q", left)
	}
}

func TestWhatTheUserPutsIntoOurSessionIsSeenAndLivesOn(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	for _, args := range [][]string{
		{"new-window", "-d", "-P", "-F", "#{pane_id}", "exec cat"},
		{"split-window", "-d", "-P", "-F", "#{pane_id}", "exec cat"},
		{"break-pane", "-d", "-s", "=main:0.0"},
		{"respawn-pane", "-k", "exec cat"},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			private := tmuxtest.New(t, tmuxtest.Config("set -g remain-on-exit on"))
			private.NewWindow("main", "w", "cat")
			server := watch(t, private, away())
			control(t, server)
			keeper := keepers(private)
			pane := private.Run(args...)
			switch args[0] {
			case "break-pane":
				pane = "%0"
			case "respawn-pane":
				pane = keeper
			}
			if session := private.Run("display-message", "-p", "-t", pane, "#{session_name}"); !strings.HasPrefix(session, "_agentwatch-") {
				t.Fatalf("it came into %q: this shows nothing", session)
			}
			seen := func() bool {
				panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
				return err == nil && slices.ContainsFunc(panes, func(p tmuxpool.Pane) bool { return p.ID == pane }) &&
					!slices.ContainsFunc(panes, func(p tmuxpool.Pane) bool { return strings.Contains(keepers(private), p.ID) })
			}
			if !seen() {
				t.Errorf("pane %s is not listed, or a keeper is", pane)
			}
			if args[0] != "respawn-pane" { // of which tmux tells nothing
				leftFor(t, server, "something of yours")
			}
			if args[0] == "new-window" { // for one of them it is worth the time
				control(t, server)
			}
			if _, err := captureOne(t, server, pane, tmuxpool.MethodPipelined); err != nil || !seen() {
				t.Errorf("pane %s: listed %t, %v", pane, seen(), err)
			}
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			if facts := private.Run("display-message", "-p", "-t", pane, "#{pane_id} #{pane_dead}"); facts != pane+" 0" {
				t.Errorf("afterwards it is %q", facts)
			}
			if left := keepers(private); left != "" {
				t.Errorf("keepers are left: %q", left)
			}
		})
	}
}

func TestByBatchesNothingThatTheUserDoesMeetsUs(t *testing.T) {
	private := tmuxtest.New(t)
	server := watch(t, private, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	works := func(when string, panes int) {
		t.Helper()
		listed, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
		_, failed := captureOne(t, server, "%0", tmuxpool.MethodPipelined)
		if err != nil || failed != nil || len(listed) != panes || keepers(private) != "" {
			t.Errorf("%s: %d panes, keepers %q, %v, %v", when, len(listed), keepers(private), err, failed)
		}
	}
	works("at first", 1)
	user := terminal(t, private)
	tmuxtest.Eventually(t, patience, "a terminal is in", isIn(private, user, "main"))
	works("with a terminal", 1)
	if session := private.Run("new-window", "-d", "-P", "-F", "#{session_name}", "exec cat"); session != "main" {
		t.Errorf("a window came into %q", session)
	}
	works("with a window", 2)
	private.Run("rename-session", "mine")
	works("with another name", 2)
	if sessions := private.Run("list-sessions", "-F", "#{session_name}"); sessions != "mine" {
		t.Errorf("sessions are %q", sessions)
	}
	if st := server.Status(); st.Link != tmuxpool.LinkBatch || st.Degraded || !st.RetryAt.IsZero() {
		t.Errorf("the status is %+v", st)
	}
}

func TestOurSessionIsKnownUnderAnotherName(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	private := tmuxtest.New(t)
	server := watch(t, private, away())
	control(t, server)
	private.Run("rename-session", "mine")
	leftFor(t, server, "renamed")
	if sessions := private.Run("list-sessions", "-F", "#{session_name}"); sessions != "main" {
		t.Errorf("sessions are %q", sessions)
	}
	private.Run("rename-session", "mine") // now it meets the user's
	control(t, server)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if sessions := private.Run("list-sessions", "-F", "#{session_name}"); sessions != "mine" {
		t.Errorf("sessions are %q", sessions)
	}
}

func TestAgentwatchesDoNotKeepAServerAliveForEachOther(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	for range 2 {
		control(t, watch(t, private, withClients()))
	}
	private.Run("rename-session", "mine")
	private.Run("kill-session", "-t", "=main")
	tmuxtest.Eventually(t, patience, "the server has ended", func() bool {
		_, err := private.Try("list-sessions")
		return err != nil
	})
}

func TestAUsersWindowInOurSessionKeepsTheServerAlive(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	server := watch(t, private, away())
	control(t, server)
	pane := private.Run("new-window", "-d", "-P", "-F", "#{pane_id}", "exec cat")
	private.Run("kill-session", "-t", "=main")
	leftFor(t, server, "something of yours")
	panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
	if err != nil || len(panes) != 1 || panes[0].ID != pane {
		t.Errorf("panes are %+v, %v", panes, err)
	}
}

func TestAKilledAgentwatchTakesNothingOfTheUsersWithIt(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t, tmuxtest.Config("set -g remain-on-exit on"))
	user := terminal(t, private, "-t", "=main") // without it, main would end
	tmuxtest.Eventually(t, patience, "the terminal is in", isIn(private, user, "main"))
	private.Run("set-option", "-g", "destroy-unattached", "on")
	holder := startHolder(t, private, tmuxpool.LinkControl, tmuxpool.ClientsAlways)
	pane := private.Run("new-window", "-d", "-P", "-F", "#{pane_id}", "exec cat")
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	tmuxtest.Eventually(t, patience, "the keeper has ended", func() bool { return keepers(private) == "" })
	if facts := private.Run("display-message", "-p", "-t", pane, "#{pane_id} #{pane_dead}"); facts != pane+" 0" {
		t.Errorf("afterwards it is %q", facts)
	}
}

func TestARedefinedCaptureIsAnErrorThatSaysSo(t *testing.T) {
	for _, alias := range []string{"capturep=display-message hi", "capturep=nosuch"} {
		private := tmuxtest.New(t)
		private.Run("set-option", "-s", "command-alias[10]", alias)
		for _, opts := range []tmuxpool.Options{withClients(), {Clients: tmuxpool.ClientsNever}} {
			server := watch(t, private, opts)
			for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodProcess} {
				_, err := captureOne(t, server, "%0", m)
				if !errors.Is(err, tmuxpool.ErrCommand) || !strings.Contains(err.Error(), "command-alias") {
					t.Errorf("%s, by %s: %v", alias, m, err)
				}
			}
		}
	}
}
