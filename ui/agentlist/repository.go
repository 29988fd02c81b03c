package agentlist

import (
	"strconv"
	"strings"

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
	changes := strings.TrimSpace(format.Changes(a.Repo, g.Up, g.Down) + " " + pull(a.Pull, g))
	if changes == "" {
		return sanitize.Text(a.Repo.On())
	}
	name := sanitize.Text(a.Repo.On())
	room := max(width-block.Width(changes)-1, 1)
	return block.Fit(name, min(room, block.Width(name)), g.Ellipsis) + " " + changes
}

// pull is a pull request in few characters: its number, and what its checks come to.
func pull(p *engine.PullRequest, g style.Glyphs) string {
	if p == nil || p.Number == 0 {
		return ""
	}
	number := "#" + strconv.Itoa(p.Number)
	switch {
	case p.Failed > 0:
		return number + g.State(engine.UrgencyCrashed)
	case p.Pending > 0:
		return number + g.State(engine.UrgencyWorking)
	case p.Passed > 0:
		return number + g.State(engine.UrgencyDone)
	}
	return number
}

// widestBranch is the width of the longest of them, within reason; zero when no
// agent's repository is known.
func widestBranch(r roster.Roster) int {
	width := 0
	for _, a := range r.Agents() {
		if a.Repo != nil {
			words := sanitize.Text(format.Repository(a.Repo, "+", "-"))
			if a.Pull != nil && a.Pull.Number > 0 {
				// With the glyph of its checks.
				words += " #" + strconv.Itoa(a.Pull.Number) + "+"
			}
			width = max(width, block.Width(words))
		}
	}
	return min(width, mostBranch)
}
