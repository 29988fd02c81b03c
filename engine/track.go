package engine

import (
	"time"

	"agentwatch/health"
)

// Times by which a track smooths what single looks say.
const (
	// settleIdle is how long the text above the composer must stand still
	// before a prompt without a completion footer counts as idle.
	settleIdle = 1500 * time.Millisecond
	// holdUnknown is how long an unreadable screen defers to the state known
	// before: half-drawn frames and redraws are shorter than this.
	holdUnknown = 3 * time.Second
	// motionLasts is how long a change of text counts as a sign of work.
	motionLasts = 1500 * time.Millisecond
	// endSettles is how long it may take until the shell has said how the agent
	// ended.
	endSettles = 3 * time.Second
	// confidenceOfMotion is that of "working" told by motion alone.
	confidenceOfMotion = 0.6
)

// track is what is known of one agent over time: the layer that gives single
// verdicts their since, their unseen mark and their steadiness. It is a value;
// next returns the one that follows.
type track struct {
	kind    health.Kind
	state   health.State
	since   time.Time
	unseen  bool
	verdict health.Verdict

	// digest follows the text above the composer; moves are the last two
	// moments at which it changed, the newer first.
	digest uint64
	moves  [2]time.Time
	// readable is when a look last gave a state, worked when one last said
	// that it works, or text moved.
	readable time.Time
	worked   time.Time
}

// look is one moment's facts for a track.
type look struct {
	now time.Time
	// resized is set when the pane has another size than at the look before:
	// its text wraps anew, which is no motion.
	resized bool
	// visible is set while one of the user's own clients shows the pane.
	visible bool
	// quietSince is when the pane last printed, for the age of a state that
	// was there before we came; zero when unknown.
	quietSince time.Time
}

// startTrack begins a track with a first verdict.
func startTrack(v health.Verdict, l look) track {
	t := track{
		kind: v.Kind, state: v.State, since: l.now, verdict: v,
		digest: v.Digest, readable: l.now, worked: l.now,
	}
	if v.Hold {
		t.state = health.StateUnknown
	}
	if restful(t.state) && !l.quietSince.IsZero() && l.quietSince.Before(l.now) {
		t.since = l.quietSince
	}
	return t
}

// restful tells whether an agent in this state prints nothing by itself, so
// that its window's last output tells the state's age.
func restful(s health.State) bool {
	switch s {
	case health.StateIdle, health.StateWaiting, health.StateLimited, health.StateError,
		health.StateCrashed, health.StateExited:
		return true
	default:
		return false
	}
}

// ended tells whether the agent's program has ended.
func ended(s health.State) bool { return s == health.StateCrashed || s == health.StateExited }

// next returns the track after a look that gave v.
func (t track) next(v health.Verdict, l look) track {
	if v.Digest != 0 {
		if t.digest != 0 && v.Digest != t.digest && !l.resized {
			t.moves = [2]time.Time{l.now, t.moves[0]}
		}
		t.digest = v.Digest
	}
	settled := t.settle(v, l.now)
	if v.State == health.StateWorking || t.moving(l.now) {
		t.worked = l.now
	}
	if settled.Kind != health.KindNone {
		t.kind = settled.Kind
	}
	t.verdict = settled
	if v.State != health.StateUnknown && !v.Hold {
		t.readable = l.now
	}
	if settled.State != t.state {
		if t.state == health.StateWorking && settled.State == health.StateIdle {
			t.unseen = true
		}
		if settled.State == health.StateWorking {
			t.unseen = false
		}
		t.state, t.since = settled.State, l.now
	}
	if l.visible {
		t.unseen = false
	}
	return t
}

// settle decides what a verdict means after what was known before.
func (t track) settle(v health.Verdict, now time.Time) health.Verdict {
	held := t.verdict
	held.Activity = pick(v.Activity, held.Activity)
	switch {
	case v.Hold:
		return held
	case ended(t.state) && ended(v.State) && now.Sub(t.since) > endSettles:
		// What the user does in the shell later says nothing of how it ended.
		return held
	case v.State == health.StateUnknown:
		if t.moving(now) {
			return byMotion(v)
		}
		if t.state != health.StateUnknown && now.Sub(t.readable) < holdUnknown {
			return held
		}
	case v.State == health.StateIdle && !v.Finished && t.state == health.StateWorking:
		// A prompt is on the screen while it streams, too.
		if now.Sub(t.worked) < settleIdle {
			return held
		}
	case v.State == health.StateIdle && !v.Finished && t.moving(now):
		return byMotion(v)
	}
	return v
}

// moving tells whether the text above the composer keeps changing: two changes
// in a short time, since a single one is no sign of work (a redraw, a command
// of the user's that printed something).
func (t track) moving(now time.Time) bool {
	return !t.moves[1].IsZero() && now.Sub(t.moves[0]) < motionLasts &&
		t.moves[0].Sub(t.moves[1]) < 2*motionLasts
}

// byMotion is the verdict for a screen whose markers do not tell, but whose
// text moves.
func byMotion(v health.Verdict) health.Verdict {
	against := v.Evidence
	v.State = health.StateWorking
	v.Confidence = confidenceOfMotion
	v.Evidence = health.Evidence{
		Source: health.SourceMotion, Rule: "motion.text",
		Text: "the text above the prompt keeps changing",
	}
	if against.Rule != "" {
		v.Evidence.Against = []string{against.Rule}
	}
	return v
}

// pick returns the first text that is not empty.
func pick(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
