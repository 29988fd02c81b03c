package agentlist

import (
	"time"

	"agentwatch/engine"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
)

// spentWidth is the width of the column of what agents have used today.
const spentWidth = 14

// spent is what an agent has used today, in few characters.
func spent(a *engine.Agent, now time.Time) string { return sanitize.Text(format.Spent(a.Tokens, now)) }

// widestSpent is the column's width; zero when no agent has used anything that is known.
func widestSpent(r roster.Roster) int {
	for _, a := range r.Agents() {
		if a.Tokens != nil && a.Tokens.Today.Total() > 0 {
			return spentWidth
		}
	}
	return 0
}
