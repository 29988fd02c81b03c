package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
)

// followed keeps the panes that the monitor follows what is shown, one call at a
// time, so that the last one made is the last one meant.
type followed struct {
	asked []health.PaneRef
	busy  bool
	// failed is set from a failure to the next snapshot.
	failed bool
}

// shower is a view that draws live screens.
type shower interface {
	// shows lists the panes whose screens it draws.
	shows() []health.PaneRef
}

// syncFollow tells the monitor which panes to follow, when that has changed.
func (m *Model) syncFollow() tea.Cmd {
	var refs []health.PaneRef
	if s, ok := m.view().(shower); ok {
		refs = s.shows()
	}
	if m.snap == nil || m.followed.busy || m.followed.failed || slices.Equal(refs, m.followed.asked) {
		return nil
	}
	m.followed.asked, m.followed.busy = refs, true
	return m.commands.follow(refs)
}

// syncSeen tells the monitor that the user has looked at a finished agent: when
// it is open as it is now, and the terminal has the focus.
func (m *Model) syncSeen() tea.Cmd {
	if m.at != ViewFocus || m.clock.away || m.focus().replay != nil {
		return nil
	}
	return m.focus().reportSeen()
}
