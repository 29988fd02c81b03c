package picture

import "math"

// eighthX and eighthY are the edges between a cell's eighths, on whole units so
// that blocks are crisp and those beside each other agree.
func eighthX(n int) float64 { return math.Round(float64(n) * cellWidth / 8) }
func eighthY(n int) float64 { return math.Round(float64(n) * cellHeight / 8) }

// quadrants has the quarters of U+2596 to U+259F: upper left 1, upper right 2,
// lower left 4, lower right 8.
const quadrants = "\x04\x08\x01\x0d\x09\x07\x0b\x02\x06\x0e"

// block draws a character of U+2580 to U+259F.
func (p place) block(r rune) {
	switch {
	case r == '▀':
		p.fill(0, 0, 8, 4)
	case r <= '█':
		p.fill(0, 8-int(r-0x2580), 8, 8)
	case r <= '▏':
		p.fill(0, 0, 0x2590-int(r), 8)
	case r == '▐':
		p.fill(4, 0, 8, 8)
	case r <= '▓':
		p.look.fg = mix(p.look.fg, p.look.bg, float64(r-'▐')/4)
		p.fill(0, 0, 8, 8)
	case r == '▔':
		p.fill(0, 0, 8, 1)
	case r == '▕':
		p.fill(7, 0, 8, 8)
	default:
		set := quadrants[r-'▖']
		for bit := range 4 {
			if set&(1<<bit) != 0 {
				p.fill(bit%2*4, bit/2*4, bit%2*4+4, bit/2*4+4)
			}
		}
	}
}

// fill fills a part of the cell, given in eighths.
func (p place) fill(left, top, right, bottom int) {
	p.c.blocks.add(p.look.fg, block{
		p.x + eighthX(left), p.y + eighthY(top),
		eighthX(right) - eighthX(left), eighthY(bottom) - eighthY(top),
	})
}

// braille draws the dots of a character of U+2801 to U+28FF.
func (p place) braille(r rune) {
	const radius = 1.2
	for bit := range 8 {
		if r&(1<<bit) == 0 {
			continue
		}
		// Dots 1 to 6 go down the left and then the right column; 7 and 8 are
		// the row below.
		column, row := bit/3, bit%3
		if bit >= 6 {
			column, row = bit-6, 3
		}
		x, y := p.x+2.5+4*float64(column), p.y+2.5+4.5*float64(row)
		p.c.dots.add(p.look.fg, "M"+number(x-radius)+" "+number(y)+"a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0")
	}
}
