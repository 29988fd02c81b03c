package engine

import (
	"testing"
	"time"

	"agentwatch/health"
)

// drafted is a verdict for a screen on which something is typed.
func drafted(s health.State, digest, draft uint64) health.Verdict {
	v := verdictOf(s, digest)
	v.Draft = draft
	return v
}

func TestTypingMovesTextAndIsNoWork(t *testing.T) {
	c := newClock()
	tr := startTrack(drafted(health.StateIdle, 1, 1), c.after(0))
	for i := uint64(2); i < 8; i++ {
		// The draft grows, or a menu of completions opens: what is above moves up.
		if tr = tr.next(drafted(health.StateIdle, i, i), c.after(300*time.Millisecond)); tr.state != health.StateIdle {
			t.Fatalf("%s by %s, want idle", tr.state, tr.verdict.Evidence.Rule)
		}
	}
	// It has been sent, and the answer comes without a spinner.
	tr = tr.next(drafted(health.StateIdle, 8, 1), c.after(300*time.Millisecond))
	tr = tr.next(drafted(health.StateIdle, 9, 1), c.after(300*time.Millisecond))
	tr = tr.next(drafted(health.StateIdle, 10, 1), c.after(300*time.Millisecond))
	if tr.state != health.StateWorking {
		t.Errorf("the answer is written: %s, want working", tr.state)
	}
}

func TestTypingWhileTheAgentWritesDoesNotHideItsWork(t *testing.T) {
	c := newClock()
	tr := startTrack(drafted(health.StateWorking, 1, 1), c.after(0))
	for i := uint64(2); i < 12; i++ {
		if tr = tr.next(drafted(health.StateIdle, i, i), c.after(300*time.Millisecond)); tr.state != health.StateWorking {
			t.Fatalf("look %d: %s, want working", i, tr.state)
		}
	}
}

func TestAMenuOfCommandsOverAFailureDoesNotEndIt(t *testing.T) {
	for _, failed := range []health.State{health.StateError, health.StateLimited} {
		c := newClock()
		tr := startTrack(drafted(failed, 1, 1), c.after(0))
		typing := drafted(health.StateIdle, 2, 2)
		typing.Command = true
		if tr = tr.next(typing, c.after(time.Second)); tr.state != failed {
			t.Errorf("while a command is typed: %s, want %s", tr.state, failed)
		}
		if tr = tr.next(drafted(health.StateIdle, 3, 1), c.after(3*time.Second)); tr.state != health.StateIdle {
			t.Errorf("after it: %s, want idle", tr.state)
		}
	}
}

func TestAProgramThatHasNothingToDoYetDrawsItselfAndDoesNotWork(t *testing.T) {
	c := newClock()
	tr := startTrack(drafted(health.StateStarting, 1, 1), c.after(0))
	for i := uint64(2); i < 8; i++ {
		if tr = tr.next(drafted(health.StateIdle, i, 1), c.after(time.Second)); tr.state != health.StateIdle {
			t.Fatalf("%d s after its start: %s, want idle", i, tr.state)
		}
	}
}
