package e2e

import (
	"strings"
	"syscall"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestAReplyWaitsForThePromptAlsoAfterARestartAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "working", "working")
	d := openDashboard(u, 80, 24, server)
	d.shows("nobody needs you", "agents 1")
	for _, text := range []string{"add a test", "drop the table"} {
		d.press("r")
		d.shows("reply to")
		d.server.Type(d.pane, text)
		d.shows(text)
		d.press("C-o")
		d.lacks("reply to")
	}
	d.shows("2 texts wait")
	d.press("w")
	d.shows("add a test", "drop the table", "take it back")
	d.press("Down", "Enter", "Escape")
	d.shows("1 text waits")
	before, _ := u.engine()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, patience, "another engine process", func() bool {
		next, ok := u.engine()
		return ok && next.ID != before.ID
	})
	d.shows("1 text waits")
	server.SendKeys(pane, "Escape")
	tmuxtest.Eventually(t, patience, "the text to be sent", func() bool {
		return strings.Contains(server.Capture(pane), "add a test")
	})
	d.lacks("1 text waits")
	if strings.Contains(server.Capture(pane), "drop the table") {
		t.Error("what was taken back was typed")
	}
	t.Log(d.server.Capture(d.pane))
	d.quit()
}

func TestSendWhenIdleNeedsNoDashboardAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "working", "working")
	out, err := u.command("send", pane, "-S", server.SocketPath(), "--text", "add a test", "--when-idle", "--yes").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "it waits until claude") {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, ok := u.engine(); !ok {
		t.Fatal("nobody is there to type it")
	}
	server.SendKeys(pane, "Escape")
	tmuxtest.Eventually(t, patience, "the text to be sent", func() bool {
		return strings.Contains(server.Capture(pane), "add a test")
	})
	u.awaitNoEngine()
}
