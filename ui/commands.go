package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

// commandTime bounds every call to the monitor.
const commandTime = 10 * time.Second

// The messages with which commands come back.
type (
	// snapshotMsg is a new snapshot.
	snapshotMsg struct{ snap *engine.Snapshot }
	// endedMsg says that there will be no more snapshots.
	endedMsg struct{}
	// clockMsg and glowMsg are ticks; a clock tick of an old run is ignored.
	clockMsg struct{ run uint64 }
	glowMsg  struct{}
	// focusedMsg answers a change of focus.
	focusedMsg struct {
		ref health.PaneRef
		err error
	}
	// historyMsg brings a pane's history, made safe to draw.
	historyMsg struct {
		ref  health.PaneRef
		rows []string
		at   time.Time
		err  error
	}
	// explainedMsg says why a pane is judged as it is.
	explainedMsg struct {
		ref       health.PaneRef
		explained engine.Explained
		err       error
	}
	// switchedMsg answers a change of strategy.
	switchedMsg struct {
		name engine.StrategyName
		err  error
	}
	// refreshedMsg and seenMsg answer the like-named commands.
	refreshedMsg struct{ err error }
	seenMsg      struct{ err error }
)

// commands makes the Bubble Tea commands that call the monitor. They end with
// ctx.
type commands struct {
	ctx     context.Context
	monitor Monitor
}

// next waits for the next snapshot.
func (c commands) next(from <-chan *engine.Snapshot) tea.Cmd {
	return func() tea.Msg {
		select {
		case snap, ok := <-from:
			if !ok {
				return endedMsg{}
			}
			return snapshotMsg{snap}
		case <-c.ctx.Done():
			return nil
		}
	}
}

// after comes back with the message when the time is over.
func (c commands) after(wait time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-c.ctx.Done():
			return nil
		}
	}
}

func (c commands) focus(ref health.PaneRef) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		return focusedMsg{ref, c.monitor.Follow(ctx, []health.PaneRef{ref})}
	}
}

func (c commands) history(ref health.PaneRef) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		h, err := c.monitor.History(ctx, ref, historyRows)
		return historyMsg{ref, trimTail(sanitize.Screen(h.Text)), h.At, err}
	}
}

func (c commands) explain(ref health.PaneRef) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		e, err := c.monitor.Explain(ctx, ref)
		return explainedMsg{ref, e, err}
	}
}

func (c commands) switchStrategy(name engine.StrategyName) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		return switchedMsg{name, c.monitor.SwitchStrategy(ctx, name)}
	}
}

func (c commands) refresh() tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		return refreshedMsg{c.monitor.Refresh(ctx)}
	}
}

func (c commands) markSeen(ref health.PaneRef) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(c.ctx, commandTime)
		defer cancel()
		return seenMsg{c.monitor.MarkSeen(ctx, ref)}
	}
}
