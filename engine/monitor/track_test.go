package monitor

import (
	"testing"
	"time"

	"agentwatch/health"
)

// clock is a time that a test moves by hand.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Unix(1_800_000_000, 0)} }

func (c *clock) after(d time.Duration) look {
	c.at = c.at.Add(d)
	return look{now: c.at, fresh: true}
}

// stand lets time pass in which the pane does not change: the last verdict is
// looked at again and again.
func (c *clock) stand(tr track, v health.Verdict, d time.Duration) track {
	const pace = 250 * time.Millisecond
	for ; d > 0; d -= pace {
		l := c.after(min(d, pace))
		l.fresh = false
		tr = tr.next(v, l)
	}
	return tr
}

func verdictOf(s health.State, digest uint64) health.Verdict {
	return health.Verdict{Kind: health.KindClaude, State: s, Digest: digest, Evidence: health.Evidence{Rule: "test." + s.String()}}
}

func TestADialogShowsAtOnce(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateWaiting, 1), c.after(10*time.Millisecond))
	if tr.state != health.StateWaiting || !tr.since.Equal(c.at) {
		t.Errorf("got %s since %s, want waiting since now", tr.state, tr.since)
	}
}

func TestAPromptAfterWorkIsIdleOnlyOnceItStandsStill(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateIdle, 1), c.after(200*time.Millisecond))
	if tr.state != health.StateWorking {
		t.Fatalf("after 0.2 s: got %s, want working", tr.state)
	}
	tr = c.stand(tr, verdictOf(health.StateIdle, 1), settleIdle)
	if tr.state != health.StateIdle || !tr.unseen {
		t.Errorf("after it stood still: got %s, unseen %v, want idle and unseen", tr.state, tr.unseen)
	}
}

func TestACompletionFooterNeedsNoSettling(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	done := verdictOf(health.StateIdle, 2)
	done.Finished = true
	if tr = tr.next(done, c.after(10*time.Millisecond)); tr.state != health.StateIdle {
		t.Errorf("got %s, want idle", tr.state)
	}
}

func TestTextThatKeepsChangingAboveAPromptIsWork(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateIdle, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateIdle, 2), c.after(300*time.Millisecond))
	if tr.state != health.StateIdle {
		t.Fatalf("one change alone: got %s, want idle", tr.state)
	}
	tr = tr.next(verdictOf(health.StateIdle, 3), c.after(300*time.Millisecond))
	if tr.state != health.StateWorking || tr.verdict.Evidence.Source != health.SourceMotion {
		t.Fatalf("two changes: got %s by %s, want working by motion", tr.state, tr.verdict.Evidence.Source)
	}
	tr = c.stand(tr, verdictOf(health.StateIdle, 3), motionLasts+settleIdle)
	if tr.state != health.StateIdle {
		t.Errorf("after it stood still: got %s, want idle", tr.state)
	}
}

func TestAResizeIsNoMotion(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateIdle, 1), c.after(0))
	for digest := uint64(2); digest < 6; digest++ {
		l := c.after(200 * time.Millisecond)
		l.resized = true
		tr = tr.next(verdictOf(health.StateIdle, digest), l)
	}
	if tr.state != health.StateIdle {
		t.Errorf("got %s, want idle", tr.state)
	}
}

func TestAnUnreadableFrameDefersToWhatWasKnownForAShortTime(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWaiting, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateUnknown, 0), c.after(time.Second))
	if tr.state != health.StateWaiting {
		t.Fatalf("after 1 s: got %s, want waiting", tr.state)
	}
	tr = tr.next(verdictOf(health.StateUnknown, 0), c.after(holdUnknown))
	if tr.state != health.StateUnknown {
		t.Errorf("after 4 s: got %s, want unknown", tr.state)
	}
}

func TestAViewerOverTheScreenKeepsTheState(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateLimited, 1), c.after(0))
	viewer := verdictOf(health.StateUnknown, 0)
	viewer.Hold = true
	if tr = tr.next(viewer, c.after(time.Hour)); tr.state != health.StateLimited {
		t.Errorf("got %s, want limited", tr.state)
	}
}

func TestLookingAtThePaneTakesTheUnseenMarkOff(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = c.stand(tr, verdictOf(health.StateIdle, 1), 2*settleIdle)
	if !tr.unseen {
		t.Fatal("a finished agent is not unseen")
	}
	l := c.after(time.Second)
	l.visible = true
	if tr = tr.next(verdictOf(health.StateIdle, 1), l); tr.unseen {
		t.Error("still unseen while the user's client shows the pane")
	}
}

func TestAStateThatWasThereBeforeUsIsAsOldAsTheLastOutput(t *testing.T) {
	c := newClock()
	l := c.after(0)
	l.quietSince = l.now.Add(-time.Hour)
	if tr := startTrack(verdictOf(health.StateIdle, 1), l); !tr.since.Equal(l.quietSince) {
		t.Errorf("idle since %s, want %s", tr.since, l.quietSince)
	}
	if tr := startTrack(verdictOf(health.StateWorking, 1), l); !tr.since.Equal(l.now) {
		t.Errorf("working since %s, want now", tr.since)
	}
}

func TestHowAnAgentEndedIsNotRevisedByWhatTheUserTypesLater(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateExited, 0), c.after(time.Second))
	tr = tr.next(verdictOf(health.StateCrashed, 0), c.after(100*time.Millisecond))
	if tr.state != health.StateCrashed {
		t.Fatalf("when the shell says Killed a moment later: got %s, want crashed", tr.state)
	}
	tr = tr.next(verdictOf(health.StateExited, 0), c.after(time.Minute))
	if tr.state != health.StateCrashed {
		t.Errorf("a minute later: got %s, want crashed still", tr.state)
	}
}

func TestTextThatChangesAtEveryLookIsWorkHoweverRareTheLooks(t *testing.T) {
	for _, gap := range []time.Duration{200 * time.Millisecond, 1600 * time.Millisecond, 10 * time.Second, time.Minute} {
		c := newClock()
		tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
		for digest := uint64(2); digest < 8; digest++ {
			if tr = tr.next(verdictOf(health.StateIdle, digest), c.after(gap)); tr.state != health.StateWorking {
				t.Fatalf("a look every %v: %s at look %d", gap, tr.state, digest)
			}
		}
		for range 3 {
			tr = tr.next(verdictOf(health.StateIdle, 7), c.after(gap+settleIdle))
		}
		if tr.state != health.StateIdle || !tr.unseen {
			t.Errorf("a look every %v: %s, unseen %v after it stood still", gap, tr.state, tr.unseen)
		}
	}
}

func TestOneUnreadableFrameNeverDecidesHoweverRareTheLooks(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWaiting, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateUnknown, 0), c.after(time.Minute))
	if tr.state != health.StateWaiting {
		t.Errorf("got %s, want waiting", tr.state)
	}
}

func TestAnAgentThatWasStartedAnewIsNotDone(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = c.stand(tr, verdictOf(health.StateIdle, 1), 2*settleIdle)
	tr = tr.next(verdictOf(health.StateExited, 0), c.after(time.Second))
	tr = tr.next(verdictOf(health.StateIdle, 0), c.after(time.Minute))
	if tr.unseen {
		t.Error("a fresh agent is unseen")
	}
}

func TestATurnThatEndsBehindAnUnreadableScreenIsDone(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	for range 3 {
		tr = tr.next(verdictOf(health.StateUnknown, 0), c.after(holdUnknown))
	}
	tr = tr.next(verdictOf(health.StateIdle, 0), c.after(time.Second))
	if tr.state != health.StateIdle || !tr.unseen {
		t.Errorf("%s, unseen %v", tr.state, tr.unseen)
	}
}

func TestABlankFrameOfTheSameProcessIsNoStart(t *testing.T) {
	c := newClock()
	with := func(l look, pid int) look {
		l.pid = pid
		return l
	}
	tr := startTrack(verdictOf(health.StateWaiting, 1), with(c.after(0), 7))
	for range 5 {
		tr = tr.next(verdictOf(health.StateStarting, 0), with(c.after(2*time.Second), 7))
		if tr.state != health.StateWaiting {
			t.Fatalf("the same process: %s, want waiting", tr.state)
		}
	}
	if tr = tr.next(verdictOf(health.StateStarting, 0), with(c.after(time.Second), 8)); tr.state != health.StateStarting {
		t.Errorf("another process: %s, want starting", tr.state)
	}
}

func TestADialogThatOpensAndClosesIsNoMotion(t *testing.T) {
	c := newClock()
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = tr.next(verdictOf(health.StateWaiting, 2), c.after(250*time.Millisecond))
	tr = c.stand(tr, verdictOf(health.StateWaiting, 2), 4*time.Second)
	tr = tr.next(verdictOf(health.StateIdle, 3), c.after(250*time.Millisecond))
	if tr.state != health.StateIdle {
		t.Fatalf("after the dialog: %s by %s, want idle", tr.state, tr.verdict.Evidence.Rule)
	}
	tr = tr.next(verdictOf(health.StateIdle, 4), c.after(250*time.Millisecond))
	if tr.state != health.StateIdle {
		t.Errorf("after one more change: %s, want idle", tr.state)
	}
}

func TestAnAnswerWrittenBelowAnOldLineOfCompletionIsWork(t *testing.T) {
	c := newClock()
	done := func(digest uint64) health.Verdict {
		v := verdictOf(health.StateIdle, digest)
		v.Finished = true
		return v
	}
	tr := startTrack(verdictOf(health.StateWorking, 1), c.after(0))
	tr = tr.next(done(2), c.after(200*time.Millisecond))
	if tr.state != health.StateIdle {
		t.Fatalf("the turn has ended, and it is %s", tr.state)
	}
	c.at = c.at.Add(time.Minute)
	for digest := uint64(3); digest < 6; digest++ {
		tr = tr.next(done(digest), c.after(300*time.Millisecond))
	}
	if tr.state != health.StateWorking || tr.verdict.Evidence.Source != health.SourceMotion {
		t.Fatalf("the text moves, and it is %s", tr.state)
	}
	if tr = c.stand(tr, done(5), 2*motionLasts); tr.state != health.StateIdle {
		t.Errorf("it stands still, and it is %s", tr.state)
	}
}
