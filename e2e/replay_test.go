package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/history"
	"agentwatch/internal/tmuxtest"
)

// reel starts an agent that shows one of several screens whenever it is told
// its number, and returns its pane.
func (s *stage) reel(server *tmuxtest.Server, session string, scenes ...captured) string {
	s.t.Helper()
	dir := s.t.TempDir()
	for i, c := range scenes {
		text := fmt.Sprintf("\x1b[1mscene %d\x1b[0m\n%s", i, strings.TrimRight(c.Screen, "\n"))
		s.write(filepath.Join(dir, fmt.Sprint(i)), text, 0o644)
	}
	file := filepath.Join(dir, scenes[0].Kind)
	s.write(file, fmt.Sprintf("#!/bin/sh\nstty -echo\nscene=0\nwhile printf '\\033[2J\\033[H' && cat %s/$scene; do read -r scene; done\n", dir), 0o755)
	return server.Run("new-session", "-d", "-P", "-F", "#{pane_id}", "-s", session, "-x", "80", "-y", "30", file)
}

// stored counts the screens that the history has of a pane.
func stored(u *user, server *tmuxtest.Server, pane string) int {
	u.t.Helper()
	store, err := history.Open(context.Background(), history.Options{Path: history.Path(u.getenv), ReadOnly: true})
	if errors.Is(err, history.ErrNone) {
		return 0
	}
	if err != nil {
		u.t.Fatal(err)
	}
	defer store.Close()
	n := 0
	for change, err := range store.Transitions(context.Background(), history.Filter{Pane: pane, Limit: 1, Carried: true}) {
		if err != nil {
			u.t.Fatal(err)
		}
		if change.Agent.Socket != server.SocketPath() {
			continue
		}
		times, err := store.FrameTimes(context.Background(), change.Agent, 100)
		if err != nil {
			u.t.Fatal(err)
		}
		n = len(times)
	}
	return n
}

func TestScreensThatWereStoredAreReplayedAfterARestart(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	s.write(filepath.Join(u.configFolder(), "config.toml"), "[history]\nscreens = true\n", 0o600)
	server := tmuxtest.New(t)
	pane := s.reel(
		server, "api", screens["claude-code/idle-declined-80x24-1"], screens["claude-code/waiting-question-80x24-1"],
		screens["claude-code/error-500-final-80x24-1"],
	)
	first := openDashboard(u, 120, 40, server)
	first.shows("scene 0")
	for i := 1; i <= 2; i++ {
		tmuxtest.Eventually(t, patience, "the screen before to be stored", func() bool { return stored(u, server, pane) >= i })
		server.SendKeys(pane, fmt.Sprint(i), "Enter")
		first.shows(fmt.Sprintf("scene %d", i))
	}
	first.quit()
	u.awaitNoEngine() // which stores the last screen

	server.SendKeys(pane, "0", "Enter")
	again := openDashboard(u, 120, 40, server)
	again.shows("scene 0", "api")
	again.press("Enter", "P")
	again.shows("replay api", "screen")
	again.press("Home")
	again.shows("scene 0", "screen 1 of", "idle")
	again.press("Right")
	again.shows("scene 1", "screen 2 of", "waiting")
	again.press("Right")
	again.shows("scene 2", "screen 3 of", "error")
	again.press("N")
	again.shows("scene 1", "waiting")
	again.press("Home", "space")
	again.shows("playing", "scene 1")
	again.press("Escape")
	again.await("the live screen", func(screen string) bool {
		return !strings.Contains(screen, "replay api") && strings.Contains(screen, "scene 0")
	})
	again.quit()
}

func TestNoScreenIsStoredUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	pane := s.reel(server, "api", screens["claude-code/waiting-question-80x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("scene 0")
	awaitRecorded(u, server, "waiting")
	d.press("Enter", "P")
	d.shows("no screens are stored; set history.screens = true")
	d.quit()
	u.awaitNoEngine() // what waits to be stored is stored now
	if n := stored(u, server, pane); n != 0 {
		t.Errorf("%d screens are stored", n)
	}
}

func TestStoredScreensAreSearchedInTheDashboardAndInScripts(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	s.write(filepath.Join(u.configFolder(), "config.toml"), "[history]\nscreens = true\n", 0o600)
	server := tmuxtest.New(t)
	pane := s.reel(server, "api", screens["claude-code/idle-declined-80x24-1"], screens["claude-code/waiting-question-80x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("scene 0")
	tmuxtest.Eventually(t, patience, "the screen to be stored", func() bool { return stored(u, server, pane) >= 1 })
	server.SendKeys(pane, "1", "Enter")
	d.shows("scene 1")
	// What was there is in no scroll-back any more.
	server.Run("clear-history", "-t", pane)
	if out, err := u.command("grep", "-F", "scene 0", "-S", server.SocketPath()).CombinedOutput(); err == nil {
		t.Errorf("it is still there: %s", out)
	}
	out, err := u.command("grep", "-F", "scene 0", "--recorded", "-S", server.SocketPath()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "scene 0") || !strings.Contains(string(out), ":20") {
		t.Errorf("%v: %s", err, out)
	}
	d.press("S", "/", "s", "c", "e", "n", "e", " ", "[", "0", "]", "/", "Enter")
	d.shows("search all agents", "1 match", "scene 0")
	d.press("Enter")
	d.shows("replay api", "scene 0")
	d.press("Escape")
	d.shows("scene 1")
	d.quit()
}
