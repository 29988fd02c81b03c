package monitor

import (
	"testing"
	"time"

	"agentwatch/health"
)

// spinning is the verdict for a screen with a spinner.
func spinning(digest uint64) health.Verdict {
	v := verdictOf(health.StateWorking, digest)
	v.Confidence, v.Evidence.Source = 0.9, health.SourceScreen
	return v
}

// hear is a look at a pane of whose output the kernel tells.
func (c *clock) hear(d time.Duration) look {
	l := c.after(d)
	l.heard = true
	return l
}

func TestAProgramThatHasShownItsSpinnerThroughoutIsIdleSoonAfterItIsGone(t *testing.T) {
	c := newClock()
	tr := startTrack(spinning(1), c.hear(0))
	for digest := uint64(2); digest < 6; digest++ {
		tr = tr.next(spinning(digest), c.hear(200*time.Millisecond))
	}
	tr = tr.next(verdictOf(health.StateIdle, 6), c.hear(100*time.Millisecond))
	if tr.state != health.StateWorking {
		t.Fatalf("at once: %s, want working", tr.state)
	}
	l := c.hear(settleShown)
	l.fresh = false
	if tr = tr.next(verdictOf(health.StateIdle, 6), l); tr.state != health.StateIdle {
		t.Fatalf("after %v: %s, want idle", settleShown, tr.state)
	}
	// What moved at the end of the turn is no sign of another.
	for range 10 {
		l := c.hear(50 * time.Millisecond)
		l.fresh = false
		if tr = tr.next(verdictOf(health.StateIdle, 6), l); tr.state != health.StateIdle {
			t.Fatalf("it flaps: %s by %s", tr.state, tr.verdict.Evidence.Rule)
		}
	}
}

func TestAProgramThatWritesOnWithoutItsSpinnerIsGivenTheWholeTime(t *testing.T) {
	for name, on := range map[string]func(digest uint64) health.Verdict{
		"the text goes on":         func(digest uint64) health.Verdict { return verdictOf(health.StateIdle, digest) },
		"the spinner is back":      spinning,
		"the spinner has all text": func(uint64) health.Verdict { return spinning(2) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			tr := startTrack(spinning(1), c.hear(0))
			tr = tr.next(verdictOf(health.StateIdle, 2), c.hear(200*time.Millisecond))
			tr = tr.next(on(3), c.hear(200*time.Millisecond))
			tr = tr.next(verdictOf(health.StateIdle, 4), c.hear(100*time.Millisecond))
			l := c.hear(settleShown + 200*time.Millisecond)
			l.fresh = false
			if tr = tr.next(verdictOf(health.StateIdle, 4), l); tr.state != health.StateWorking {
				t.Errorf("after %v: %s, want working", settleShown, tr.state)
			}
			tr = c.stand(tr, verdictOf(health.StateIdle, 4), settleIdle)
			if tr.state != health.StateIdle {
				t.Errorf("after it stood still: %s, want idle", tr.state)
			}
		})
	}
}

func TestOneFrameThatCannotBeReadIsNoWork(t *testing.T) {
	c := newClock()
	failed := verdictOf(health.StateError, 1)
	tr := startTrack(failed, c.after(0))
	failed.Digest = 2
	tr = tr.next(failed, c.after(200*time.Millisecond))
	// A farewell, the shell not yet back.
	tr = tr.next(verdictOf(health.StateUnknown, 3), c.after(200*time.Millisecond))
	if tr.state != health.StateError {
		t.Errorf("%s by %s, want error", tr.state, tr.verdict.Evidence.Rule)
	}
}
