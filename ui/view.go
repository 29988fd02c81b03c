package ui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
)

// frame is what was drawn last.
type frame struct {
	header  block.Memo[header]
	notice  block.Memo[notice]
	footer  block.Memo[footer]
	content string
	// stale is set when content must be drawn again; unchanged by an Update
	// that has nothing to show.
	stale, unchanged bool
}

// View implements tea.Model. It is drawn again only after an Update that has
// changed something.
func (m *Model) View() tea.View {
	if m.frame.stale {
		// A frame that has come out like the one before is handed on as the same
		// string: the renderer compares it sixty times a second.
		if drawn := m.draw().String(); drawn != m.frame.content {
			m.frame.content = drawn
		}
		m.frame.stale = false
	}
	v := tea.NewView(m.frame.content)
	v.AltScreen = true
	if !m.options.NoMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.ReportFocus = true
	v.WindowTitle = m.title()
	return v
}

// title is the terminal's title: who needs the user, for the task bar.
func (m *Model) title() string {
	if m.snap != nil {
		if n := roster.Blocked(m.snap.Counts); n > 0 {
			return "agentwatch: " + strconv.Itoa(n) + " " + needWords(n)
		}
	}
	return "agentwatch"
}

// draw composes the screen from its parts.
func (m *Model) draw() block.Block {
	if m.size.W <= 0 || m.size.H <= 0 {
		return nil
	}
	l := m.layout
	parts := []block.Block{m.frame.header.Draw(newHeader(m.desk), l.header.size())}
	if !l.notice.empty() {
		parts = append(parts, m.frame.notice.Draw(newNotice(m.desk), l.notice.size()))
	}
	if gap := l.body.y - l.header.h - l.notice.h; gap > 0 {
		parts = append(parts, block.Of(nil, block.Size{W: m.size.W, H: gap}))
	}
	if !l.body.empty() {
		parts = append(parts, m.view().draw())
	}
	above := m.covered()
	screen := block.Of(block.Stack(parts...), above)
	for _, o := range m.overlays {
		top := o.draw(above, &m.look)
		at := m.placeOf(o, top)
		behind := m.styles().Behind.Paint
		if o.live() {
			behind = nil
		}
		screen = block.Over(screen, top, at.x, at.y, behind)
	}
	if !l.tour.empty() {
		screen = block.Stack(screen, m.newTourLine().draw(l.tour.size()))
	}
	if l.footer.empty() {
		return screen
	}
	foot := m.drawFooter()
	return block.Stack(screen[:max(m.size.H-len(foot), 0)], foot)
}

// drawFooter draws the last line, or the last ones.
func (m *Model) drawFooter() block.Block {
	f := footer{styles: m.styles(), place: m.place(), toast: m.toast, margin: m.margin, fits: m.fits()}
	width := m.layout.footer.w
	switch {
	case m.entry != nil && len(m.overlays) == 0 && m.toast.text == "":
		f.entry = m.entry.draw(m.styles(), hints(m.look.keys, f.place, m.styles(), f.fits), width-2*m.margin)
	case f.place <= keys.OnInbox && f.place != keys.OnFocus && m.fleet.query.Narrows():
		f.filter, f.clear = m.fleet.query.String(), m.clearKeys()
	}
	return m.frame.footer.Draw(footerPart{f, m.look.keys}, block.Size{W: width, H: min(f.rows(width), m.size.H)})
}

// clearKeys are the keys that take the filter off.
func (m *Model) clearKeys() string {
	symbols := symbolsOf(m.styles())
	key := symbols.Show(m.look.keys.KeyOf(keys.OnBoard, keys.Back))
	if m.at == ViewBoard || key == "" {
		return key
	}
	return symbols.Show(m.look.keys.KeyOf(m.at.place(), keys.Board)) + " " + key
}
