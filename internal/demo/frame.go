package demo

import (
	"strings"
	"unicode/utf8"
)

// style is the parameter string of an SGR sequence; empty means plain text.
type style string

// span is a stretch of text in one style. Every rune of a span is one cell
// wide: the simulators use no wide characters.
type span struct {
	style style
	text  string
}

// line is one row of the screen.
type line []span

// frame is a whole screen: at most height rows, none wider than the screen.
type frame struct {
	rows []line
	// cursorRow and cursorCol are where the terminal's cursor rests, from 0. A
	// shell that takes over after a kill writes there.
	cursorRow, cursorCol int
	// title is the pane's title.
	title string
	// primary is set for screens drawn before the program switches to the
	// alternate screen.
	primary bool
}

// text is a line of a single span.
func text(s style, t string) line { return line{{s, t}} }

// blank is an empty row.
func blank() line { return nil }

// width counts the cells of l.
func (l line) width() int {
	n := 0
	for _, s := range l {
		n += utf8.RuneCountInString(s.text)
	}
	return n
}

// clip returns l without what lies beyond width.
func (l line) clip(width int) line {
	if l.width() <= width {
		return l
	}
	var out line
	for _, s := range l {
		n := utf8.RuneCountInString(s.text)
		if n > width {
			s.text = string([]rune(s.text)[:max(width, 0)])
			n = width
		}
		if n > 0 {
			out = append(out, s)
		}
		width -= n
		if width <= 0 {
			break
		}
	}
	return out
}

// padded returns l filled with cells of style s up to width.
func (l line) padded(s style, width int) line {
	if missing := width - l.width(); missing > 0 {
		return append(l[:len(l):len(l)], span{s, strings.Repeat(" ", missing)})
	}
	return l
}

// encode appends l as SGR sequences and text.
func (l line) encode(b *strings.Builder) {
	for _, s := range l {
		b.WriteString("\x1b[0")
		if s.style != "" {
			b.WriteByte(';')
			b.WriteString(string(s.style))
		}
		b.WriteByte('m')
		b.WriteString(s.text)
	}
	if len(l) > 0 {
		b.WriteString("\x1b[0m")
	}
}

// wrap breaks t at spaces into rows of at most width cells; a longer word is
// cut.
func wrap(t string, width int) []string {
	width = max(width, 1)
	var rows []string
	row, n := "", 0
	for _, word := range strings.Fields(t) {
		length := utf8.RuneCountInString(word)
		if n > 0 && n+1+length > width {
			rows, row, n = append(rows, row), "", 0
		}
		for length > width {
			head := []rune(word)
			rows = append(rows, string(head[:width]))
			word, length = string(head[width:]), length-width
		}
		if n > 0 {
			row, n = row+" ", n+1
		}
		row, n = row+word, n+length
	}
	return append(rows, row)
}

// hanging lays t out behind lead, with the following rows indented as far.
func hanging(lead line, s style, t string, width int) []line {
	indent := lead.width()
	var rows []line
	for i, part := range wrap(t, width-indent) {
		if i == 0 {
			rows = append(rows, append(lead[:len(lead):len(lead)], span{s, part}))
			continue
		}
		rows = append(rows, line{{"", strings.Repeat(" ", indent)}, {s, part}})
	}
	return rows
}

// rightAligned puts l at the right edge.
func rightAligned(l line, width int) line {
	gap := max(width-l.width(), 0)
	return append(line{{"", strings.Repeat(" ", gap)}}, l...)
}

// rule is a horizontal line of the given glyph over the whole width.
func rule(s style, glyph string, width int) line {
	return text(s, strings.Repeat(glyph, max(width, 0)))
}

// compose stacks history over foot to exactly height rows. Too long a history
// loses its oldest rows; too short a one leaves a gap above the foot. It also
// returns the row on which the foot starts. A foot that alone is too high loses
// its first rows, as options and keys at its end matter most.
func compose(history, foot []line, width, height int) (rows []line, footRow int) {
	if cut := len(foot) - height; cut > 0 {
		foot = foot[cut:]
		footRow = -cut
	}
	if cut := len(history) + len(foot) - height; cut > 0 {
		history = history[cut:]
	}
	rows = append(rows, history...)
	for len(rows)+len(foot) < height {
		rows = append(rows, blank())
	}
	footRow += len(rows)
	rows = append(rows, foot...)
	for i := range rows {
		rows[i] = rows[i].clip(width)
	}
	return rows, footRow
}
