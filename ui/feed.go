package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
)

// feed is where the snapshots come from.
type feed struct {
	snapshots <-chan *engine.Snapshot
	cancel    func()
}

// takeSnapshot shows a snapshot and waits for the next.
func (m *Model) takeSnapshot(snap *engine.Snapshot) tea.Cmd {
	m.now = m.options.Now()
	m.toast.expire(m.now)
	m.snap, m.followed.failed = snap, false
	m.refigure()
	m.glow.see(snap.Agents, m.now)
	m.screens.update(snap.Previews)
	m.fleet.unmarkReplaced(snap.Agents)
	m.memory.mark(m.desk)
	m.relist()
	for _, o := range m.overlays {
		o.update(snap)
	}
	m.focus().update()
	return tea.Batch(m.commands.next(m.feed.snapshots), m.glow.tick(m.commands))
}

// takeFollowed takes that other panes are followed.
func (m *Model) takeFollowed(msg followedMsg) {
	m.followed.busy = false
	if msg.err != nil {
		// They are asked for again with the next snapshot.
		m.followed = followed{failed: true}
		m.frame.unchanged = true
	}
	m.complain("these panes cannot be followed", msg.err)
}

// takePlan takes what an answer would type to whoever has asked.
func (m *Model) takePlan(msg plannedMsg) {
	for _, o := range m.overlays {
		switch o := o.(type) {
		case *answerOverlay:
			o.takePlan(msg)
		case *replyOverlay:
			o.takePlan(msg, m)
		}
	}
}

// takeRefreshed takes that everything was looked at anew.
func (m *Model) takeRefreshed(msg refreshedMsg) {
	if msg.err == nil {
		m.tell("every pane has been looked at anew")
	}
	m.complain("refresh failed", msg.err)
}

// configure takes newer settings.
func (m *Model) configure(s Settings) tea.Cmd {
	m.now = m.options.Now()
	m.options.Settings = s
	m.glow.still = s.ReducedMotion
	m.look.configure(s)
	m.tell("the configuration has been read anew")
	return m.commands.changes(m.options.Changes)
}
