package picture

import (
	"fmt"
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// Palette has the colours that are the terminal's own.
type Palette struct {
	Foreground, Background color.RGBA
	// ANSI are the colours 0 to 15.
	ANSI [16]color.RGBA
}

// Mocha is the palette of Catppuccin Mocha.
func Mocha() Palette {
	return Palette{
		Foreground: rgb(0xcdd6f4), Background: rgb(0x1e1e2e),
		ANSI: [16]color.RGBA{
			rgb(0x45475a), rgb(0xf38ba8), rgb(0xa6e3a1), rgb(0xf9e2af), rgb(0x89b4fa), rgb(0xf5c2e7), rgb(0x94e2d5), rgb(0xbac2de),
			rgb(0x585b70), rgb(0xf38ba8), rgb(0xa6e3a1), rgb(0xf9e2af), rgb(0x89b4fa), rgb(0xf5c2e7), rgb(0x94e2d5), rgb(0xa6adc8),
		},
	}
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// resolve is the colour that c has in this palette; nil is the given default.
func (p Palette) resolve(c color.Color, none color.RGBA) color.RGBA {
	switch c := c.(type) {
	case nil:
		return none
	case ansi.BasicColor:
		return p.ANSI[c&15]
	case ansi.IndexedColor:
		if c < 16 {
			return p.ANSI[c]
		}
	}
	solid, _ := color.RGBAModel.Convert(c).(color.RGBA)
	solid.A = 0xff
	return solid
}

// mix is part of a over the rest of b; part is 0 to 1.
func mix(a, b color.RGBA, part float64) color.RGBA {
	blend := func(a, b uint8) uint8 { return uint8(float64(a)*part + float64(b)*(1-part) + 0.5) }
	return color.RGBA{R: blend(a.R, b.R), G: blend(a.G, b.G), B: blend(a.B, b.B), A: 0xff}
}

// hex writes a colour as SVG does, in its short form where there is one.
func hex(c color.RGBA) string {
	if c.R%17 == 0 && c.G%17 == 0 && c.B%17 == 0 {
		return fmt.Sprintf("#%x%x%x", c.R/17, c.G/17, c.B/17)
	}
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}
