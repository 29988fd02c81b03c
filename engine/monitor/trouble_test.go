package monitor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

const codexIdle = "• Done.\n\n─ Worked for 26s • 07:13 ───────────────\n\n› Ask Codex to do anything\n\n  gpt-5-codex default · /srv/wk · Explain repo"

func TestAnotherProgramInThePaneIsAnotherAgent(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	var stream *engine.TransitionStream
	// Whoever subscribes to a service that runs may miss its first transitions.
	subscribe := func(s *Service) { stream = s.Transitions() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, subscribe, func(t *testing.T, s *Service) {
		old := after(s, time.Second).Agents[0].Since
		s.processes.(*programs).run(1000, "codex")
		f.show("%0", codexIdle)
		got := after(s, time.Second).Agents
		if len(got) != 1 || got[0].Kind != health.KindCodex || !got[0].Since.After(old) {
			t.Errorf("%+v", got)
		}
		var last engine.Transition
		for range 3 {
			last, _ = stream.Next(context.Background())
		}
		if !last.First || last.Agent.Kind != health.KindCodex {
			t.Errorf("the last transition is %+v", last)
		}
	})
}

func TestAnAgentBehindSSHComesBackAfterItsExit(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		s.processes.(*programs).run(1000, "ssh")
		f.show("%0", claudeWaiting)
		if got := after(s, 2*time.Second); statesOf(got)["%0"] != health.StateWaiting {
			t.Fatalf("over ssh: %v", statesOf(got))
		}
		f.show("%0", "me@box:~$ claude\n\nResume this session with:\nclaude --resume 11603bd8-627c-4a5c-a631-d09885ea607d\nme@box:~$ ")
		after(s, exitedStays+time.Minute)
		f.show("%0", claudeWaiting)
		if got := after(s, 2*time.Second); statesOf(got)["%0"] != health.StateWaiting {
			t.Errorf("started anew: %v", statesOf(got))
		}
	})
}

func TestRefreshDoesNotWaitForAHungServer(t *testing.T) {
	hung, well := newFakeServer(), newFakeServer()
	hung.hang = true
	well.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"hung": hung, "well": well}, func(t *testing.T, s *Service) {
		after(s, 5*time.Second)
		before := well.captured()
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		after(s, 100*time.Millisecond)
		if well.captured() == before {
			t.Error("the healthy server was not looked at anew")
		}
	})
}

func TestFailuresAreSaidAndNotTakenForAnEmptyServer(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	f.unreadable = errors.New("batches do not work")
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, time.Second); len(got.Notices) != 1 {
			t.Errorf("unreadable panes: notices %v", got.Notices)
		}
		f.mu.Lock()
		f.unlistable = tmuxpool.ErrProtocol
		f.mu.Unlock()
		got := after(s, time.Second)
		if len(got.Notices) == 0 || got.Notices[0].Severity != engine.SeverityError || !got.Ready {
			t.Errorf("unlistable panes: ready %v, notices %v", got.Ready, got.Notices)
		}
	})
}

func TestARoundThatIsCutShortGoesOnWhereItEnded(t *testing.T) {
	f := newFakeServer()
	f.slow = 20 * time.Millisecond
	for i := range 1000 {
		f.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	running(t, Options{Strategy: engine.StrategySequential}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, 2*time.Minute); len(got.Agents) != 1000 {
			t.Errorf("%d of 1000 agents", len(got.Agents))
		}
	})
}

// tmux tells when a pane printed by the clock of its host, which can be set.
func TestAServersClockThatJumpsHidesNoChange(t *testing.T) {
	f := newFakeServer()
	for i := range 20 {
		f.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, 5*time.Second)
		for n, ahead := range []time.Duration{time.Hour, 0, -24 * time.Hour, 365 * 24 * time.Hour, -time.Second, 0} {
			// One pane prints right before the jump, one right after it.
			early, late := fmt.Sprintf("%%%d", n), fmt.Sprintf("%%%d", n+6)
			f.show(early, claudeWaiting)
			after(s, 300*time.Millisecond)
			f.setClock(ahead)
			f.show(late, claudeWaiting)
			got := statesOf(after(s, 2*time.Second))
			for _, pane := range []string{early, late} {
				if got[pane] != health.StateWaiting {
					t.Errorf("the clock is %s ahead: %s is %s, want waiting", ahead, pane, got[pane])
				}
			}
			if got["%19"] != health.StateIdle {
				t.Errorf("the clock is %s ahead: an agent at rest is %s", ahead, got["%19"])
			}
		}
		// Times that lie in the future by now are no reason to look over and over:
		// only the safety net does, once in 30 s.
		after(s, 5*time.Second)
		f.mu.Lock()
		before := maps.Clone(f.captures)
		f.mu.Unlock()
		after(s, 10*time.Second)
		for pane, n := range f.captures {
			if n > before[pane]+1 {
				t.Errorf("%s was captured %d times in 10 s while nothing changed", pane, n-before[pane])
			}
		}
	})
}
