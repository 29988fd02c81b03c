package ui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/style"
)

// overlay is something that lies over the dashboard and takes the keys.
type overlay interface {
	// place is the table of keys that work in it.
	place() keys.Place
	// live is set when the screen beneath shows at once what is chosen; it then
	// keeps its colours, and the overlay makes room.
	live() bool
	// update takes a newer snapshot.
	update(snap *engine.Snapshot)
	// perform does what a key asked for. done closes the overlay.
	perform(a keys.Action, m *Model) (done bool, cmd tea.Cmd)
	// click is a click on a row of its inside.
	click(y int, m *Model) (done bool, cmd tea.Cmd)
	// draw draws it for a screen of that size.
	draw(screen block.Size, l *look) block.Block
}

// writer is an overlay in which the user writes.
type writer interface {
	// write takes a key that means nothing else, and tells whether it did
	// anything.
	write(msg tea.KeyPressMsg, m *Model) (did bool, cmd tea.Cmd)
	paste(text string, m *Model)
}

// box is what an overlay shows in its frame.
type box struct {
	title, facts string
	lines        []string
	// offset is how many of the lines are above what is seen. Where the lines are
	// only those that are seen, above and below are how many entries are not.
	offset, above, below int
}

// boxed draws a box no larger than the screen.
func boxed(b box, screen block.Size, s *style.Styles) block.Block {
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Accent.Paint,
		Title: s.Strong.Paint(b.title), Facts: s.Faint.Paint(b.facts),
	}
	widest := max(block.Width(b.title)+block.Width(b.facts)+8, widestOf(b.lines))
	size := block.Size{W: min(widest+4, screen.W), H: min(len(b.lines)+2, screen.H)}
	if size.W < block.MinWidth || size.H < 3 {
		return block.Of(b.lines, size)
	}
	inner := frame.Inner(size)
	offset := min(max(b.offset, 0), max(len(b.lines)-inner.H, 0))
	if above := offset + b.above; above > 0 {
		frame.BottomTitle = s.Faint.Paint("+ " + strconv.Itoa(above) + " above")
	}
	if hidden := len(b.lines) - inner.H - offset; hidden > 0 {
		frame.BottomFacts = s.Faint.Paint("+ " + format.Plural(hidden, "more row"))
	} else if b.below > 0 {
		frame.BottomFacts = s.Faint.Paint("+ " + strconv.Itoa(b.below) + " more")
	}
	return frame.Around(block.Of(b.lines[offset:], inner), size)
}

// choice is a cursor in a list of which a part is seen.
type choice struct {
	cursor, offset int
	// seen is how many entries were seen when it was drawn last.
	seen int
}

// move moves the cursor and tells whether it stands on another entry.
func (c *choice) move(a keys.Action, count int) bool {
	before := c.cursor
	switch a {
	case keys.Up:
		c.cursor--
	case keys.Down:
		c.cursor++
	case keys.PageUp:
		c.cursor -= max(c.seen-1, 1)
	case keys.PageDown:
		c.cursor += max(c.seen-1, 1)
	case keys.Top:
		c.cursor = 0
	case keys.Bottom:
		c.cursor = count
	}
	c.cursor = min(max(c.cursor, 0), max(count-1, 0))
	return c.cursor != before
}

// window is the part of the entries to draw when so many have room.
func (c *choice) window(count, room int) (from, to int) {
	c.seen = max(min(room, count), 1)
	c.offset = min(max(c.offset, c.cursor-c.seen+1), c.cursor)
	c.offset = min(max(c.offset, 0), max(count-c.seen, 0))
	return c.offset, min(c.offset+c.seen, count)
}

// scroller is a text of which a part is seen.
type scroller struct{ offset int }

// move scrolls a text of so many lines on a screen of that height.
func (c *scroller) move(a keys.Action, lines, height int) {
	last, page := max(lines-(height-2), 0), max(height-4, 1)
	by := map[keys.Action]int{
		keys.Up: -1, keys.Down: 1, keys.PageUp: -page, keys.PageDown: page, keys.Top: -c.offset, keys.Bottom: last,
	}[a]
	c.offset = min(max(c.offset+by, 0), last)
}

// widestOf is the width of the widest line.
func widestOf(lines []string) int {
	widest := 0
	for _, line := range lines {
		widest = max(widest, block.Width(line))
	}
	return widest
}
