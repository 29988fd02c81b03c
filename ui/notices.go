package ui

import (
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// noticesOverlay lists all notices in full: those that stand, and those before
// in this session.
type noticesOverlay struct {
	*desk
	scroller scroller
}

func (n *noticesOverlay) place() keys.Place { return keys.InHelp }

func (n *noticesOverlay) live() bool { return false }

func (n *noticesOverlay) update(*engine.Snapshot) {}

func (n *noticesOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	screen := m.covered()
	n.scroller.move(a, len(n.lines(screen, m.styles())), screen.H)
	return a == keys.Back, nil
}

func (n *noticesOverlay) click(int, *Model) (bool, tea.Cmd) { return true, nil }

func (n *noticesOverlay) draw(screen block.Size, l *look) block.Block {
	facts := ""
	if past := len(n.journal.past); past > 0 {
		facts = strconv.Itoa(past) + " before"
	}
	return boxed(box{title: "notices", facts: facts, lines: n.lines(screen, l.styles), offset: n.scroller.offset}, screen, l.styles)
}

// lines are the notices that stand, the most severe first as in the line above
// the view, and those before, newest first.
func (n *noticesOverlay) lines(screen block.Size, s *style.Styles) []string {
	const widest = 96
	width := max(min(widest, screen.W-6), 1)
	j := &n.journal
	if len(j.standing) == 0 && len(j.past) == 0 {
		return []string{s.Faint.Paint("there is no notice, and there was none")}
	}
	var lines []string
	head := func(text string) {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, s.Subtle.Bold().Paint(text))
	}
	if len(j.standing) > 0 {
		head("now")
	}
	for _, t := range j.standing {
		lines = append(lines, noticeLines(t, n.now, width, s)...)
	}
	if len(j.past) > 0 {
		head("before")
	}
	for _, t := range slices.Backward(j.past) {
		lines = append(lines, noticeLines(t, n.now, width, s)...)
	}
	return lines
}

// noticeLines writes a notice with its time, and how long it stood or when the
// next try is made.
func noticeLines(t told, now time.Time, width int, s *style.Styles) []string {
	glyph := s.Glyphs.Dot
	if t.Severity > engine.SeverityInfo {
		glyph = s.Glyphs.State(engine.UrgencyError)
	}
	ink := severityInk(s, t.Severity)
	clock := t.at.Format("15:04:05") + "  "
	rest := ""
	switch left := t.Until.Sub(now); {
	case t.over.IsZero() && left > 0:
		rest = " (" + nextTry(left) + ")"
	case t.over.Sub(t.at) >= time.Second:
		rest = " (for " + format.Age(t.over.Sub(t.at)) + ")"
	}
	margin := block.Width(clock) + 2
	return paragraph(s.Faint.Paint(clock)+ink.Paint(glyph)+" ", block.Spaces(margin), sanitize.Text(t.Text)+rest, width, ink)
}
