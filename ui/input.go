package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/sanitize"
)

// context is where a key goes now.
func (m *Model) context() keyContext {
	switch {
	case len(m.overlays) > 0:
		return m.overlays[len(m.overlays)-1].context()
	case m.filter.typing:
		return inFilter
	case m.detail != nil:
		return onAgent
	default:
		return onBoard
	}
}

// key does what a key asks for where it is pressed.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.now = m.options.Now()
	m.toast = toast{}
	context := m.context()
	a := m.look.keys.action(context, namedKey(msg.String()))
	switch {
	case a == actQuit:
		return tea.Quit
	case context == inFilter:
		return m.typeFilter(a, msg)
	case a == actNone:
		m.say(engine.SeverityInfo, sanitize.Text(msg.String())+" does nothing here; "+wayOn(context))
		return nil
	case len(m.overlays) > 0:
		done, cmd := m.overlays[len(m.overlays)-1].perform(a, m)
		m.popIf(done)
		return cmd
	case context == onAgent:
		return m.performOnAgent(a)
	default:
		return m.performOnBoard(a)
	}
}

// wayOn says what to press instead of a key that does nothing.
func wayOn(c keyContext) string {
	if c == inPicker || c == inHelp {
		return "esc closes this"
	}
	return "? shows the keys"
}

// popIf closes the overlay on top, when it is done.
func (m *Model) popIf(done bool) {
	if done && len(m.overlays) > 0 {
		m.overlays = m.overlays[:len(m.overlays)-1]
	}
}

// typeFilter lets the user type into the filter.
func (m *Model) typeFilter(a action, msg tea.KeyPressMsg) tea.Cmd {
	switch a {
	case actOpen:
		m.filter.typing = false
	case actBack:
		m.filter = filter{}
	default:
		if !m.filter.edit(msg) {
			m.say(engine.SeverityInfo, sanitize.Text(msg.String())+" does nothing while you type; esc ends it")
		}
	}
	m.relist()
	return nil
}

// paste goes into the filter, nowhere else.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	m.now = m.options.Now()
	if m.context() != inFilter {
		m.say(engine.SeverityInfo, "there is nothing to paste into; / filters")
		return nil
	}
	m.filter.insert(strings.TrimSpace(msg.Content))
	m.relist()
	return nil
}

// performOnBoard does what a key on the board asks for.
func (m *Model) performOnBoard(a action) tea.Cmd {
	switch a {
	case actOpen:
		return m.open()
	case actFilter:
		m.filter.typing = true
	case actOrder:
		m.order = m.order.Other()
		m.relist()
		m.say(engine.SeverityInfo, "listed by "+m.order.String())
	case actBack:
		if m.filter.text == "" {
			m.say(engine.SeverityInfo, "there is nothing to go back to; q quits")
			return nil
		}
		m.filter = filter{}
		m.relist()
	case actUp, actDown, actPageUp, actPageDown, actTop, actBottom:
		m.moveSelection(a)
	default:
		return m.performAnywhere(a)
	}
	return nil
}

// performAnywhere does what a key asks for on the board and on an agent alike.
func (m *Model) performAnywhere(a action) tea.Cmd {
	switch a {
	case actNext:
		return m.nextUrgent()
	case actRefresh:
		m.say(engine.SeverityInfo, "looking at every pane anew"+m.look.styles.Glyphs.Ellipsis)
		return m.commands.refresh()
	case actStrategy:
		if m.feed.snap == nil || len(m.feed.snap.Strategies) == 0 {
			m.say(engine.SeverityInfo, "there is no strategy to choose yet")
			return nil
		}
		m.overlays = append(m.overlays, newPicker(m.feed.snap))
	case actWhy:
		return m.why()
	case actTheme:
		m.look.toggle()
	case actHelp:
		m.overlays = append(m.overlays, &helpOverlay{keys: m.look.keys.bindings(m.context()), version: sanitize.Text(m.options.Version)})
	}
	return nil
}

// moveSelection moves through the list; at its ends it says so.
func (m *Model) moveSelection(a action) {
	count := len(m.list.Roster().Agents())
	if count == 0 {
		m.say(engine.SeverityInfo, "there is no agent to select")
		return
	}
	by, end := 0, "last"
	switch a {
	case actUp:
		by, end = -1, "first"
	case actDown:
		by = 1
	case actPageUp:
		by, end = -m.list.Page(), "first"
	case actPageDown:
		by = m.list.Page()
	case actTop:
		by, end = -count, "first"
	case actBottom:
		by = count
	}
	m.previewUp = 0
	if !m.list.Move(by) {
		m.say(engine.SeverityInfo, "this is the "+end+" agent")
	}
}

// nextUrgent selects the next agent that needs the user.
func (m *Model) nextUrgent() tea.Cmd {
	at, _ := m.shown()
	ref, found := m.list.Roster().NextUrgent(at.Ref)
	if !found {
		m.say(engine.SeverityInfo, "no other agent needs you")
		return nil
	}
	m.previewUp = 0
	m.list.Select(ref)
	if m.detail != nil {
		return m.open()
	}
	return nil
}

// open shows the selected agent on the whole screen.
func (m *Model) open() tea.Cmd {
	a, ok := m.list.Selected()
	if !ok {
		m.say(engine.SeverityInfo, "there is no agent to open")
		return nil
	}
	m.detail = &detail{agent: a, loading: true}
	return m.commands.history(a.Ref)
}

// performOnAgent does what a key asks for while an agent is open.
func (m *Model) performOnAgent(a action) tea.Cmd {
	d := m.detail
	switch a {
	case actBack:
		m.detail = nil
	case actRefresh:
		d.loading = true
		return m.commands.history(d.agent.Ref)
	case actUp:
		return m.scrollHistory(1)
	case actDown:
		return m.scrollHistory(-1)
	case actPageUp:
		return m.scrollHistory(d.page)
	case actPageDown:
		return m.scrollHistory(-d.page)
	case actTop:
		return m.scrollHistory(historyRows + d.page)
	case actBottom:
		d.up = 0
	default:
		return m.performAnywhere(a)
	}
	return nil
}

// scrollHistory scrolls the open agent. Leaving the live screen reads the
// history anew, so that it ends with what was seen.
func (m *Model) scrollHistory(by int) tea.Cmd {
	d := m.detail
	before := d.up
	d.scroll(by)
	switch {
	case d.up == before && by < 0:
		m.say(engine.SeverityInfo, "this is the live screen")
	case d.up == before && d.loading:
		m.say(engine.SeverityInfo, "its history is still being read")
	case d.up == before:
		m.say(engine.SeverityInfo, "there is nothing before this")
	case before == 0 && !d.loading && m.now.Sub(d.at) > freshHistory:
		d.loading = true
		return m.commands.history(d.agent.Ref)
	}
	return nil
}
