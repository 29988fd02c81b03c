package monitor

import (
	"time"

	"agentwatch/health"
)

// readLimit notes when a limit that has just been announced ends.
func (t track) readLimit(v health.Verdict, l look) track {
	if v.Limit == t.limit {
		return t
	}
	t.limit, t.resetAt = v.Limit, time.Time{}
	if v.Limit == "" || l.resets == nil {
		return t
	}
	printed := l.now
	if !l.quietSince.IsZero() && l.quietSince.Before(printed) {
		// A banner that was there before we came.
		printed = l.quietSince
	}
	if at, ok := l.resets.Read(v.Limit, printed); ok {
		t.resetAt = at
	}
	return t
}

// limitOver tells whether the limit on the screen has ended by its own word. A
// menu still waits for an answer.
func (t track) limitOver(v health.Verdict, now time.Time) bool {
	return v.State == health.StateLimited && v.Wait == health.WaitNone && !t.resetAt.IsZero() && now.After(t.resetAt)
}

// limitUntil is when the limit that the screen shows ends, or has ended, by its own
// word; zero when there is none, or when it does not say.
func (t track) limitUntil() time.Time {
	if t.state != health.StateLimited && t.verdict.Evidence.Rule != limitOverRule {
		return time.Time{}
	}
	return t.resetAt
}

// afterLimit is the verdict on a limit whose time is over: the agent can go on.
func afterLimit(v health.Verdict) health.Verdict {
	v.Evidence.Against = []string{"screen: limited (" + v.Evidence.Rule + "), until a time that has passed"}
	v.Evidence.Rule = limitOverRule
	v.State, v.Limit, v.Finished = health.StateIdle, "", true
	v.Activity = "the limit is over"
	v.Confidence = min(v.Confidence, confidenceOfReset)
	return v
}

// confidenceOfReset is that of "idle" told by a reset time that has passed.
const confidenceOfReset = 0.75

// brokenOff is the verdict on an agent that was at work when its shell came back
// without a word: one that ends by itself says goodbye.
func brokenOff(v health.Verdict) health.Verdict {
	v.State = health.StateCrashed
	v.Evidence.Against = []string{"process: the shell is back without a word"}
	v.Evidence.Rule = "time.broken.off"
	v.Activity = "ended in the middle of a turn, shell is back"
	return v
}
