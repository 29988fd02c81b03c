package format

import (
	"strconv"
	"time"

	"agentwatch/engine"
)

// Foreseen says when an agent will stop working and how: "2m-9m", "asks 65 %". Either
// is empty where nothing is foreseen.
func Foreseen(f *engine.Forecast, now time.Time) (when, how string) {
	if f == nil {
		return "", ""
	}
	if f.High > 0 {
		passed := max(now.Sub(f.At), 0)
		when = rough(max(f.Low-passed, 0)) + "-" + rough(max(f.High-passed, time.Second))
	}
	if f.Chance > 0 {
		word := f.End.String()
		if f.End == engine.UrgencyWaiting {
			word = "asks"
		}
		how = word + " " + Percent(f.Chance)
	}
	return when, how
}

// Silent says how long an agent that works has printed nothing; empty when that is
// not long.
func Silent(a *engine.Agent, now time.Time) string {
	if a.SilentSince.IsZero() {
		return ""
	}
	return "silent " + rough(now.Sub(a.SilentSince))
}

// Repeating says how often an agent has made the same step; empty when it does not
// repeat itself.
func Repeating(a *engine.Agent) string {
	if a.Repeating == nil {
		return ""
	}
	return "repeating " + strconv.Itoa(a.Repeating.Times) + "x"
}

// rough is a length that is not to be taken exactly: 40s, 9m, 2h.
func rough(d time.Duration) string {
	if d >= time.Minute && d < time.Hour {
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return Age(d)
}
