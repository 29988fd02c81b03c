package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/style"
)

// helpOverlay lists the keys of the view it was called from, and what the
// glyphs mean. Both are written from the tables that the program itself uses.
type helpOverlay struct {
	of       keys.Place
	keymap   keys.Keymap
	version  string
	scroller scroller
}

func newHelp(of keys.Place, k keys.Keymap, version string) *helpOverlay {
	return &helpOverlay{of: of, keymap: k, version: version}
}

func (h *helpOverlay) place() keys.Place { return keys.InHelp }

func (h *helpOverlay) live() bool { return false }

func (h *helpOverlay) update(*engine.Snapshot) {}

func (h *helpOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	screen := m.covered()
	h.scroller.move(a, len(h.lines(m.styles(), screen)), screen.H)
	return a == keys.Back, nil
}

func (h *helpOverlay) click(int, *Model) (bool, tea.Cmd) { return true, nil }

func (h *helpOverlay) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	return boxed("help: "+h.of.String(), strings.TrimSpace("agentwatch "+h.version), h.lines(s, screen), h.scroller.offset, screen, s)
}

// lines are the keys and the glyphs in as many columns as have room.
func (h *helpOverlay) lines(s *style.Styles, screen block.Size) []string {
	const frame, gap = 4, 4
	left, right := h.keyLines(s), glyphLines(s)
	room := screen.W - frame
	columns := [][]string{left, right}
	if half := (len(left) + 1) / 2; 2*widestOf(left)+widestOf(right)+2*gap <= room {
		columns = [][]string{left[:half], left[half:], right}
	} else if widestOf(left)+gap+widestOf(right) > room {
		return append(append(left, ""), right...)
	}
	return beside(columns, gap)
}

// beside writes columns of text side by side.
func beside(columns [][]string, gap int) []string {
	rows := 0
	for _, c := range columns {
		rows = max(rows, len(c))
	}
	lines := make([]string, rows)
	for i, c := range columns {
		width := widestOf(c) + gap
		if i == len(columns)-1 {
			width -= gap
		}
		for y := range lines {
			cell := ""
			if y < len(c) {
				cell = c[y]
			}
			lines[y] += block.Fit(cell, width, "")
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
	symbols := symbolsOf(s)
	var lines []string
	bindings := h.keymap.Bindings(h.of)
	shown := make([]string, len(bindings))
	width := 0
	for i, b := range bindings {
		shown[i] = symbols.ShowAll(b.Keys)
		width = max(width, block.Width(shown[i]))
	}
	for i, b := range bindings {
		if len(b.Keys) > 0 {
			lines = append(lines, s.Key.Paint(block.FitRight(shown[i], min(width, 24), s.Glyphs.Ellipsis))+"  "+s.Text.Paint(b.Does))
		}
	}
	return lines
}

func glyphLines(s *style.Styles) []string {
	lines := []string{s.Subtle.Bold().Paint("states")}
	if s.Glyphs.LanesDiffer() {
		lines[0] += s.Faint.Paint(", and as time goes by")
	}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		glyphs := s.Glyphs.State(u)
		if s.Glyphs.LanesDiffer() {
			glyphs += " " + strings.Repeat(s.Glyphs.Lane(u), 2)
		}
		lines = append(lines, s.State(u).Paint(glyphs)+" "+s.Text.Paint(block.Fit(u.String(), 9, ""))+" "+s.Faint.Paint(meaning(u)))
	}
	return append(
		lines, s.Key.Paint(s.Glyphs.Mark)+" "+s.Text.Paint("marked by you"), "",
		s.Subtle.Bold().Paint("mouse"), s.Text.Paint("click")+s.Faint.Paint(" selects, twice opens"),
		s.Text.Paint("wheel")+s.Faint.Paint(" scrolls what it is over"),
		s.Text.Paint("drag")+s.Faint.Paint(" the edge beside the list"),
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
