package e2e

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/engine/socket"
	"agentwatch/health"
	"agentwatch/internal/fleet"
	"agentwatch/internal/tmuxtest"
)

// machine is a machine of its own on this one: its user has an engine process of
// their own, which sees one tmux server.
func machine(t *testing.T, script, state string) (u *user, server *tmuxtest.Server, pane string) {
	u = newUser(t)
	server, pane = simulated(u, "claude", script, state)
	newStage(t).write(filepath.Join(u.configFolder(), "config.toml"), fmt.Sprintf("[watch]\nsockets = [%q]\n", server.SocketPath()), 0o600)
	return u, server, pane
}

// over is how a user is reached, as by ssh.
func over(name string, u *user) fleet.Host {
	command := append([]string{"env"}, u.env...)
	return fleet.Host{Name: name, Command: append(command, program, "serve", "--stdio")}
}

// watched opens a monitor of hosts beside a user's own engine process, which runs.
func watched(t *testing.T, u *user, hosts ...fleet.Host) *fleet.Monitor {
	t.Helper()
	local := client.Open(t.Context(), client.Options{Dial: func(ctx context.Context) (net.Conn, error) { return socket.Dial(ctx, u.socket()) }})
	t.Cleanup(local.Close)
	m := fleet.Open(t.Context(), local, fleet.Options{Hosts: hosts})
	t.Cleanup(m.Close)
	return m
}

// until returns the first snapshot that is as wanted.
func until(t *testing.T, m *fleet.Monitor, what string, wanted func(*engine.Snapshot) bool) *engine.Snapshot {
	t.Helper()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	var last *engine.Snapshot
	for late := time.After(patience); ; {
		select {
		case s := <-snapshots:
			if last = s; wanted(s) {
				return s
			}
		case <-late:
			t.Fatalf("never %s; last: %+v, %+v", what, last.Hosts, last.Notices)
		}
	}
}

// inPane finds the agent of a pane of a host.
func inPane(s *engine.Snapshot, host, pane string) (engine.Agent, bool) {
	for _, a := range s.Agents {
		if a.Ref.Host == host && a.Ref.Pane == pane {
			return a, true
		}
	}
	return engine.Agent{}, false
}

func TestTheAgentsOfAllHostsAreInOneListAndAreAnswered(t *testing.T) {
	t.Parallel()
	me, _, minePane := machine(t, "permission", "waiting")
	serve := exec.Command(program, "serve")
	serve.Env = append(tmuxtest.Environ(), me.env...)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Process.Signal(syscall.SIGTERM); _ = serve.Wait() })
	a, _, aPane := machine(t, "permission", "waiting")
	b, _, bPane := machine(t, "permission", "waiting")
	m := watched(t, me, over("a", a), over("b", b))
	state := func(host, pane string, state health.State) func(*engine.Snapshot) bool {
		return func(s *engine.Snapshot) bool {
			one, found := inPane(s, host, pane)
			return found && one.State == state && !one.Stale
		}
	}
	s := until(t, m, "all are there", func(s *engine.Snapshot) bool {
		return state("", minePane, health.StateWaiting)(s) && state("a", aPane, health.StateWaiting)(s) && state("b", bPane, health.StateWaiting)(s)
	})
	if n := s.Counts.Of(engine.UrgencyWaiting); n != 3 {
		t.Errorf("%d wait, want 3", n)
	}
	waiting, _ := inPane(s, "a", aPane)
	if err := m.Follow(t.Context(), []health.PaneRef{waiting.Ref}, nil); err != nil {
		t.Fatal(err)
	}
	until(t, m, "its screen", func(s *engine.Snapshot) bool { p := s.Previews[waiting.Ref]; return p != nil && p.Text != "" })
	if h, err := m.History(t.Context(), waiting.Ref, 100); err != nil || h.Text == "" || h.Ref != waiting.Ref {
		t.Errorf("its rows: %+v, %v", h.Ref, err)
	}
	if e, err := m.Explain(t.Context(), waiting.Ref); err != nil || e.Verdict.State != health.StateWaiting || e.Agent.Ref != waiting.Ref {
		t.Errorf("%+v, %v", e.Agent.Ref, err)
	}
	request := engine.Request{Target: waiting.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(waiting)}
	plan, err := m.Plan(request)
	if err != nil || plan.Words == "" {
		t.Errorf("%+v, %v", plan, err)
	}
	request.Shown = plan.Words
	outcome, err := m.Answer(t.Context(), request)
	if err != nil || !outcome.Confirmed || outcome.Request.Target != waiting.Ref {
		t.Errorf("%+v, %v", outcome, err)
	}
	s = until(t, m, "the answered one works", state("a", aPane, health.StateWorking))
	for host, pane := range map[string]string{"": minePane, "b": bPane} {
		if !state(host, pane, health.StateWaiting)(s) {
			t.Errorf("that of %q is not as before", host)
		}
	}
}
