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
