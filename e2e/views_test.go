package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// lacks waits until the screen has none of the texts.
func (d *dashboard) lacks(texts ...string) {
	d.t.Helper()
	d.await("the screen to lack "+strings.Join(texts, ", "), func(screen string) bool {
		for _, text := range texts {
			if strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// cast starts three agents: one asks, one works, one is at its prompt.
func cast(u *user) *tmuxtest.Server {
	u.t.Helper()
	screens, s := corpus(u.t), newStage(u.t)
	server := tmuxtest.New(u.t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	s.play(server, "docs", screens["claude-code/idle-declined-80x24-1"])
	return server
}

func TestAUserGoesThroughEveryView(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you", "agents 3", "pool")

	// The grid shows all three at once, and what the one asks.
	d.press("2")
	d.shows("space mark", "codex", "permission", "1. Yes")
	d.press("Right", "Enter")
	d.shows("facts", "of history")
	d.press("Escape")
	d.shows("space mark")

	// The timeline has a lane for each, and how long each waited.
	d.press("4")
	d.shows("timeline 3", "last 5 minutes", "waited for you")
	d.press("-")
	d.shows("last 15 minutes")

	// The engine says what other strategies would cost.
	d.press("5")
	d.shows("what each costs on these panes", "captures/s", "control")

	// The inbox has the one that asks, with its answers.
	d.press("6")
	d.shows("needs you 1", "1. Yes", "waited for you today")
	d.press("y")
	d.shows("approve", "enter sends it")
	d.press("Escape")
	d.lacks("enter sends it")

	// Escape leads home.
	d.press("Escape")
	d.shows("agents 3", "pool")
	d.quit()
}

func TestAUserFindsThingsByNameAndTriesThemes(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 3")
	d.press(":")
	d.server.Type(d.pane, "only: idle")
	d.shows("only: idle")
	d.press("Enter")
	d.shows("only idle", "1 of 3")
	d.press("Escape")
	d.shows("agents 3")
	d.press("T", "Down")
	d.shows("tried at once", "Tokyo Night")
	d.press("Escape")
	d.lacks("tried at once")
	d.press("?")
	d.shows("help: board", "needs your answer")
	d.press("q")
	d.lacks("help: board")
	d.quit()
}

func TestWhatAUserHasSetIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	first := openDashboard(u, 120, 40, server)
	first.shows("agents 3")
	first.press("o", "4", "/")
	first.server.Type(first.pane, "codex")
	first.shows("1 of 3 agents")
	first.press("Enter")
	first.quit()
	second := openDashboard(u, 120, 40, server)
	second.shows("/codex", "1 of 3", "last 5 minutes")
	second.press("1", "Escape")
	second.shows("agents 3", "name")
	second.quit()
}

func TestTheMouseAndAnotherSizeWork(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := cast(u)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 3")
	for _, size := range [][2]int{{40, 12}, {300, 80}, {80, 24}} {
		d.server.Run("resize-window", "-t", d.pane, "-x", strconv.Itoa(size[0]), "-y", strconv.Itoa(size[1]))
		d.await("a frame of the new size", func(screen string) bool {
			rows := strings.Split(strings.TrimRight(screen, "\n"), "\n")
			return len(rows) == size[1] && strings.Contains(rows[0], "1 need") && strings.TrimSpace(rows[size[1]-1]) != ""
		})
	}
	// A double click on the first agent's row opens it. On a machine that is very
	// busy it can come apart into two clicks, or meet a frame of the size before.
	var tried time.Time
	d.await("the agent that was clicked twice", func(screen string) bool {
		if strings.Contains(screen, "of history") {
			return true
		}
		// Its name is above its screen, too, but before its row.
		if row := strings.LastIndex(screen, "▲ api"); row >= 0 && time.Since(tried) > 3*time.Second {
			at := "\x1b[<0;6;" + strconv.Itoa(strings.Count(screen[:row], "\n")+1)
			d.server.Type(d.pane, strings.Repeat(at+"M"+at+"m", 2))
			tried = time.Now()
		}
		return false
	})
	d.press("Escape")
	d.shows("agents 3")
	d.quit()
}
