package tmuxtest_test

import (
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

func TestAPrivateServerDoesWhatItIsToldAndEnds(t *testing.T) {
	var private *tmuxtest.Server
	t.Run("while the test runs", func(t *testing.T) {
		private = tmuxtest.New(t, tmuxtest.Size(100, 30), tmuxtest.Config("set -g history-limit 77"))
		first := private.NewSession("second", "cat")
		window := private.NewWindow("second", "w", "cat")
		split := private.SplitWindow(window, "cat")
		if got := private.Run("list-panes", "-s", "-t", "=second", "-F", "#{pane_id}"); strings.Join(strings.Fields(got), " ") != first+" "+window+" "+split {
			t.Errorf("panes are %q", got)
		}
		if got := private.Run("display-message", "-p", "-t", first, "#{pane_width}x#{pane_height} #{history_limit}"); got != "100x29 77" && got != "100x30 77" {
			t.Errorf("the pane is %s", got)
		}
		private.Type(first, "é $x")
		private.SendKeys(first, "Enter")
		tmuxtest.Eventually(t, time.Minute, "cat echoes", func() bool { return private.Capture(first) == "é $x\né $x" })
		if n := len(private.Clients()); n != 0 || private.RSS() < 1<<20 {
			t.Errorf("%d clients, %d bytes", n, private.RSS())
		}
		pid := private.PID()
		private.Freeze()
		private.Thaw()
		if private.PID() != pid {
			t.Error("it did not survive")
		}
	})
	if out, err := private.Try("list-sessions"); err == nil {
		t.Errorf("it lives on: %s", out)
	}
}
