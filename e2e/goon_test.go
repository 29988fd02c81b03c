package e2e

import (
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestAnAgentUnderALimitSaysWhenItGoesOnOnceTheUserHasSaidSo(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "limited", "limited")
	d := openDashboard(u, 120, 40, server)
	d.shows("1 limited")
	d.lacks("goes on")
	d.press("C")
	d.shows("will go on by itself a minute after")
	out, err := u.command("go-on", pane, "-S", server.SocketPath(), "--off").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tmuxtest.Eventually(t, patience, "nobody goes on", func() bool {
		out, err := u.command("list", "-S", server.SocketPath(), "--json").Output()
		return err == nil && !strings.Contains(string(out), "go_on")
	})
	d.press("C")
	tmuxtest.Eventually(t, patience, "it goes on", func() bool {
		out, err := u.command("list", "-S", server.SocketPath(), "--json").Output()
		return err == nil && strings.Contains(string(out), `"go_on":true`) && strings.Contains(string(out), "limit_until")
	})
	d.shows("goes on ")
	t.Log(d.server.Capture(d.pane))
	d.quit()
}
