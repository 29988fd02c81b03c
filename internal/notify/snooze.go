package notify

import (
	"maps"
	"slices"
	"time"

	"agentwatch/engine"
)

// hush drops what is under way on an agent that has been snoozed.
func (d *Decider) hush(a engine.Agent) {
	e := d.episodes[a.Ref]
	if e == nil {
		return
	}
	e.agent.Snooze, e.dues = a.Snooze, nil
	for channel, waiting := range d.waiting {
		d.waiting[channel] = slices.DeleteFunc(waiting, func(p pending) bool { return p.episode == e })
	}
}

// wake lets an agent whose snooze has ended be told of as if it had begun to need
// the user now, whatever was told before.
func (d *Decider) wake(t engine.Transition) {
	from := engine.UrgencyUnknown
	if before := d.episodes[t.Agent.Ref]; before != nil {
		from = before.from
	}
	maps.DeleteFunc(d.told, func(key telling, _ time.Time) bool { return key.ref == t.Agent.Ref })
	d.forgetAgent(t.Agent.Ref)
	d.begin(episode{agent: t.Agent, from: from, state: t.Agent.Urgency(), began: t.At}, false)
}
