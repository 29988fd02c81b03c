package ui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// entry is a line that the user writes in the last row, while what it is about
// follows it: the filter of the list, a search in an agent's history.
type entry struct {
	prompt prompt
	// sign stands before the line.
	sign string
	// changed is called with the text after each change, kept when enter keeps
	// it, and dropped when esc does not.
	changed, kept func(text string) tea.Cmd
	dropped       func()
	// hint says what the text finds.
	hint func() string
	// place has its keys, InText or InKeys.
	place keys.Place
}

// startSearch opens the line of a search in an agent's history.
func (m *Model) startSearch() {
	if m.at != ViewFocus {
		m.notHere(keys.Search)
		return
	}
	m.entry = m.focus().searchEntry()
}

// startFilter opens the line of the filter.
func (m *Model) startFilter() {
	filter := func(text string) tea.Cmd {
		m.fleet.query.Text = text
		m.relist()
		return nil
	}
	m.entry = &entry{
		place:  keys.InText,
		prompt: newPrompt(m.fleet.query.Text), sign: "/", changed: filter, kept: filter,
		dropped: func() { filter("") },
		hint: func() string {
			r := m.fleet.roster()
			found := strconv.Itoa(len(r.Agents())) + " of " + format.Plural(r.Total(), "agent")
			if m.fleet.query.Text == "" {
				found += "   " + strings.Join(roster.Fields(), ": ") + ":"
			}
			return found
		},
	}
}

// write lets the user write the line.
func (m *Model) write(a keys.Action, msg tea.KeyPressMsg) tea.Cmd {
	e := m.entry
	switch a {
	case keys.Open:
		m.entry = nil
		return e.kept(e.prompt.text())
	case keys.Back:
		m.entry = nil
		e.dropped()
	default:
		before := e.prompt.text()
		if !e.prompt.key(msg) {
			m.tell(m.look.orKey(sanitize.Text(msg.String())+" does nothing while you type", e.place, keys.Back, "ends it"))
			return nil
		}
		if e.prompt.text() != before {
			return e.changed(e.prompt.text())
		}
	}
	return nil
}

// draw writes the line with what it finds and the keys that end it.
func (e *entry) draw(s *style.Styles, keys []string, room int) string {
	left := s.Key.Paint(e.sign) + e.prompt.draw(s)
	right := s.Faint.Paint(e.hint())
	rest := joinFitting(keys, "  ", room-block.Width(left)-block.Width(right)-6)
	if rest != "" {
		right += "   " + rest
	}
	if block.Width(left)+block.Width(right)+3 > room {
		return block.Cut(left, room, s.Glyphs.Ellipsis)
	}
	return left + "   " + right
}
