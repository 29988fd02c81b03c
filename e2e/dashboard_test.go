package e2e

import (
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestAUserFindsOutWhoNeedsThemAndDrillsIn(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	s.play(server, "docs", screens["claude-code/idle-declined-80x24-1"])

	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you", "claude", "codex", "agents 3")
	d.shows("pool", "cache", "pane_content", "agent_status", "session_info", "config", "rounds")

	d.press("Enter")
	d.shows("why", "claude.dialog", "permission")
	d.press("Escape")
	d.shows("agents 3")
	d.quit()
}

func TestTheStrategyIsSwitchedWhileItRuns(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/idle-declined-80x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("push", "agents 1")
	for _, name := range []string{"priority", "pipelined", "concurrent", "sequential"} {
		d.press("s")
		d.shows("strategy", name, "one pipelined sweep")
		d.press("Down")
		d.press("Enter")
		d.await("the header to name "+name, func(screen string) bool {
			header, _, _ := strings.Cut(screen, "\n")
			return strings.Contains(header, name)
		})
	}
	d.quit()
}

func TestTheFilterNarrowsTheListAndSaysWhenNothingMatches(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/idle-declined-80x24-1"])
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 2")
	d.press("/")
	d.server.Type(d.pane, "codex")
	d.await("the list to be narrowed", func(screen string) bool { return !strings.Contains(screen, "claude") })
	d.server.Type(d.pane, "zzz")
	d.shows("no agent matches")
	d.press("Escape")
	d.await("the list to be whole again", func(screen string) bool {
		return strings.Contains(screen, "claude") && strings.Contains(screen, "codex")
	})
	d.quit()
}

func TestPanesThatAppearChangeAndCloseAreFollowed(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	d := openDashboard(u, 120, 40, server)
	d.shows("no agent")
	pane := s.play(server, "api", screens["claude-code/idle-declined-80x24-1"])
	d.shows("agents 1", "idle")
	other := s.play(server, "web", screens["codex/waiting-edit-80x24-1"])
	d.shows("agents 2", "1 needs you")
	server.Run("kill-pane", "-t", other)
	d.shows("agents 1", "nobody needs you")
	server.Run(append([]string{"respawn-pane", "-k", "-t", pane}, s.actor("codex", "", screens["codex/waiting-edit-80x24-1"].Screen)...)...)
	d.shows("agents 1", "codex", "1 needs you")
	d.quit()
}

func TestItServesFromTheSmallestTerminalUp(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	for _, size := range [][2]int{{40, 12}, {80, 24}, {200, 50}} {
		d := openDashboard(u, size[0], size[1], server)
		d.shows("▲")
		d.quit()
	}
}

func TestPaneContentCannotReachTheUsersTerminal(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	s := newStage(t)
	server := tmuxtest.New(t)
	evil := "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1bP+q544e\x1b\\plain \x1b[31mred\x1b[0m\x07\x1b[?1000h"
	server.NewSession("api", s.actor("claude", "", evil)...)
	d := openDashboard(u, 120, 40, server)
	d.shows("plain red")
	if title := d.server.Run("display-message", "-p", "-t", d.pane, "#{pane_title}"); strings.Contains(title, "owned") {
		t.Errorf("the title became %q", title)
	}
	if buffers, _ := d.server.Try("show-buffer"); strings.Contains(buffers, "owned") {
		t.Errorf("the clipboard became %q", buffers)
	}
	d.quit()
}
