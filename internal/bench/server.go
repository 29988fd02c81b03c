package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commandTimeout bounds one call of tmux; a chunk of new windows on a loaded
// machine takes seconds.
const commandTimeout = 30 * time.Second

// goneTimeout bounds the wait for the agents' end.
const goneTimeout = 2 * time.Minute

const (
	// windowsPerCall is how many windows one call of tmux makes,
	// windowsPerSession how many a session has.
	windowsPerCall    = 25
	windowsPerSession = 10
)

// agentScript is the program of every pane. It waits for lines that nobody
// types, in a process that is far smaller than any of Go's; what its pane shows
// is written to the pane's terminal from outside. It holds the named pipe open by
// which we see that all of them have ended.
const agentScript = `#!/bin/sh
exec 9<>"${0%/*}/alive"
while read -r _; do :; done
`

// watchdogScript waits for the end of its input and then removes the server. It
// ignores the signals that a terminal sends to us.
const watchdogScript = `trap '' HUP INT QUIT TERM
while read -r _; do :; done
"$1" -S "$2" kill-server 2>/dev/null
rm -rf -- "$3"`

// server is a private tmux server with agents in its panes.
type server struct {
	tmux    string
	dir     string
	pid     int
	version string
	// alive is the reading end of a named pipe that every agent holds open for
	// writing: it reads as ended when the last of them is gone.
	alive *os.File
	// watchdog removes the server when leash, its standard input, is closed: by
	// us, or by the kernel when we are killed.
	watchdog *exec.Cmd
	leash    io.Closer
}

// startServer makes a server with n panes; made is told how many there are. On
// failure nothing is left.
func startServer(ctx context.Context, tmux string, n int, made func(panes int)) (_ *server, err error) {
	dir, err := os.MkdirTemp(tempDir(), "agentwatch-bench-*")
	if err != nil {
		return nil, fmt.Errorf("bench: make a folder: %w", err)
	}
	s := &server{tmux: tmux, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.furnish(); err != nil {
		return nil, fmt.Errorf("bench: prepare %s: %w", dir, err)
	}
	if err := s.watch(); err != nil {
		return nil, err
	}
	for first := 0; first < n; first += windowsPerCall {
		last := min(first+windowsPerCall, n)
		if first == 0 {
			err = s.start(ctx, n, s.windows(first, last))
		} else {
			_, err = s.run(ctx, s.windows(first, last), "source-file", "-")
		}
		if err != nil {
			return nil, err
		}
		made(last)
	}
	return s, nil
}

// tempDir is where the folder is made: /tmp when the usual place has so long a
// path that no socket fits below it (104 bytes on some systems).
func tempDir() string {
	const room = 104 - len("/agentwatch-bench-4294967295/tmux") - 1
	if len(os.TempDir()) > room {
		return "/tmp"
	}
	return ""
}

func (s *server) socket() string  { return filepath.Join(s.dir, "tmux") }
func (s *server) program() string { return filepath.Join(s.dir, "claude") }

// furnish fills the folder.
func (s *server) furnish() error {
	if err := os.WriteFile(s.program(), []byte(agentScript), 0o700); err != nil {
		return err
	}
	pipe := filepath.Join(s.dir, "alive")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		return err
	}
	var err error
	s.alive, err = os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	return err
}

// watch starts the watchdog.
func (s *server) watch() error {
	watchdog := exec.Command("/bin/sh", "-c", watchdogScript, "sh", s.tmux, s.socket(), s.dir)
	watchdog.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	leash, err := watchdog.StdinPipe()
	if err == nil {
		err = watchdog.Start()
	}
	if err != nil {
		return fmt.Errorf("bench: watchdog: %w", err)
	}
	s.watchdog, s.leash = watchdog, leash
	return nil
}

// start starts the server with its first windows. A thousand panes need more
// open files than the usual limit, so it is raised for the server alone.
func (s *server) start(ctx context.Context, panes int, windows string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	const raise = `[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$1" ] || ulimit -S -n "$1"; shift; exec "$@"`
	const options = "set-option -g status off\nset-option -g default-size " + paneSize + "\n"
	args := append([]string{"-c", raise, "sh", strconv.Itoa(panes + 200), s.tmux}, s.flags()...)
	args = append(args, "start-server", ";", "source-file", "-")
	if _, err := s.finish(exec.CommandContext(ctx, "/bin/sh", args...), options+windows); err != nil {
		return err
	}
	out, err := s.run(ctx, "", "display-message", "-p", "#{pid} #{version}")
	if err != nil {
		return err
	}
	pid, version, _ := strings.Cut(strings.TrimSpace(out), " ")
	if s.pid, err = strconv.Atoi(pid); err != nil {
		return fmt.Errorf("bench: the server's process: %w", err)
	}
	s.version = version
	return nil
}

// windows is the script that makes windows first to last-1.
func (s *server) windows(first, last int) string {
	var b strings.Builder
	for i := first; i < last; i++ {
		session := fmt.Sprintf("team%d", i/windowsPerSession)
		if i%windowsPerSession == 0 {
			fmt.Fprintf(&b, "new-session -d -s %s -x %d -y %d", session, paneWidth, paneHeight)
		} else {
			fmt.Fprintf(&b, "new-window -d -t =%s:", session)
		}
		// Two words, so that tmux starts no shell of its own between.
		fmt.Fprintf(&b, " -n task%d -- /bin/sh %s\n", i, quote(s.program()))
	}
	return b.String()
}

// quote makes a word of tmux's configuration language.
func quote(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(word) + `"`
}

func (s *server) flags() []string { return []string{"-u", "-S", s.socket(), "-f", "/dev/null"} }

// run runs one tmux client, with script as its standard input, and returns
// what it printed.
func (s *server) run(ctx context.Context, script string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return s.finish(exec.CommandContext(ctx, s.tmux, append(s.flags(), args...)...), script)
}

func (s *server) finish(cmd *exec.Cmd, script string) (string, error) {
	var out, complaint bytes.Buffer
	cmd.Env = environment()
	cmd.Dir = "/"
	// Not to be interrupted with us: the last call is the one that cleans up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdin = strings.NewReader(script)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if err == nil && complaint.Len() > 0 {
		err = errors.New("refused")
	}
	if err != nil {
		return "", fmt.Errorf("bench: tmux: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}

// environment is ours, outside any other tmux and in UTF-8.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{"TMUX", "TMUX_PANE", "TMUX_TMPDIR", "LC_ALL", "LC_CTYPE", "LANG", "SHELL"}, name)
	})
	return append(env, "LC_ALL=C.UTF-8", "SHELL=/bin/sh")
}

// clients returns the processes of the control clients: all of them are ours.
func (s *server) clients(ctx context.Context) ([]int, error) {
	out, err := s.run(ctx, "", "list-clients", "-F", "#{client_pid}")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, word := range strings.Fields(out) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("bench: a client's process: %w", err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// close ends the server with all in it, waits until it is gone and removes its
// folder. It does not depend on any context: it is what remains to do when
// everything has ended.
func (s *server) close() error {
	var failed []error
	if _, err := os.Stat(s.socket()); err == nil {
		failed = append(failed, s.kill())
	}
	if s.alive != nil {
		failed = append(failed, s.waitGone(), s.alive.Close())
	}
	if err := os.RemoveAll(s.dir); err != nil {
		failed = append(failed, fmt.Errorf("bench: remove the folder: %w", err))
	}
	if s.watchdog != nil {
		failed = append(failed, s.leash.Close())
		late := time.AfterFunc(5*time.Second, func() { _ = s.watchdog.Process.Kill() })
		failed = append(failed, s.watchdog.Wait())
		late.Stop()
	}
	return errors.Join(failed...)
}

// waitGone returns when every agent has ended: with their terminals, a moment
// after the server.
func (s *server) waitGone() error {
	if err := s.alive.SetReadDeadline(time.Now().Add(goneTimeout)); err != nil {
		return fmt.Errorf("bench: watch the agents: %w", err)
	}
	if _, err := io.Copy(io.Discard, s.alive); err != nil {
		return fmt.Errorf("bench: agents are still running: %w", err)
	}
	return nil
}

// kill ends the server, also one that hangs. That none runs is no error.
func (s *server) kill() error {
	_, err := s.run(context.Background(), "", "kill-server")
	switch {
	case err == nil, strings.Contains(err.Error(), "no server running"), strings.Contains(err.Error(), "error connecting"):
		return nil
	case s.pid > 1:
		if killed := syscall.Kill(s.pid, syscall.SIGKILL); killed == nil || errors.Is(killed, syscall.ESRCH) {
			return nil
		}
	}
	return fmt.Errorf("bench: end the server: %w", err)
}
