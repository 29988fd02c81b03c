package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"agentwatch/internal/tmuxtest"
)

// arena is a private tmux server with a cast of agents whose states are known.
type arena struct {
	t       *testing.T
	stage   *stage
	server  *tmuxtest.Server
	rng     *rand.Rand
	screens map[string]captured
	// cast is what each pane plays; a pane that is not in it plays no agent.
	cast map[string]captured
	// sessions are the ids of those that play.
	sessions []string
	serial   int
}

// arenaCast is how many agents play, two to a session.
const arenaCast = 8

// repertoire are captures whose state does not change by standing still.
func repertoire() []string {
	return []string{
		"claude-code/waiting-question-80x24-1", "claude-code/idle-declined-80x24-1",
		"claude-code/error-500-final-80x24-1", "claude-code/limit-429-final-120x40-1",
		"claude-code/waiting-plan-120x40-2", "claude-code/working-early-80x24-1",
		"codex/waiting-edit-80x24-1", "codex/idle-typed-80x24-1", "codex/working-tool-120x40-1",
		"codex/limit-credit-120x40-1",
	}
}

func newArena(t *testing.T, rng *rand.Rand) *arena {
	t.Helper()
	a := &arena{
		t: t, rng: rng, stage: newStage(t), screens: corpus(t), cast: make(map[string]captured),
		server: tmuxtest.New(t, tmuxtest.NotStarted()),
	}
	a.recast()
	return a
}

// alone does something while no agentwatch attaches to the server, for which
// they all take the lock of its folder. A session that comes or goes in the very
// millisecond in which a control client attaches crashes tmux 3.3a: that is
// tmux's affair and not what is tested here.
func (a *arena) alone(do func()) {
	a.t.Helper()
	folder, err := os.Open(filepath.Dir(a.server.SocketPath()))
	if err != nil {
		a.t.Fatal(err)
	}
	defer folder.Close()
	tmuxtest.Eventually(a.t, patience, "the lock of the server's folder", func() bool {
		return unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
	})
	do()
}

// players are the panes in which somebody plays, in a settled order.
func (a *arena) players() []string {
	var all []string
	for pane := range a.cast {
		all = append(all, pane)
	}
	slices.Sort(all)
	return all
}

// oneOf draws by lot.
func oneOf[T any](a *arena, of []T) T { return of[a.rng.IntN(len(of))] }

// recast makes the cast whole after a storm: every pane gets a program that
// draws a screen drawn by lot, sessions that are gone come anew, and the cast
// says what each must be seen as.
func (a *arena) recast() {
	a.t.Helper()
	alive := strings.Fields(a.list("list-panes", "-a", "-F", "#{pane_id}"))
	for _, pane := range a.players() {
		delete(a.cast, pane)
		if slices.Contains(alive, pane) {
			c := a.draw()
			a.server.Run(append([]string{
				"resize-window", "-t", pane, "-x", strconv.Itoa(c.Width), "-y", strconv.Itoa(c.Height), ";",
				"respawn-pane", "-k", "-t", pane,
			}, a.actor(c)...)...)
			a.cast[pane] = c
		}
	}
	for tries := 0; len(a.cast) < arenaCast; tries++ {
		if tries > 3*arenaCast {
			a.t.Fatal("programs end as soon as they have begun")
		}
		sessions := a.playing()
		if len(sessions) < arenaCast/2 {
			a.alone(func() {
				a.serial++
				c := a.draw()
				a.cast[a.stage.play(a.server, fmt.Sprintf("play%d", a.serial), c)] = c
			})
			continue
		}
		c := a.draw()
		pane := a.server.NewWindow(oneOf(a, sessions), "w", a.actor(c)...)
		if _, err := a.server.Try("resize-window", "-t", pane, "-x", strconv.Itoa(c.Width), "-y", strconv.Itoa(c.Height)); err != nil {
			a.t.Logf("another takes its place: %v", err) // its window may go with what the storm has left
			continue
		}
		a.cast[pane] = c
	}
	a.sessions = a.playing()
}

// playing are the ids of all sessions but ours. Names would not do: storms give
// them names that tmux reads as something else.
func (a *arena) playing() []string {
	var ids []string
	for line := range strings.SplitSeq(a.list("list-sessions", "-F", "#{session_id} #{session_name}"), "\n") {
		if id, name, _ := strings.Cut(line, " "); !strings.HasPrefix(name, "_agentwatch") {
			ids = append(ids, id)
		}
	}
	return ids
}

// list is a list that may be empty, because there is no server.
func (a *arena) list(args ...string) string {
	out, _ := a.server.Try(args...)
	return out
}

// draw draws a screen by lot.
func (a *arena) draw() captured {
	a.t.Helper()
	id := oneOf(a, repertoire())
	c, known := a.screens[id]
	if !known {
		a.t.Fatalf("the corpus has no %s", id)
	}
	return c
}

func (a *arena) actor(c captured) []string {
	return a.stage.actor(c.Kind, c.Title, strings.TrimRight(c.Screen, "\n"))
}

// shout writes to the terminal of a pane, as a program in it would. A pane that
// is gone, and a tmux that reads no more, are no failure: storms do that.
func (a *arena) shout(pane string, text []byte) {
	path, err := a.server.Try("display-message", "-p", "-t", pane, "#{pane_tty}")
	if err != nil {
		return
	}
	tty, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer tty.Close()
	if err := tty.SetWriteDeadline(time.Now().Add(2 * time.Second)); err != nil {
		a.t.Errorf("pane %s: %v", pane, err)
	}
	_, _ = tty.Write(text)
}
