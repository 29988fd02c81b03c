package themes

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/lucasb-eyer/go-colorful"
)

// Colour is an opaque colour, and what stands for it where only sixteen colours
// are to be had. It implements image/color.Color and is comparable. The zero
// value means that none was given.
type Colour struct {
	r, g, b uint8
	set     bool
	// basic is what the theme names for a terminal of sixteen colours.
	basic Basic
}

// RGBA returns the channels, 0 to 65535, as image/color.Color asks.
func (c Colour) RGBA() (r, g, b, a uint32) {
	return color.RGBA{R: c.r, G: c.g, B: c.b, A: 0xff}.RGBA()
}

// String returns "#rrggbb".
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// UnmarshalText reads "#rrggbb".
func (c *Colour) UnmarshalText(text []byte) error {
	hex, found := strings.CutPrefix(string(text), "#")
	value, err := strconv.ParseUint(hex, 16, 32)
	if !found || len(hex) != 6 || err != nil {
		return badValue{string(text), "is not a colour, write \"#rrggbb\""}
	}
	*c = Colour{r: uint8(value >> 16), g: uint8(value >> 8), b: uint8(value), set: true}
	return nil
}

// Blend mixes c into to: share 0 gives to, 1 gives c. A mixture has nothing
// that stands for it among sixteen colours.
func (c Colour) Blend(to Colour, share float64) Colour {
	switch {
	case share <= 0:
		return to
	case share >= 1:
		return c
	}
	mix := func(from, into uint8) uint8 {
		return uint8(float64(from)*share + float64(into)*(1-share) + 0.5)
	}
	return Colour{r: mix(c.r, to.r), g: mix(c.g, to.g), b: mix(c.b, to.b), set: true}
}

// ANSI16 returns which of a terminal's sixteen colours, 0 to 15, stands for c
// where there are no more. ok is false when the terminal's own text or
// background colour does.
func (c Colour) ANSI16() (n uint8, ok bool) { return c.basic.Number() }

// In returns what to hand to a terminal that can do no more than the profile
// says: c itself, the nearest of 256 colours, the one that the theme names of
// sixteen, or nil when nothing is to be painted and the terminal's own colour
// stays.
func (c Colour) In(profile colorprofile.Profile) color.Color {
	switch profile {
	case colorprofile.TrueColor:
		return c
	case colorprofile.ANSI256:
		return c.nearest256()
	case colorprofile.ANSI:
		if n, ok := c.ANSI16(); ok {
			return ansi.BasicColor(n)
		}
	}
	return nil
}

// nearest256 returns the nearest of the 256 colours that look the same in every
// terminal; the first sixteen do not. The conversion of package ansi is not
// used: it measures in HSLuv, where dark and pale colours are far apart from
// their like, and turns a dark grey ground into deep blue.
func (c Colour) nearest256() ansi.IndexedColor {
	own := oklab(c)
	best, least := 0, math.Inf(1)
	for i, candidate := range fixed256() {
		l, a, b := own.l-candidate.l, own.a-candidate.a, own.b-candidate.b
		if d := l*l + a*a + b*b; d < least {
			best, least = i, d
		}
	}
	return ansi.IndexedColor(first256 + best)
}

// first256 is the first of the 256 colours that looks the same everywhere.
const first256 = 16

// fixed256 returns the places of the colours from first256 on. They are
// computed once: it takes a hundred times as long as finding the nearest one.
var fixed256 = sync.OnceValue(func() (places [256 - first256]lab) {
	for i := range places {
		places[i] = oklab(ansi.IndexedColor(first256 + i))
	}
	return places
})

// lab is a colour in a space where distances are those that one sees.
type lab struct{ l, a, b float64 }

func oklab(c color.Color) lab {
	opaque, _ := colorful.MakeColor(c)
	l, a, b := opaque.OkLab()
	return lab{l, a, b}
}

// luminance is the relative luminance of WCAG 2, 0 for black to 1 for white.
func (c Colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// dark is set when white text is easier to read on c than black text.
func (c Colour) dark() bool {
	white, black := Colour{r: 0xff, g: 0xff, b: 0xff}, Colour{}
	return Contrast(c, white) > Contrast(c, black)
}

// Contrast is the contrast ratio of WCAG 2, 1 to 21.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
