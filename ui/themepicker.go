package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/themes"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// themePicker lets the user try themes: the one under the cursor is used at
// once, enter keeps it, esc goes back to the one before.
type themePicker struct {
	entries []themeEntry
	choice  choice
	// before was in use when the picker was opened, and whether it was chosen by
	// the user.
	before      *themes.Theme
	beforeFixed bool
	err         string
}

// themeEntry is a theme in the list; the first one leaves the choice to the
// terminal's background and has no theme.
type themeEntry struct {
	name  string
	theme *themes.Theme
	err   string
	// swatch are the theme's styles, nil before it is first shown.
	swatch *style.Styles
}

func newThemePicker(l *look) *themePicker {
	p := &themePicker{before: l.theme, beforeFixed: l.fixed, entries: []themeEntry{{}}}
	for _, name := range l.themes.Names() {
		e := themeEntry{name: name}
		theme, err := l.themes.Load(name)
		if err != nil {
			e.err = err.Error()
		}
		e.theme = theme
		if l.fixed && name == l.theme.Name {
			p.choice.cursor = len(p.entries)
		}
		p.entries = append(p.entries, e)
	}
	return p
}

func (p *themePicker) place() keys.Place { return keys.InPicker }

func (p *themePicker) live() bool { return true }

func (p *themePicker) update(*engine.Snapshot) {}

func (p *themePicker) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch a {
	case keys.Open:
		m.tell("theme is now " + m.look.theme.Title)
		return true, nil
	case keys.Back:
		m.look.set(p.before)
		m.look.fixed = p.beforeFixed
		return true, nil
	}
	if p.choice.move(a, len(p.entries)) {
		p.use(m)
	}
	return false, nil
}

// use puts the theme under the cursor to use.
func (p *themePicker) use(m *Model) {
	p.err = ""
	if err := m.look.choose(p.entries[p.choice.cursor].name); err != nil {
		p.err = err.Error()
	}
}

func (p *themePicker) click(y int, m *Model) (bool, tea.Cmd) {
	i := p.choice.offset + y
	if y < 0 || i >= len(p.entries) {
		return false, nil
	}
	if i == p.choice.cursor {
		return p.perform(keys.Open, m)
	}
	p.choice.cursor = i
	p.use(m)
	return false, nil
}

func (p *themePicker) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	from, to := p.choice.window(len(p.entries), max(screen.H-3, 1))
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		lines = append(lines, p.entry(i, s))
	}
	if p.err != "" {
		lines = append(lines, s.Danger.Paint(sanitize.Text(p.err)))
	}
	return boxed(box{title: "theme", facts: "tried at once", lines: lines, above: from, below: len(p.entries) - to}, screen, s)
}

// entry is one theme: its name and its colours for the states.
func (p *themePicker) entry(i int, s *style.Styles) string {
	e := &p.entries[i]
	bar, ink := " ", s.Text
	if i == p.choice.cursor {
		bar, ink = s.Glyphs.Bar, s.Accent.Bold()
	}
	line := s.Accent.Paint(bar) + " "
	switch {
	case e.name == "":
		return line + ink.Paint(block.Fit("by the terminal", 24, s.Glyphs.Ellipsis))
	case e.theme == nil:
		return line + s.Faint.Paint(sanitize.Text(e.name)+": "+sanitize.Text(e.err))
	}
	line += ink.Paint(block.Fit(sanitize.Text(e.theme.Title), 24, s.Glyphs.Ellipsis)) + " " + s.Faint.Paint(block.Fit(lightOrDark(e.theme), 6, ""))
	if e.swatch == nil || e.swatch.Profile() != s.Profile() {
		e.swatch = style.New(style.Options{Theme: e.theme, Profile: s.Profile()})
	}
	return line + swatch(e.swatch, s.Glyphs)
}

// swatch shows a theme's colours for the states on its own background.
func swatch(s *style.Styles, g style.Glyphs) string {
	ground := s.Ground()
	line := s.Plain.On(ground).Paint(" ")
	for _, u := range []engine.Urgency{
		engine.UrgencyWaiting, engine.UrgencyCrashed, engine.UrgencyLimited, engine.UrgencyDone, engine.UrgencyWorking, engine.UrgencyIdle,
	} {
		line += s.State(u).On(ground).Paint(g.State(u) + " ")
	}
	return line
}

func lightOrDark(t *themes.Theme) string {
	if t.Dark {
		return "dark"
	}
	return "light"
}
