package tmuxpool_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// control waits until a server is watched over control clients.
func control(t testing.TB, s *tmuxpool.Server) {
	t.Helper()
	linked(t, s, tmuxpool.LinkControl)
}

// withClients are options with which servers of every version get control clients.
func withClients() tmuxpool.Options { return tmuxpool.Options{Clients: tmuxpool.ClientsAlways} }

// soon is how long a server may be silent in tests of servers that hang.
const soon = 400 * time.Millisecond

// quickly are options with which a hung server is found out soon.
func quickly() tmuxpool.Options {
	return tmuxpool.Options{HangTimeout: soon, Clients: tmuxpool.ClientsAlways}
}

// clientPIDs are the processes of all control clients of a server.
func clientPIDs(s *tmuxtest.Server) []int {
	out, err := s.Try("list-clients", "-F", "#{client_pid}")
	if err != nil {
		return nil
	}
	var pids []int
	for field := range strings.FieldsSeq(out) {
		if pid, err := strconv.Atoi(field); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestAFrozenServerFailsFastAndRecovers(t *testing.T) { eachLink(t, testAFrozenServerFailsFast) }

func testAFrozenServerFailsFast(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	opts.HangTimeout = soon
	server := watch(t, private, opts)
	linked(t, server, link)
	private.Freeze()
	tmuxtest.Eventually(t, patience, "the server is found to hang", func() bool {
		if link == tmuxpool.LinkBatch { // of which only calls tell that it fails
			_, _, _ = server.ListPanes(t.Context(), tmuxpool.DetailFast)
		}
		st := server.Status()
		return st.Link == tmuxpool.LinkLost && strings.Contains(st.Reason, "no answer for 0.4 s")
	})
	began := time.Now()
	for range 20 {
		if _, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); !errors.Is(err, tmuxpool.ErrServerHung) {
			t.Fatalf("ListPanes: %v", err)
		}
	}
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); !errors.Is(err, tmuxpool.ErrServerHung) {
		t.Errorf("capture: %v", err)
	}
	if d := time.Since(began); d > 300*time.Millisecond {
		t.Errorf("21 calls took %s", d)
	}
	private.Thaw()
	linked(t, server, link)
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
		t.Error(err)
	}
	clients := map[tmuxpool.Link]int{tmuxpool.LinkControl: 2}[link]
	tmuxtest.Eventually(t, patience, "no client too many is left", func() bool { return len(clientPIDs(private)) == clients })
}

func TestClosingWhileTheServerIsFrozenDoesNotHang(t *testing.T) { eachLink(t, testClosingWhileFrozen) }

func testClosingWhileFrozen(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	server := tmuxpool.NewServer(socketOf(private), opts)
	linked(t, server, link)
	private.Freeze()
	began := time.Now()
	if err := server.Close(); err != nil || time.Since(began) > 4*time.Second {
		t.Errorf("Close took %s: %v", time.Since(began), err)
	}
}

func TestAKilledServerIsFoundAgainWithOtherPanes(t *testing.T) {
	eachLink(t, testAKilledServerIsFoundAgain)
}

func testAKilledServerIsFoundAgain(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	server := watch(t, private, opts)
	linked(t, server, link)
	private.Kill()
	tmuxtest.Eventually(t, patience, "the server is lost", func() bool {
		_, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
		return server.Status().Link == tmuxpool.LinkLost && err != nil
	})
	private.NewSession("second", "cat")
	private.NewWindow("second", "more", "cat")
	linked(t, server, link)
	panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
	if err != nil || len(panes) != 2 || panes[1].Window != "more" {
		t.Errorf("panes are %+v, %v", panes, err)
	}
}

func TestKilledClientsAreReplacedUnseen(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	server := watch(t, private, withClients())
	control(t, server)
	for round := range 5 {
		if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
			t.Fatal(err)
		}
		for _, pid := range clientPIDs(private) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); err != nil {
			t.Errorf("round %d: ListPanes: %v", round, err)
		}
		if _, err := captureOne(t, server, "%0", tmuxpool.MethodPooled); err != nil {
			t.Errorf("round %d: capture: %v", round, err)
		}
	}
}

func TestASweepOutlivesItsClients(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t, tmuxtest.Size(200, 50))
	server := watch(t, private, withClients())
	requests := make([]tmuxpool.CaptureRequest, 1000)
	for i := range requests {
		requests[i] = tmuxpool.CaptureRequest{Pane: "%0", Colours: true}
	}
	control(t, server)
	var once sync.Once
	delivered := 0
	server.CaptureAll(t.Context(), requests, tmuxpool.MethodPipelined, 1, func(i int, _ tmuxpool.Capture, err error) {
		once.Do(func() {
			for _, pid := range clientPIDs(private) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		})
		delivered++
		if err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	})
	if delivered != len(requests) {
		t.Errorf("%d were delivered", delivered)
	}
}

func TestAFrozenClientIsReplaced(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	server := watch(t, private, quickly())
	control(t, server)
	for _, pid := range clientPIDs(private) {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	tmuxtest.Eventually(t, patience, "captures work", func() bool {
		_, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined)
		return err == nil
	})
	control(t, server)
}

func TestPanesThatCloseInMidCaptureAreGoneAndTheRestIsThere(t *testing.T) {
	eachLink(t, testPanesThatClose)
}

func testPanesThatClose(t *testing.T, _ tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	requests := []tmuxpool.CaptureRequest{{Pane: "%0"}}
	for range 10 {
		requests = append(requests, tmuxpool.CaptureRequest{Pane: private.NewWindow("main", "w", "cat")})
	}
	requests = append(requests, tmuxpool.CaptureRequest{Pane: "%999"})
	server := watch(t, private, opts)
	for round, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled, tmuxpool.MethodProcess} {
		var killer sync.WaitGroup
		killer.Go(func() {
			for _, r := range requests[1+3*round : 4+3*round] {
				private.Run("kill-pane", "-t", r.Pane)
			}
		})
		calls := make([]int, len(requests))
		for range 10 {
			clear(calls)
			server.CaptureAll(t.Context(), requests, m, 4, func(i int, _ tmuxpool.Capture, err error) {
				calls[i]++
				if err != nil && !errors.Is(err, tmuxpool.ErrPaneGone) {
					t.Errorf("%s: %v", m, err)
				}
				if i == 0 && err != nil || i == len(requests)-1 && err == nil {
					t.Errorf("%s: pane %s: %v", m, requests[i].Pane, err)
				}
			})
			if slices.Min(calls) != 1 || slices.Max(calls) != 1 {
				t.Errorf("%s: delivered %v times", m, calls)
			}
		}
		killer.Wait()
	}
}

// startHolder starts a process that watches a server by a link until it is killed.
func startHolder(t *testing.T, s *tmuxtest.Server, link tmuxpool.Link, clients tmuxpool.Clients) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "AGENTWATCH_TEST_HOLD_SOCKET="+s.SocketPath(),
		"AGENTWATCH_TEST_HOLD_CLIENTS="+clients.String())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "holding "+link.String()+"\n" {
		t.Errorf("it says %q, %v", line, err)
	}
	return cmd
}

func TestAKilledAgentwatchLeavesNothingBehind(t *testing.T) {
	eachLink(t, testAKilledAgentwatchLeavesNothing)
}

func testAKilledAgentwatchLeavesNothing(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	for range 6 {
		private.NewWindow("main", "w", "cat")
	}
	buffers := private.Run("list-buffers")
	for range 3 {
		cmd := startHolder(t, private, link, opts.Clients)
		if n := len(clientPIDs(private)); link == tmuxpool.LinkControl && n < 2 || link != tmuxpool.LinkControl && n > 0 {
			t.Errorf("it has %d clients", n)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		tmuxtest.Eventually(t, patience, "the clients are gone", func() bool { return len(clientPIDs(private)) == 0 })
		tmuxtest.Eventually(t, patience, "the session is gone", func() bool {
			return private.Run("list-sessions", "-F", "#{session_name}") == "main"
		})
	}
	if now := private.Run("list-buffers"); now != buffers {
		t.Errorf("buffers: %q", now)
	}
}

func TestAServerDoesNotLiveOnForUsAlone(t *testing.T) {
	eachLink(t, testAServerDoesNotLiveOnForUsAlone)
}

func testAServerDoesNotLiveOnForUsAlone(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	for _, detach := range []string{"on", "off"} {
		private := tmuxtest.New(t, tmuxtest.Config("set -g detach-on-destroy "+detach))
		server := watch(t, private, opts)
		linked(t, server, link)
		private.Run("kill-session", "-t", "=main")
		tmuxtest.Eventually(t, patience, "the server has ended", func() bool {
			_, err := private.Try("list-sessions")
			return err != nil
		})
		tmuxtest.Eventually(t, patience, "that is seen", func() bool {
			if link == tmuxpool.LinkBatch { // of which only calls tell that it fails
				_, _, _ = server.ListPanes(t.Context(), tmuxpool.DetailFast)
			}
			return server.Status().Link == tmuxpool.LinkLost
		})
	}
}

func TestOurSessionCanBeKilledByTheUser(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	private := tmuxtest.New(t, tmuxtest.Config("set -g detach-on-destroy off"))
	server := watch(t, private, away())
	control(t, server)
	for line := range strings.Lines(private.Run("list-sessions", "-F", "#{session_name}")) {
		if name := strings.TrimSpace(line); name != "main" {
			private.Run("kill-session", "-t", "="+name)
		}
	}
	tmuxtest.Eventually(t, patience, "we are back in a session of our own", func() bool {
		_, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
		sessions := private.Run("list-sessions", "-F", "#{session_attached} #{session_name}")
		return err == nil && strings.Contains(sessions, "0 main") && strings.Contains(sessions, "1 _agentwatch-")
	})
}

func TestAUsersClientThatTmuxMovesIntoOurSessionIsLetOn(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	t.Parallel()
	private := tmuxtest.New(t, tmuxtest.Config("set -g detach-on-destroy off"))
	private.NewSession("other", "cat")
	user := exec.CommandContext(t.Context(), "tmux", "-u", "-S", private.SocketPath(), "-C", "attach-session", "-t", "=main")
	user.Env = tmuxtest.Environ()
	stdin, err := user.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), user.Wait() }()
	where := func(session string) func() bool {
		return func() bool {
			return strings.Contains(private.Run("list-clients", "-F", "#{client_pid} #{session_name}"),
				strconv.Itoa(user.Process.Pid)+" "+session)
		}
	}
	tmuxtest.Eventually(t, patience, "the user is in main", where("main"))
	server := watch(t, private, away())
	control(t, server)
	sessions := strings.Fields(private.Run("list-sessions", "-F", "#{session_name}"))
	ours := sessions[slices.IndexFunc(sessions, func(s string) bool { return strings.HasPrefix(s, "_agentwatch") })]
	private.Run("switch-client", "-c", private.Run("list-clients", "-t", "=main", "-F", "#{client_name}"), "-t", "="+ours)
	tmuxtest.Eventually(t, patience, "the user is in a session of their own", func() bool {
		return where("main")() || where("other")()
	})
	control(t, server)
}
