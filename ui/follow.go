package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
)

// followed keeps the panes that the monitor follows what is shown, one call at a
// time, so that the last one made is the last one meant.
type followed struct {
	shown, likely []health.PaneRef
	busy          bool
	// failed is set from a failure to the next snapshot.
	failed bool
}

// shower is a view that draws live screens.
type shower interface {
	// shows lists the panes whose screens it draws.
	shows() []health.PaneRef
	// likely lists the panes whose screens it is likely to draw next: those to
	// which a key leads.
	likely() []health.PaneRef
}

// syncFollow tells the monitor which panes to follow, when that has changed.
func (m *Model) syncFollow() tea.Cmd {
	var shown, likely []health.PaneRef
	if s, ok := m.view().(shower); ok {
		shown = s.shows()
		// No key comes to a terminal without the focus.
		if !m.clock.away {
			likely = s.likely()
		}
	}
	for _, o := range m.overlays {
		if s, ok := o.(shower); ok {
			for _, ref := range s.shows() {
				if !slices.Contains(shown, ref) {
					shown = append(slices.Clone(shown), ref)
				}
			}
		}
	}
	f := &m.followed
	if m.snap == nil || f.busy || f.failed || slices.Equal(shown, f.shown) && slices.Equal(likely, f.likely) {
		return nil
	}
	f.shown, f.likely, f.busy = shown, likely, true
	return m.commands.follow(shown, likely)
}

// neighbours are the agents to which a key leads from one: those beside the
// selection in the list, and the next and the previous one that needs the user.
func (d *desk) neighbours(of health.PaneRef) []health.PaneRef {
	r := d.fleet.roster()
	var refs []health.PaneRef
	add := func(ref health.PaneRef) {
		if ref != of && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	for _, by := range []int{1, -1} {
		if i := d.fleet.list.Index() + by; i >= 0 && i < len(r.Agents()) {
			add(r.Agents()[i].Ref)
		}
	}
	for _, by := range []int{1, -1} {
		if ref, found := r.NextUrgent(of, by); found {
			add(ref)
		}
	}
	return refs
}

// syncSeen tells the monitor that the user has looked at a finished agent: when
// it is open as it is now, and the terminal has the focus.
func (m *Model) syncSeen() tea.Cmd {
	if m.at != ViewFocus || m.clock.away || m.focus().replay != nil {
		return nil
	}
	return m.focus().reportSeen()
}
