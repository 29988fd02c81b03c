package agentlist

import (
	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// leastBranch and mostBranch bound the column of branches.
const leastBranch, mostBranch = 14, 26

// branch is what the agent works on, in at most width cells; the figures stay whole
// where the name is cut.
func branch(a *engine.Agent, width int, g style.Glyphs) string {
	if a.Repo == nil {
		return ""
	}
	changes := format.Changes(a.Repo, g.Up, g.Down)
	if changes == "" {
		return sanitize.Text(a.Repo.On())
	}
	name := sanitize.Text(a.Repo.On())
	room := max(width-block.Width(changes)-1, 1)
	return block.Fit(name, min(room, block.Width(name)), g.Ellipsis) + " " + changes
}

// widestBranch is the width of the longest of them, within reason; zero when no
// agent's repository is known.
func widestBranch(r roster.Roster) int {
	width := 0
	for _, a := range r.Agents() {
		if a.Repo != nil {
			width = max(width, block.Width(sanitize.Text(format.Repository(a.Repo, "+", "-"))))
		}
	}
	return min(width, mostBranch)
}
