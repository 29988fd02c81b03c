package demo

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
)

// commandLimit bounds one call of tmux; a chunk of new windows on a loaded
// machine takes seconds.
const commandLimit = 30 * time.Second

// windowsPerCall is how many windows one call of tmux makes.
const windowsPerCall = 20

// server is the private tmux server of a demo.
type server struct {
	tmux          string
	box           *sandbox
	width, height int
	speed         float64
}

// run runs one tmux client; script, if any, is its standard input.
func (s *server) run(ctx context.Context, script string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	return s.finish(exec.CommandContext(ctx, s.tmux, append(s.flags(), args...)...), script)
}

func (s *server) flags() []string {
	return []string{"-u", "-S", s.box.socket(), "-f", "/dev/null"}
}

func (s *server) finish(cmd *exec.Cmd, script string) (string, error) {
	var out, complaint bytes.Buffer
	cmd.Env = s.box.environ()
	cmd.Stdin = strings.NewReader(script)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("demo: tmux: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	if complaint.Len() > 0 {
		return "", errors.New("demo: tmux: " + string(bytes.TrimSpace(complaint.Bytes())))
	}
	return out.String(), nil
}

// start starts the server with the first seats. A thousand panes need more open
// files than the usual limit, so it is raised for the server alone. The server
// inherits the pipe that tells when it is gone.
func (s *server) start(ctx context.Context, agents int, seats []seat) error {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	alive, err := os.OpenFile(s.box.path("alive"), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("demo: watch the server: %w", err)
	}
	defer alive.Close()
	const raise = `[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$1" ] || ulimit -S -n "$1"; shift; exec "$@"`
	args := append([]string{"-c", raise, "sh", strconv.Itoa(agents + 200), s.tmux}, s.flags()...)
	cmd := exec.CommandContext(ctx, "/bin/sh", append(args, "start-server", ";", "source-file", "-")...)
	cmd.ExtraFiles = []*os.File{alive}
	_, err = s.finish(cmd, s.options()+s.windows(seats))
	return err
}

// options are the settings of the server, as a user with a modern terminal has
// them. terminal-features is unknown before tmux 3.2, hence -q.
func (s *server) options() string {
	return `set-option -s default-terminal tmux-256color
set-option -sqa terminal-features ',*:RGB'
set-option -g history-limit 500
`
}

// windows is the script that makes the windows of seats and types each agent's
// name into its shell.
func (s *server) windows(seats []seat) string {
	var b strings.Builder
	for _, seat := range seats {
		command := []string{"new-window", "-d", "-t", "=" + seat.session + ":"}
		if seat.opens {
			command = []string{
				"new-session", "-d", "-s", seat.session,
				"-x", strconv.Itoa(s.width), "-y", strconv.Itoa(s.height),
			}
		}
		// Not by -e: before tmux 3.2 new-session has none.
		command = append(command, "-n", seat.window, "-c", s.box.path("home", seat.project), "--", "env",
			"DEMO_SEED="+strconv.FormatInt(seat.seed, 10), "DEMO_SCRIPT="+seat.script.String(),
			"DEMO_SPEED="+strconv.FormatFloat(s.speed, 'g', -1, 64),
			"DEMO_PROJECT="+seat.project, "DEMO_TASK="+seat.task)
		writeCommand(&b, append(command, s.box.shell()...))
		target := "=" + seat.session + ":=" + seat.window
		writeCommand(&b, []string{"set-option", "-w", "-t", target, "@demo_kind", seat.kind.String()})
		writeCommand(&b, []string{"send-keys", "-t", target, seat.kind.String(), "Enter"})
	}
	return b.String()
}

// writeCommand writes one line for source-file.
func writeCommand(b *strings.Builder, words []string) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)
	for _, w := range words {
		b.WriteString(`"` + escape.Replace(w) + `" `)
	}
	b.WriteByte('\n')
}

// add makes the windows of further seats.
func (s *server) add(ctx context.Context, seats []seat) error {
	_, err := s.run(ctx, s.windows(seats), "source-file", "-")
	return err
}

// pane is what the demo needs to know of a pane. pid is its shell's.
type pane struct {
	id, command, kind string
	pid               int
}

// panes lists all panes.
func (s *server) panes(ctx context.Context) ([]pane, error) {
	out, err := s.run(ctx, "", "list-panes", "-a", "-F", "#{pane_id} #{pane_pid} #{pane_current_command} #{@demo_kind}")
	if err != nil {
		return nil, err
	}
	var all []pane
	for row := range strings.Lines(out) {
		f := strings.Fields(row)
		if len(f) != 4 {
			continue
		}
		if pid, err := strconv.Atoi(f[1]); err == nil && pid > 1 {
			all = append(all, pane{id: f[0], pid: pid, command: f[2], kind: f[3]})
		}
	}
	return all, nil
}

// restart types the agents' names into the shells that they left behind.
func (s *server) restart(ctx context.Context, panes []pane) error {
	var b strings.Builder
	for _, p := range panes {
		writeCommand(&b, []string{"send-keys", "-t", p.id, p.kind, "Enter"})
	}
	_, err := s.run(ctx, b.String(), "source-file", "-")
	return err
}

// kill ends the server. That none runs is no error.
func (s *server) kill(ctx context.Context) error {
	_, err := s.run(ctx, "", "kill-server")
	if err != nil && (strings.Contains(err.Error(), "no server running") ||
		strings.Contains(err.Error(), "error connecting")) {
		return nil
	}
	return err
}
