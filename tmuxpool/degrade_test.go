package tmuxpool_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// brokenTmux is a tmux in which what a shell pattern matches of the arguments
// goes wrong as long as the returned file exists.
func brokenTmux(t testing.TB, pattern, instead string) (path, switchFile string) {
	t.Helper()
	folder := t.TempDir()
	path, switchFile = filepath.Join(folder, "tmux"), filepath.Join(folder, "broken")
	program := fmt.Sprintf("#!/bin/sh\nif [ -e %s ]; then case \" $* \" in %s) %s;; esac; fi\nexec %s \"$@\"\n",
		switchFile, pattern, instead, realTmux(t))
	for file, text := range map[string]string{path: program, switchFile: ""} {
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return path, switchFile
}

// realTmux is the path of the tmux program.
func realTmux(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// screens captures panes and returns what came, by request.
func screens(t testing.TB, s *tmuxpool.Server, requests []tmuxpool.CaptureRequest, m tmuxpool.Method) ([]string, []error) {
	t.Helper()
	texts, errs := make([]string, len(requests)), make([]error, len(requests))
	calls := 0
	s.CaptureAll(t.Context(), requests, m, 4, func(i int, c tmuxpool.Capture, err error) {
		texts[i], errs[i] = c.Text, err
		calls++
	})
	if calls != len(requests) {
		t.Errorf("%d deliveries for %d requests", calls, len(requests))
	}
	return texts, errs
}

func TestWithoutControlClientsABatchDoesAndRecovers(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	tmux, broken := brokenTmux(t, `*" -C "*`, `echo "%exit"; exit 0`)
	server := watch(t, private, tmuxpool.Options{TmuxPath: tmux, Clients: tmuxpool.ClientsAlways})
	linked(t, server, tmuxpool.LinkBatch)
	if st := server.Status(); st.Reason == "" || st.RetryAt.IsZero() {
		t.Errorf("the status is %+v", st)
	}
	answersForEachPane(t, private, server)
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	control(t, server)
	if reason := server.Status().Reason; reason != "" {
		t.Errorf("the reason is still %q", reason)
	}
}

func TestCapturesThatGoOnWhileClientsComeBackAreMadeByThemAfterwards(t *testing.T) {
	tmuxtest.NeedsControlClients(t)
	private := tmuxtest.New(t)
	tmux, broken := brokenTmux(t, `*" -C "*`, `echo "%exit"; exit 0`)
	server := watch(t, private, tmuxpool.Options{TmuxPath: tmux, Clients: tmuxpool.ClientsAlways})
	linked(t, server, tmuxpool.LinkBatch)
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	requests := []tmuxpool.CaptureRequest{{Pane: "%0"}}
	tmuxtest.Eventually(t, patience, "the clients to come back", func() bool {
		_, _ = screens(t, server, requests, tmuxpool.MethodPipelined)
		return server.Status().Link == tmuxpool.LinkControl
	})
	for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled} {
		tmuxtest.Eventually(t, patience, "a capture by "+m.String(), func() bool {
			_, errs := screens(t, server, requests, m)
			return errs[0] == nil
		})
	}
}

func TestABatchAnswersForEachPane(t *testing.T) {
	private := tmuxtest.New(t)
	answersForEachPane(t, private, watch(t, private, tmuxpool.Options{Clients: tmuxpool.ClientsNever}))
}

// answersForEachPane makes captures in one go of panes that are there, of one that
// is not, and of what is no pane.
func answersForEachPane(t *testing.T, private *tmuxtest.Server, server *tmuxpool.Server) {
	t.Helper()
	private.Type("%0", "hello")
	other := private.NewWindow("main", "w", "printf 'one\\n\\n\\n'; exec cat")
	requests := []tmuxpool.CaptureRequest{{Pane: "%0"}, {Pane: "%99"}, {Pane: other}, {Pane: "%0; kill-server"}}
	tmuxtest.Eventually(t, patience, "both panes have drawn", func() bool {
		texts, errs := screens(t, server, requests, tmuxpool.MethodPipelined)
		if errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], tmuxpool.ErrPaneGone) ||
			!errors.Is(errs[3], tmuxpool.ErrForbidden) {
			t.Fatalf("errors are %v", errs)
		}
		return texts[0] == "hello"+strings.Repeat("\n", 23) && texts[2] == "one"+strings.Repeat("\n", 23)
	})
	if panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFull); err != nil || len(panes) != 2 {
		t.Errorf("panes are %+v, %v", panes, err)
	}
}

func TestWithoutBatchesEachCaptureHasItsProcess(t *testing.T) {
	private := tmuxtest.New(t)
	tmux, _ := brokenTmux(t, `*" -C "*|*" source "*`, `echo "no such thing" >&2; exit 1`)
	server := watch(t, private, tmuxpool.Options{TmuxPath: tmux, Clients: tmuxpool.ClientsAlways})
	requests := []tmuxpool.CaptureRequest{{Pane: "%0"}, {Pane: "%99"}}
	tmuxtest.Eventually(t, patience, "a capture by process", func() bool {
		_, errs := screens(t, server, requests, tmuxpool.MethodPipelined)
		return errs[0] == nil && errors.Is(errs[1], tmuxpool.ErrPaneGone)
	})
	if st := server.Status(); st.Link != tmuxpool.LinkProcess || st.Reason == "" {
		t.Errorf("the status is %+v", st)
	}
}

func TestWithoutClientsThereIsNoTraceInTheServer(t *testing.T) {
	private := tmuxtest.New(t)
	server := watch(t, private, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
		t.Fatal(err)
	}
	if st := server.Status(); st.Link != tmuxpool.LinkBatch || st.Reason == "" {
		t.Errorf("the status is %+v", st)
	}
	if n, sessions := len(clientPIDs(private)), private.Run("list-sessions", "-F", "#{session_name}"); n != 0 || sessions != "main" {
		t.Errorf("%d clients, sessions %q", n, sessions)
	}
}

func TestAServerThatAControlClientCanCrashGetsNoneUnlessAskedForByName(t *testing.T) {
	versions := map[string]tmuxpool.Link{
		"3.2": tmuxpool.LinkBatch, "3.3a": tmuxpool.LinkBatch, "3.6b": tmuxpool.LinkBatch, "3.7": tmuxpool.LinkControl,
	}
	if !tmuxtest.HasControlClients(t) { // what calls itself 3.7 has to have them
		delete(versions, "3.7")
	}
	for version, want := range versions {
		t.Run(version, func(t *testing.T) {
			private := tmuxtest.New(t)
			tmux, _ := brokenTmux(t, `*" display "*version*`, "echo "+version+" $(exec "+realTmux(t)+` "$@" | cut -d" " -f2); exit 0`)
			server := watch(t, private, tmuxpool.Options{TmuxPath: tmux})
			before := private.Run("list-sessions") + private.Run("list-windows", "-a") + private.Run("list-buffers")
			texts, errs := screens(t, server, []tmuxpool.CaptureRequest{{Pane: "%0"}, {Pane: "%0", Colours: true}}, tmuxpool.MethodPipelined)
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err, texts)
			}
			st := server.Status()
			if st.Link != want || st.Degraded || (st.Reason == "") != (want == tmuxpool.LinkControl) || !st.RetryAt.IsZero() {
				t.Errorf("the status is %+v", st)
			}
			after := private.Run("list-sessions") + private.Run("list-windows", "-a") + private.Run("list-buffers")
			if traces := len(clientPIDs(private)) > 0 || after != before; traces != (want == tmuxpool.LinkControl) {
				t.Errorf("there were %s, and there are %s, with clients %v", before, after, clientPIDs(private))
			}
		})
	}
}

func TestABatchOnAFrozenServerIsGivenUp(t *testing.T) {
	private := tmuxtest.New(t)
	opts := quickly()
	opts.Clients = tmuxpool.ClientsNever
	server := watch(t, private, opts)
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); err != nil {
		t.Fatal(err)
	}
	private.Freeze()
	if _, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined); !errors.Is(err, tmuxpool.ErrServerHung) {
		t.Errorf("capture: %v", err)
	}
	if st := server.Status(); st.Link != tmuxpool.LinkLost {
		t.Errorf("the status is %+v", st)
	}
	private.Thaw()
	tmuxtest.Eventually(t, patience, "captures work", func() bool {
		_, err := captureOne(t, server, "%0", tmuxpool.MethodPipelined)
		return err == nil
	})
}

func TestAMissingTmuxAndAMissingServerAreSaid(t *testing.T) {
	private := tmuxtest.New(t)
	for name, tc := range map[string]struct {
		socket tmuxpool.Socket
		tmux   string
		want   error
	}{
		"no tmux":   {socketOf(private), "/nonexistent/tmux", tmuxpool.ErrTmuxMissing},
		"no server": {tmuxpool.Socket{Path: "/nonexistent/socket", Name: "x"}, "", tmuxpool.ErrNoServer},
	} {
		t.Run(name, func(t *testing.T) {
			server := tmuxpool.NewServer(tc.socket, tmuxpool.Options{TmuxPath: tc.tmux})
			defer func() { _ = server.Close() }()
			if _, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); !errors.Is(err, tc.want) {
				t.Errorf("ListPanes: %v", err)
			}
			if _, err := captureOne(t, server, "%0", tmuxpool.MethodProcess); !errors.Is(err, tc.want) {
				t.Errorf("capture: %v", err)
			}
			if st := server.Status(); st.Link != tmuxpool.LinkLost || st.Reason == "" || st.RetryAt.IsZero() {
				t.Errorf("the status is %+v", st)
			}
		})
	}
}

func TestOldVersionsAreToldApart(t *testing.T) {
	private := tmuxtest.New(t)
	for version, want := range map[string]tmuxpool.Link{
		"2.9a": tmuxpool.LinkLost, "3.1c": tmuxpool.LinkBatch, "3.4": tmuxpool.LinkBatch, "3.5a": tmuxpool.LinkBatch,
	} {
		tmux, _ := brokenTmux(t, `*" display "*version*`, "echo "+version+"; exit 0")
		server := watch(t, private, tmuxpool.Options{TmuxPath: tmux, Clients: tmuxpool.ClientsAlways})
		// Not ActiveSince: from 3.2 on that asks by a flag which an older tmux that
		// only claims to be newer does not know.
		panes, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast)
		if st := server.Status(); st.Link != want || st.Version != version && want != tmuxpool.LinkLost ||
			!strings.Contains(st.Reason, "tmux") || !st.Degraded {
			t.Errorf("%s: the status is %+v", version, st)
		}
		if old := errors.Is(err, tmuxpool.ErrTmuxTooOld); old != (want == tmuxpool.LinkLost) || !old && len(panes) != 1 {
			t.Errorf("%s: %d panes, %v", version, len(panes), err)
		}
	}
}
