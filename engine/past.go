package engine

import "time"

// Phase is one entry of an agent's past: what it became, and when.
type Phase struct {
	At      time.Time
	Urgency Urgency
	// Gap is set where nobody watched: until the next entry nothing is known,
	// and Urgency is UrgencyUnknown. A past that comes from the history can have
	// gaps; Agent.Past has none.
	Gap bool
}

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
		p.past = append(make([]Phase, 0, n), p.past[max(n/8, 1):]...)
	}
	p.past = append(p.past, Phase{At: at, Urgency: urgency})
	p.agent.Past = p.past
}

// Durations are times by urgency.
type Durations [UrgencyExited + 1]time.Duration

// Of returns the time spent in an urgency.
func (d Durations) Of(u Urgency) time.Duration { return d[u] }

// Blocked is the time in which the agent stood still until the user acted:
// waiting, crashed or with an error.
func (d Durations) Blocked() time.Duration {
	return d[UrgencyWaiting] + d[UrgencyCrashed] + d[UrgencyError]
}

// Plus returns the sums of both.
func (d Durations) Plus(other Durations) Durations {
	for u := range d {
		d[u] += other[u]
	}
	return d
}

// Spent sums how long an agent with that past was in each urgency between two
// times. The last entry lasts until to; gaps do not count.
func Spent(past []Phase, from, to time.Time) Durations {
	var sums Durations
	for i, phase := range past {
		if phase.Gap {
			continue
		}
		end := to
		if i+1 < len(past) && past[i+1].At.Before(to) {
			end = past[i+1].At
		}
		begin := phase.At
		if begin.Before(from) {
			begin = from
		}
		if lasted := end.Sub(begin); lasted > 0 {
			sums[phase.Urgency] += lasted
		}
	}
	return sums
}

// Midnight is the beginning of the local day.
func Midnight(now time.Time) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, now.Location())
}

// departed sums what agents that are gone have spent today.
type departed struct {
	day  time.Time
	sums Durations
}

// note adds the agents that the transitions say goodbye to.
func (d *departed) note(transitions []Transition, now time.Time) {
	d.turn(now)
	for _, t := range transitions {
		if t.Gone {
			d.sums = d.sums.Plus(Spent(t.Agent.Past, d.day, t.At))
		}
	}
}

// turn begins anew when the day has changed.
func (d *departed) turn(now time.Time) {
	if day := Midnight(now); !day.Equal(d.day) {
		d.day, d.sums = day, Durations{}
	}
}

// today is what all agents have spent today, those that are gone included.
func (d *departed) today(agents []Agent, now time.Time) Durations {
	d.turn(now)
	sums := d.sums
	for i := range agents {
		sums = sums.Plus(Spent(agents[i].Past, d.day, now))
	}
	return sums
}

// LongestBlocked is the longest time without a break in which the agent stood
// still until the user acted, between two times.
func LongestBlocked(past []Phase, from, to time.Time) time.Duration {
	longest, current := time.Duration(0), time.Duration(0)
	for i := range past {
		if past[i].Urgency > UrgencyError {
			current = 0
			continue
		}
		current += Spent(past[i:min(i+2, len(past))], from, to)[past[i].Urgency]
		longest = max(longest, current)
	}
	return longest
}

// Turns is how many turns the agent has begun between two times.
func Turns(past []Phase, from, to time.Time) int {
	turns, working := 0, false
	for _, phase := range past {
		switch {
		case phase.Urgency != UrgencyWorking:
			// A question in the middle of a turn does not end it.
			working = working && phase.Urgency == UrgencyWaiting
		case !working:
			working = true
			if !phase.At.Before(from) && phase.At.Before(to) {
				turns++
			}
		}
	}
	return turns
}
