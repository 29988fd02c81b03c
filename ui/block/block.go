// Package block composes the screen from rectangles of text. A Block has as
// many strings as it has rows, and each is exactly as many cells wide as the
// block; everything here keeps that so. Text handed in must be clean (package
// sanitize) or our own, and may carry SGR sequences that are closed.
package block

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Block is a rectangle of text: rows of equal width.
type Block []string

// Size is a width and a height in cells.
type Size struct{ W, H int }

// Width is how many cells s takes: as many as its code points together, as tmux
// and most terminals draw them. Clean text (package sanitize) is as wide by
// grapheme clusters, but for letters with spacing marks.
func Width(s string) int {
	if w, simple := simpleWidth(s); simple {
		return w
	}
	return ansi.StringWidthWc(s)
}

// simpleWidth measures a text of characters that are one cell wide whatever
// stands beside them, with SGR sequences: nearly all that is drawn, and every
// row is measured on its way to the screen.
func simpleWidth(s string) (w int, simple bool) {
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == 0x1b:
			end := strings.IndexByte(s[i:], 'm')
			if end < 0 || !isSGR(s[i+1:i+end]) {
				return 0, false
			}
			i += end + 1
		case b < 0x20 || b == 0x7f:
			return 0, false
		case b < utf8.RuneSelf:
			w++
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isSimple(r) {
				return 0, false
			}
			w++
			i += size
		}
	}
	return w, true
}

// isSGR tells whether this stands between an escape and the m of a sequence that
// sets colours.
func isSGR(s string) bool {
	return s != "" && s[0] == '[' && strings.Trim(s[1:], "0123456789;:") == ""
}

// isSimple tells whether a character is one cell wide and never joins another:
// Latin letters, dots and dashes, arrows, frames, blocks and the signs of states.
func isSimple(r rune) bool {
	switch {
	case r >= 0xa1 && r < 0x300:
		return r != 0xad && r != 0xa9 && r != 0xae
	case r >= 0x2010 && r <= 0x2027, r >= 0x2190 && r <= 0x2193, r >= 0x2500 && r <= 0x259f, r >= 0x2800 && r <= 0x28ff:
		return true
	default:
		return r == '▲' || r == '●' || r == '○' || r == '◆' || r == '◌' || r == '✓'
	}
}

// Cut shortens s to at most w cells, ending in tail when something was cut.
func Cut(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if len(s) <= w && strings.IndexByte(s, 0x1b) < 0 || Width(s) <= w {
		return s
	}
	return truncated(s, w, tail)
}

// truncated shortens a text that is wider than w.
func truncated(s string, w int, tail string) string {
	// ansi.TruncateWc (v0.11.9) cuts nothing when the text is no wider than w by
	// grapheme clusters. Spaces that are cut off again make it so.
	if narrow := ansi.StringWidth(s); narrow <= w {
		s += Spaces(w - narrow + 1)
	}
	return ansi.TruncateWc(s, w, tail)
}

// DropLeft is what is left of s without its first n cells.
func DropLeft(s string, n int) string { return ansi.TruncateLeftWc(s, n, "") }

// Between is the part of s from one cell to another, which is not in it.
func Between(s string, from, to int) string {
	if to <= from {
		return ""
	}
	// Not ansi.CutWc, which (v0.11.9) cuts its right end twice.
	return DropLeft(Cut(s, to, ""), from)
}

// cut is Cut, and tells how wide what is left is.
func cut(s string, w int, tail string) (string, int) {
	used := Width(s)
	if used <= w {
		return s, used
	}
	s = Cut(s, w, tail)
	return s, Width(s)
}

// Fit makes s exactly w cells wide: cut with tail, or padded at its right.
func Fit(s string, w int, tail string) string {
	s, used := cut(s, w, tail)
	return s + Spaces(w-used)
}

// FitRight makes s exactly w cells wide, padded at its left.
func FitRight(s string, w int, tail string) string {
	s, used := cut(s, w, tail)
	return Spaces(w-used) + s
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
		widest = max(widest, Width(line))
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
	width, from := Width(line), x+Width(over)
	left := Fit(line, x, "")
	right := FitRight(DropLeft(line, from), width-from, "")
	return beside(left) + over + beside(right)
}

// String joins the rows.
func (b Block) String() string { return strings.Join(b, "\n") }
