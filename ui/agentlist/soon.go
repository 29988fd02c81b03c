package agentlist

import (
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
)

// soonWidth is the width of the column that says what is foreseen of an agent.
const soonWidth = 18

// soon is that an agent repeats itself or has been silent for long, else what is
// foreseen of it.
func soon(a *engine.Agent, now time.Time) string {
	if repeating := format.Repeating(a); repeating != "" {
		return repeating
	}
	if silent := format.Silent(a, now); silent != "" {
		return silent
	}
	when, how := format.Foreseen(a.Forecast, now.Truncate(soonStep))
	return strings.TrimSpace(when + " " + how)
}

// soonStep is the pace at which forecasts are drawn anew, so that a screen at rest
// stays at rest.
const soonStep = 15 * time.Second

// widestSoon is the column's width; zero when there is nothing to say of any agent.
func widestSoon(r roster.Roster) int {
	for _, a := range r.Agents() {
		if a.Forecast != nil || !a.SilentSince.IsZero() || a.Repeating != nil {
			return soonWidth
		}
	}
	return 0
}
