// Package roster puts agents in the order in which they are listed: by urgency
// or as tmux has them, under headings, filtered. It is pure.
package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

// Order is the order of the agents.
type Order uint8

// The orders.
const (
	// ByUrgency lists what needs the user first, longest waiting on top.
	ByUrgency Order = iota
	// ByTmux lists servers, sessions, windows and panes as tmux does.
	ByTmux
)

// String returns the order's word.
func (o Order) String() string {
	words := [...]string{"urgency", "tmux order"}
	if int(o) < len(words) {
		return words[o]
	}
	return fmt.Sprintf("order(%d)", uint8(o))
}

// Other is the order that a toggle goes to.
func (o Order) Other() Order {
	if o == ByUrgency {
		return ByTmux
	}
	return ByUrgency
}

// Group is one heading of the order by urgency.
type Group uint8

// The groups, in the order in which they are listed.
const (
	GroupNeedsYou Group = iota
	GroupLimited
	GroupFinished
	GroupUnknown
	GroupWorking
	GroupIdle
	GroupExited
)

// String returns the group's heading.
func (g Group) String() string {
	words := [...]string{"needs you", "limited", "finished, unseen", "cannot tell", "working", "idle", "exited"}
	if int(g) < len(words) {
		return words[g]
	}
	return fmt.Sprintf("group(%d)", uint8(g))
}

// GroupOf returns the group in which an urgency is listed.
func GroupOf(u engine.Urgency) Group {
	switch u {
	case engine.UrgencyWaiting, engine.UrgencyCrashed, engine.UrgencyError:
		return GroupNeedsYou
	case engine.UrgencyLimited:
		return GroupLimited
	case engine.UrgencyDone:
		return GroupFinished
	case engine.UrgencyStarting, engine.UrgencyWorking:
		return GroupWorking
	case engine.UrgencyIdle:
		return GroupIdle
	case engine.UrgencyExited:
		return GroupExited
	default:
		return GroupUnknown
	}
}

// Blocked is how many agents stand still until the user acts: those listed
// under GroupNeedsYou.
func Blocked(counts engine.Counts) int {
	n := 0
	for u, k := range counts {
		if GroupOf(engine.Urgency(u)) == GroupNeedsYou {
			n += k
		}
	}
	return n
}

// Section is a heading and the agents below it.
type Section struct {
	Heading string
	// Urgency gives the heading its colour; in tmux order it is that of the
	// most urgent agent.
	Urgency engine.Urgency
	// ByUrgency is set when the heading names a group of urgencies.
	ByUrgency bool
	Agents    []*engine.Agent
}

// Roster is the agents in their order. It is immutable, and so are the agents:
// they are those of the snapshot, not copies.
type Roster struct {
	sections []Section
	agents   []*engine.Agent
	total    int
}

// Build orders the agents that match the filter. agents are in tmux order.
func Build(agents []engine.Agent, order Order, filter string) Roster {
	r := Roster{total: len(agents)}
	match := newMatcher(filter)
	listed := make([]*engine.Agent, 0, len(agents))
	for i := range agents {
		if match.matches(&agents[i]) {
			listed = append(listed, &agents[i])
		}
	}
	if order == ByUrgency {
		slices.SortStableFunc(listed, moreUrgent)
	}
	named := severalServers(agents)
	for from := 0; from < len(listed); {
		to := from + 1
		heading := headingOf(listed[from], order, named)
		for to < len(listed) && headingOf(listed[to], order, named) == heading {
			to++
		}
		r.sections = append(r.sections, sectionOf(heading, order, listed[from:to:to]))
		from = to
	}
	r.agents = listed
	return r
}

// moreUrgent orders by urgency; among those that need the user the one that
// has waited longest comes first, the rest stays in tmux order.
func moreUrgent(a, b *engine.Agent) int {
	if c := cmp.Compare(a.Urgency(), b.Urgency()); c != 0 || !a.Urgency().NeedsUser() {
		return c
	}
	return a.Since.Compare(b.Since)
}

func severalServers(agents []engine.Agent) bool {
	for i := range agents {
		if agents[i].Server != agents[0].Server {
			return true
		}
	}
	return false
}

// headingOf is the heading under which the agent stands.
func headingOf(a *engine.Agent, order Order, named bool) string {
	switch {
	case order == ByUrgency:
		return GroupOf(a.Urgency()).String()
	case named:
		return sanitize.Text(a.Server) + " / " + sanitize.Text(a.Session)
	default:
		return sanitize.Text(a.Session)
	}
}

func sectionOf(heading string, order Order, agents []*engine.Agent) Section {
	s := Section{Heading: heading, ByUrgency: order == ByUrgency, Urgency: agents[0].Urgency(), Agents: agents}
	for _, a := range agents {
		s.Urgency = min(s.Urgency, a.Urgency())
	}
	return s
}

// Sections are the headings with their agents.
func (r Roster) Sections() []Section { return r.sections }

// Agents are the listed agents, in order, without headings.
func (r Roster) Agents() []*engine.Agent { return r.agents }

// Total is how many agents there are with those that the filter hides.
func (r Roster) Total() int { return r.total }

// Index is the agent's place in Agents, -1 when it is not listed.
func (r Roster) Index(ref health.PaneRef) int {
	return slices.IndexFunc(r.agents, func(a *engine.Agent) bool { return a.Ref == ref })
}

// Find returns the agent, when it is listed.
func (r Roster) Find(ref health.PaneRef) (engine.Agent, bool) {
	if i := r.Index(ref); i >= 0 {
		return *r.agents[i], true
	}
	return engine.Agent{}, false
}

// NextUrgent is the next agent after ref that needs the user, going round.
func (r Roster) NextUrgent(ref health.PaneRef) (health.PaneRef, bool) {
	from := r.Index(ref)
	for step := 1; step <= len(r.agents); step++ {
		a := r.agents[(from+step+len(r.agents))%len(r.agents)]
		if a.Urgency().NeedsUser() && a.Ref != ref {
			return a.Ref, true
		}
	}
	return ref, false
}

// Label is what an agent is called in the list. A window that is only named
// after the program tells nothing, then the session's name stands.
func Label(a *engine.Agent) string {
	name := sanitize.Text(a.Name())
	if session := sanitize.Text(a.Session); session != "" && strings.EqualFold(name, string(a.Kind)) {
		return session
	}
	if name == "" {
		return a.Ref.Pane
	}
	return name
}
