package monitor

import (
	"context"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// read takes all transitions that a stream has now.
func read(t *testing.T, stream *engine.TransitionStream) []engine.Transition {
	t.Helper()
	var all []engine.Transition
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		next, err := stream.Next(ctx)
		cancel()
		if err != nil {
			return all
		}
		all = append(all, next)
	}
}

func TestWhatTheUserHasSeenIsToldToThoseWhoAsk(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	var states, both *engine.TransitionStream
	// Whoever subscribes to a service that runs may miss its first transitions.
	subscribe := func(s *Service) { states, both = s.Transitions(), s.TransitionsAndSeen() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, subscribe, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.show("%0", claudeIdle)
		after(s, 5*time.Second)
		if err := s.MarkSeen(context.Background(), health.PaneRef{Server: "one", Pane: "%0"}); err != nil {
			t.Fatal(err)
		}
		after(s, time.Second)
		type change struct{ from, to engine.Urgency }
		var got []change
		for _, next := range read(t, both) {
			from, to := next.Urgencies()
			got = append(got, change{from, to})
			if next.Seen != (from == engine.UrgencyDone && to == engine.UrgencyIdle) {
				t.Errorf("from %s to %s: seen is %v", from, to, next.Seen)
			}
			if next.Agent.PanePID == 0 {
				t.Error("the pane's process is not told")
			}
		}
		want := []change{{engine.UrgencyUnknown, engine.UrgencyWorking}, {engine.UrgencyWorking, engine.UrgencyDone}, {engine.UrgencyDone, engine.UrgencyIdle}}
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%v, want %v", got, want)
		}
		if plain := read(t, states); len(plain) != 2 {
			t.Errorf("who asks for states only gets %d transitions, want 2", len(plain))
		}
	})
}

func TestANoticeFromOutsideStaysUntilItIsTakenAway(t *testing.T) {
	running(t, Options{}, nil, func(t *testing.T, s *Service) {
		s.Tell("history", engine.Notice{Severity: engine.SeverityWarning, Text: "the disk is full"})
		s.Tell("history", engine.Notice{Severity: engine.SeverityWarning, Text: "the disk is still full"})
		if got := after(s, time.Second).Notices; len(got) != 1 || got[0].Text != "the disk is still full" {
			t.Errorf("notices %v", got)
		}
		s.Tell("history")
		if got := after(s, time.Second).Notices; len(got) != 0 {
			t.Errorf("notices %v, want none", got)
		}
	})
}

func TestEveryUrgencyIsReadBackFromItsWord(t *testing.T) {
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if got, err := engine.ParseUrgency(u.String()); err != nil || got != u {
			t.Errorf("%s is read as %s, %v", u, got, err)
		}
	}
	if _, err := engine.ParseUrgency("asleep"); err == nil {
		t.Error("a word that is none is read")
	}
}

func TestAGapInAPastIsNoTimeSpent(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	spent := engine.Spent([]engine.Phase{
		{At: at, Urgency: engine.UrgencyWorking},
		{At: at.Add(time.Minute), Urgency: engine.UrgencyUnknown, Gap: true},
		{At: at.Add(time.Hour), Urgency: engine.UrgencyIdle},
	}, at, at.Add(2*time.Hour))
	want := engine.Durations{engine.UrgencyWorking: time.Minute, engine.UrgencyIdle: time.Hour}
	if spent != want {
		t.Errorf("spent %v, want %v", spent, want)
	}
}
