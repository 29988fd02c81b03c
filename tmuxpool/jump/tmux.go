package jump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"agentwatch/tmuxpool"
)

// timeout bounds each tmux process, reapTimeout the wait for its pipes once it
// was killed.
const (
	timeout     = 3 * time.Second
	reapTimeout = time.Second
)

// server is how a tmux server is reached.
type server struct {
	socket string
	// noStart tells whether tmux has the flag -N, by which nothing starts a
	// server on a socket that has lost its own: tmux 3.2.
	noStart bool
}

// flags are those of the tmux program for this server.
func (s server) flags() []string {
	if s.noStart {
		return []string{"-N", "-S", s.socket}
	}
	return []string{"-S", s.socket}
}

// messageTime is how long a message is shown, where tmux can be told (3.2).
const messageTime = 5 * time.Second

// message is the command that shows how to come back.
func (s server) message(back string) []string {
	command := []string{"display-message"}
	if s.noStart {
		command = append(command, "-d", strconv.FormatInt(messageTime.Milliseconds(), 10))
	}
	return append(command, "--", "agentwatch: "+strings.NewReplacer("#", "##", "%", "%%").Replace(back))
}

// run runs tmux commands on a server, in a process that has no terminal and
// does not know of the tmux that we may be in, and returns what it printed.
func (j Jumper) run(ctx context.Context, s server, args ...string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, j.Tmux, append(append([]string{"-u"}, s.flags()...), args...)...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TMUX=", "TMUX_PANE=", "LC_ALL=C.UTF-8")
	cmd.WaitDelay = reapTimeout
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	text := strings.TrimSpace(complaint.String())
	switch {
	case err == nil:
		return out.String(), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case limited.Err() != nil:
		return "", tmuxpool.ErrServerHung
	case text != "":
		return "", refusal(text)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return "", tmuxpool.ErrTmuxMissing
	default:
		return "", fmt.Errorf("%w: %w", tmuxpool.ErrCommand, err)
	}
}

// refusal turns what tmux complained about into an error.
func refusal(text string) error {
	contains := func(texts ...string) bool {
		for _, t := range texts {
			if strings.Contains(text, t) {
				return true
			}
		}
		return false
	}
	switch {
	case contains("can't find pane", "can't find window", "can't find session"):
		return fmt.Errorf("%w (%s)", tmuxpool.ErrPaneGone, text)
	case contains("can't find client"):
		return fmt.Errorf("%w (%s)", ErrNoClient, text)
	case contains("Permission denied"):
		return fmt.Errorf("%w (%s)", tmuxpool.ErrPermission, text)
	case contains("no server running", "error connecting", "lost server", "server exited"):
		return fmt.Errorf("%w (%s)", tmuxpool.ErrNoServer, text)
	default:
		return fmt.Errorf("%w: %s", tmuxpool.ErrCommand, text)
	}
}
