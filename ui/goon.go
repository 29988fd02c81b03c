package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/format"
)

// letGoOn lets the chosen agents go on by themselves after a limit, or no longer when
// all of them do.
func (m *Model) letGoOn() tea.Cmd {
	agents := m.addressed()
	switch {
	case m.options.ReadOnly:
		m.say(engine.SeverityWarning, "read-only: nothing is typed into any pane")
		return nil
	case len(agents) == 0:
		m.tell("there is no agent")
		return nil
	}
	name, on := m.fleet.name(agents[0]), false
	if n := len(agents); n > 1 {
		name = format.Plural(n, "agent")
	}
	var refs []health.PaneRef
	for _, a := range agents {
		refs, on = append(refs, a.Ref), on || !a.GoOn
	}
	said := name + " will go on by itself a minute after a limit has ended"
	if !on {
		said = name + " will no longer go on by itself after a limit"
	}
	return m.commands.letGoOn(refs, on, said)
}

// takeGoOn says what came of it.
func (m *Model) takeGoOn(msg goOnMsg) {
	m.now = m.options.Now()
	if msg.err != nil {
		m.complain("it cannot go on by itself", msg.err)
		return
	}
	m.tell(msg.said)
}
