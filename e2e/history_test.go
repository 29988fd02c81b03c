package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// change is one object of `agentwatch history --json`.
type change struct {
	Socket, Session, Pane, Kind, From, To, Rule string

	First, Gone bool
}

// recorded are the changes that the history has of a server, oldest first.
func recorded(u *user, server *tmuxtest.Server) []change {
	u.t.Helper()
	out, err := u.command("history", "--json", "--limit", "0").Output()
	if err != nil {
		u.t.Fatalf("history: %v", err)
	}
	var all, own []change
	if err := json.Unmarshal(out, &all); len(out) > 0 && err != nil {
		u.t.Fatalf("history printed no JSON array: %v\n%s", err, out)
	}
	for _, c := range slices.Backward(all) {
		if c.Socket == server.SocketPath() {
			own = append(own, c)
		}
	}
	return own
}

// awaitRecorded waits until the last change of a server is one to a state.
func awaitRecorded(u *user, server *tmuxtest.Server, state string) {
	u.t.Helper()
	tmuxtest.Eventually(u.t, patience, "the change to "+state+" to be recorded", func() bool {
		all := recorded(u, server)
		return len(all) > 0 && all[len(all)-1].To == state
	})
}

func TestWhatWatchWritesIsInTheHistoryAlsoWhenItIsKilled(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	pane := s.play(server, "api", screens["claude-code/working-early-80x24-1"])
	first := startWatch(u, server)
	first.awaits(pane, "working")
	second := startWatch(u, server)
	second.awaits(pane, "working")
	awaitRecorded(u, server, "working")
	show := func(id string) {
		c := screens[id]
		server.Run(append([]string{"respawn-pane", "-k", "-t", pane}, s.actor(c.Kind, c.Title, c.Screen)...)...)
	}
	show("claude-code/waiting-question-80x24-1")
	awaitRecorded(u, server, "waiting")
	// Whichever records, the other goes on when it is killed.
	if err := first.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	show("claude-code/error-500-final-80x24-1")
	awaitRecorded(u, server, "error")
	second.interrupt()

	told := make(map[string]int)
	for _, c := range recorded(u, server) {
		told[c.To]++
		if c.Pane != pane || c.Kind != "claude" || c.Session != "api" || c.Rule == "" {
			t.Errorf("%+v", c)
		}
	}
	if told["waiting"] != 1 || told["error"] != 1 {
		t.Errorf("each change is to be recorded once: %+v", recorded(u, server))
	}
}

func TestTheDashboardRecordsUnlessToldNotTo(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-question-80x24-1"])
	silent := openIn(u, 120, 40, "-S", server.SocketPath(), "--no-history")
	silent.shows("api")
	silent.quit()
	if got := recorded(u, server); len(got) != 0 {
		t.Errorf("recorded although told not to: %+v", got)
	}
	d := openDashboard(u, 120, 40, server)
	d.shows("api")
	awaitRecorded(u, server, "waiting")
	d.quit()
}
