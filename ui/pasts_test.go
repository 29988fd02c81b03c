package ui

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// fakePasts is a history that remembers what it was asked.
type fakePasts struct {
	mu     sync.Mutex
	phases map[health.PaneRef][]engine.Phase
	spent  engine.Durations
	fail   error
	asked  int
}

func (f *fakePasts) Phases(context.Context, []engine.Agent, time.Time) (map[health.PaneRef][]engine.Phase, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.phases, f.fail
}

func (f *fakePasts) Spent(_ context.Context, since time.Time) (engine.Durations, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if !since.Equal(engine.Midnight(since)) {
		return engine.Durations{}, errors.New("this is not since midnight")
	}
	return f.spent, f.fail
}

func TestTodayCountsAgentsThatWereGoneBeforeTheStart(t *testing.T) {
	history := &fakePasts{fail: errors.New("the disk is busy")}
	snap := scene()
	drive(t, Options{Pasts: history}, 160, 40, snap, func(d *driver) {
		d.press("4")
		without := d.m.today()
		history.mu.Lock()
		history.fail = nil
		// What the monitor has seen itself is in what is kept as well.
		history.spent = snap.Today
		history.spent[engine.UrgencyWorking] += 3 * time.Hour
		history.mu.Unlock()
		d.wait(pastsAgain + time.Second)
		got := d.m.today()
		if more := got.Of(engine.UrgencyWorking) - without.Of(engine.UrgencyWorking); more < 3*time.Hour-time.Minute || more > 3*time.Hour+time.Minute {
			t.Errorf("%s more than without", more)
		}
		if got.Of(engine.UrgencyWaiting) != without.Of(engine.UrgencyWaiting) {
			t.Errorf("waited %s instead of %s", got.Of(engine.UrgencyWaiting), without.Of(engine.UrgencyWaiting))
		}
		asked := history.asked
		d.wait(time.Minute)
		if history.asked != asked {
			t.Errorf("asked %d times in a minute", history.asked-asked)
		}
	})
}
