package ui

import (
	"errors"

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

// answer takes what a command came to.
func (m *Model) answer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case endedMsg:
		m.ended = true
	case settingsMsg:
		return m.configure(msg.settings)
	case followedMsg:
		m.followed.busy = false
		if msg.err != nil {
			// They are asked for again with the next snapshot.
			m.followed = followed{failed: true}
			m.frame.unchanged = true
		}
		m.complain("these panes cannot be followed", msg.err)
	case historyMsg:
		m.complain("its history cannot be read", msg.err)
		m.focus().takeHistory(msg)
	case plannedMsg:
		for _, o := range m.overlays {
			switch o := o.(type) {
			case *answerOverlay:
				o.takePlan(msg)
			case *replyOverlay:
				o.takePlan(msg, m)
			}
		}
	case answeredMsg:
		m.takeAnswer(msg)
	case explainedMsg:
		m.takeExplained(msg)
	case switchedMsg:
		return m.takeSwitch(msg)
	case refreshedMsg:
		if msg.err == nil {
			m.tell("every pane has been looked at anew")
		}
		m.complain("refresh failed", msg.err)
	case replayMsg:
		return m.takeReplay(msg)
	case seenMsg:
		m.complain("cannot mark it as seen", msg.err)
	default:
		return m.answerOutside(msg)
	}
	return nil
}

// answerOutside takes what came of the terminal, tmux and the disk.
func (m *Model) answerOutside(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case jumpedMsg:
		return m.takeJump(msg)
	case pastsMsg:
		m.takePasts(msg)
	case spentMsg:
		m.takeSpent(msg)
	case sequenceMsg:
		m.frame.unchanged = true
		return tea.Batch(tea.Raw(msg.text), m.commands.sequences(m.options.Sequences))
	case attachedMsg:
		m.complain("tmux could not attach", msg.err)
	case saveMsg:
		m.frame.unchanged = true
		return m.save()
	case savedMsg:
		m.memory.busy = false
		m.frame.unchanged = msg.err == nil
		m.complain("what you have set will not be remembered", msg.err)
	default:
		m.frame.unchanged = true
	}
	return nil
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

// errNoJump is what a jump comes to where there is nothing to jump by.
var errNoJump = errors.New("there is no tmux to jump with")
