package ui

import (
	"slices"
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
	facts := strings.TrimSpace("agentwatch " + h.version)
	return boxed(box{title: "help: " + h.of.String(), facts: facts, lines: h.lines(l.styles, screen), offset: h.scroller.offset}, screen, l.styles)
}

// lines are the keys and the glyphs by sections, in as many columns as have room;
// with the names of the actions, which the configuration uses, where these take
// no more rows than there are.
func (h *helpOverlay) lines(s *style.Styles, screen block.Size) []string {
	const frame = 4
	room := screen.W - frame
	plain, named := inColumns(h.sections(s, room, false), room), inColumns(h.sections(s, room, true), room)
	if len(named) <= max(len(plain), screen.H-2) && widestOf(named) <= room {
		return named
	}
	return plain
}

// sections are the keys under their headings, then what the glyphs mean and what
// the mouse does.
func (h *helpOverlay) sections(s *style.Styles, room int, named bool) [][]string {
	var all [][]string
	for _, section := range keys.Sections() {
		if lines := h.keyLines(section, s, room, named); len(lines) > 0 {
			all = append(all, append([]string{s.Subtle.Bold().Paint(section.String())}, lines...))
		}
	}
	if last := len(all) - 1; named && last >= 0 {
		all[last] = append(all[last], s.Faint.Paint("what stands dim is what the configuration calls it"))
	}
	return append(all, glyphLines(s), mouseLines(s))
}

// inColumns writes sections in as many columns as fit into the room, each as
// high as the others as far as can be without parting a section.
func inColumns(sections [][]string, room int) []string {
	const most, gap = 4, 4
	for n := most; n > 1; n-- {
		columns := distributed(sections, n)
		width := gap * (len(columns) - 1)
		for _, c := range columns {
			width += widestOf(c)
		}
		if width <= room {
			return beside(columns, gap)
		}
	}
	return distributed(sections, 1)[0]
}

// distributed puts sections into at most n columns, in their order, so that the
// highest column is as low as can be.
func distributed(sections [][]string, n int) [][]string {
	least, total := 0, 0
	for _, section := range sections {
		least, total = max(least, len(section)), total+len(section)+1
	}
	for height := least; ; height++ {
		if columns := filled(sections, height); len(columns) <= n || height > total {
			return columns
		}
	}
}

// filled puts sections into columns of that height, a blank line between two.
func filled(sections [][]string, height int) [][]string {
	var columns [][]string
	for _, section := range sections {
		last := len(columns) - 1
		if last < 0 || len(columns[last])+1+len(section) > height {
			columns = append(columns, section)
			continue
		}
		columns[last] = slices.Concat(columns[last], []string{""}, section)
	}
	return columns
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

// keyLines are the keys of a section. Where there is no room for all keys of an
// action, there is for what it does.
func (h *helpOverlay) keyLines(section keys.Section, s *style.Styles, room int, named bool) []string {
	const least, widest, gap = 4, 24, 2
	symbols := symbolsOf(s)
	var shown []string
	var bindings []keys.Binding
	width, does := 0, 0
	for _, b := range h.keymap.Bindings(h.of) {
		if b.Action.Section() != section || len(b.Keys) == 0 {
			continue
		}
		bindings, shown = append(bindings, b), append(shown, symbols.ShowAll(b.Keys))
		width, does = max(width, block.Width(shown[len(shown)-1])), max(does, block.Width(b.Does))
	}
	width = min(width, widest, max(room-gap-does, least))
	lines := make([]string, len(bindings))
	for i, b := range bindings {
		lines[i] = s.Key.Paint(block.FitRight(shown[i], width, s.Glyphs.Ellipsis)) + block.Spaces(gap)
		if name := b.Action.Name(); named && name != b.Does {
			lines[i] += s.Text.Paint(block.Fit(b.Does, does, "")) + "  " + s.Faint.Paint(name)
		} else {
			lines[i] += s.Text.Paint(b.Does)
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
	return append(lines, s.Key.Paint(s.Glyphs.Mark)+" "+s.Text.Paint("marked by you"), s.Faint.Paint(s.Glyphs.Snoozed)+" "+s.Text.Paint("snoozed by you"))
}

func mouseLines(s *style.Styles) []string {
	return []string{
		s.Subtle.Bold().Paint("mouse"), s.Text.Paint("click") + s.Faint.Paint(" selects, twice opens"),
		s.Text.Paint("wheel") + s.Faint.Paint(" scrolls what it is over"),
		s.Text.Paint("drag") + s.Faint.Paint(" the edge beside the list"),
	}
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
