package e2e

import (
	"os"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
)

func TestAnotherMachineSeesAndAnswersOverACommandsStandardInputAndOutput(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	// As over ssh, with start-up files that print something.
	command := stdio.Command{
		Args: []string{"sh", "-c", `echo "Last login: today"; printf "no end of the line"; exec "$@"`, "sh", program, "serve", "--stdio", "-S", server.SocketPath()},
		Env:  append(tmuxtest.Environ(), u.env...),
	}
	m := client.Open(t.Context(), client.Options{Dial: command.Dial, Multiplexed: true, Selection: api.Selection{Sockets: []string{server.SocketPath()}}})
	defer m.Close()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	await := func(state health.State) engine.Agent {
		t.Helper()
		for late := time.After(patience); ; {
			select {
			case s := <-snapshots:
				for _, a := range s.Agents {
					if a.Ref.Pane == pane && a.State == state {
						return a
					}
				}
			case <-late:
				t.Fatalf("no agent is %s", state)
			}
		}
	}
	waiting := await(health.StateWaiting)
	if err := m.Follow(t.Context(), []health.PaneRef{waiting.Ref}, nil); err != nil {
		t.Fatal(err)
	}
	for late := time.After(patience); ; {
		select {
		case s := <-snapshots:
			if p := s.Previews[waiting.Ref]; p == nil || p.Text == "" {
				continue
			}
		case <-late:
			t.Fatal("its screen never comes")
		}
		break
	}
	if _, err := m.Client.Leave(t.Context(), api.Leave{Force: true}); err == nil {
		t.Error("another machine may end the engine process")
	}
	outcome, err := m.Answer(t.Context(), engine.Request{Target: waiting.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(waiting)})
	if err != nil || !outcome.Confirmed {
		t.Errorf("%+v, %v", outcome, err)
	}
	await(health.StateWorking)
	// The engine process there is killed, and comes again.
	before, ok := u.engine()
	if !ok || before.PID == os.Getpid() {
		t.Fatal("no engine process runs there")
	}
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, patience, "another engine process", func() bool { e, ok := u.engine(); return ok && e.ID != before.ID })
	server.SendKeys(pane, "Escape")
	await(health.StateIdle)
	m.Close()
	u.awaitNoEngine()
}
