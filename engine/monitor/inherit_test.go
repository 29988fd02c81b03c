package monitor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// handedOver lets one service watch, and then another one that inherits from it
// after meanwhile; it returns the last snapshots of both.
func handedOver(t *testing.T, f *fakeServer, watch, meanwhile func()) (before, after *engine.Snapshot) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f.enterBubble()
		var last *engine.Snapshot
		for range 2 {
			s := newTestService(t, Options{}, map[string]*fakeServer{"one": f})
			if last != nil {
				before = last
				s.Inherit(before.Agents)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			time.Sleep(5 * time.Second)
			if before == nil {
				watch()
				time.Sleep(10 * time.Second)
			}
			synctest.Wait()
			s.mu.Lock()
			last = s.last
			s.mu.Unlock()
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if before == nil {
				meanwhile()
			}
		}
		after = last
	})
	return before, after
}

func TestAServiceGoesOnWithThePastAndTheMarksOfTheOneBefore(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	before, after := handedOver(t, f, func() { f.show("%0", claudeIdle) }, func() {})
	was, is := before.Agents[0], after.Agents[0]
	if !was.Unseen || len(was.Past) < 2 {
		t.Fatalf("%+v", was)
	}
	if !is.Unseen || !is.Since.Equal(was.Since) || len(is.Past) != len(was.Past) || is.Past[0] != was.Past[0] {
		t.Errorf("%+v became %+v", was, is)
	}
}

func TestWhoFinishedWhileNobodyWatchedIsDone(t *testing.T) {
	for screen, state := range map[string]health.State{claudeWorking: health.StateWorking, claudeWaiting: health.StateWaiting} {
		f := newFakeServer()
		f.show("%0", claudeIdle)
		before, after := handedOver(t, f, func() { f.show("%0", screen) }, func() { f.show("%0", claudeIdle) })
		was, is := before.Agents[0], after.Agents[0]
		if was.State != state || is.State != health.StateIdle || !is.Unseen || len(is.Past) != len(was.Past)+1 {
			t.Errorf("%+v became %+v", was, is)
		}
	}
}

func TestAnotherPaneOfTheSameNumberInheritsNothing(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	before, after := handedOver(t, f, func() { f.show("%0", claudeIdle) }, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.panes[0].PID += 1000
	})
	if !before.Agents[0].Unseen || after.Agents[0].Unseen || len(after.Agents[0].Past) != 1 {
		t.Errorf("%+v became %+v", before.Agents[0], after.Agents[0])
	}
}
