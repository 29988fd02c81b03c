package notify

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Left is what an engine process has left that ended a moment ago, however it
// ended.
type Left struct {
	// At is until when it is known to have run.
	At time.Time
	// Servers are the tmux servers that it is known to have watched: none when it ended
	// before it had written down anything.
	Servers []string
	// Agents are those that there were, with their pasts.
	Agents []engine.Agent
	// Appeared are the panes of those that were not there already when it began.
	Appeared map[health.PaneRef]bool
	// Told are the messages of the last day.
	Told []Told
}

// Told is a message on an agent that was sent over a channel.
type Told struct {
	Ref     health.PaneRef
	Channel string
	// At is when it was decided.
	At time.Time
	// Uncertain is set when the process ended while it was being sent.
	Uncertain bool
}

// settled is how long before the end of a process a message must have been due for
// it to have been dealt with, in whatever way: the user was looking, say.
const settled = 2 * time.Second

// resumedWithin is how long after the end of a process the agents that are found are
// still those that it has left.
const resumedWithin = time.Minute

// Resume lets a Decider, before its first transition, go on where another process
// has ended. What was told is not told again while it lasts; what was under way is
// told when it is due. A message of which nobody knows whether it has arrived is
// told again and says so: one that is missed is worse.
func (d *Decider) Resume(left Left) {
	d.watched, d.watchedUntil = left.Servers, left.At
	for _, a := range left.Agents {
		n := len(a.Past)
		if n == 0 {
			continue
		}
		e := episode{agent: a, from: engine.UrgencyUnknown, state: a.Urgency(), began: a.Past[n-1].At}
		if n > 1 {
			e.from = a.Past[n-2].Urgency
		}
		d.begin(e, n == 1 && !left.Appeared[a.Ref])
		now := d.episodes[a.Ref]
		now.agent, now.left = a, true
		d.recall(now, left)
	}
	slices.SortFunc(d.sent, time.Time.Compare)
}

// recall notes what has been told of an agent. Its dues are those that are left.
func (d *Decider) recall(e *episode, left Left) {
	var lately []Told
	for _, t := range left.Told {
		switch {
		case t.Ref != e.agent.Ref:
			continue
		case d.isEarly(e, t):
			t.Uncertain = true
			d.note(e, t, func(u due) bool { return u.channel == t.Channel && u.level == LevelNotice })
		case t.At.Before(e.began) && !t.Uncertain:
			d.cooled(e.agent, t)
		case !t.At.Before(e.began):
			lately = append(lately, t)
		}
		if !t.Uncertain {
			d.count(t, left.At)
		}
	}
	for _, t := range lately {
		isOf := func(u due) bool { return u.channel == t.Channel && !u.at.After(t.At) }
		if slices.ContainsFunc(e.dues, isOf) || slices.Contains(e.told, said{t.Channel, LevelNotice}) {
			d.note(e, t, isOf)
		} else {
			e.ahead = append(e.ahead, t)
		}
	}
	e.dues = slices.DeleteFunc(e.dues, func(u due) bool { return !u.maybe && left.At.Sub(u.at.Add(d.batch)) > settled })
}

// earlyBy is how long before its change, as the history has that, a message can have been
// sent.
const earlyBy = 10 * time.Second

// isEarly tells whether a message was sent before an episode began, as the history has
// it, and yet is about it, as what the agent was right before is told to nobody there. So
// it is when two processes ended soon after each other: the first had sent it and not
// written down the change, and the second wrote that down with its own time.
func (d *Decider) isEarly(e *episode, t Told) bool {
	n := len(e.agent.Past)
	if n < 2 || !t.At.Before(e.began) || e.began.Sub(t.At) > earlyBy || t.At.Before(e.agent.Past[n-2].At) {
		return false
	}
	before := &episode{agent: e.agent, from: engine.UrgencyUnknown, state: e.agent.Past[n-2].Urgency, began: e.agent.Past[n-2].At}
	if n > 2 {
		before.from = e.agent.Past[n-3].Urgency
	}
	return !slices.ContainsFunc(d.plan(before), func(u due) bool { return u.channel == t.Channel })
}

// note takes a message for what some dues of an episode were worth.
func (d *Decider) note(e *episode, t Told, isOf func(due) bool) {
	if t.Uncertain {
		for i := range e.dues {
			e.dues[i].maybe = e.dues[i].maybe || isOf(e.dues[i])
		}
		return
	}
	e.dues = slices.DeleteFunc(e.dues, func(u due) bool {
		if !isOf(u) {
			return false
		}
		d.told[e.telling(u.channel, u.level)] = t.At
		e.told = append(e.told, said{u.channel, u.level})
		return true
	})
}

// caughtUp begins an episode of an agent that was left in another state. Messages
// that were sent ahead of what the history knows were about this one.
func (d *Decider) caughtUp(e *episode, before *episode) {
	if !sameProcess(e.agent, before.agent) {
		return
	}
	for _, t := range before.ahead {
		d.note(e, t, func(u due) bool { return u.channel == t.Channel && u.level == LevelNotice })
	}
}

// count lets a message of the last minute count for the limit: once, however many
// agents it was about.
func (d *Decider) count(t Told, now time.Time) {
	if now.Sub(t.At) < time.Minute && !slices.ContainsFunc(d.sent, t.At.Equal) {
		d.sent = append(d.sent, t.At)
	}
}

// cooled lets a message on what an agent was before count for the cool-down.
func (d *Decider) cooled(a engine.Agent, t Told) {
	for _, phase := range slices.Backward(a.Past) {
		if phase.At.After(t.At) {
			continue
		}
		key := telling{a.Ref, a.PanePID, a.PID, phase.Urgency, t.Channel, LevelNotice}
		d.told[key] = latest(d.told[key], t.At)
		return
	}
}

// known tells whether an agent that is new to our engine is one that was left:
// then a change meanwhile is a change like any other.
func (d *Decider) known(a engine.Agent) bool {
	before := d.episodes[a.Ref]
	return before != nil && before.left && sameProcess(before.agent, a)
}

// unrecorded tells whether an agent that is new to our engine, and was there when it
// began, may have become what it is under the eyes of the process before ours, which
// ended before that was written down. It may have been told, too.
func (d *Decider) unrecorded(t engine.Transition) bool {
	server := len(d.watched) == 0 || slices.Contains(d.watched, t.Agent.Ref.Server)
	return server && t.First && t.Preexisting && t.At.Sub(d.watchedUntil) < resumedWithin && d.episodes[t.Agent.Ref] == nil
}

// Missing drops what was left and is not among all the agents that there are:
// nobody says that such an agent is gone.
func (d *Decider) Missing(all []engine.Agent) {
	there := make(map[health.PaneRef]bool, len(all))
	for _, a := range all {
		there[a.Ref] = true
	}
	for ref, e := range d.episodes {
		if e.left && !there[ref] {
			delete(d.episodes, ref)
		}
	}
}
