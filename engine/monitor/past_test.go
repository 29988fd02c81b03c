package monitor

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAnAgentsPastSaysWhatItWasAndWhen(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.show("%0", claudeWaiting)
		after(s, 10*time.Second)
		f.show("%0", claudeWorking)
		after(s, 5*time.Second)
		f.show("%0", claudeIdle)
		got := after(s, 5*time.Second)
		var was []engine.Urgency
		for _, phase := range got.Agents[0].Past {
			was = append(was, phase.Urgency)
		}
		want := []engine.Urgency{engine.UrgencyWorking, engine.UrgencyWaiting, engine.UrgencyWorking, engine.UrgencyDone}
		if len(was) != len(want) {
			t.Fatalf("past %v, want %v", was, want)
		}
		for i := range want {
			if was[i] != want[i] {
				t.Fatalf("past %v, want %v", was, want)
			}
		}
		if waited := got.Today.Of(engine.UrgencyWaiting); waited < 9*time.Second || waited > 11*time.Second {
			t.Errorf("waited %s today, want about 10 s", waited)
		}
		if err := s.MarkSeen(context.Background(), health.PaneRef{Server: "one", Pane: "%0"}); err != nil {
			t.Fatal(err)
		}
		got = after(s, time.Second)
		if past := got.Agents[0].Past; past[len(past)-1].Urgency != engine.UrgencyIdle {
			t.Errorf("after it was seen: past %v", past)
		}
	})
}

func TestTheTimeOfAgentsThatAreGoneStillCounts(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	f.show("%1", claudeWorking)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		before := after(s, 20*time.Second).Today.Of(engine.UrgencyWaiting)
		f.drop("%0")
		got := after(s, 20*time.Second)
		if len(got.Agents) != 1 {
			t.Fatalf("%d agents", len(got.Agents))
		}
		if waited := got.Today.Of(engine.UrgencyWaiting); waited < before || waited > before+2*time.Second {
			t.Errorf("waited %s, before it closed %s", waited, before)
		}
	})
}

// pasts draws a past and the time from which on it is measured.
func pasts(t *rapid.T) ([]engine.Phase, time.Time) {
	at := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	start := at
	var past []engine.Phase
	for range rapid.IntRange(0, 40).Draw(t, "phases") {
		at = at.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
		past = append(past, engine.Phase{At: at, Urgency: engine.Urgency(rapid.IntRange(0, int(engine.UrgencyExited)).Draw(t, "urgency"))})
	}
	return past, start
}

func TestTimesSpentAddUpToTheTimeLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		past, start := pasts(t)
		from := start.Add(time.Duration(rapid.IntRange(0, 9000).Draw(t, "from")) * time.Second)
		to := from.Add(time.Duration(rapid.IntRange(0, 9000).Draw(t, "length")) * time.Second)
		want := time.Duration(0)
		if len(past) > 0 {
			begin := past[0].At
			if begin.Before(from) {
				begin = from
			}
			want = max(to.Sub(begin), 0)
		}
		sum := time.Duration(0)
		for _, d := range engine.Spent(past, from, to) {
			sum += d
		}
		if sum != want {
			t.Fatalf("%s, want %s", sum, want)
		}
	})
}
