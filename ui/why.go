package ui

import (
	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/explain"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// whyOverlay says why an agent is judged as it is.
type whyOverlay struct {
	ref health.PaneRef
	// explained is nil until the monitor has answered; err is its error.
	explained *engine.Explained
	err       string
	offset    int
}

func (w *whyOverlay) context() keyContext { return inHelp }

func (w *whyOverlay) update(*engine.Snapshot) {}

func (w *whyOverlay) perform(a action, m *Model) (bool, tea.Cmd) {
	screen := m.covered()
	last := max(len(w.lines(m.look.styles))-(screen.H-2), 0)
	page := max(screen.H-4, 1)
	move := map[action]int{
		actUp: -1, actDown: 1, actPageUp: -page, actPageDown: page, actTop: -w.offset, actBottom: last,
	}[a]
	w.offset = min(max(w.offset+move, 0), last)
	return a == actBack, nil
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

func (w *whyOverlay) lines(s *style.Styles) []string {
	switch {
	case w.err != "":
		return []string{s.Danger.Paint(w.err), s.Faint.Paint("esc closes this")}
	case w.explained == nil:
		return []string{s.Faint.Paint("looking at the pane" + s.Glyphs.Ellipsis)}
	}
	return explain.Lines(*w.explained, explain.Paint{
		Heading: s.Subtle.Bold().Paint, Strong: s.Strong.Paint, Faint: s.Faint.Paint, Mark: s.Accent.Paint,
	})
}

func (w *whyOverlay) draw(screen block.Size, s *style.Styles) block.Block {
	lines := w.lines(s)
	for i, line := range lines {
		lines[i] = block.Cut(line, max(screen.W-6, 1), s.Glyphs.Ellipsis)
	}
	return boxed("why", w.ref.Pane, lines, w.offset, screen, s)
}

// why opens the explanation of the agent that is shown.
func (m *Model) why() tea.Cmd {
	a, ok := m.shown()
	if !ok {
		m.say(engine.SeverityInfo, "there is no agent to explain")
		return nil
	}
	m.overlays = append(m.overlays, &whyOverlay{ref: a.Ref})
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
