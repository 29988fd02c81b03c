// Package tmuxtest gives tests tmux servers of their own. It never touches the
// user's: each server has its own socket in its own folder, and is killed by
// that socket alone.
package tmuxtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Option changes how a server is started.
type Option func(*settings)

type settings struct {
	width, height int
	config        string
	bare          bool
	env           []string
}

// Size sets the size of the sessions, 80x24 without it.
func Size(width, height int) Option {
	return func(s *settings) { s.width, s.height = width, height }
}

// Config gives the server these lines as its configuration.
func Config(lines ...string) Option {
	return func(s *settings) { s.config = strings.Join(lines, "\n") + "\n" }
}

// Env adds variables ("NAME=value") to the environment of the server and of all
// that runs in its panes.
func Env(variables ...string) Option {
	return func(s *settings) { s.env = append(s.env, variables...) }
}

// NotStarted leaves the start to the first NewSession.
func NotStarted() Option {
	return func(s *settings) { s.bare = true }
}

// Server is a private tmux server.
type Server struct {
	t      testing.TB
	socket string
	config string
	frozen int // the process id while it is frozen
	settings
}

// timeout bounds every call of tmux.
const timeout = time.Minute

// New starts a server with one session, "main", in whose pane "cat" runs, and
// kills it when the test is over. The test fails when tmux is missing.
func New(t testing.TB, opts ...Option) *Server {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("these tests need tmux 3.2 or newer: install it, for example with \"apt install tmux\"")
	}
	set := settings{width: 80, height: 24}
	for _, opt := range opts {
		opt(&set)
	}
	// A socket's path may have about 100 bytes, which t.TempDir can exceed.
	folder, err := os.MkdirTemp("/tmp", "awt-")
	if err != nil {
		t.Fatal(err)
	}
	name := "agentwatch-test-" + strings.ToLower(rand.Text()[:8])
	s := &Server{t: t, socket: filepath.Join(folder, name), config: "/dev/null", settings: set}
	if set.config != "" {
		s.config = filepath.Join(folder, "tmux.conf")
		if err := os.WriteFile(s.config, []byte(set.config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(folder)
	})
	if !set.bare {
		pane := s.NewSession("main", "cat")
		// A shell starts it.
		Eventually(t, time.Minute, "cat to run in its pane", func() bool {
			return s.Run("display-message", "-p", "-t", pane, "#{pane_current_command}") == "cat"
		})
	}
	return s
}

// AtLeast tells whether the tmux that tests use is the given release or a later
// one. Builds that name no release count as the newest.
func AtLeast(t testing.TB, major, minor int) bool {
	t.Helper()
	said, err := exec.Command("tmux", "-V").Output()
	if err != nil {
		t.Fatal(err)
	}
	number := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(string(said)), "tmux "), "next-")
	var is [2]int
	if n, _ := fmt.Sscanf(number, "%d.%d", &is[0], &is[1]); n < 2 {
		return true
	}
	return is[0] > major || is[0] == major && is[1] >= minor
}

// NeedsControlClients begins a test that is about nothing but control clients. It
// does not run where the release has none that agentwatch could use.
func NeedsControlClients(t testing.TB) {
	t.Helper()
	if !HasControlClients(t) {
		t.Skip("this release has no control clients that agentwatch could use: all is by batched processes")
	}
}

// HasControlClients tells whether the tmux that tests use has control clients that
// agentwatch can use: neither 3.1 nor 3.4 and 3.5 have (see tmuxpool.Version).
func HasControlClients(t testing.TB) bool {
	t.Helper()
	return AtLeast(t, 3, 2) && (!AtLeast(t, 3, 4) || AtLeast(t, 3, 6))
}

// SocketPath returns the path of the server's socket.
func (s *Server) SocketPath() string { return s.socket }

// Environ is the environment the server and its clients run in: ours, in
// UTF-8, and outside any other tmux.
func Environ() []string {
	var env []string
	for _, pair := range os.Environ() {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "TMUX", "TMUX_PANE", "TMUX_TMPDIR", "LC_ALL", "LC_CTYPE", "LANG":
		default:
			env = append(env, pair)
		}
	}
	return append(env, "LC_ALL=C.UTF-8", "TERM=xterm-256color")
}

// Try runs a tmux command and returns what it printed, without the last
// newline.
func (s *Server) Try(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-u", "-S", s.socket, "-f", s.config}, args...)...)
	cmd.Env = append(Environ(), s.env...)
	cmd.Dir = filepath.Dir(s.socket)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		return "", err
	}
	kill := time.AfterFunc(timeout, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", strings.Join(args, " "), err, complaints.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// Run runs a tmux command, which must succeed, and returns what it printed,
// without the last newline.
func (s *Server) Run(args ...string) string {
	s.t.Helper()
	out, err := s.Try(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// NewSession makes a detached session, in whose pane cmd runs (the shell when
// there is none), and returns the pane's id.
func (s *Server) NewSession(name string, cmd ...string) string {
	s.t.Helper()
	return s.Run(append([]string{
		"new-session", "-d", "-P", "-F", "#{pane_id}", "-s", name,
		"-x", strconv.Itoa(s.width), "-y", strconv.Itoa(s.height),
	}, cmd...)...)
}

// NewWindow makes a window at the end of a session, not selected, and returns
// its pane's id.
func (s *Server) NewWindow(session, name string, cmd ...string) string {
	s.t.Helper()
	return s.Run(append([]string{
		"new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "=" + session + ":", "-n", name,
	}, cmd...)...)
}

// SplitWindow splits a pane and returns the id of the new one.
func (s *Server) SplitWindow(pane string, cmd ...string) string {
	s.t.Helper()
	return s.Run(append([]string{"split-window", "-d", "-P", "-F", "#{pane_id}", "-t", pane}, cmd...)...)
}

// SendKeys sends keys, by tmux's names, to a pane.
func (s *Server) SendKeys(pane string, keys ...string) {
	s.t.Helper()
	s.Run(append([]string{"send-keys", "-t", pane}, keys...)...)
}

// Type sends text to a pane as it is.
func (s *Server) Type(pane, text string) {
	s.t.Helper()
	s.Run("send-keys", "-t", pane, "-l", "--", text)
}

// Capture returns a pane's screen, without the empty rows at its end.
func (s *Server) Capture(pane string) string {
	s.t.Helper()
	return strings.TrimRight(s.Run("capture-pane", "-p", "-t", pane), "\n")
}

// PID returns the process id of the server.
func (s *Server) PID() int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.Run("display-message", "-p", "#{pid}"))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// Clients returns the names of all clients, ours and others.
func (s *Server) Clients() []string {
	s.t.Helper()
	return strings.Fields(s.Run("list-clients", "-F", "#{client_name}"))
}

// Kill ends the server. One that is not running is no failure. It waits until the
// socket is free: tmux 3.8 is still there for a moment when it has said that it goes,
// and whoever starts another then is told that it has gone.
func (s *Server) Kill() {
	if _, err := s.Try("kill-server"); err != nil {
		return
	}
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		connection, err := net.Dial("unix", s.socket)
		if err != nil {
			return
		}
		_ = connection.Close()
	}
}

// Freeze stops the server's process, as if it hung, until Thaw or the end of
// the test.
func (s *Server) Freeze() {
	s.t.Helper()
	s.frozen = s.PID()
	s.t.Cleanup(s.Thaw)
	if err := syscall.Kill(s.frozen, syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
}

// Thaw lets a frozen server go on. One that is not frozen stays as it is.
func (s *Server) Thaw() {
	if s.frozen != 0 {
		_ = syscall.Kill(s.frozen, syscall.SIGCONT)
		s.frozen = 0
	}
}

// RSS returns the server's resident memory in bytes (Linux only).
func (s *Server) RSS() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kib << 10
		}
	}
	s.t.Fatal("the kernel does not tell the server's memory")
	return 0
}

// Eventually waits until cond is true, and fails the test when that has not
// happened within d; what says what was waited for.
func Eventually(t testing.TB, d time.Duration, what string, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !cond() {
		select {
		case <-deadline.C:
			t.Fatalf("after %s still not: %s", d, what)
		case <-ticker.C:
		}
	}
}
