package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/block"
	"agentwatch/ui/keys"
)

// Model is the dashboard as a Bubble Tea model: the views, what lies over them,
// and what comes in. It belongs to the program that runs it; Close may be called
// from anywhere.
type Model struct {
	*desk
	cancel context.CancelFunc
	feed   feed
	size   block.Size
	layout layout
	clock  clock

	views [viewNames]view
	at    ViewName
	// came is the view from which the user has opened an agent.
	came     ViewName
	overlays []overlay
	// entry is the line that the user writes, nil when none.
	entry     *entry
	pointer   pointer
	followed  followed
	switching switching
	replies   replies
	// sought is what was searched for last in all agents.
	sought string
	memory memory
	tour   tour
	frame  frame
}

// view is one of the dashboard's views. All coordinates are its own.
type view interface {
	// resize tells how much room there is. It is called before anything else,
	// and after each message.
	resize(size block.Size)
	// perform does what an action means here, and tells whether it is one of the
	// view's own.
	perform(a keys.Action) (cmd tea.Cmd, own bool)
	// hit finds what is at a cell.
	hit(x, y int) hit
	// wheel scrolls what is at a cell, up when by is positive.
	wheel(x, y, by int) tea.Cmd
	// draw draws it, as large as it was told.
	draw() block.Block
}

// Close ends the subscription and all commands that are still under way.
func (m *Model) Close() {
	m.feed.cancel()
	m.cancel()
}

// view is the one that is shown.
func (m *Model) view() view { return m.views[m.at] }

// focus is the view of one agent.
func (m *Model) focus() *focusView {
	f, _ := m.views[ViewFocus].(*focusView)
	return f
}

// pop closes an overlay. Others may lie over it by now.
func (m *Model) pop(o overlay) {
	for i := range m.overlays {
		if m.overlays[i] == o {
			m.overlays = append(m.overlays[:i:i], m.overlays[i+1:]...)
			return
		}
	}
}

func (m *Model) push(o overlay) { m.overlays = append(m.overlays, o) }

// notHere says where an action works.
func (m *Model) notHere(a keys.Action) {
	m.tell(a.Does() + ": not here; " + placesOf(a, m.look.keys))
}

// covered is the part of the screen over which overlays lie: all but the footer and the tour.
func (m *Model) covered() block.Size {
	return block.Size{W: m.size.W, H: m.size.H - m.layout.footer.h - m.layout.tour.h}
}
