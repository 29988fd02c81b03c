package sanitize

import (
	"image/color"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Places among the sixteen colours.
const (
	black       = 0
	brightWhite = 15
)

// inSixteen is the pen where there are sixteen colours. The conversion that the
// terminal's driver would make takes text and background by themselves: a dark
// red behind a pale one becomes red on red, and a green that is nearly black
// becomes bright cyan; grey becomes white, whatever the terminal's ground. So a
// dark background is black here, or none behind the terminal's own text; text
// that its background swallows is white or black; and greys on the terminal's
// own ground are its own text, those between dark and pale faint.
func (p pen) inSixteen() pen {
	ground, many := p.bg.colour()
	if text, manyText := p.fg.colour(); manyText {
		p.fg = basicText(place(text))
		if grey, middling := shade(text); grey && p.bg == 0 {
			p.fg = 0
			p.set(faint, middling || p.attrs&faint != 0)
		}
	}
	if !many {
		return p
	}
	at, dark := place(ground), isDark(ground)
	switch {
	case dark && p.fg == 0:
		p.bg = 0
		return p
	case dark:
		at = black
	}
	p.bg = basicGround(at)
	if p.fg == basicText(at) {
		p.fg = basicText(black)
		if dark {
			p.fg = basicText(brightWhite)
		}
	}
	return p
}

// colour returns the colour where it is none of the sixteen nor the terminal's
// own.
func (g ground) colour() (c color.Color, many bool) {
	value := uint32(g & valueMask)
	switch g &^ valueMask {
	case trueColour:
		return color.RGBA{R: uint8(value >> 16), G: uint8(value >> 8), B: uint8(value), A: 0xff}, true
	case indexedColour:
		return ansi.IndexedColor(value), value > brightWhite
	}
	return nil, false
}

// place is which of the sixteen is nearest.
func place(c color.Color) int {
	// Through the profile, which remembers: the search takes its time.
	basic, _ := colorprofile.ANSI.Convert(c).(ansi.BasicColor)
	return int(basic)
}

// isDark tells whether only light text can be read on the colour.
func isDark(c color.Color) bool {
	const darkest = 0x5000 // of 0xffff, weighed as eyes do
	r, g, b, _ := c.RGBA()
	return (2126*r+7152*g+722*b)/10000 < darkest
}

// shade tells whether a colour is a grey, and one that is neither nearly black
// nor nearly white.
func shade(c color.Color) (grey, middling bool) {
	const tinge, darkest, palest = 0x1000, 0x4000, 0xb800
	r, g, b, _ := c.RGBA()
	least, most := min(r, g, b), max(r, g, b)
	return most-least < tinge, least > darkest && most < palest
}

// basicText and basicGround are one of the sixteen as text and as background.
func basicText(place int) ground { return basicColour | ground(sgr(place, 30, 90)) }

func basicGround(place int) ground { return basicColour | ground(sgr(place, 40, 100)) }

// sgr is the code of a colour, given those of the first dark and bright ones.
func sgr(place, dark, bright int) int {
	const eight = 8
	if place < eight {
		return dark + place
	}
	return bright + place - eight
}
