package picture

import (
	"unicode"
	"unicode/utf8"
)

// write adds the text of a row: runs of one style that contain no two blanks in
// a row, and characters of their own where a font may be off the grid.
func (c *canvas) write(row []cell, y int) {
	var open run
	var style face
	finish := func() {
		if open.cells > 0 {
			c.text.add(style, open)
		}
		open = run{}
	}
	for x, of := range row {
		if _, drawn := shapeOf(of.text); drawn != noShape || of.width == 0 || of.blank() {
			continue
		}
		f := face{of.look.fg, of.look.bold, of.look.italic}
		if !keepsToItsCell(of) {
			finish()
			c.text.add(f, run{text: of.text, col: x, row: y, cells: of.width, centred: true})
			continue
		}
		gap := x - open.col - open.cells
		switch {
		case open.cells == 0 || f != style || gap > 1 || gap == 1 && !row[x-1].blank():
			finish()
			style, open = f, run{text: of.text, col: x, row: y, cells: 1}
		case gap == 1:
			open.text, open.cells = open.text+" "+of.text, open.cells+2
		default:
			open.text, open.cells = open.text+of.text, open.cells+1
		}
	}
	finish()
}

// keepsToItsCell says whether every monospaced font has the character, one cell
// wide. Others come from some other font, with a width of their own.
func keepsToItsCell(of cell) bool {
	r, size := utf8.DecodeRuneInString(of.text)
	if of.width != 1 || size != len(of.text) {
		return false
	}
	return r < 0x250 || unicode.In(r, unicode.Greek, unicode.Cyrillic) && r < 0x530 || r >= 0x2010 && r <= 0x2026
}
