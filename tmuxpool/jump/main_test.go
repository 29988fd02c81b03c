package jump

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/internal/tmuxtest"
)

// hereVar makes the test binary a program that writes its place to a file.
const hereVar = "AGENTWATCH_TEST_HERE"

func TestMain(m *testing.M) {
	if file := os.Getenv(hereVar); file != "" {
		place, err := Here(context.Background(), "tmux", os.Getenv, os.Stdin)
		text := fmt.Sprintf("%s|%s|%v", place.Socket, place.Pane, err)
		_ = os.WriteFile(file+".new", []byte(text), 0o600)
		_ = os.Rename(file+".new", file)
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = time.Minute

// desk is a tmux server whose panes are the terminals of the tests' users.
type desk struct {
	*tmuxtest.Server
	t *testing.T
}

func newDesk(t *testing.T) desk {
	t.Helper()
	return desk{tmuxtest.New(t, tmuxtest.Size(100, 30)), t}
}

// terminal is one of a desk, by its pane and its tty. A client on it has the
// name of the tty.
type terminal struct {
	desk
	pane, tty string
}

// open opens a terminal in which a command runs, by words.
func (d desk) open(command ...string) terminal {
	d.t.Helper()
	env := []string{"env", "-u", "TMUX", "-u", "TMUX_PANE", "DISPLAY=:7"}
	pane := d.NewWindow("main", "terminal", literal(append(env, command...))...)
	return terminal{d, pane, d.Run("display-message", "-p", "-t", pane, "#{pane_tty}")}
}

// says waits until the terminal shows a message.
func (t terminal) says(message string) {
	t.t.Helper()
	tmuxtest.Eventually(t.t, patience, "the terminal says "+message, func() bool { return strings.Contains(t.Capture(t.pane), message) })
}

// attach opens a terminal that is attached to a session.
func (d desk) attach(s *tmuxtest.Server, session string, flags ...string) terminal {
	d.t.Helper()
	term := d.open(append([]string{"tmux", "-u", "-S", s.SocketPath(), "attach-session", "-t", "=" + session}, flags...)...)
	term.arrives(s, "")
	return term
}

// literal keeps tmux from taking a semicolon at the end of a word as its own.
func literal(words []string) []string {
	out := slices.Clone(words)
	for i, word := range out {
		if rest, ends := strings.CutSuffix(word, ";"); ends {
			out[i] = rest + `\;`
		}
	}
	return out
}

// view is the session and pane that the terminal shows of a server, or "".
func (term terminal) view(s *tmuxtest.Server) string {
	for line := range strings.Lines(s.Run("list-clients", "-F", "#{client_tty} #{session_name} #{pane_id}")) {
		if tty, view, _ := strings.Cut(strings.TrimSpace(line), " "); tty == term.tty {
			return view
		}
	}
	return ""
}

// arrives waits until the terminal shows a view of a server; any one when it is
// empty.
func (term terminal) arrives(s *tmuxtest.Server, view string) {
	term.t.Helper()
	tmuxtest.Eventually(term.t, patience, "the terminal shows "+view, func() bool {
		got := term.view(s)
		return got != "" && (view == "" || got == view)
	})
}

// press presses keys at the terminal, as words of a hint.
func (term terminal) press(keys string) {
	term.t.Helper()
	term.SendKeys(term.pane, literal(strings.Fields(keys))...)
}

// follow presses the keys that a hint names.
func (term terminal) follow(hint string) {
	term.t.Helper()
	keys, found := strings.CutSuffix(hint, " comes back")
	if !found {
		term.t.Fatalf("the hint %q names no key", hint)
	}
	term.press(keys)
}

// jumper jumps from a pane of a server.
func jumper(s *tmuxtest.Server, pane string) Jumper {
	return Jumper{Tmux: "tmux", Home: Place{Socket: s.SocketPath(), Pane: pane}}
}

func place(s *tmuxtest.Server, pane string) Place { return Place{Socket: s.SocketPath(), Pane: pane} }

// to jumps, which must succeed.
func to(t *testing.T, j Jumper, s *tmuxtest.Server, pane string) Done {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done, err := j.To(ctx, place(s, pane))
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// only is the pane of a session that has one.
func only(s *tmuxtest.Server, session string) string {
	return s.Run("list-panes", "-s", "-t", "="+session, "-F", "#{pane_id}")
}

// belongings is all that a jump must leave as it is: options, buffers, keys,
// hooks, environments, sessions, windows and panes with their modes, and what
// the other clients show.
func belongings(s *tmuxtest.Server, but ...terminal) string {
	var all strings.Builder
	// Asked until it is told twice alike: from 3.7 on tmux cuts lines short when it
	// takes too long for them, as on a busy machine.
	ask := func(args ...string) {
		out, _ := s.Try(args...)
		for again, _ := s.Try(args...); again != out; again, _ = s.Try(args...) {
			out = again
		}
		fmt.Fprintf(&all, "%s:\n%s\n", strings.Join(args, " "), out)
	}
	for _, flags := range []string{"-s", "-g", "-gw"} {
		ask("show-options", flags)
	}
	ask("show-hooks", "-g")
	ask("show-environment", "-g")
	ask("list-keys")
	ask("list-buffers")
	for id := range strings.FieldsSeq(s.Run("list-sessions", "-F", "#{session_id}")) {
		ask("show-options", "-t", id)
		ask("show-environment", "-t", id)
	}
	ask("list-panes", "-a", "-F", "#{session_name} #{window_id} #{pane_id} #{pane_mode} #{window_zoomed_flag}")
	for line := range strings.Lines(s.Run("list-clients", "-F", "#{client_tty} #{client_name} #{session_name} #{window_id} #{client_flags}")) {
		// Whether a terminal has the focus is the desk's matter.
		tty, _, _ := strings.Cut(line, " ")
		if !slices.ContainsFunc(but, func(term terminal) bool { return term.tty == tty }) {
			all.WriteString(strings.ReplaceAll(line, ",focused", ""))
		}
	}
	return all.String()
}

// unchanged fails the test when something of belongings has changed, and says
// what.
func unchanged(t *testing.T, what, before, after string) {
	t.Helper()
	if before == after {
		return
	}
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			t.Errorf("%s: gone: %s", what, line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			t.Errorf("%s: new: %s", what, line)
		}
	}
	t.Errorf("%s changed more than the view", what)
}

// oddPath is another path of a server's socket, with all that shells mind.
func oddPath(t *testing.T, s *tmuxtest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), `it's a "so!!cket" \\ $HOME;`)
	if err := os.Symlink(s.SocketPath(), path); err != nil {
		t.Fatal(err)
	}
	return path
}
