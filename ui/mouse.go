package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/block"
)

// wheelRows is how far one step of the wheel scrolls.
const wheelRows = 3

// click selects what it is on; a click on what is selected opens it.
func (m *Model) click(at tea.Mouse) tea.Cmd {
	if at.Button != tea.MouseLeft {
		return nil
	}
	m.now = m.options.Now()
	m.toast = toast{}
	if len(m.overlays) > 0 {
		return m.clickOverlay(at)
	}
	if m.detail != nil {
		return nil
	}
	rows := m.layout.listRows()
	switch {
	case rows.contains(at.X, at.Y):
		ref, ok := m.list.At(at.Y - rows.y)
		if !ok {
			return nil
		}
		if selected, _ := m.list.Selected(); selected.Ref == ref {
			return m.open()
		}
		m.list.Select(ref)
		m.previewUp = 0
	case m.layout.preview.contains(at.X, at.Y):
		return m.open()
	}
	return nil
}

// clickOverlay hands a click to the overlay on top; one beside it closes it.
func (m *Model) clickOverlay(at tea.Mouse) tea.Cmd {
	top := m.overlays[len(m.overlays)-1]
	place := centred(top.draw(m.covered(), m.look.styles), m.covered())
	if !place.contains(at.X, at.Y) {
		m.popIf(true)
		return nil
	}
	done, cmd := top.click(at.Y-place.y-1, m)
	m.popIf(done)
	return cmd
}

// centred is where an overlay lies on the screen.
func centred(b block.Block, screen block.Size) rect {
	if len(b) == 0 {
		return rect{}
	}
	w, h := block.Width(b[0]), len(b)
	return rect{(screen.W - w) / 2, (screen.H - h) / 2, w, h}
}

// wheel scrolls what it is over.
func (m *Model) wheel(at tea.Mouse) tea.Cmd {
	up := 0
	switch at.Button {
	case tea.MouseWheelUp:
		up = 1
	case tea.MouseWheelDown:
		up = -1
	default:
		return nil
	}
	m.now = m.options.Now()
	switch {
	case len(m.overlays) > 0:
		a := actDown
		if up > 0 {
			a = actUp
		}
		done, cmd := m.overlays[len(m.overlays)-1].perform(a, m)
		m.popIf(done)
		return cmd
	case m.detail != nil:
		return m.scrollHistory(up * wheelRows)
	case m.layout.list.contains(at.X, at.Y):
		m.list.Scroll(-up * wheelRows)
	case m.layout.preview.contains(at.X, at.Y):
		seen := max(m.layout.preview.h-2, 0)
		m.previewUp = min(max(m.previewUp+up*wheelRows, 0), max(len(m.screen.rows)-seen, 0))
	}
	return nil
}
