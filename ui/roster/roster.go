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

// Need is what the user has to do about an agent.
type Need uint8

// The needs, in the order in which they are listed.
const (
	NeedAnswer Need = iota
	NeedLimited
	NeedFinished
	NeedUnknown
	NeedWorking
	NeedIdle
	NeedExited
	// NeedSnoozed: the user does not want to hear of it.
	NeedSnoozed
	// NeedAway: its machine is not heard of.
	NeedAway
)

// String returns the heading.
func (n Need) String() string {
	words := [...]string{"needs you", "limited", "finished, unseen", "cannot tell", "working", "idle", "exited", "snoozed", "host not heard of"}
	if int(n) < len(words) {
		return words[n]
	}
	return fmt.Sprintf("need(%d)", uint8(n))
}

// needOf returns the need under which an agent is listed.
func needOf(a *engine.Agent) Need {
	if away(a) {
		return NeedAway
	}
	if a.Snoozed() {
		return NeedSnoozed
	}
	return NeedOf(a.Urgency())
}

// need is that of the section's agents, where they have the same.
func (s Section) need() Need { return needOf(s.Agents[0]) }

// NeedOf returns the need under which an urgency is listed.
func NeedOf(u engine.Urgency) Need {
	switch u {
	case engine.UrgencyWaiting, engine.UrgencyCrashed, engine.UrgencyError:
		return NeedAnswer
	case engine.UrgencyLimited:
		return NeedLimited
	case engine.UrgencyDone:
		return NeedFinished
	case engine.UrgencyStarting, engine.UrgencyWorking:
		return NeedWorking
	case engine.UrgencyIdle:
		return NeedIdle
	case engine.UrgencyExited:
		return NeedExited
	default:
		return NeedUnknown
	}
}

// Blocked is how many agents stand still until the user acts: those listed
// under NeedAnswer.
func Blocked(counts engine.Counts) int {
	n := 0
	for u, k := range counts {
		if NeedOf(engine.Urgency(u)) == NeedAnswer {
			n += k
		}
	}
	return n
}

// Section is a heading and the agents below it.
type Section struct {
	// Heading is empty when agents are not grouped.
	Heading string
	// Urgency is that of the most urgent agent.
	Urgency engine.Urgency
	// ByUrgency is set when the heading names urgencies and has their colour.
	ByUrgency bool
	Agents    []*engine.Agent
}

// Roster is the agents in their order. It is immutable, and so are the agents:
// they are those of the snapshot, not copies.
type Roster struct {
	sections []Section
	agents   []*engine.Agent
	index    map[health.PaneRef]int
	// urgent are those listed that need the user, most urgent first.
	urgent []*engine.Agent
	total  int
	// hidden is how many that need the user are not listed, blocked how many of
	// them stand still until the user acts.
	hidden, blocked int
	// names are those of agents that share their label with others.
	names map[health.PaneRef]engine.Name
}

// Build orders the agents that the query lets through. agents are in tmux order.
func Build(agents []engine.Agent, q Query) Roster {
	r := Roster{total: len(agents), names: engine.NamesOf(agents, sanitize.Text)}
	match := newMatcher(q.Text)
	listed := make([]*engine.Agent, 0, len(agents))
	for i := range agents {
		switch a := &agents[i]; {
		case q.lets(a, match):
			listed = append(listed, a)
		case aside(a):
		case NeedOf(a.Urgency()) == NeedAnswer:
			r.blocked++
			r.hidden++
		case a.Urgency().NeedsUser():
			r.hidden++
		}
	}
	if q.Sort == ByUrgency {
		listed = byUrgency(listed)
	} else if order := q.Sort.order(); order != nil {
		slices.SortStableFunc(listed, order)
	}
	r.group(listed, q.Grouping, severalServers(agents))
	r.index = make(map[health.PaneRef]int, len(r.agents))
	for i, a := range r.agents {
		r.index[a.Ref] = i
		if a.Urgency().NeedsUser() && !aside(a) {
			r.urgent = append(r.urgent, a)
		}
	}
	r.urgent = byUrgency(r.urgent)
	return r
}

// group puts agents that are sorted already under headings.
func (r *Roster) group(listed []*engine.Agent, g Grouping, named bool) {
	places := map[string]int{}
	var repositories map[string]string
	if g == ByRepository {
		repositories = repositoryNames(listed)
	}
	for _, a := range listed {
		heading := headingOf(a, g, named)
		if g == ByRepository {
			if heading = noRepository; a.Repo != nil {
				heading = repositories[a.Repo.Common]
			}
		}
		at, known := places[heading]
		if !known {
			at = len(r.sections)
			places[heading] = at
			r.sections = append(r.sections, Section{Heading: heading, ByUrgency: (g == ByNeed || g == ByState) && !aside(a), Urgency: a.Urgency()})
		}
		s := &r.sections[at]
		s.Agents, s.Urgency = append(s.Agents, a), min(s.Urgency, a.Urgency())
	}
	slices.SortStableFunc(r.sections, func(a, b Section) int {
		switch g {
		case ByNeed:
			return cmp.Compare(a.need(), b.need())
		case ByState:
			return cmp.Compare(a.Urgency, b.Urgency)
		case ByRepository:
			// Those of none come last.
			return cmp.Or(boolCompare(a.Heading == noRepository, b.Heading == noRepository), strings.Compare(a.Heading, b.Heading))
		default:
			return strings.Compare(a.Heading, b.Heading)
		}
	})
	r.agents = make([]*engine.Agent, 0, len(listed))
	for _, s := range r.sections {
		r.agents = append(r.agents, s.Agents...)
	}
}

// boolCompare orders false before true.
func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// order is how two agents are compared, nil for tmux's own order and for ByUrgency.
func (s Sort) order() func(a, b *engine.Agent) int {
	switch s {
	case ByName:
		return func(a, b *engine.Agent) int {
			return strings.Compare(strings.ToLower(Label(a)), strings.ToLower(Label(b)))
		}
	case ByStateTime:
		return func(a, b *engine.Agent) int { return b.Since.Compare(a.Since) }
	case ByActivity:
		return func(a, b *engine.Agent) int { return b.ActiveAt.Compare(a.ActiveAt) }
	default:
		return nil
	}
}

// away reports whether the agent is on a machine that is not heard of: nobody can do
// anything about it from here.
func away(a *engine.Agent) bool { return a.Stale && a.Ref.Host != "" }

// aside reports whether what the agent needs is nothing for the user now.
func aside(a *engine.Agent) bool { return away(a) || a.Snoozed() }

// byUrgency orders by urgency, those last whose machine is not heard of or that are snoozed;
// among those that need the user the one that has waited longest comes first, the rest
// stays in tmux order. With each snapshot thousands of agents may be ordered, most of which
// need nobody: they are dealt out, and only the others compared.
func byUrgency(agents []*engine.Agent) []*engine.Agent {
	const urgencies = int(engine.UrgencyExited) + 1
	places := make([]uint8, len(agents))
	var next [2*urgencies + 1]int
	for i, a := range agents {
		place := int(a.Urgency())
		if aside(a) {
			place += urgencies
		}
		places[i] = uint8(place)
		next[place+1]++
	}
	for place := range 2 * urgencies {
		next[place+1] += next[place]
	}
	begins, sorted := next, make([]*engine.Agent, len(agents))
	for i, a := range agents {
		sorted[next[places[i]]] = a
		next[places[i]]++
	}
	for place := range 2 * urgencies {
		if engine.Urgency(place % urgencies).NeedsUser() {
			slices.SortStableFunc(sorted[begins[place]:begins[place+1]], func(a, b *engine.Agent) int { return a.Since.Compare(b.Since) })
		}
	}
	return sorted
}

func severalServers(agents []engine.Agent) bool {
	for i := range agents {
		if agents[i].Server != agents[0].Server || agents[i].Ref.Host != agents[0].Ref.Host {
			return true
		}
	}
	return false
}

// Server is the name of the agent's tmux server, with that of its host where that is
// another machine.
func Server(a *engine.Agent) string {
	if a.Ref.Host == "" {
		return a.Server
	}
	return a.Ref.Host + ":" + a.Server
}

// headingOf is the heading under which the agent stands.
func headingOf(a *engine.Agent, g Grouping, named bool) string {
	switch {
	case g == ByNeed:
		return needOf(a).String()
	case g == ByState:
		return a.Urgency().String()
	case g == ByKind:
		return sanitize.Text(string(a.Kind))
	case g == ByHost && a.Ref.Host == "":
		return "here"
	case g == ByHost:
		return sanitize.Text(a.Ref.Host)
	case g == ByServer:
		return sanitize.Text(Server(a))
	case g == BySession && named:
		return sanitize.Text(Server(a)) + " / " + sanitize.Text(a.Session)
	case g == BySession:
		return sanitize.Text(a.Session)
	default:
		return ""
	}
}

// Sections are the headings with their agents.
func (r Roster) Sections() []Section { return r.sections }

// Agents are the listed agents, in order, without headings.
func (r Roster) Agents() []*engine.Agent { return r.agents }

// Total is how many agents there are with those that the filter hides.
func (r Roster) Total() int { return r.total }

// Urgent are the listed agents that need the user, most urgent and longest
// waiting first.
func (r Roster) Urgent() []*engine.Agent { return r.urgent }

// Hidden is how many agents need the user and are not listed.
func (r Roster) Hidden() int { return r.hidden }

// HiddenBlocked is how many of those that Blocked counts are not listed.
func (r Roster) HiddenBlocked() int { return r.blocked }

// Index is the agent's place in Agents, -1 when it is not listed.
func (r Roster) Index(ref health.PaneRef) int {
	if i, listed := r.index[ref]; listed {
		return i
	}
	return -1
}

// Find returns the agent, when it is listed.
func (r Roster) Find(ref health.PaneRef) (engine.Agent, bool) {
	if i := r.Index(ref); i >= 0 {
		return *r.agents[i], true
	}
	return engine.Agent{}, false
}

// NextUrgent is the next agent after ref that needs the user, by 1, or the one
// before it, by -1, going round; the most urgent one when ref itself needs
// nobody.
func (r Roster) NextUrgent(ref health.PaneRef, by int) (health.PaneRef, bool) {
	n := len(r.urgent)
	at := slices.IndexFunc(r.urgent, func(a *engine.Agent) bool { return a.Ref == ref })
	switch {
	case n == 0, n == 1 && at == 0:
		return ref, false
	case at < 0 && by < 0:
		return r.urgent[n-1].Ref, true
	case at < 0:
		return r.urgent[0].Ref, true
	default:
		return r.urgent[(at+by+n)%n].Ref, true
	}
}
