package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// snoozing runs a service with an agent that asks something.
func snoozing(t *testing.T, test func(t *testing.T, s *Service, f *fakeServer, kept func() engine.Wishes, changes *engine.TransitionStream)) {
	t.Helper()
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	var saved engine.Wishes
	var changes *engine.TransitionStream
	o := Options{Wishes: engine.KeepWishes{Save: func(w engine.Wishes) error { saved = w; return nil }}}
	runningAfter(t, o, map[string]*fakeServer{"one": f}, func(s *Service) { changes = s.TransitionsAndSnoozes() }, func(t *testing.T, s *Service) {
		after(s, 2*time.Second)
		read(t, changes)
		test(t, s, f, func() engine.Wishes { return saved }, changes)
	})
}

func theOne() health.PaneRef { return health.PaneRef{Server: "one", Pane: "%0"} }

func snoozeIt(t *testing.T, s *Service, d time.Duration) {
	t.Helper()
	until := time.Time{}
	if d > 0 {
		until = time.Now().Add(d)
	}
	if err := s.Snooze(context.Background(), theOne(), until); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSnoozedIsCountedApartUntilItsQuestionChanges(t *testing.T) {
	snoozing(t, func(t *testing.T, s *Service, f *fakeServer, kept func() engine.Wishes, changes *engine.TransitionStream) {
		snoozeIt(t, s, time.Hour)
		got := after(s, 30*time.Second)
		if !got.Agents[0].Snoozed() || got.Snoozed != 1 || got.Counts != (engine.Counts{}) || len(kept().Snoozes) != 1 {
			t.Fatalf("%+v, counts %v and %d, kept %+v", got.Agents[0].Snooze, got.Counts, got.Snoozed, kept())
		}
		f.show("%0", strings.Replace(claudeWaiting, "./run.sh", "rm -rf build", 2))
		got = after(s, 2*time.Second)
		if got.Agents[0].Snooze != nil || got.Counts.Of(engine.UrgencyWaiting) != 1 || len(kept().Snoozes) != 0 {
			t.Errorf("another question: %+v, counts %v, kept %+v", got.Agents[0].Snooze, got.Counts, kept())
		}
		told := read(t, changes)
		if len(told) != 2 || told[0].Snooze != engine.SnoozeBegun || told[1].Snooze != engine.SnoozeEnded || told[1].Agent.Snooze != nil {
			t.Errorf("told %+v", told)
		}
	})
}

func TestASnoozeEndsInTimeAndADialogThatIsDrawnAnewDoesNotEndIt(t *testing.T) {
	snoozing(t, func(t *testing.T, s *Service, f *fakeServer, _ func() engine.Wishes, _ *engine.TransitionStream) {
		snoozeIt(t, s, time.Minute)
		f.show("%0", claudeWorking)
		after(s, time.Second)
		f.show("%0", claudeWaiting)
		if got := after(s, 10*time.Second); !got.Agents[0].Snoozed() {
			t.Errorf("drawn anew: %+v", got.Agents[0])
		}
		if got := after(s, time.Minute); got.Agents[0].Snooze != nil {
			t.Errorf("after its time: %+v", got.Agents[0].Snooze)
		}
	})
}

func TestWhoMovedOnAndAsksTheSameLaterNeedsTheUserAnew(t *testing.T) {
	snoozing(t, func(t *testing.T, s *Service, f *fakeServer, _ func() engine.Wishes, _ *engine.TransitionStream) {
		snoozeIt(t, s, 0)
		f.show("%0", claudeWorking)
		if got := after(s, 10*time.Second); got.Agents[0].Snooze != nil {
			t.Errorf("a working agent is snoozed: %+v", got.Agents[0].Snooze)
		}
		f.show("%0", claudeWaiting)
		if got := after(s, 5*time.Second); !got.Agents[0].NeedsUser() {
			t.Errorf("%+v", got.Agents[0])
		}
	})
}

func TestASnoozeIsRememberedByTheNextServiceAndNotForAnotherAgent(t *testing.T) {
	var left engine.Wishes
	snoozing(t, func(t *testing.T, s *Service, _ *fakeServer, kept func() engine.Wishes, _ *engine.TransitionStream) {
		snoozeIt(t, s, 0)
		after(s, 2*time.Second)
		left = kept()
	})
	for pid, want := range map[int]bool{0: true, 1000: false} {
		f := newFakeServer()
		f.show("%0", claudeWaiting)
		f.panes[0].PID += pid
		running(t, Options{Wishes: engine.KeepWishes{Before: left}}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
			if got := after(s, 3*time.Second); got.Agents[0].Snoozed() != want {
				t.Errorf("process %+d: snoozed is %v", pid, !want)
			}
		})
	}
}

func TestOnlyWhatNeedsTheUserCanBeSnoozedAndItCanBeWoken(t *testing.T) {
	snoozing(t, func(t *testing.T, s *Service, f *fakeServer, kept func() engine.Wishes, _ *engine.TransitionStream) {
		snoozeIt(t, s, 0)
		if err := s.Wake(context.Background(), theOne()); err != nil {
			t.Fatal(err)
		}
		if got := after(s, time.Second); got.Agents[0].Snooze != nil || len(kept().Snoozes) != 0 {
			t.Errorf("woken: %+v", got.Agents[0])
		}
		f.show("%0", claudeWorking)
		after(s, 5*time.Second)
		if err := s.Snooze(context.Background(), theOne(), time.Time{}); !errors.Is(err, engine.ErrCannot) {
			t.Errorf("a working agent: %v", err)
		}
	})
}
