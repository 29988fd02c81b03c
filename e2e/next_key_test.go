package e2e

import (
	"fmt"
	"testing"
)

func TestAKeyThatFindsNobodyInNeedSaysSoInTheStatusLineAndCoversNothing(t *testing.T) {
	d := newDesk(t, "next-key", "N")
	newStage(t).play(d.Server, "work", corpus(t)["claude-code/idle-declined-80x24-1"])
	d.source()
	// As the help of next has it.
	d.Run("bind-key", "M", "run-shell", fmt.Sprintf("%s next --client '#{client_name}'", program))
	d.Run("set-option", "-g", "display-time", "0")
	view := d.attach()
	for _, key := range []string{"N", "M"} {
		view.press("C-b", key)
		view.shows("agentwatch: no agent needs you")
		if mode := d.Run("display-message", "-p", "-t", "=main:", "#{pane_mode}"); mode != "" {
			t.Errorf("%s: the pane is covered by %s", key, mode)
		}
		view.press("x") // takes the message away
		view.await("the message to go", hides("no agent needs you"))
	}
}
