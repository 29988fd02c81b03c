package e2e

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestASnoozedAgentIsCountedApartAlsoAfterARestartAndComesBack(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	snooze := func(args ...string) (string, error) {
		out, err := u.command(append([]string{"snooze", "-S", server.SocketPath()}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := snooze(pane); err == nil || !strings.Contains(out, "agentwatch serve") {
		t.Errorf("without an engine process: %s, %v", out, err)
	}
	d := openDashboard(u, 80, 24, server)
	d.shows("1 needs you")
	d.press("z")
	d.shows("snooze", "for 15 minutes", "until tomorrow")
	d.press("Enter")
	d.shows("nobody needs you", "z 1", "is snoozed until it needs you")
	before, _ := u.engine()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, patience, "another engine process", func() bool {
		next, ok := u.engine()
		return ok && next.ID != before.ID
	})
	d.shows("nobody needs you", "z 1")
	out, err := u.command("status", "--json", "-S", server.SocketPath()).Output()
	var status struct {
		Snoozed int `json:"snoozed"`
		NeedYou int `json:"need_you"`
	}
	if json.Unmarshal(out, &status) != nil || err != nil || status.Snoozed != 1 || status.NeedYou != 0 {
		t.Errorf("status: %s, %v", out, err)
	}
	if err := u.command("next", "--print", "-S", server.SocketPath()).Run(); err == nil {
		t.Error("next goes to an agent that is snoozed")
	}
	if out, err := snooze(pane, "off"); err != nil || !strings.Contains(out, "no longer") {
		t.Errorf("%s, %v", out, err)
	}
	d.shows("1 needs you")
	if out, err := snooze(pane, "1h"); err != nil || !strings.Contains(out, "snoozed until") {
		t.Errorf("%s, %v", out, err)
	}
	d.shows("nobody needs you", "snoozed 1")
	if out, err := snooze(pane, "soon"); err == nil || !strings.Contains(out, "does not say for how long") {
		t.Errorf("%s, %v", out, err)
	}
	d.quit()
}
