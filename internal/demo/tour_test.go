package demo

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/health"
)

// course is what a viewer sees of a seat.
type course struct {
	shots []shot
	err   error
}

// tour plays the fleet that a first viewer sees.
func tour(t *testing.T, d time.Duration) map[seat]course {
	t.Helper()
	all := make(map[seat]course)
	for _, s := range fleet(12, 0) {
		synctest.Test(t, func(*testing.T) {
			shots, err := playFor(SimulateOptions{
				Kind: s.kind, Script: s.script, Seed: s.seed, Project: s.project, Task: s.task, Width: 120, Height: 40,
			}, d)
			all[s] = course{shots, err}
		})
	}
	return all
}

func TestTheTourShowsEveryKindAndStateWithinHalfAMinute(t *testing.T) {
	detector := health.NewDetector()
	kinds, states := make(map[Kind]bool), make(map[health.State]bool)
	waits := make(map[health.WaitReason]bool)
	crashed := 0
	for s, c := range tour(t, 30*time.Second) {
		kinds[s.kind] = true
		for _, shot := range c.shots {
			v := detected(detector, s.kind, shot, 120, 40)
			states[v.State], waits[v.Wait] = true, true
		}
		if errors.Is(c.err, errCrashed) {
			crashed++
		}
	}
	for _, state := range []health.State{
		health.StateStarting, health.StateWorking, health.StateWaiting, health.StateLimited, health.StateError, health.StateIdle,
	} {
		if !states[state] {
			t.Errorf("no agent is %v", state)
		}
	}
	for _, wait := range []health.WaitReason{health.WaitPermission, health.WaitQuestion, health.WaitPlan} {
		if !waits[wait] {
			t.Errorf("no agent waits for %v", wait)
		}
	}
	if len(kinds) != len(Kinds()) || crashed != 1 {
		t.Errorf("kinds %v, %d crashed", kinds, crashed)
	}
}

func TestInTheTourSomethingChangesEveryFewSeconds(t *testing.T) {
	const length = time.Minute
	changes, finished := 0, 0
	for _, c := range tour(t, length) {
		for i := 1; i < len(c.shots); i++ {
			before, now := c.shots[i-1].stage, c.shots[i].stage
			if before != now {
				changes++
			}
			if before == stageWorking && now == stagePrompt {
				finished++
			}
		}
	}
	if every := length / time.Duration(changes); every > 3*time.Second || finished < 3 {
		t.Errorf("a change every %v, %d turns finished", every, finished)
	}
	t.Logf("%d changes and %d finished turns in %v", changes, finished, length)
}
