package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestAnAnswerOfTheSecondDashboardIsTypedOnceAndKeptOnce(t *testing.T) {
	t.Parallel()
	// Each engine has a session of its own where there are clients.
	u := newUser(t).withClients()
	server, pane := simulated(u, "claude", "permission", "waiting")
	first := openDashboard(u, 120, 40, server)
	first.shows("1 needs you")
	second := openDashboard(u, 120, 40, server)
	second.shows("1 needs you")
	second.press("y")
	second.shows("enter sends it")
	second.press("Enter")
	awaitState(u, server, pane, "working")
	first.lacks("1 needs you")
	second.lacks("1 needs you")
	tmuxtest.Eventually(t, patience, "the answer in the history", func() bool {
		kept := answersInHistory(u, server)
		return len(kept) == 1 && kept[0].Pane == pane && kept[0].Action == "approve" && kept[0].Outcome == "done"
	})
	second.quit()
	first.quit()
}

// notifying is a configuration that writes what is told into a file, at once, over
// a channel of the file's name: an agent that is soon back in a state is not told
// again over a channel that has told it.
func notifying(file string) string {
	return fmt.Sprintf(`[notify]
batch = "0s"
after = "0s"
[notify.channels.%[1]s]
type = "command"
command = ["sh", "-c", "echo told >> %[2]s"]
[[notify.rules]]
to = ["waiting", "working"]
channels = ["%[1]s"]
cooldown = "0s"
`, filepath.Base(file), file)
}

func TestTwoDashboardsTellOnceAndAChangedFileCountsAtOnce(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	home := t.TempDir()
	config, before, after := filepath.Join(u.configFolder(), "config.toml"), filepath.Join(home, "before"), filepath.Join(home, "after")
	s := newStage(t)
	s.write(config, notifying(before), 0o600)
	server, pane := simulated(u, "claude", "permission", "waiting")
	first := openDashboard(u, 120, 40, server)
	first.shows("1 needs you")
	second := openDashboard(u, 120, 40, server)
	second.shows("1 needs you")
	server.SendKeys(pane, "1")
	told := func(file string) (times int) {
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	tmuxtest.Eventually(t, patience, "the file to be told", func() bool { return told(before) > 0 })
	first.lacks("1 needs you")
	second.lacks("1 needs you")
	if n := told(before); n > 1 {
		t.Errorf("both dashboards have told: %d messages", n)
	}

	// From now on another file is told, and help has another key in both.
	first.shows("? help")
	second.shows("? help")
	s.write(config, notifying(after)+"[keys]\nhelp = \"f1\"\n", 0o600)
	first.shows("f1 help")
	second.shows("f1 help")
	tmuxtest.Eventually(t, patience, "the other file to be told", func() bool {
		// Each escape ends a turn, each text begins another.
		server.SendKeys(pane, "Escape")
		first.shows("finished, unseen")
		server.SendKeys(pane, "go on", "Enter")
		first.lacks("finished, unseen")
		return told(after) > 0
	})
	second.quit()
	first.quit()
}
