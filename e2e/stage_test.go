package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// captured is one screen of the project's corpus.
type captured struct {
	ID     string
	Kind   string
	State  string
	Accept []string
	Title  string
	Width  int
	Height int
	Screen string
}

// accepts tells whether a state counts as right.
func (c captured) accepts(state string) bool {
	if state == "idle" && slices.Contains(c.Accept, "done") {
		return true
	}
	return slices.Contains(c.Accept, state)
}

// corpus reads the captures of real agents that the detector is tested with.
func corpus(t *testing.T) map[string]captured {
	t.Helper()
	file, err := os.Open("../health/testdata/screens.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := make(map[string]captured)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c captured
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all[c.ID] = c
	}
	return all
}

// stage makes programs that are called claude or codex and show a capture.
type stage struct {
	t   *testing.T
	dir string
	n   int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return &stage{t: t, dir: t.TempDir()}
}

// actor is a program of the given name that draws text and then stays.
func (s *stage) actor(name, title, text string) []string {
	s.t.Helper()
	s.n++
	dir := filepath.Join(s.dir, fmt.Sprint(s.n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.write(filepath.Join(dir, "screen"), text, 0o644)
	script := fmt.Sprintf("#!/bin/sh\nstty -echo\nprintf '\\033]2;%s\\007\\033[2J\\033[H'\ncat %s/screen\n"+
		"while read -r line; do printf '%%s\\n' \"$line\"; done\n", title, dir)
	s.write(filepath.Join(dir, name), script, 0o755)
	return []string{filepath.Join(dir, name)}
}

func (s *stage) write(path, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// play starts an actor for a capture in a window of the capture's size: in the
// session of that name where there is one, else in a new one.
func (s *stage) play(server *tmuxtest.Server, session string, c captured) string {
	s.t.Helper()
	actor := s.actor(c.Kind, c.Title, strings.TrimRight(c.Screen, "\n"))
	if _, err := server.Try("has-session", "-t", "="+session); err != nil {
		size := []string{"-x", strconv.Itoa(c.Width), "-y", strconv.Itoa(c.Height)}
		start := append([]string{"new-session", "-d", "-P", "-F", "#{pane_id}", "-s", session}, size...)
		return server.Run(append(start, actor...)...)
	}
	pane := server.NewWindow(session, c.State, actor...)
	server.Run("resize-window", "-t", pane, "-x", strconv.Itoa(c.Width), "-y", strconv.Itoa(c.Height))
	return pane
}

// listed is one object of `agentwatch list --json`.
type listed struct {
	Server, Socket, Session, Window, Pane, Kind, State, Since, Title, CWD string

	Unseen             bool
	PID, Width, Height int
	Confidence         float64
	Evidence           struct {
		Source, Rule string
		Line         int
	}
}

// list runs `agentwatch list --json` on the given servers.
func list(u *user, servers ...*tmuxtest.Server) []listed {
	u.t.Helper()
	args := []string{"list", "--json"}
	for _, s := range servers {
		args = append(args, "-S", s.SocketPath())
	}
	command := u.command(args...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		u.t.Fatalf("list: %v\n%s", err, stderr.String())
	}
	var agents []listed
	if err := json.Unmarshal(out, &agents); err != nil {
		u.t.Fatalf("list printed no JSON array: %v\n%s", err, out)
	}
	return agents
}

// dashboard runs the program in a pane of a server of its own, so that it is
// seen as its user sees it, and watches the other servers.
type dashboard struct {
	t      *testing.T
	server *tmuxtest.Server
	pane   string
}

func openDashboard(u *user, width, height int, watched ...*tmuxtest.Server) *dashboard {
	u.t.Helper()
	args := []string{}
	for _, w := range watched {
		args = append(args, "-S", w.SocketPath())
	}
	return openIn(u, width, height, args...)
}

// openIn runs the program with the given arguments on a screen of that size,
// which afterwards tells the exit status.
func openIn(u *user, width, height int, args ...string) *dashboard {
	u.t.Helper()
	return openProgram(u, program, width, height, args...)
}

// openProgram is openIn of another build.
func openProgram(u *user, build string, width, height int, args ...string) *dashboard {
	u.t.Helper()
	server := u.server(tmuxtest.Size(width, height))
	script := []string{"sh", "-c", `"$@"; echo "ended with $?"; exec cat`, "sh", build}
	return &dashboard{t: u.t, server: server, pane: server.NewSession("dashboard", append(script, args...)...)}
}

// shows waits until the screen contains every text.
func (d *dashboard) shows(texts ...string) {
	d.t.Helper()
	d.await(fmt.Sprintf("the dashboard to show %q", texts), func(screen string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
	})
}

// await waits until the screen is as wanted, and shows it when it is not.
func (d *dashboard) await(what string, wanted func(screen string) bool) {
	d.t.Helper()
	screen := ""
	deadline := time.Now().Add(patience)
	for poll := time.NewTicker(30 * time.Millisecond); time.Now().Before(deadline); <-poll.C {
		if screen = d.server.Capture(d.pane); wanted(screen) {
			return
		}
	}
	d.t.Fatalf("waited %s for %s; the screen is:\n%s", patience, what, screen)
}

func (d *dashboard) press(keys ...string) {
	d.t.Helper()
	d.server.SendKeys(d.pane, keys...)
}

// quit presses q and waits until the program has ended well.
func (d *dashboard) quit() {
	d.t.Helper()
	d.press("q")
	d.shows("ended with 0")
}
