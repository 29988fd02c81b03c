package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// A new user has no tmux server, then one without an agent, then an agent, and
// leaves the dashboard open all the while.
func TestANewUserIsToldWhatToDoUntilThereIsAnAgent(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	sockets := t.TempDir()
	own := filepath.Join(sockets, fmt.Sprintf("tmux-%d", os.Getuid()))
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	d := openAs(u, 100, 30, "TMUX_TMPDIR="+sockets, "TMUX=")
	d.shows("no tmux server is running", "start one:", "tmux new -s work", "it will show up here by itself")
	d.press("j")
	d.shows("there is no agent to select")
	for _, view := range []string{"2", "4", "6"} {
		d.press(view)
		d.shows("no tmux server is running")
	}
	d.press("5")
	d.shows("strategies", "no tmux server is running")
	d.press("1")

	work := tmuxtest.New(t)
	if err := os.Symlink(work.SocketPath(), filepath.Join(own, "work")); err != nil {
		t.Fatal(err)
	}
	d.shows("no agent in 1 pane of 1 tmux server", "start one in any pane:", "claude")

	newStage(t).play(work, "api", corpus(t)["claude-code/waiting-bash-40x24-1"])
	d.shows("agents 1", "1 needs you")
	d.quit()
}

// Someone remembers that an agent has said something, and looks for it in what
// has scrolled away.
func TestAUserSearchesWhatAnAgentHasShown(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	s, server := newStage(t), tmuxtest.New(t)
	var said strings.Builder
	for i := range 120 {
		fmt.Fprintf(&said, "row %d of a long talk\n", i)
		if i == 20 || i == 60 {
			said.WriteString("the Budget was exceeded here\n")
		}
	}
	server.NewSession("api", s.actor("claude", "", said.String()+corpus(t)["claude-code/idle-declined-80x24-1"].Screen)...)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 1")
	d.press("Enter")
	d.shows("of history", "live")

	d.press("/")
	d.server.Type(d.pane, "budget")
	d.shows("/budget", "2 matches", "the Budget was exceeded here", "row 61 of")
	d.press("Enter")
	d.shows("match 1 of 2", "rows back")
	d.press("n")
	d.shows("match 2 of 2", "row 21 of")
	d.press("n")
	d.shows("there is no other match; going round", "row 61 of")
	d.press("/")
	d.server.Type(d.pane, "unicorn")
	d.press("Enter")
	d.shows("unicorn is nowhere in its last")
	d.press("End")
	d.shows("live")
	d.press("Escape")
	d.shows("agents 1")
	d.quit()
}

// Themes and strategies are tried while the user moves through them; escape
// leaves everything as it was.
func TestAUserTriesThemesAndStrategiesAndGoesBack(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	d := openDashboard(u, 120, 40, cast(u))
	d.shows("agents 3", "push")
	before := d.header()
	d.press("T", "End")
	d.shows("tried at once")
	d.awaitHeader("the theme under the cursor to be used", func(now string) bool { return now != before })
	d.press("Escape")
	d.lacks("tried at once")
	d.awaitHeader("the theme from before", func(now string) bool { return now == before })

	inForce := func(name string) {
		t.Helper()
		d.await(name+" to be in force", func(screen string) bool {
			header, _, _ := strings.Cut(screen, "\n")
			return strings.Contains(header, name)
		})
	}
	d.press("s", "Down")
	d.shows("esc goes back to push")
	inForce("priority")
	d.press("Escape")
	d.lacks("esc goes back")
	inForce("push")
	d.press("s", "Down", "Enter")
	inForce("priority")
	d.quit()
}

// sgr matches a sequence that sets a colour; weight and shape are none.
func sgr() *regexp.Regexp {
	return regexp.MustCompile(`\x1b\[[0-9;:]*[34]8[;:][0-9;:]*m|\x1b\[(?:[0-9]+;)*(?:3|4|9|10)[0-7]m`)
}

// colours are those that are on the screen, in their order.
func (d *dashboard) colours() string {
	d.t.Helper()
	return strings.Join(sgr().FindAllString(d.server.Run("capture-pane", "-p", "-e", "-t", d.pane), -1), " ")
}

// header are the colours of the program's name: they are the theme's.
func (d *dashboard) header() string {
	d.t.Helper()
	row := d.server.Run("capture-pane", "-p", "-e", "-t", d.pane, "-E", "0")
	brand, _, _ := strings.Cut(row, "agentwatch")
	return brand
}

func (d *dashboard) awaitHeader(what string, wanted func(string) bool) {
	d.t.Helper()
	tmuxtest.Eventually(d.t, patience, what, func() bool { return wanted(d.header()) })
}

func TestWithoutColoursShapeAndWordsTell(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	d := openAs(u, 120, 40, "NO_COLOR=1", "-S", server.SocketPath())
	d.shows("agents 3", "▲ 1 needs you", "▲ api", "● web", "○ docs")
	d.press("2")
	d.shows("space mark", "permission", "❯ 1. Yes")
	if found := d.colours(); found != "" {
		t.Errorf("there are colours: %q", found)
	}
	d.press("T")
	d.shows("colours are off (NO_COLOR)")
	d.quit()
}

func TestHowAUserListsTheirAgentsIsRemembered(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	first := openDashboard(u, 120, 40, server)
	first.shows("agents 3")
	first.press("Space")
	first.shows("1 mark", "▲*api")
	first.press("o", "O")
	first.shows("grouped by session")
	first.press("F")
	first.shows("only marked", "1 of 3")
	first.quit()

	second := openDashboard(u, 120, 40, server)
	second.shows("only marked", "1 of 3", "▲*api")
	second.press("Escape")
	second.shows("agents 3", "1 mark", "name", "api 1", "web 1", "docs 1")
	second.press("u")
	second.lacks("▲*api")
	second.quit()
}

// mouse sends what a terminal sends for a button at a cell, counted from 1.
func (d *dashboard) mouse(button, x, y int, end string) {
	d.t.Helper()
	d.server.Type(d.pane, fmt.Sprintf("\x1b[<%d;%d;%d%s", button, x, y, end))
}

// rowOf waits for a row with the text and returns its number, from 1.
func (d *dashboard) rowOf(text string) (row int) {
	d.t.Helper()
	d.await("a row with "+text, func(screen string) bool {
		for i, line := range strings.Split(screen, "\n") {
			if row = i + 1; strings.Contains(line, text) {
				return true
			}
		}
		return false
	})
	return row
}

// columnOf is the column, from 1, of the edge between list and screen.
func (d *dashboard) columnOf(edge string) (column int) {
	d.t.Helper()
	d.await("the edge "+edge, func(screen string) bool {
		for line := range strings.Lines(screen) {
			if before, _, found := strings.Cut(line, edge); found {
				column = len([]rune(before)) + 1
				return true
			}
		}
		return false
	})
	return column
}

// The wheel scrolls what it is over, a click selects, an edge can be dragged.
func TestAUserDrivesItByMouse(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	d := openDashboard(u, 120, 40, cast(u))
	d.shows("agents 3", "Do you want to proceed?")
	const left, wheelUp, moved = 0, 64, 32
	d.mouse(left, 6, d.rowOf("● web"), "M")
	d.mouse(left, 6, d.rowOf("● web"), "m")
	d.shows("▌● web")

	edge := d.columnOf("╮╭")
	d.mouse(left, edge, 20, "M")
	d.mouse(left+moved, edge+20, 20, "M")
	d.mouse(left, edge+20, 20, "m")
	d.await("the list to be wider", func(string) bool { return d.columnOf("╮╭") >= edge+19 })

	d.press("Enter")
	d.shows("of history", "live")
	d.mouse(wheelUp, 20, 20, "M")
	d.shows("3 rows back")
	d.press("Escape")
	d.shows("agents 3")
	// A click beside what lies over the view closes it.
	d.press("s")
	d.shows("esc goes back to")
	d.mouse(left, 1, 1, "M")
	d.mouse(left, 1, 1, "m")
	d.lacks("esc goes back to")
	// The mouse can be given to the terminal, to select text.
	d.press("m")
	d.shows("the mouse is the terminal's")
	tmuxtest.Eventually(t, patience, "the terminal to have the mouse", func() bool {
		return d.server.Run("display-message", "-p", "-t", d.pane, "#{mouse_any_flag}") == "0"
	})
	d.quit()
}

// Whatever the view, the frame is as large as the terminal, also while that
// changes.
func TestEveryViewFitsATerminalThatChangesItsSize(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	d := openDashboard(u, 120, 40, cast(u))
	d.shows("agents 3")
	for i, size := range [][2]int{{40, 12}, {300, 80}, {80, 24}, {60, 30}, {200, 50}, {41, 13}} {
		d.press(strconv.Itoa(i + 1))
		d.server.Run("resize-window", "-t", d.pane, "-x", strconv.Itoa(size[0]), "-y", strconv.Itoa(size[1]))
		d.await(fmt.Sprintf("a frame of %v in view %d", size, i+1), func(screen string) bool {
			rows := strings.Split(screen, "\n")
			footer := rows[len(rows)-1]
			return len(rows) == size[1] && strings.Contains(rows[0], "1 need") && strings.ContainsAny(footer, "⏎s1e") && !strings.Contains(footer, "╯")
		})
		if i+1 == focusKey {
			d.shows("esc back")
			d.press("Escape")
			d.lacks("esc back")
		}
	}
	d.quit()
}

// focusKey is the key of the view of one agent, which escape leaves.
const focusKey = 3

// openAs runs the program with one more variable in its environment.
func openAs(u *user, width, height int, variable string, args ...string) *dashboard {
	u.t.Helper()
	server := u.server(tmuxtest.Size(width, height))
	script := []string{"sh", "-c", `env "$@"; echo "ended with $?"; exec cat`, "sh", variable}
	for len(args) > 0 && strings.Contains(args[0], "=") {
		script, args = append(script, args[0]), args[1:]
	}
	script = append(append(script, program), args...)
	return &dashboard{t: u.t, server: server, pane: server.NewSession("dashboard", script...)}
}
