package roster

import (
	"fmt"
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/sanitize"
)

// Query says which agents are listed and how: what the user has chosen.
type Query struct {
	// Text is the fuzzy filter, Only the state filter.
	Text string
	Only Only
	Sort Sort
	// Grouping puts headings over the agents.
	Grouping Grouping
	// Marked are the agents that the user has marked, for OnlyMarked.
	Marked Marks
}

// Sort is the order of the agents under a heading.
type Sort uint8

// The sorts.
const (
	// ByUrgency lists what needs the user first, longest waiting on top.
	ByUrgency Sort = iota
	// ByName lists by what the agents are called.
	ByName
	// ByStateTime lists first what has changed its state last.
	ByStateTime
	// ByActivity lists first what has printed last.
	ByActivity
	// ByTmux lists servers, sessions, windows and panes as tmux does.
	ByTmux
	sorts
)

// String returns the sort's word.
func (s Sort) String() string {
	words := [...]string{"urgency", "name", "state time", "activity", "tmux order"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("sort(%d)", uint8(s))
}

// Next is the sort that a key goes on to.
func (s Sort) Next() Sort { return (s + 1) % sorts }

// Grouping says under which headings agents stand.
type Grouping uint8

// The groupings.
const (
	// ByNeed groups by what the user has to do.
	ByNeed Grouping = iota
	BySession
	ByServer
	ByHost
	ByKind
	ByState
	// ByRepository groups by the repository that agents work in, whichever
	// worktree.
	ByRepository
	Ungrouped
	groupings
)

// String returns the grouping's word.
func (g Grouping) String() string {
	words := [...]string{"need", "session", "server", "host", "kind", "state", "repository", "nothing"}
	if int(g) < len(words) {
		return words[g]
	}
	return fmt.Sprintf("grouping(%d)", uint8(g))
}

// Next is the grouping that a key goes on to.
func (g Grouping) Next() Grouping { return (g + 1) % groupings }

// Only narrows the list to agents in some states.
type Only uint8

// The state filters.
const (
	OnlyAll Only = iota
	OnlyNeedsYou
	OnlyWaiting
	OnlyTrouble
	OnlyLimited
	OnlyDone
	OnlyWorking
	OnlyIdle
	OnlyUnknown
	OnlySnoozed
	OnlyMarked
	onlies
)

// String returns the filter's word.
func (o Only) String() string {
	words := [...]string{"all", "needs you", "waiting", "crashed or error", "limited", "done", "working", "idle", "unknown", "snoozed", "marked"}
	if int(o) < len(words) {
		return words[o]
	}
	return fmt.Sprintf("only(%d)", uint8(o))
}

// Step is the state filter that a key goes on to, by 1 or -1.
func (o Only) Step(by int) Only { return Only((int(o) + by + int(onlies)) % int(onlies)) }

// OnlyOf is the state filter that shows agents of an urgency.
func OnlyOf(u engine.Urgency) Only {
	for o := OnlyWaiting; o < OnlyMarked; o++ {
		if o.shows(u) {
			return o
		}
	}
	return OnlyAll
}

// shows tells whether the filter lets an urgency through.
func (o Only) shows(u engine.Urgency) bool {
	switch o {
	case OnlyNeedsYou:
		// As the header counts: who stands still until the user acts.
		return u <= engine.UrgencyError
	case OnlyWaiting:
		return u == engine.UrgencyWaiting
	case OnlyTrouble:
		return u == engine.UrgencyCrashed || u == engine.UrgencyError
	case OnlyLimited:
		return u == engine.UrgencyLimited
	case OnlyDone:
		return u == engine.UrgencyDone
	case OnlyWorking:
		return u == engine.UrgencyWorking || u == engine.UrgencyStarting
	case OnlyIdle:
		return u == engine.UrgencyIdle || u == engine.UrgencyExited
	case OnlyUnknown:
		return u == engine.UrgencyUnknown
	default:
		return true
	}
}

// Narrows tells whether the query can hide agents.
func (q Query) Narrows() bool { return q.Text != "" || q.Only != OnlyAll }

// String says what the query leaves, in the words of the filter.
func (q Query) String() string {
	if q.Only == OnlyAll {
		return sanitize.Text(q.Text)
	}
	return strings.TrimSpace(sanitize.Text(q.Text) + " only " + q.Only.String())
}

// lets tells whether the query lists an agent.
func (q Query) lets(a *engine.Agent, m matcher) bool {
	if _, marked := q.Marked[a.Ref]; q.Only == OnlyMarked && !marked {
		return false
	}
	if q.Only == OnlySnoozed {
		return a.Snoozed() && m.matches(a)
	}
	if a.Snoozed() && q.Only != OnlyAll && q.Only != OnlyMarked {
		return false
	}
	return q.Only.shows(a.Urgency()) && m.matches(a)
}

// ParseSort returns the sort with that word.
func ParseSort(word string) (Sort, bool) { return parse(word, sorts) }

// ParseGrouping returns the grouping with that word.
func ParseGrouping(word string) (Grouping, bool) { return parse(word, groupings) }

// ParseOnly returns the state filter with that word.
func ParseOnly(word string) (Only, bool) { return parse(word, onlies) }

// parse finds the enumerator with that word, the first one when there is none.
func parse[E interface {
	~uint8
	fmt.Stringer
}](word string, end E) (E, bool) {
	for e := range end {
		if e.String() == word {
			return e, true
		}
	}
	return 0, false
}

// Sorts lists all sorts.
func Sorts() []Sort { return all(sorts) }

// Groupings lists all groupings.
func Groupings() []Grouping { return all(groupings) }

// Onlies lists all state filters.
func Onlies() []Only { return all(onlies) }

func all[E ~uint8](end E) []E {
	list := make([]E, end)
	for i := range list {
		list[i] = E(i)
	}
	return list
}
