package notify

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Inherit lets a Decider, before its first transition, go on where that of
// another process has ended: agents are what was seen last, at seen. From their
// pasts follows what has been told by then, which is not told again, and what
// was under way, which is told when it is due.
func (d *Decider) Inherit(agents []engine.Agent, seen time.Time) {
	for _, c := range d.changes(agents, seen) {
		d.decideUntil(c.episode.began)
		d.begin(c.episode, c.first)
	}
	d.decideUntil(seen)
	for _, a := range agents {
		if e := d.episodes[a.Ref]; e != nil {
			e.agent, e.inherited = a, true
		}
	}
}

// Told says, after Inherit, that a message on an agent has arrived over a channel
// at a time: it is not told again while what it was about lasts.
func (d *Decider) Told(ref health.PaneRef, channel string, at time.Time) {
	e := d.episodes[ref]
	if e == nil || at.Before(e.began) {
		return
	}
	e.dues = slices.DeleteFunc(e.dues, func(u due) bool {
		if u.channel == channel && !u.at.After(at) {
			d.told[e.telling(channel, u.level)] = at
			return true
		}
		return false
	})
	d.waiting[channel] = slices.DeleteFunc(d.waiting[channel], func(p pending) bool { return p.episode == e })
	if len(d.waiting[channel]) == 0 {
		delete(d.waiting, channel)
	}
}

// countedBack is how many cool-downs a past is looked at: one can put off the next.
const countedBack = 10

// pastChange is a change of an agent of the past.
type pastChange struct {
	episode episode
	first   bool
}

// changes are the changes of the past that still count, in their order: what
// each agent is, and what limits and cool-downs are counted from.
func (d *Decider) changes(agents []engine.Agent, seen time.Time) []pastChange {
	since := seen.Add(-countedBack * max(d.longest, time.Minute))
	var changes []pastChange
	for _, a := range agents {
		for i, phase := range a.Past {
			if i < len(a.Past)-1 && phase.At.Before(since) || phase.At.After(seen) {
				continue
			}
			c := pastChange{episode{agent: a, from: engine.UrgencyUnknown, state: phase.Urgency, began: phase.At}, i == 0}
			if i > 0 {
				c.episode.from = a.Past[i-1].Urgency
			}
			changes = append(changes, c)
		}
	}
	slices.SortStableFunc(changes, func(a, b pastChange) int { return a.episode.began.Compare(b.episode.began) })
	return changes
}

// decideUntil decides what has been decided elsewhere up to a time.
func (d *Decider) decideUntil(end time.Time) {
	for last := (time.Time{}); ; {
		at, planned := d.Next(last)
		if !planned || at.After(end) || !at.After(last) {
			return
		}
		d.Tick(at)
		last = at
	}
}

// known tells whether an agent that is new to our engine is the one that was
// inherited: then a change meanwhile is a change like any other.
func (d *Decider) known(a engine.Agent) bool {
	before := d.episodes[a.Ref]
	return before != nil && before.inherited && same(before.agent, a)
}

// same tells whether both are the same program in the same pane.
func same(a, b engine.Agent) bool {
	return a.Ref == b.Ref && a.PanePID == b.PanePID && a.PID == b.PID && a.Kind == b.Kind
}

// Missing drops what was inherited and is not among all the agents that there
// are: nobody says that such an agent is gone.
func (d *Decider) Missing(all []engine.Agent) {
	there := make(map[health.PaneRef]bool, len(all))
	for _, a := range all {
		there[a.Ref] = true
	}
	for ref, e := range d.episodes {
		if e.inherited && !there[ref] {
			delete(d.episodes, ref)
		}
	}
}
