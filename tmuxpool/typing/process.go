package typing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// reapTimeout bounds the wait for a killed process's pipes.
const reapTimeout = time.Second

// run runs one tmux process on the server and returns what it printed.
func (t *Typist) run(ctx context.Context, input *strings.Reader, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.options.Tmux, append([]string{"-u", "-S", t.options.Socket}, args...)...)
	cmd.Dir, cmd.Env = "/", environment(os.Environ())
	// In a session of its own: an interrupt at our terminal must not leave an
	// answer half typed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = reapTimeout
	if input != nil {
		cmd.Stdin = io.Reader(input)
	}
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	text := strings.TrimSpace(complaint.String())
	switch {
	case err == nil && text == "":
		return out.String(), nil
	case ctx.Err() != nil:
		return out.String(), ctx.Err()
	case strings.Contains(text, "can't find pane"):
		return out.String(), fmt.Errorf("%w (%s)", ErrGone, text)
	case cmd.Process == nil: // it was not even started
		return out.String(), fmt.Errorf("%w: %w", ErrTmux, err)
	case text == "":
		// It was killed, or its pipes stayed open: it may have done all.
		return out.String(), fmt.Errorf("%w: %w", errSilent, err)
	case lostServer(text):
		return out.String(), fmt.Errorf("%w: %s", errSilent, text)
	default:
		return out.String(), fmt.Errorf("%w: %s", ErrTmux, text)
	}
}

// lostServer tells whether tmux complains that its server went away while it was
// connected: what it was told to do may have been done before.
func lostServer(complaint string) bool {
	return strings.Contains(complaint, "lost server") || strings.Contains(complaint, "server exited")
}

// environment is what a tmux client needs of ours. Without TMUX it does not take
// us for one of the server's own panes.
func environment(ours []string) []string {
	env := []string{"LC_CTYPE=C.UTF-8", "TERM=dumb"}
	for _, pair := range ours {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH":
			env = append(env, pair)
		}
	}
	return env
}
