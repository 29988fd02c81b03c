// Package block composes the screen from rectangles of text. A Block has as
// many strings as it has rows, and each is exactly as many cells wide as the
// block; everything here keeps that so. Text handed in must be clean (package
// sanitize) or our own, and may carry SGR sequences that are closed.
package block

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Block is a rectangle of text: rows of equal width.
type Block []string

// Size is a width and a height in cells.
type Size struct{ W, H int }

// Width is how many cells s takes.
func Width(s string) int { return ansi.StringWidth(s) }

// Cut shortens s to at most w cells, ending in tail when something was cut.
func Cut(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if len(s) <= w && strings.IndexByte(s, 0x1b) < 0 || ansi.StringWidth(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, tail)
}

// Fit makes s exactly w cells wide: cut with tail, or padded at its right.
func Fit(s string, w int, tail string) string {
	s = Cut(s, w, tail)
	return s + Spaces(w-ansi.StringWidth(s))
}

// FitRight makes s exactly w cells wide, padded at its left.
func FitRight(s string, w int, tail string) string {
	s = Cut(s, w, tail)
	return Spaces(w-ansi.StringWidth(s)) + s
}

// Spaces returns n spaces, none when n is negative.
func Spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// Of makes a block of that size from any lines: cut, padded, filled up below.
func Of(lines []string, size Size) Block {
	out := make(Block, max(size.H, 0))
	for i := range out {
		if i < len(lines) {
			out[i] = Fit(lines[i], size.W, "")
			continue
		}
		out[i] = Spaces(size.W)
	}
	return out
}

// Centre puts the lines in the middle of a block of that size.
func Centre(lines []string, size Size) Block {
	widest := 0
	for _, line := range lines {
		widest = max(widest, ansi.StringWidth(line))
	}
	left := Spaces((size.W - widest) / 2)
	top := max((size.H-len(lines))/2, 0)
	placed := make([]string, top, top+len(lines))
	for _, line := range lines {
		placed = append(placed, left+line)
	}
	return Of(placed, size)
}

// Beside puts blocks of the same height side by side.
func Beside(gap int, blocks ...Block) Block {
	if len(blocks) == 0 {
		return nil
	}
	space := Spaces(gap)
	out := make(Block, len(blocks[0]))
	var row strings.Builder
	for y := range out {
		row.Reset()
		for i, b := range blocks {
			if i > 0 {
				row.WriteString(space)
			}
			row.WriteString(b[y])
		}
		out[y] = row.String()
	}
	return out
}

// Stack puts blocks of the same width below one another.
func Stack(blocks ...Block) Block {
	var out Block
	for _, b := range blocks {
		out = append(out, b...)
	}
	return out
}

// Over puts top on base with its upper left corner at x, y. What stands beside
// it is drawn by beside, which gets plain text; when beside is nil it keeps its
// colours.
func Over(base, top Block, x, y int, beside func(string) string) Block {
	out := make(Block, len(base))
	for row, line := range base {
		over := ""
		if row >= y && row < y+len(top) {
			over = top[row-y]
		}
		out[row] = overRow(line, over, x, beside)
	}
	return out
}

// overRow puts over on one row, nothing when it is empty.
func overRow(line, over string, x int, beside func(string) string) string {
	if beside != nil {
		line = ansi.Strip(line)
	} else {
		beside = func(s string) string { return s }
	}
	if over == "" {
		return beside(line)
	}
	width, from := ansi.StringWidth(line), x+ansi.StringWidth(over)
	left := Fit(line, x, "")
	right := FitRight(ansi.TruncateLeft(line, from, ""), width-from, "")
	return beside(left) + over + beside(right)
}

// String joins the rows.
func (b Block) String() string { return strings.Join(b, "\n") }
