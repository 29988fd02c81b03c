package ui

import (
	"errors"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
)

// show goes to a view.
func (m *Model) show(name ViewName) tea.Cmd {
	switch {
	case name == m.at:
		m.tell("this is the " + name.String())
		return nil
	case name == ViewFocus:
		return m.open()
	}
	m.at = name
	return nil
}

// open shows the selected agent on the whole screen.
func (m *Model) open() tea.Cmd {
	a, ok := m.selected()
	if !ok {
		m.tell("there is no agent to open")
		return nil
	}
	return m.openAgent(a)
}

func (m *Model) openAgent(a engine.Agent) tea.Cmd { return m.openAt(a, nil) }

// openAt opens an agent at a row of its history; nil for its live screen.
func (m *Model) openAt(a engine.Agent, sought *soughtRow) tea.Cmd {
	m.entry = nil
	if m.at != ViewFocus {
		m.came = m.at
	}
	m.at = ViewFocus
	return m.focus().open(a, sought)
}

// goBack leads one step back: from an agent to where the user came from, from a
// view to the board, on the board to all agents.
func (m *Model) goBack() tea.Cmd {
	switch {
	case m.at == ViewFocus:
		m.at = m.came
	case m.at != ViewBoard:
		m.at = ViewBoard
	case m.fleet.query.Narrows():
		m.fleet.query.Text, m.fleet.query.Only = "", roster.OnlyAll
		m.relist()
	default:
		m.tell(m.look.orKey("there is nothing to go back to", keys.OnBoard, keys.Quit, "quits"))
	}
	return nil
}

// shown is the agent that the user looks at.
func (m *Model) shown() (engine.Agent, bool) {
	if m.at == ViewFocus {
		return m.focus().agent, true
	}
	return m.selected()
}

// nextUrgent selects the next agent that needs the user, or the one before.
func (m *Model) nextUrgent(a keys.Action) tea.Cmd {
	by := 1
	if a == keys.Previous {
		by = -1
	}
	at, _ := m.shown()
	r := m.fleet.roster()
	ref, found := r.NextUrgent(at.Ref, by)
	if !found {
		text := "no other agent needs you"
		if n := r.Hidden(); n > 0 {
			text += "; the filter hides " + hiddenWords(n)
		}
		m.tell(text)
		return nil
	}
	return m.goTo(ref)
}

// nextAgent selects the agent below or above in the list.
func (m *Model) nextAgent(a keys.Action) tea.Cmd {
	by := 1
	if a == keys.PreviousAgent {
		by = -1
	}
	if !m.move(by) {
		return nil
	}
	if at, ok := m.selected(); ok {
		return m.goTo(at.Ref)
	}
	return nil
}

// goTo selects an agent, and opens it when another one is open.
func (m *Model) goTo(ref health.PaneRef) tea.Cmd {
	m.fleet.list.Select(ref)
	switch a, _ := m.selected(); m.at {
	case ViewFocus:
		return m.open()
	case ViewEngine:
		m.tell(m.look.orKey(m.fleet.name(&a)+" is selected", keys.OnEngine, keys.Open, "opens it"))
	}
	return nil
}

// markSeen takes the mark of what is finished off the chosen agents.
func (m *Model) markSeen() tea.Cmd {
	var refs []health.PaneRef
	chosen := m.addressed()
	if sel, ok := m.selected(); ok && sel.Unseen && m.at != ViewFocus {
		chosen = append(chosen, &sel)
	}
	for _, a := range chosen {
		if a.Unseen && !slices.Contains(refs, a.Ref) {
			refs = append(refs, a.Ref)
		}
	}
	if len(refs) == 0 {
		m.tell("it is not marked as finished and unseen")
		return nil
	}
	return m.commands.markSeen(refs...)
}

// jump takes the user's terminal to the agent's own pane.
func (m *Model) jump() tea.Cmd {
	a, ok := m.shown()
	switch {
	case !ok:
		m.tell("there is no agent to go to")
		return nil
	case m.options.Jumper == nil:
		m.complain("cannot go to its pane", errNoJump)
		return nil
	case a.Stale && a.Ref.Host != "":
		m.say(engine.SeverityWarning, a.Ref.Host+" is not heard of: there is no way to its pane")
		return nil
	case a.Stale:
		m.say(engine.SeverityWarning, "its tmux server does not answer: there is no pane to go to")
		return nil
	}
	return m.commands.jump(m.options.Jumper, a.Ref)
}

// takeJump follows up on a jump: outside tmux the terminal has to be handed over.
func (m *Model) takeJump(msg jumpedMsg) tea.Cmd {
	m.now = m.options.Now()
	if msg.err != nil {
		m.complain("cannot go to its pane", msg.err)
		return nil
	}
	var seen tea.Cmd
	if a, found := m.find(msg.ref); found && a.Unseen {
		seen = m.commands.markSeen(msg.ref)
	}
	if back := msg.jumped.Back; back != "" {
		m.tell("your terminal is at its pane; " + back)
	}
	switch {
	case len(msg.jumped.Attach) > 0:
		return tea.Sequence(m.commands.attach(msg.jumped.Attach), seen)
	case msg.jumped.Leave:
		return tea.Sequence(seen, tea.Quit)
	}
	return seen
}

// hiddenWords counts agents in the inbox's states that the filter hides.
func hiddenWords(n int) string { return strconv.Itoa(n) + " more" }

// errNoJump is what a jump comes to where there is nothing to jump by.
var errNoJump = errors.New("there is no tmux to jump with")
