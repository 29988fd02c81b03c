package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// place is where a key goes now.
func (m *Model) place() keys.Place {
	switch {
	case len(m.overlays) > 0:
		return m.overlays[len(m.overlays)-1].place()
	case m.entry != nil:
		return m.entry.place
	default:
		return m.ground()
	}
}

// ground is where a key goes when nothing lies over the view.
func (m *Model) ground() keys.Place {
	if m.at == ViewFocus && m.focus().replay != nil {
		return keys.InPlayer
	}
	return m.at.place()
}

// key does what a key asks for where it is pressed.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	if msg.Code == tea.KeyEscape && msg.Mod == tea.ModAlt {
		// A terminal sends two quick presses of esc as it sends alt+esc.
		esc := tea.KeyPressMsg{Code: tea.KeyEscape}
		return tea.Batch(m.key(esc), m.key(esc))
	}
	m.now = m.options.Now()
	m.toast = toast{}
	place := m.place()
	a := m.look.keys.Action(place, msg.String())
	switch {
	case a == keys.Quit:
		return tea.Quit
	case a == keys.None && m.tour.key(msg.String()):
		return nil
	case len(m.overlays) > 0:
		return m.keyOnOverlay(a, msg)
	case m.entry != nil:
		return m.write(a, msg)
	case a == keys.None:
		m.dead(msg, place)
		return nil
	default:
		return m.perform(a)
	}
}

// dead says that a key does nothing, and what to press instead.
func (m *Model) dead(msg tea.KeyPressMsg, place keys.Place) {
	// A key that is known from elsewhere says where that is.
	for _, view := range everyView() {
		if a := m.look.keys.Action(view.place(), msg.String()); a != keys.None && place <= keys.OnInbox {
			m.notHere(a)
			return
		}
	}
	help, does := keys.Help, "shows the keys"
	if m.look.keys.KeyOf(place, keys.Help) == "" {
		help, does = keys.Back, "closes this"
	}
	m.tell(m.look.orKey(sanitize.Text(msg.String())+" does nothing here", place, help, does))
}

// keyOnOverlay hands a key to the overlay on top.
func (m *Model) keyOnOverlay(a keys.Action, msg tea.KeyPressMsg) tea.Cmd {
	top := m.overlays[len(m.overlays)-1]
	if w, ok := top.(writer); ok && a == keys.None {
		did, cmd := w.write(msg, m)
		if !did {
			m.tell(m.look.orKey(sanitize.Text(msg.String())+" does nothing here", top.place(), keys.Back, "ends it"))
		}
		return cmd
	}
	if a == keys.None {
		m.dead(msg, top.place())
		return nil
	}
	done, cmd := top.perform(a, m)
	if done {
		m.pop(top)
	}
	return cmd
}

// paste goes into the line that is being written, nowhere else.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	m.now = m.options.Now()
	text := strings.TrimSpace(msg.Content)
	if len(m.overlays) > 0 {
		if w, ok := m.overlays[len(m.overlays)-1].(writer); ok {
			w.paste(text, m)
			return nil
		}
	} else if m.entry != nil {
		m.entry.prompt.paste(text)
		m.entry.changed(m.entry.prompt.text())
		return nil
	}
	m.tell(m.look.orKey("there is nothing to paste into", keys.OnBoard, keys.Filter, "filters"))
	return nil
}

// perform does what an action means in the view that is shown.
func (m *Model) perform(a keys.Action) tea.Cmd {
	if name, leads := viewOf(a); leads {
		return m.show(name)
	}
	if cmd, own := m.view().perform(a); own {
		return cmd
	}
	q := &m.fleet.query
	switch a {
	case keys.Open:
		return m.open()
	case keys.Back:
		return m.goBack()
	case keys.Next, keys.Previous:
		m.tour.did(tourNeeds)
		return m.nextUrgent(a)
	case keys.NextAgent, keys.PreviousAgent:
		return m.nextAgent(a)
	case keys.Jump:
		return m.jump()
	case keys.Seen:
		return m.markSeen()
	case keys.Waiting:
		return m.showTexts()
	case keys.Snooze:
		return m.snooze()
	case keys.GoOn:
		return m.letGoOn()
	case keys.Explain:
		return m.why()
	case keys.SearchAll:
		return m.findEverywhere()
	case keys.Diff:
		return m.showDiff()
	case keys.Refresh:
		m.tell("looking at every pane anew" + m.styles().Glyphs.Ellipsis)
		return m.commands.refresh()
	case keys.Approve, keys.Deny, keys.Answer, keys.Reply, keys.Interrupt, keys.BringBack, keys.SendKeys:
		return m.startAnswer(a)
	case keys.Filter:
		m.startFilter()
	case keys.Search:
		m.startSearch()
	case keys.StateFilter:
		q.Only = q.Only.Step(1)
		m.listed("listed: " + q.Only.String())
	case keys.StateFilterBack:
		q.Only = q.Only.Step(-1)
		m.listed("listed: " + q.Only.String())
	case keys.Sort:
		q.Sort = q.Sort.Next()
		m.listed("sorted by " + q.Sort.String())
	case keys.Group:
		q.Grouping = q.Grouping.Next()
		m.listed("grouped by " + q.Grouping.String())
	case keys.Mark, keys.MarkAll, keys.Unmark:
		m.marks(a)
	case keys.Strategy:
		m.pickStrategy()
	case keys.Theme:
		m.pickTheme()
	case keys.Notices:
		m.push(&noticesOverlay{desk: m.desk})
	case keys.Palette:
		m.push(newPalette(m))
	case keys.Help:
		m.push(newHelp(m.ground(), m.look.keys, sanitize.Text(m.options.Version)))
	case keys.Mouse:
		m.freeMouse()
	default:
		m.notHere(a)
	}
	return nil
}

// listed lists the agents anew and says how.
func (m *Model) listed(how string) {
	m.relist()
	m.tell(how)
}

func (m *Model) pickStrategy() {
	if m.snap == nil || len(m.snap.Strategies) == 0 {
		m.tell("there is no strategy to choose yet")
		return
	}
	m.push(newStrategyPicker(m.snap, &m.switching))
}

func (m *Model) pickTheme() {
	if !m.styles().Colourful() {
		m.tell(m.whyColourless() + ": every theme looks the same")
		return
	}
	m.push(newThemePicker(&m.look))
}

// placesOf says where an action works.
func placesOf(a keys.Action, k keys.Keymap) string {
	for _, p := range keys.Places() {
		if key := k.KeyOf(p, a); key != "" && (p <= keys.OnInbox || p == keys.InPlayer) {
			return "it works on the " + p.String()
		}
	}
	return "it has no key"
}

// marks marks agents and takes marks off.
func (m *Model) marks(a keys.Action) {
	listed := m.fleet.roster().Agents()
	switch {
	case len(listed) == 0:
		m.tell("there is no agent to mark")
	case a == keys.Unmark && len(m.fleet.query.Marked) == 0:
		m.tell(m.look.orKey("no agent is marked", keys.OnBoard, keys.Mark, "marks"))
	case a == keys.Unmark:
		m.fleet.setMarks(nil)
		m.relist()
		m.tell("no agent is marked any more")
	case a == keys.MarkAll:
		m.fleet.mark(listed...)
		m.relist()
	default:
		m.markOne()
	}
}

// markOne marks the agent that is shown, or takes its mark off.
func (m *Model) markOne() {
	a, ok := m.shown()
	if !ok {
		return
	}
	words := " is no longer marked"
	if m.fleet.mark(&a) {
		words = " is marked"
	}
	m.relist()
	if m.at == ViewFocus {
		m.tell(m.fleet.name(&a) + words)
	}
}

// freeMouse gives the mouse to the terminal, so that text can be selected, and
// takes it back.
func (m *Model) freeMouse() {
	m.options.NoMouse = !m.options.NoMouse
	if m.options.NoMouse {
		m.tell(m.look.orKey("the mouse is the terminal's: select text as usual", m.at.place(), keys.Mouse, "takes it back"))
		return
	}
	m.tell("the mouse drives the dashboard again")
}

// whyColourless says why there are no colours.
func (m *Model) whyColourless() string {
	if m.options.NoColor {
		return "colours are off (NO_COLOR)"
	}
	return "this terminal has no colours"
}
