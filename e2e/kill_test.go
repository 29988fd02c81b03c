package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

func TestNoMessageIsLostOrDoubledWhenTheEngineProcessIsKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	file := filepath.Join(t.TempDir(), "told")
	newStage(t).write(filepath.Join(u.configFolder(), "config.toml"), notifying(file), 0o600)
	server, pane := simulated(u, "claude", "permission", "waiting")
	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you")
	server.SendKeys(pane, "1")
	d.lacks("1 needs you")
	told := func() int {
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	tmuxtest.Eventually(t, patience, "the first message", func() bool { return told() == 1 })
	for n := range 5 {
		server.SendKeys(pane, "Escape")
		d.shows("finished, unseen")
		before := told()
		server.SendKeys(pane, "go on", "Enter")
		time.Sleep(time.Duration(rand.IntN(700)) * time.Millisecond)
		if e, ok := u.engine(); ok {
			_ = syscall.Kill(e.PID, syscall.SIGKILL)
		}
		d.lacks("finished, unseen")
		tmuxtest.Eventually(t, patience, "the message", func() bool { return told() > before })
		tmuxtest.Eventually(t, patience, "another engine process", func() bool { _, ok := u.engine(); return ok })
		if got := told() - before; got != 1 {
			t.Errorf("kill %d: told %d times", n, got)
		}
	}
	d.quit()
}
