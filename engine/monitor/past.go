package monitor

import (
	"time"

	"agentwatch/engine"
)

const (
	// pastKept and pastLasts bound how much of an agent's past is kept.
	pastKept  = 512
	pastLasts = 24 * time.Hour
)

// remember adds what the agent is now to its past, when that is news. The
// slice is only ever appended to or replaced, so that snapshots may share it.
func (p *pane) remember(now time.Time) {
	urgency := p.agent.Urgency()
	n := len(p.past)
	if n > 0 && p.past[n-1].Urgency == urgency {
		return
	}
	at := now
	if n == 0 && p.track.since.Before(now) {
		// It was so before we came.
		at = p.track.since
	}
	if n >= pastKept || n > 0 && now.Sub(p.past[0].At) > pastLasts && now.Sub(p.past[min(1, n-1)].At) > pastLasts {
		p.past = append(make([]engine.Phase, 0, n), p.past[max(n/8, 1):]...)
	}
	p.past = append(p.past, engine.Phase{At: at, Urgency: urgency})
	p.agent.Past = p.past
}

// departed sums what agents that are gone have spent today.
type departed struct {
	day  time.Time
	sums engine.Durations
}

// note adds the agents that the transitions say goodbye to.
func (d *departed) note(transitions []engine.Transition, now time.Time) {
	d.turn(now)
	for _, t := range transitions {
		if t.Gone {
			d.sums = d.sums.Plus(engine.Spent(t.Agent.Past, d.day, t.At))
		}
	}
}

// turn begins anew when the day has changed.
func (d *departed) turn(now time.Time) {
	if day := engine.Midnight(now); !day.Equal(d.day) {
		d.day, d.sums = day, engine.Durations{}
	}
}

// today is what all agents have spent today, those that are gone included.
func (d *departed) today(agents []engine.Agent, now time.Time) engine.Durations {
	d.turn(now)
	sums := d.sums
	for i := range agents {
		sums = sums.Plus(engine.Spent(agents[i].Past, d.day, now))
	}
	return sums
}
