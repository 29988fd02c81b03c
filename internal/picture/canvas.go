package picture

import (
	"cmp"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The size of a cell, in units of the picture. Both are odd, so that a line of
// one unit in the middle of a cell lies on whole pixels.
const (
	cellWidth, cellHeight = 9, 19
	middleX, middleY      = cellWidth / 2.0, cellHeight / 2.0
	baseline              = 14
)

// pen is what a line is drawn with.
type pen struct {
	colour color.RGBA
	width  float64
}

// segment is a straight line along a row or a column; at is its constant
// coordinate.
type segment struct {
	vertical     bool
	at, from, to float64
}

// block is a filled rectangle.
type block struct{ x, y, width, height float64 }

// run is text of one style from a cell on. A centred one is a single character
// in the middle of its cells.
type run struct {
	text     string
	col, row int
	cells    int
	centred  bool
}

// face is what runs have to share to be in one group.
type face struct {
	colour       color.RGBA
	bold, italic bool
}

// layer keeps things by what they are drawn with, in the order of their first
// use: maps have no order, and the same screen must give the same bytes.
type layer[K comparable, V any] struct {
	order []K
	of    map[K][]V
}

func (l *layer[K, V]) add(key K, value V) {
	if l.of == nil {
		l.of = make(map[K][]V)
	}
	if _, known := l.of[key]; !known {
		l.order = append(l.order, key)
	}
	l.of[key] = append(l.of[key], value)
}

// canvas collects what is drawn.
type canvas struct {
	grounds layer[color.RGBA, block]
	blocks  layer[color.RGBA, block]
	dots    layer[color.RGBA, string]
	lines   layer[pen, segment]
	curves  layer[pen, string]
	text    layer[face, run]
}

// draw puts all cells on a canvas.
func (g grid) draw(o Options) *canvas {
	c := new(canvas)
	for y, row := range g.rows {
		for x := range row {
			c.ground(row[x], x, y, o.Palette.Background)
			c.rules(row[x], x, y)
			c.shape(row[x], x, y)
		}
		c.write(row, y)
	}
	return c
}

// ground fills the background of a cell.
func (c *canvas) ground(of cell, x, y int, none color.RGBA) {
	if of.look.bg != none {
		c.grounds.add(of.look.bg, block{float64(x * cellWidth), float64(y * cellHeight), cellWidth, cellHeight})
	}
}

// rules draws the lines under and through a cell.
func (c *canvas) rules(of cell, x, y int) {
	from, top := float64(x*cellWidth), float64(y*cellHeight)
	if of.look.underline {
		c.lines.add(pen{of.look.fg, 1}, segment{at: top + 16.5, from: from, to: from + cellWidth})
	}
	if of.look.strike {
		c.lines.add(pen{of.look.fg, 1}, segment{at: top + middleY, from: from, to: from + cellWidth})
	}
}

// shape draws a cell's character where it is one of those that are shapes.
func (c *canvas) shape(of cell, x, y int) {
	at := place{c: c, look: of.look, x: float64(x * cellWidth), y: float64(y * cellHeight)}
	switch r, kind := shapeOf(of.text); kind {
	case boxShape:
		at.box(r)
	case blockShape:
		at.block(r)
	case brailleShape:
		at.braille(r)
	}
}

// shape says how a character is drawn.
type shape uint8

const (
	noShape shape = iota
	boxShape
	blockShape
	brailleShape
)

// shapeOf says whether the text is a single character that is drawn as a shape.
func shapeOf(text string) (rune, shape) {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case size != len(text):
		return r, noShape
	case r >= 0x2500 && r <= 0x257f:
		return r, boxShape
	case r >= 0x2580 && r <= 0x259f:
		return r, blockShape
	case r > 0x2800 && r <= 0x28ff:
		return r, brailleShape
	default:
		return r, noShape
	}
}

// place is where and how a shape is drawn.
type place struct {
	c    *canvas
	look look
	x, y float64
}

// merged joins segments that touch or overlap.
func merged(segments []segment) []segment {
	sorted := slices.SortedFunc(slices.Values(segments), func(a, b segment) int {
		if a.vertical != b.vertical {
			if b.vertical {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var out []segment
	for _, s := range sorted {
		if last := len(out) - 1; last >= 0 && out[last].vertical == s.vertical && out[last].at == s.at && s.from <= out[last].to {
			out[last].to = max(out[last].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// joined joins rectangles that are neighbours in a row and then, of the same
// width, below each other. They come row by row, from left to right.
func joined(blocks []block) []block {
	var rows []block
	for _, b := range blocks {
		if last := len(rows) - 1; last >= 0 && rows[last].y == b.y && rows[last].height == b.height &&
			rows[last].x+rows[last].width == b.x {
			rows[last].width += b.width
			continue
		}
		rows = append(rows, b)
	}
	slices.SortStableFunc(rows, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.width, b.width), cmp.Compare(a.y, b.y))
	})
	var out []block
	for _, b := range rows {
		if last := len(out) - 1; last >= 0 && out[last].x == b.x && out[last].width == b.width &&
			out[last].y+out[last].height == b.y {
			out[last].height += b.height
			continue
		}
		out = append(out, b)
	}
	return out
}

// path writes the path data of lines.
func path(segments []segment) string {
	var b strings.Builder
	for _, s := range merged(segments) {
		if s.vertical {
			b.WriteString("M" + number(s.at) + " " + number(s.from) + "V" + number(s.to))
			continue
		}
		b.WriteString("M" + number(s.from) + " " + number(s.at) + "H" + number(s.to))
	}
	return b.String()
}

// area writes the path data of rectangles.
func area(blocks []block) string {
	var b strings.Builder
	for _, r := range joined(blocks) {
		b.WriteString("M" + number(r.x) + " " + number(r.y) + "h" + number(r.width) + "v" + number(r.height) + "h" + number(-r.width) + "z")
	}
	return b.String()
}

// number writes a coordinate with at most two decimals.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', 2, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}
