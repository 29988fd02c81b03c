package monitor

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

func TestASpinnerInTheTitleOfAProgramThatHasNothingToDoYetIsNoWork(t *testing.T) {
	c := newClock()
	tr := startTrack(drafted(health.StateStarting, 1, 0), c.after(0))
	titled := drafted(health.StateWorking, 2, 1)
	titled.Evidence.Source = health.SourceTitle
	if tr = tr.next(titled, c.after(time.Second)); tr.state != health.StateStarting {
		t.Fatalf("%s, want starting", tr.state)
	}
	if tr = tr.next(drafted(health.StateIdle, 2, 1), c.after(time.Second)); tr.state != health.StateIdle {
		t.Fatalf("%s, want idle", tr.state)
	}
	if tr = tr.next(titled, c.after(time.Second)); tr.state != health.StateIdle {
		t.Fatalf("it spins once more: %s, want idle", tr.state)
	}
	tr = tr.next(drafted(health.StateIdle, 2, 2), c.after(time.Second))
	titled.Draft = 2
	if tr = tr.next(titled, c.after(time.Second)); tr.state != health.StateWorking {
		t.Errorf("it has been told what to do: %s, want working", tr.state)
	}
}

func TestAProgramThatLeavesAtACommandDuringATurnHasNotCrashed(t *testing.T) {
	for _, command := range []bool{true, false} {
		c := newClock()
		tr := startTrack(drafted(health.StateWorking, 1, 1), c.after(0))
		typing := drafted(health.StateWorking, 1, 2)
		typing.Command = command
		tr = tr.next(typing, c.after(time.Second))
		left := verdictOf(health.StateExited, 0)
		left.Wordless = true
		want := health.StateCrashed
		if command {
			want = health.StateExited
		}
		stands := left
		stands.State = health.StateCrashed
		for what, v := range map[string]health.Verdict{"the shell is back": left, "its frame still stands": stands} {
			if after := tr.next(v, c.after(time.Second)); after.state != want {
				t.Errorf("command %v, %s: %s, want %s", command, what, after.state, want)
			}
		}
	}
}

func TestAFailureThatIsGoneIsIdleOnlyWhenNothingWorksInAMoment(t *testing.T) {
	for _, works := range []bool{true, false} {
		c := newClock()
		failed := drafted(health.StateError, 1, 1)
		tr := startTrack(failed, c.after(0))
		tr = tr.next(failed, c.after(time.Second))
		if tr = tr.next(drafted(health.StateIdle, 2, 1), c.after(50*time.Millisecond)); tr.state != health.StateError {
			t.Fatalf("at once: %s, want error", tr.state)
		}
		next, want := drafted(health.StateIdle, 2, 1), health.StateIdle
		if works {
			next, want = spinning(2), health.StateWorking
		}
		if tr = tr.next(next, c.after(settleShown+100*time.Millisecond)); tr.state != want {
			t.Errorf("in a moment: %s, want %s", tr.state, want)
		}
	}
}

func TestAStartThatCannotBeReadIsAStartForAWhile(t *testing.T) {
	c := newClock()
	with := func(l look) look { l.pid = 7; return l }
	tr := startTrack(verdictOf(health.StateStarting, 0), with(c.after(0)))
	tr = tr.next(verdictOf(health.StateUnknown, 0), with(c.after(time.Second)))
	tr = tr.next(verdictOf(health.StateUnknown, 0), with(c.after(5*time.Second)))
	if tr.state != health.StateStarting {
		t.Errorf("after 6 s: %s, want starting", tr.state)
	}
	if tr = tr.next(verdictOf(health.StateUnknown, 0), with(c.after(startHolds))); tr.state != health.StateUnknown {
		t.Errorf("after 26 s: %s, want unknown", tr.state)
	}
}

func TestAnAgentThatAskedAboutItsWorkWhenItWasMetWorksOnWhenOnlyItsTitleSpins(t *testing.T) {
	for wait, want := range map[health.WaitReason]health.State{
		health.WaitPermission: health.StateWorking, health.WaitPlan: health.StateWorking, health.WaitTrust: health.StateStarting,
	} {
		c := newClock()
		asks := drafted(health.StateWaiting, 1, 0)
		asks.Wait = wait
		tr := startTrack(asks, c.after(0))
		titled := drafted(health.StateWorking, 2, 1)
		titled.Evidence.Source = health.SourceTitle
		if tr = tr.next(titled, c.after(time.Second)); tr.state != want {
			t.Errorf("after %s: %s, want %s", wait, tr.state, want)
		}
		if tr = tr.next(titled, c.after(startHolds+time.Second)); tr.state != health.StateWorking {
			t.Errorf("after %s and long: %s, want working", wait, tr.state)
		}
	}
}

func TestAProgramWhoseTitleSpinsLongAfterItsStartWorks(t *testing.T) {
	c := newClock()
	tr := startTrack(drafted(health.StateStarting, 1, 0), c.after(0))
	tr = tr.next(drafted(health.StateIdle, 2, 1), c.after(time.Second))
	titled := drafted(health.StateWorking, 2, 1)
	titled.Evidence.Source = health.SourceTitle
	if tr = tr.next(titled, c.after(time.Second)); tr.state != health.StateIdle {
		t.Fatalf("just after its start: %s, want idle", tr.state)
	}
	if tr = tr.next(titled, c.after(startHolds)); tr.state != health.StateWorking {
		t.Errorf("long after its start: %s, want working", tr.state)
	}
}
