package monitor

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
)

// A server that is started anew gives its first pane the same id, here with the
// same program that asks the same.
func TestAPaneOfARestartedServerInheritsNothingFromTheOneThatHadItsID(t *testing.T) {
	server := tmuxtest.New(t, tmuxtest.NotStarted())
	folder, err := os.MkdirTemp("/tmp", "awr-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	first := newRaceTrack(t, server, folder, 0)
	var stream *engine.TransitionStream
	s := liveService(t, server, func(s *Service) { stream = s.Transitions() })
	defer stream.Close()
	old := askingAgent(t, s, func(a engine.Agent) bool { return true })
	asked, _, err := seenNow(s, old.Ref)
	if err != nil {
		t.Fatal(err)
	}

	pid := server.PID()
	server.Kill()
	tmuxtest.Eventually(t, time.Minute, "the server to have ended", func() bool { return syscall.Kill(pid, 0) != nil })
	restarted := time.Now()
	second := newRaceTrack(t, server, folder, 1)
	if second.pane != first.pane {
		t.Fatalf("the panes are %s and %s", first.pane, second.pane)
	}
	now := askingAgent(t, s, func(a engine.Agent) bool { return !a.Stale && a.PanePID != old.PanePID })
	if now.Since.Before(restarted.Truncate(time.Second)) || len(now.Past) > 2 || now.Past[0].At.Before(restarted.Truncate(time.Second)) {
		t.Errorf("since %s with the past %v, but the server was started at %s", now.Since, now.Past, restarted)
	}
	if now.Revision == old.Revision {
		t.Error("what was drawn of the old agent would be drawn of the new one")
	}
	if !goodbye(t, stream, old, now) {
		t.Error("the old agent went without a word")
	}

	_, err = s.Answer(t.Context(), engine.Request{Target: now.Ref, Action: engine.ActionApprove, Seen: asked})
	if !errors.Is(err, engine.ErrChanged) {
		t.Errorf("an answer for the old agent: %v", err)
	}
	if keys := second.keys(t); len(keys) != 0 {
		t.Errorf("an answer for the old agent typed %v", keys)
	}
}

// askingAgent waits for an agent that asks.
func askingAgent(t *testing.T, s *Service, wanted func(engine.Agent) bool) engine.Agent {
	t.Helper()
	snapshots, unsubscribe := s.Subscribe()
	defer unsubscribe()
	late := time.After(time.Minute)
	for {
		select {
		case snapshot := <-snapshots:
			if len(snapshot.Agents) == 1 && snapshot.Agents[0].State == health.StateWaiting && wanted(snapshot.Agents[0]) {
				return snapshot.Agents[0]
			}
		case <-late:
			t.Fatal("no such agent came")
		}
	}
}

// goodbye reads transitions up to the first of the new agent, and reports whether
// the old one's end came before. The new one must not count as old.
func goodbye(t *testing.T, stream *engine.TransitionStream, old, now engine.Agent) (said bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		next, err := stream.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case next.Gone && next.Agent.PanePID == old.PanePID:
			said = true
		case next.Agent.PanePID == now.PanePID:
			if !next.First || next.Preexisting {
				t.Errorf("the new agent is announced by %+v", next)
			}
			return said
		}
	}
}
