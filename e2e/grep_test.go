package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestGrepFindsWhatHasScrolledAwayWithAndWithoutAnEngineAndSaysWhenThereIsNothing(t *testing.T) {
	t.Parallel()
	u, screens, s := newUser(t), corpus(t), newStage(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	idle := screens["claude-code/idle-declined-80x24-1"]
	idle.Screen = "the needle is here\n" + strings.Repeat("hay\n", 60) + idle.Screen
	pane := s.play(server, "api", idle)
	s.play(server, "web", screens["claude-code/idle-declined-80x24-1"])
	tmuxtest.Eventually(t, patience, "both to be listed", func() bool { return len(list(u, server)) == 2 })
	search := func(when string) {
		t.Helper()
		found := u.run(server, "grep", "--json", "-i", "NEEDLE is")
		var match struct {
			Pane, Text string
			Row        int
		}
		if err := json.Unmarshal([]byte(found.out), &match); err != nil || found.code != 0 || match.Pane != pane ||
			match.Text != "the needle is here" || match.Row > -60 {
			t.Errorf("%s: %+v, %v: %+v", when, match, err, found)
		}
		if none := u.run(server, "grep", "-F", "needle is."); none.code != 1 || none.out != "" {
			t.Errorf("%s: nothing matches: %+v", when, none)
		}
		if screen := u.run(server, "grep", "--rows", "0", "needle"); screen.code != 1 {
			t.Errorf("%s: the scroll-back was searched: %+v", when, screen)
		}
	}
	search("without an engine")
	d := openDashboard(u, 120, 40, server)
	d.shows("api")
	search("with an engine")
	if wrong := u.run(server, "grep", "("); wrong.code != 2 {
		t.Errorf("a pattern that is none: %+v", wrong)
	}
	d.quit()
}

func TestTheDashboardFindsWhatAnyAgentHasShownAndGoesThere(t *testing.T) {
	t.Parallel()
	u, screens, s := newUser(t), corpus(t), newStage(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24), tmuxtest.Config("set -g history-limit 5000"))
	idle := screens["claude-code/idle-declined-80x24-1"]
	s.play(server, "web", idle)
	idle.Screen = strings.Repeat("hay\n", 60) + "the needle is here\n" + strings.Repeat("hay\n", 3000) + idle.Screen
	s.play(server, "api", idle)
	d := openDashboard(u, 80, 24, server)
	d.shows("○ api", "○ web")
	d.press("S", "NEEDLE", "Enter")
	d.shows("1 match in 2 agents", "the needle is here", "-30")
	d.press("Enter")
	d.shows("the needle is here", "match 1 of 1", "rows back")
	d.lacks("search all agents")
	d.quit()
}
