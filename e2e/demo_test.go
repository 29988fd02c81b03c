package e2e

import (
	"os"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestTheDemoShowsItsAgentsAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	left := t.TempDir()
	u := newUser(t, "TMPDIR="+left)
	d := openIn(u, 120, 40, "demo", "--agents", "6")
	d.shows("agents 6", "claude", "codex")
	d.quit()
	tmuxtest.Eventually(t, patience, "the demo's folder to be empty", func() bool {
		rest, err := os.ReadDir(left)
		if err != nil {
			t.Fatal(err)
		}
		return len(rest) == 0
	})
}

func TestTheDemoOfSeveralMachinesLosesOneAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	left := t.TempDir()
	u := newUser(t, "TMPDIR="+left)
	d := openIn(u, 120, 40, "demo", "--hosts", "2", "--agents", "6")
	d.shows("agents 6", "dev1:%", "dev2:%")
	d.shows("host not heard of 2")
	d.quit()
	tmuxtest.Eventually(t, patience, "the demo's folders to be gone", func() bool {
		rest, err := os.ReadDir(left)
		if err != nil {
			t.Fatal(err)
		}
		return len(rest) == 0
	})
}
