package tmuxpool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// userFacts is all of a server that watching must not change.
func userFacts(s *tmuxtest.Server) string {
	var facts strings.Builder
	sessions := s.Run("list-sessions", "-F",
		"#{session_name} #{session_attached} #{session_last_attached} #{session_alerts} #{session_windows} #{session_group}")
	for line := range strings.Lines(sessions) {
		if !strings.HasPrefix(line, "_agentwatch") {
			facts.WriteString(line)
		}
	}
	for _, args := range [][]string{
		{
			"list-panes", "-s", "-t", "=main", "-F",
			"#{pane_id} #{pane_width}x#{pane_height} #{window_flags} #{window_active} #{pane_in_mode} #{pane_pid}",
		},
		{"show-options", "-g"},
		{"show-options", "-s"},
		{"show-options", "-t", "=main:"},
		{"show-hooks", "-g"},
		{"show-environment", "-g"},
		{"show-environment", "-t", "=main"},
		{"list-buffers", "-F", "#{buffer_name} #{buffer_size} #{buffer_sample}"},
		{"list-keys"},
	} {
		fmt.Fprintf(&facts, "%s\n%s\n", strings.Join(args, " "), s.Run(args...))
	}
	return facts.String()
}

func TestWatchingLeavesTheUsersSessionsAsTheyWere(t *testing.T) {
	eachLink(t, testWatchingLeavesAllAsItWas)
}

func testWatchingLeavesAllAsItWas(t *testing.T, _ tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t, tmuxtest.Config("set-hook -g client-attached 'set -g @attached yes'",
		"set -g destroy-unattached off", "set -g focus-events on"))
	private.Run("set-buffer", "-b", "mine", "kept")
	private.Run("set-buffer", "the newest")
	for range 5 {
		private.NewWindow("main", "w", "cat")
	}
	private.Run("set-hook", "-gu", "client-attached")
	before := userFacts(private)
	server := watch(t, private, opts)
	for round := range 10 {
		panes, _, err := server.ListPanes(t.Context(), tmuxpool.Detail(round%2))
		if err != nil || len(panes) != 6 {
			t.Fatalf("%d panes, %v", len(panes), err)
		}
		if _, _, err := server.ActiveSince(t.Context(), time.Now().Unix()); err != nil {
			t.Fatal(err)
		}
		requests := make([]tmuxpool.CaptureRequest, 0, len(panes))
		for _, p := range panes {
			requests = append(requests, tmuxpool.CaptureRequest{Pane: p.ID, Colours: round%3 == 0, History: round * 10})
		}
		if _, errs := screens(t, server, requests, tmuxpool.Method(round%3)); errors.Join(errs...) != nil {
			t.Fatal(errs)
		}
	}
	if during := userFacts(private); during != before {
		t.Errorf("before:\n%s\nwhile watching:\n%s", before, during)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if after := userFacts(private); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if left := private.Run("list-sessions", "-F", "#{session_name}"); left != "main" {
		t.Errorf("sessions left: %q", left)
	}
}

func TestOddNamesComeThroughARealServer(t *testing.T) {
	private := tmuxtest.New(t)
	const session = "a 'b' \"c\" é界 #{pane_id} $x"
	pane := private.NewSession(session, "cat")
	if _, err := private.Try("rename-window", "-t", pane, "tab\there, #{x} | \\ ;"); err != nil {
		// From 3.8 on a name has no tab.
		private.Run("rename-window", "-t", pane, "no tab, #{x} | \\ ;")
	}
	private.Run("select-pane", "-t", pane, "-T", "%end 1 2 1 \u2733 #(x)")
	server := watch(t, private, withClients())
	for _, link := range []tmuxpool.Link{tmuxpool.LinkControl, tmuxpool.LinkBatch} {
		if link == tmuxpool.LinkBatch {
			server = watch(t, private, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
		}
		panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFull)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range panes {
			if p.ID != pane {
				continue
			}
			if want := private.Run("display-message", "-p", "-t", pane, "#{session_name}|#{window_name}|#{pane_title}"); p.Session+"|"+p.Window+"|"+p.Title != want {
				t.Errorf("%s: %q, not %q", link, p.Session+"|"+p.Window+"|"+p.Title, want)
			}
			if p.CurrentCommand != "cat" || p.CurrentPath == "" || p.PID == 0 || p.TTY == "" {
				t.Errorf("%s: %+v", link, p)
			}
		}
	}
}

func TestAScreenFullOfProtocolIsJustText(t *testing.T) {
	private := tmuxtest.New(t)
	text := `%end 1 1 1\n%exit\n%begin 1 2 1\n%error 1 2 0\n\\033[31m \\\\ $HOME ${x} \\$y é界\n`
	pane := private.NewWindow("main", "w", "printf '"+text+"'; printf '\\033[31mred\\033[0m \\007'; exec cat")
	tmuxtest.Eventually(t, patience, "it is drawn", func() bool {
		return strings.Contains(private.Capture(pane), "red")
	})
	server := watch(t, private, withClients())
	for _, colours := range []bool{false, true} {
		request := []tmuxpool.CaptureRequest{{Pane: pane, Colours: colours, History: 5}}
		want, errs := screens(t, server, request, tmuxpool.MethodProcess)
		if errs[0] != nil || colours != strings.Contains(want[0], "\x1b[31mred") {
			t.Fatalf("the reference is %q, %v", want, errs)
		}
		for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled} {
			if got, errs := screens(t, server, request, m); errs[0] != nil || got[0] != want[0] {
				t.Errorf("%s: %q, not %q; %v", m, got[0], want[0], errs[0])
			}
		}
	}
}

// beginsWith reports whether a screen begins with these rows. With colours a row
// may go on in spaces: tmux 3.8 fills it up.
func beginsWith(screen, rows []string, colours bool) bool {
	for i, want := range rows {
		row := screen[i]
		if colours && strings.HasPrefix(row, want) {
			row = want + strings.TrimLeft(row[len(want):], " ")
		}
		if row != want {
			return false
		}
	}
	return true
}

func TestColouredCapturesKeepTheEndsOfRowsAndPlainOnesDoNot(t *testing.T) {
	private := tmuxtest.New(t)
	pane := private.NewWindow("main", "w", `printf 'a \033[44m  \033[0m\n\033[42m    \033[0m\nb  \n'; exec cat`)
	tmuxtest.Eventually(t, patience, "it is drawn", func() bool { return strings.Contains(private.Capture(pane), "b") })
	want := map[bool][]string{false: {"a", "", "b"}, true: {"a \x1b[44m  ", "\x1b[42m    ", "b  "}}
	for _, o := range []tmuxpool.Options{withClients(), {Clients: tmuxpool.ClientsNever}} {
		server := watch(t, private, o)
		for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled, tmuxpool.MethodProcess} {
			for colours, rows := range want {
				got, errs := screens(t, server, []tmuxpool.CaptureRequest{{Pane: pane, Colours: colours}}, m)
				seen := strings.ReplaceAll(strings.ReplaceAll(got[0], "\x1b[49m", ""), "\x1b[0m", "")
				if errs[0] != nil || !beginsWith(strings.Split(seen, "\n"), rows, colours) {
					t.Errorf("%s, colours %v: %q, %v", m, colours, seen, errs[0])
				}
			}
		}
	}
}

func TestTwoWatchersSideBySideAndManyCallers(t *testing.T) {
	private := tmuxtest.New(t)
	for range 8 {
		private.NewWindow("main", "w", "cat")
	}
	servers := make([]*tmuxpool.Server, 4)
	for i := range servers {
		servers[i] = watch(t, private, tmuxpool.Options{MaxWorkers: 3, Clients: tmuxpool.ClientsAlways})
	}
	var callers sync.WaitGroup
	for i := range 16 {
		server := servers[i%len(servers)]
		callers.Go(func() {
			for round := range 10 {
				panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
				if err != nil || len(panes) != 9 {
					t.Errorf("%d panes, %v", len(panes), err)
					return
				}
				requests := make([]tmuxpool.CaptureRequest, 0, len(panes))
				for _, p := range panes {
					requests = append(requests, tmuxpool.CaptureRequest{Pane: p.ID})
				}
				if _, errs := screens(t, server, requests, tmuxpool.Method(round%2)); errors.Join(errs...) != nil {
					t.Error(errs)
				}
			}
		})
	}
	callers.Wait()
	for _, server := range servers {
		if s := server.Stats(); s.Open > 3 || s.Captures != 4*10*9 || s.Reused == 0 {
			t.Errorf("stats are %+v", s)
		}
	}
}

func TestComingAndGoingManyTimesDoesNotHurtTheServer(t *testing.T) {
	private := tmuxtest.New(t)
	pid := private.PID()
	var comers sync.WaitGroup
	for range 4 {
		comers.Go(func() {
			for range 5 {
				server := tmuxpool.NewServer(socketOf(private), withClients())
				if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
					t.Error(err)
				}
				if err := server.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	comers.Wait()
	if now := private.PID(); now != pid {
		t.Errorf("the server was %d and is %d", pid, now)
	}
	if left := private.Run("list-sessions", "-F", "#{session_name}"); left != "main" {
		t.Errorf("sessions left: %q", left)
	}
}

func TestAServerThatWouldCrashOnASessionGetsNone(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	pid := private.PID()
	private.Run("set-option", "-g", "window-size", "manual")
	server := watch(t, private, withClients())
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
		t.Error(err)
	}
	if st := server.Status(); st.Link != tmuxpool.LinkBatch || !strings.Contains(st.Reason, "window-size") {
		t.Errorf("the status is %+v", st)
	}
	private.Run("set-option", "-gu", "window-size")
	control(t, server)
	if now := private.PID(); now != pid {
		t.Errorf("the server was %d and is %d", pid, now)
	}
}

func TestACallThatIsGivenUpLeavesTheServerUsable(t *testing.T) { eachLink(t, testACallThatIsGivenUp) }

func testACallThatIsGivenUp(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	server := watch(t, private, opts)
	linked(t, server, link)
	clients := fmt.Sprint(clientPIDs(private))
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Microsecond)
		_, _, _ = server.ListPanes(ctx, tmuxpool.DetailFull)
		cancel()
		if panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); err != nil || len(panes) != 1 {
			t.Fatalf("%d panes, %v", len(panes), err)
		}
	}
	if now := fmt.Sprint(clientPIDs(private)); now != clients {
		t.Errorf("clients were %s and are %s", clients, now)
	}
}

func TestTenThousandCapturesDoNotMakeTheServerGrow(t *testing.T) {
	private := tmuxtest.New(t, tmuxtest.Size(40, 10))
	private.Type("%0", strings.Repeat("wide é界 ", 30))
	server := watch(t, private, withClients())
	requests := make([]tmuxpool.CaptureRequest, 1000)
	for i := range requests {
		requests[i] = tmuxpool.CaptureRequest{Pane: "%0", Colours: true}
	}
	round := func() {
		if _, errs := screens(t, server, requests, tmuxpool.MethodPipelined); errors.Join(errs...) != nil {
			t.Fatal(errors.Join(errs...))
		}
	}
	round() // what the server needs once
	if runtime.GOOS != "linux" {
		return
	}
	before := private.RSS()
	for range 10 {
		round()
	}
	// Each capture has some 450 bytes: a leak would be 4.5 MB.
	if grown := private.RSS() - before; grown > 1<<20 {
		t.Errorf("the server grew by %d bytes", grown)
	}
}

func TestEventsTellToLookAgain(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	server := watch(t, private, withClients())
	control(t, server)
	heard := func(kind tmuxpool.EventKind) func() bool {
		return func() bool {
			select {
			case e := <-server.Events():
				return e.Kind == kind
			default:
				return false
			}
		}
	}
	tmuxtest.Eventually(t, patience, "an event for the link", heard(tmuxpool.EventLink))
	private.NewWindow("main", "new", "cat")
	tmuxtest.Eventually(t, patience, "an event for a window", heard(tmuxpool.EventChanged))
	for len(server.Events()) > 0 {
		<-server.Events()
	}
	private.Run("copy-mode", "-t", "%0")
	tmuxtest.Eventually(t, patience, "an event for a mode", heard(tmuxpool.EventChanged))
}
