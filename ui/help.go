package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/style"
)

// helpOverlay lists the keys of the place it was called from, and what the
// glyphs mean. Both are written from the tables that the program itself uses.
type helpOverlay struct {
	keys    []keyBinding
	version string
	offset  int
}

func (h *helpOverlay) context() keyContext { return inHelp }

func (h *helpOverlay) update(*engine.Snapshot) {}

func (h *helpOverlay) perform(a action, m *Model) (bool, tea.Cmd) {
	screen := m.covered()
	last := max(len(h.lines(m.look.styles, screen.W))-(screen.H-2), 0)
	move := 0
	switch a {
	case actBack:
		return true, nil
	case actUp:
		move = -1
	case actDown:
		move = 1
	case actPageUp:
		move = -screen.H / 2
	case actPageDown:
		move = screen.H / 2
	case actTop:
		move = -last
	case actBottom:
		move = last
	}
	h.offset = min(max(h.offset+move, 0), last)
	return false, nil
}

func (h *helpOverlay) click(int, *Model) (bool, tea.Cmd) { return true, nil }

func (h *helpOverlay) draw(screen block.Size, s *style.Styles) block.Block {
	return boxed("help", strings.TrimSpace("agentwatch "+h.version), h.lines(s, screen.W), h.offset, screen, s)
}

// lines are the keys at the left and the glyphs at the right, or one below the
// other where there is no room.
func (h *helpOverlay) lines(s *style.Styles, width int) []string {
	left, right := h.keyLines(s), glyphLines(s)
	const frame, gap = 4, 4
	column := widestOf(left) + gap
	if column+widestOf(right)+frame > width {
		return append(append(left, ""), right...)
	}
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		if i < len(left) {
			lines[i] = left[i]
		}
		if i < len(right) {
			lines[i] = block.Fit(lines[i], column, "") + right[i]
		}
	}
	return lines
}

// widestOf is the width of the widest line.
func widestOf(lines []string) int {
	widest := 0
	for _, line := range lines {
		widest = max(widest, block.Width(line))
	}
	return widest
}

func (h *helpOverlay) keyLines(s *style.Styles) []string {
	lines := []string{s.Subtle.Bold().Paint("keys")}
	for _, k := range h.keys {
		help := k.binding.Help()
		lines = append(lines, s.Key.Paint(block.FitRight(help.Key, 8, ""))+"  "+s.Text.Paint(help.Desc))
	}
	return lines
}

func glyphLines(s *style.Styles) []string {
	lines := []string{s.Subtle.Bold().Paint("states")}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		lines = append(lines, s.State(u).Paint(s.Glyphs.State(u))+" "+s.Text.Paint(block.Fit(u.String(), 9, ""))+" "+s.Faint.Paint(meaning(u)))
	}
	return append(
		lines, "", s.Subtle.Bold().Paint("mouse"), s.Text.Paint("click")+s.Faint.Paint(" selects, again opens"),
		s.Text.Paint("wheel")+s.Faint.Paint(" scrolls what it is over"),
	)
}

// meaning explains a state in a few words.
func meaning(u engine.Urgency) string {
	words := [...]string{
		engine.UrgencyWaiting: "needs your answer", engine.UrgencyCrashed: "died, left a shell",
		engine.UrgencyError: "stopped by a failure", engine.UrgencyLimited: "usage or rate limit",
		engine.UrgencyDone: "finished, you have not looked", engine.UrgencyUnknown: "nothing tells",
		engine.UrgencyStarting: "has not drawn yet", engine.UrgencyWorking: "a turn is running",
		engine.UrgencyIdle: "at its prompt", engine.UrgencyExited: "ended by itself",
	}
	return words[u]
}
