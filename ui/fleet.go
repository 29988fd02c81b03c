package ui

import (
	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/roster"
)

// fleet is the agents as the user has them listed: sorted, filtered, grouped,
// marked, one selected. All views share it.
type fleet struct {
	list  *agentlist.List
	query roster.Query
	// marks counts the changes of query.Marked, for versions.
	marks uint64
}

func newFleet() fleet {
	return fleet{list: agentlist.New(), query: roster.Query{Marked: map[health.PaneRef]bool{}}}
}

// roster is the agents that are listed.
func (f *fleet) roster() roster.Roster { return f.list.Roster() }

// selected is the selected agent.
func (f *fleet) selected() (engine.Agent, bool) { return f.list.Selected() }

// rebuild lists the agents anew and tells whether another one is selected.
func (f *fleet) rebuild(agents []engine.Agent) bool {
	before, _ := f.list.Selected()
	f.list.SetRoster(roster.Build(agents, f.query))
	after, _ := f.list.Selected()
	return after.Ref != before.Ref
}

// marked tells whether an agent is marked.
func (f *fleet) marked(ref health.PaneRef) bool { return f.query.Marked[ref] }

// mark marks agents, or takes their marks off when all of them have one.
func (f *fleet) mark(refs ...health.PaneRef) (on bool) {
	for _, ref := range refs {
		on = on || !f.query.Marked[ref]
	}
	next := make(map[health.PaneRef]bool, len(f.query.Marked)+len(refs))
	for ref := range f.query.Marked {
		next[ref] = true
	}
	for _, ref := range refs {
		if on {
			next[ref] = true
		} else {
			delete(next, ref)
		}
	}
	f.setMarks(next)
	return on
}

// setMarks replaces the marks. The map is never changed afterwards.
func (f *fleet) setMarks(marks map[health.PaneRef]bool) {
	f.query.Marked = marks
	f.marks++
}

// chosen are the agents that a key is meant for: the marked ones that are
// listed, else the selected one.
func (f *fleet) chosen() []*engine.Agent {
	var all []*engine.Agent
	for _, a := range f.roster().Agents() {
		if f.marked(a.Ref) {
			all = append(all, a)
		}
	}
	if a, ok := f.selected(); ok && len(all) == 0 {
		all = append(all, &a)
	}
	return all
}
