package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"agentwatch/internal/notify"
	"agentwatch/tmuxpool"
)

// userTmux reaches the user's tmux clients by processes of their own: messages
// are rare, and a process leaves no trace on a server.
type userTmux struct {
	discover tmuxpool.DiscoverOptions
}

func newUserTmux(getenv func(string) string, names, sockets []string) *userTmux {
	return &userTmux{discover: tmuxpool.DiscoverOptions{Names: names, Paths: sockets, Env: getenv, UID: os.Getuid()}}
}

// tmuxTimeout bounds one command, so that a server that hangs leaves time for
// the others.
const tmuxTimeout = time.Second

// tmuxCommand runs one tmux command on a server and returns what it printed.
func tmuxCommand(ctx context.Context, socket string, args ...string) (string, error) {
	path, err := tmuxpool.FindTmux()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, tmuxTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-u", "-S", socket}, args...)...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TMUX=", "LC_ALL=C.UTF-8")
	cmd.WaitDelay = tmuxTimeout
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		err = errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w", args[0], err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// clientFormat names what is asked of a client; its name stands last.
const clientFormat = "#{client_control_mode} #{client_activity} #{pane_id} #{client_name}"

// Clients returns the clients with a terminal of all servers that answer.
func (u *userTmux) Clients(ctx context.Context) ([]notify.Client, error) {
	sockets, problems := tmuxpool.Discover(ctx, u.discover)
	var clients []notify.Client
	for _, socket := range sockets {
		out, err := tmuxCommand(ctx, socket.Path, "list-clients", "-F", clientFormat)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for line := range strings.Lines(out) {
			if c, ok := parseClient(strings.TrimSuffix(line, "\n")); ok {
				c.Server = socket.Path
				clients = append(clients, c)
			}
		}
	}
	if len(clients) > 0 {
		return clients, nil
	}
	return nil, errors.Join(problems...)
}

// parseClient reads a line of clientFormat; ok is false for a client without a
// terminal.
func parseClient(line string) (c notify.Client, ok bool) {
	fields := strings.SplitN(line, " ", 4)
	if len(fields) < 4 || fields[0] != "0" || fields[3] == "" {
		return c, false
	}
	c = notify.Client{Name: fields[3], Pane: fields[2]}
	if second, err := strconv.ParseInt(fields[1], 10, 64); err == nil && second > 0 {
		c.ActiveAt = time.Unix(second, 0)
	}
	return c, true
}

// Show shows a message in a client's status line.
func (u *userTmux) Show(ctx context.Context, c notify.Client, message notify.Format, d time.Duration) error {
	_, err := tmuxCommand(ctx, c.Server, "display-message", "-c", c.Name, "-d", strconv.FormatInt(d.Milliseconds(), 10), "--", argument(string(message)))
	return err
}

// argument keeps tmux from taking a semicolon at an argument's end for the
// beginning of another command.
func argument(text string) string {
	if before, ends := strings.CutSuffix(text, ";"); ends {
		return before + `\;`
	}
	return text
}

// passesOn tells whether a sequence that is written within our pane reaches a
// terminal: tmux 3.3 and newer pass it on when told to, older ones always, and
// all of them only from a pane that a client shows.
func passesOn(ctx context.Context, socket, pane string) (notify.Reach, error) {
	out, err := tmuxCommand(ctx, socket, "display-message", "-p", "-t", pane,
		"#{window_active_clients} #{?#{&&:#{window_zoomed_flag},#{!=:#{pane_active},1}},hidden,shown} #{version} #{allow-passthrough}")
	if err != nil {
		return notify.ReachNone, err
	}
	fields := strings.Fields(out)
	if len(fields) < 3 {
		return notify.ReachNone, fmt.Errorf("tmux display-message: unexpected answer %q", out)
	}
	option := ""
	if len(fields) > 3 {
		option = fields[3]
	}
	version, err := tmuxpool.ParseVersion(fields[2])
	if err != nil {
		return notify.ReachNone, err
	}
	if option == "all" {
		return notify.ReachThroughTmux, nil
	}
	inSight := fields[0] != "0" && fields[1] == "shown"
	if inSight && (option == "on" || option == "1" || !version.AtLeast(3, 3)) {
		return notify.ReachThroughTmux, nil
	}
	return notify.ReachNone, nil
}
