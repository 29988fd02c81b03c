package tmuxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/creack/pty"
)

// Attach attaches a client with a terminal of its own to a session, and detaches
// it when the test is over. output is all that tmux has written to that terminal.
func (s *Server) Attach(session string) (output func() string) {
	s.t.Helper()
	cmd := exec.Command("tmux", "-u", "-S", s.SocketPath(), "-f", "/dev/null", "attach-session", "-t", "="+session)
	cmd.Env = append(Environ(), s.env...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "terminal")
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		// A terminal whose other side has closed is an error to read.
		_, _ = file.ReadFrom(terminal)
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = terminal.Close()
		<-copied
		_ = file.Close()
	})
	output = func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	Eventually(s.t, timeout, "the client to be attached", func() bool {
		return strings.Contains(s.Run("list-clients", "-F", "#{session_name}"), session) && output() != ""
	})
	return output
}
