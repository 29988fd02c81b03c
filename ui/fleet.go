package ui

import (
	"maps"

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
	return fleet{list: agentlist.New(), query: roster.Query{}}
}

// roster is the agents that are listed.
func (f *fleet) roster() roster.Roster { return f.list.Roster() }

// name is what an agent is called among all others.
func (f *fleet) name(a *engine.Agent) string { return f.roster().Name(a).String() }

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
func (f *fleet) marked(ref health.PaneRef) bool {
	_, marked := f.query.Marked[ref]
	return marked
}

// mark marks agents, or takes their marks off when all of them have one.
func (f *fleet) mark(agents ...*engine.Agent) (on bool) {
	for _, a := range agents {
		on = on || !f.marked(a.Ref)
	}
	next := make(roster.Marks, len(f.query.Marked)+len(agents))
	maps.Copy(next, f.query.Marked)
	for _, a := range agents {
		if on {
			next[a.Ref] = engine.IdentityOf(a)
		} else {
			delete(next, a.Ref)
		}
	}
	f.setMarks(next)
	return on
}

// unmarkReplaced takes the marks off panes in which there is another agent now.
func (f *fleet) unmarkReplaced(agents []engine.Agent) {
	if marks, changed := f.query.Marked.On(agents); changed {
		f.setMarks(marks)
	}
}

// unmark takes the mark off an agent that has been answered: the next answer
// must not go to what it asks then, which nobody has looked at.
func (f *fleet) unmark(ref health.PaneRef) {
	if f.marked(ref) {
		marks := maps.Clone(f.query.Marked)
		delete(marks, ref)
		f.setMarks(marks)
	}
}

// setMarks replaces the marks. The map is never changed afterwards.
func (f *fleet) setMarks(marks roster.Marks) {
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
