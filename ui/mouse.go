package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
)

const (
	// wheelRows is how far one step of the wheel scrolls.
	wheelRows = 3
	// doubleClick is the time in which two clicks are one.
	doubleClick = 400 * time.Millisecond
)

// hit is what is at a cell of a view.
type hit struct {
	// ref is the agent there, if agent is set.
	ref   health.PaneRef
	agent bool
	// edge is set for an edge that can be dragged.
	edge bool
}

// dragger is a view with an edge that can be dragged.
type dragger interface {
	// drag moves the edge to a column.
	drag(x int)
}

// pointer is what the mouse is about.
type pointer struct {
	// at is when and where the last click was.
	at   time.Time
	x, y int
	// dragging is set while an edge is dragged.
	dragging bool
}

// mouse does what the mouse asks for.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseClickMsg:
		return m.click(at)
	case tea.MouseWheelMsg:
		return m.wheel(at)
	case tea.MouseMotionMsg:
		if d, ok := m.view().(dragger); ok && m.pointer.dragging {
			d.drag(at.X - m.layout.body.x)
			return nil
		}
	case tea.MouseReleaseMsg:
		m.pointer.dragging = false
	}
	m.frame.unchanged = true
	return nil
}

// click selects what it is on; a double click opens it.
func (m *Model) click(at tea.Mouse) tea.Cmd {
	if at.Button != tea.MouseLeft {
		m.frame.unchanged = true
		return nil
	}
	m.now = m.options.Now()
	m.toast = toast{}
	twice := m.now.Sub(m.pointer.at) <= doubleClick && at.X == m.pointer.x && at.Y == m.pointer.y
	m.pointer = pointer{at: m.now, x: at.X, y: at.Y}
	switch body := m.layout.body; {
	case len(m.overlays) > 0:
		return m.clickOverlay(at)
	case body.contains(at.X, at.Y):
		h := m.view().hit(at.X-body.x, at.Y-body.y)
		m.pointer.dragging = h.edge
		if !h.agent {
			return nil
		}
		m.fleet.list.Select(h.ref)
		if twice {
			m.pointer.at = time.Time{}
			return m.open()
		}
	}
	return nil
}

// clickOverlay hands a click to the overlay on top; one beside it closes it.
func (m *Model) clickOverlay(at tea.Mouse) tea.Cmd {
	top := m.overlays[len(m.overlays)-1]
	place := m.placeOf(top, top.draw(m.covered(), &m.look))
	if !place.contains(at.X, at.Y) {
		return m.keyOnOverlay(keys.Back, tea.KeyPressMsg{})
	}
	done, cmd := top.click(at.Y-place.y-1, m)
	if done {
		m.pop(top)
	}
	return cmd
}

// placeOf is where an overlay lies on the screen: in the middle, or at the right
// where the screen beneath shows what it does.
func (m *Model) placeOf(o overlay, drawn block.Block) rect {
	if len(drawn) == 0 {
		return rect{}
	}
	screen := m.covered()
	w, h := block.Width(drawn[0]), len(drawn)
	at := rect{(screen.W - w) / 2, (screen.H - h) / 2, w, h}
	if o.live() {
		at.x, at.y = max(screen.W-w-2, 0), min(m.layout.body.y, screen.H-h)
	}
	return at
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
	if len(m.overlays) > 0 {
		a := keys.Down
		if up > 0 {
			a = keys.Up
		}
		return m.keyOnOverlay(a, tea.KeyPressMsg{})
	}
	if body := m.layout.body; body.contains(at.X, at.Y) {
		return m.view().wheel(at.X-body.x, at.Y-body.y, up*wheelRows)
	}
	return nil
}
