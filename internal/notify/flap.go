package notify

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// An agent that leaves a state and is soon back may be flapping: its screen is
// drawn anew, or is read in two ways in turn. A flapping agent is told of once,
// and needs no unbroken stretch for that; afterwards only a state that lasts
// without a break is told again, since then somebody has answered in between.
const (
	// flapGap is the longest absence after which a state counts as resumed.
	flapGap = 5 * time.Second
	// flapReturns is how many such returns in a row make a flapping agent; a user
	// who answers one dialog after the other makes fewer.
	flapReturns = 3
	// redrawGap is the longest absence of a question that is only drawn anew, and
	// redrawRepeat how long the same question must then last to be told again.
	redrawGap    = 2 * time.Second
	redrawRepeat = 5 * time.Minute
)

// place is one state of one pane's agent.
type place struct {
	ref   health.PaneRef
	state engine.Urgency
}

// said is one message that has been told.
type said struct {
	channel string
	level   Level
}

// leave ends an episode, which is remembered for flapGap.
func (d *Decider) leave(e *episode, at time.Time) {
	e.ended = at
	// What is told again must have lasted without a break.
	e.dues = slices.DeleteFunc(e.dues, func(u due) bool { return u.again })
	for channel, waiting := range d.waiting {
		d.waiting[channel] = slices.DeleteFunc(waiting, func(p pending) bool { return p.episode == e && p.again })
	}
	d.left[place{e.agent.Ref, e.state}] = e
}

// resumed returns the episode that goes on with e: e itself, or the one before it
// when the agent flaps.
func (d *Decider) resumed(e *episode) *episode {
	key := place{e.agent.Ref, e.state}
	before := d.left[key]
	if before == nil {
		return e
	}
	delete(d.left, key)
	gap := e.began.Sub(before.ended)
	if gap > flapGap || !sameProcess(before.agent, e.agent) {
		return e
	}
	e.told, e.returns, e.repeat = before.told, before.returns+1, flapGap
	if gap <= redrawGap && sameQuestion(before.agent.Dialog, e.agent.Dialog) {
		e.repeat = redrawRepeat
	}
	if e.returns < flapReturns {
		return e
	}
	before.agent, before.ended = e.agent, time.Time{}
	before.returns, before.repeat, before.resumed = e.returns, e.repeat, e.began
	return before
}

// returning reports whether an episode that has been left may go on.
func (d *Decider) returning(e *episode, now time.Time) bool {
	return d.left[place{e.agent.Ref, e.state}] == e && e.returns+1 >= flapReturns && now.Sub(e.ended) <= flapGap
}

// forgetLeft drops the episodes that cannot go on any more.
func (d *Decider) forgetLeft(now time.Time) {
	for key, e := range d.left {
		if now.Sub(e.ended) > flapGap {
			delete(d.left, key)
		}
	}
}

// forgetAgent drops the episodes of an agent that is gone.
func (d *Decider) forgetAgent(ref health.PaneRef) {
	delete(d.episodes, ref)
	for key := range d.left {
		if key.ref == ref {
			delete(d.left, key)
		}
	}
}

func sameProcess(a, b engine.Agent) bool {
	return a.Kind == b.Kind && a.PanePID == b.PanePID && a.PID == b.PID
}

// sameQuestion reports whether two dialogs ask the same, apart from a clock. What
// is not known is not the same.
func sameQuestion(a, b *health.Dialog) bool { return a != nil && b != nil && a.Asks() == b.Asks() }
