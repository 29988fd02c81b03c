package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/explain"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// whyOverlay says why an agent is judged as it is.
type whyOverlay struct {
	ref health.PaneRef
	// explained is nil until the monitor has answered; err is its error.
	explained *engine.Explained
	err       string
	scroller  scroller
}

func (w *whyOverlay) place() keys.Place { return keys.InHelp }

func (w *whyOverlay) live() bool { return false }

func (w *whyOverlay) update(*engine.Snapshot) {}

func (w *whyOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	w.scroller.move(a, len(w.lines(&m.look)), m.covered().H)
	return a == keys.Back, nil
}

func (w *whyOverlay) click(int, *Model) (bool, tea.Cmd) { return true, nil }

// answered takes the monitor's answer.
func (w *whyOverlay) answered(msg explainedMsg) {
	if msg.ref != w.ref {
		return
	}
	if msg.err != nil {
		w.err = sanitize.Text(msg.err.Error())
		return
	}
	w.explained = &msg.explained
}

func (w *whyOverlay) lines(l *look) []string {
	s := l.styles
	switch {
	case w.err != "":
		return []string{s.Danger.Paint(w.err), s.Faint.Paint(l.keyTo(keys.InHelp, keys.Back, "closes this"))}
	case w.explained == nil:
		return []string{s.Faint.Paint("looking at the pane" + s.Glyphs.Ellipsis)}
	}
	return explain.Lines(*w.explained, explain.Paint{
		Heading: s.Subtle.Bold().Paint, Strong: s.Strong.Paint, Faint: s.Faint.Paint, Mark: s.Accent.Paint,
	})
}

func (w *whyOverlay) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	lines := w.lines(l)
	for i, line := range lines {
		lines[i] = block.Cut(line, max(screen.W-6, 1), s.Glyphs.Ellipsis)
	}
	return boxed(box{title: "why", facts: w.ref.Pane, lines: lines, offset: w.scroller.offset}, screen, s)
}

// why opens the explanation of the agent that is shown.
func (m *Model) why() tea.Cmd {
	a, ok := m.shown()
	if !ok {
		m.tell("there is no agent to explain")
		return nil
	}
	m.push(&whyOverlay{ref: a.Ref})
	return m.commands.explain(a.Ref)
}

// takeExplained hands an answer to the overlay that waits for it.
func (m *Model) takeExplained(msg explainedMsg) {
	for _, o := range m.overlays {
		if w, ok := o.(*whyOverlay); ok {
			w.answered(msg)
		}
	}
}
