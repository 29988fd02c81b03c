// Package style turns a palette into what the dashboard draws with: one set of
// inks and one set of glyphs. Values are immutable.
package style

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/themes"
)

// Ink is a way to write text: a colour, a background, weight. The zero value
// writes plainly. It is used instead of a layout style because a row is painted
// in many small pieces, and the sequence is written once per ink.
type Ink struct {
	fg, bg              color.Color
	bold, faint, invert bool
	open                string
}

// Paint writes s with the ink and resets behind it.
func (i Ink) Paint(s string) string {
	if i.open == "" || s == "" {
		return s
	}
	return i.open + s + ansi.ResetStyle
}

// On is the ink on a background; a nil background changes nothing.
func (i Ink) On(bg color.Color) Ink {
	if bg == nil {
		return i
	}
	i.bg = bg
	return i.mixed()
}

// Bold is the ink in bold.
func (i Ink) Bold() Ink {
	i.bold = true
	return i.mixed()
}

// mixed writes the ink's opening sequence anew.
func (i Ink) mixed() Ink {
	s := ansi.NewStyle()
	if i.bold {
		s = s.Bold()
	}
	if i.faint {
		s = s.Faint()
	}
	if i.invert {
		s = s.Reverse(true)
	}
	if i.fg != nil {
		s = s.ForegroundColor(i.fg)
	}
	if i.bg != nil {
		s = s.BackgroundColor(i.bg)
	}
	i.open = ""
	if len(s) > 0 {
		i.open = s.String()
	}
	return i
}

// Styles is everything the dashboard draws with. It is comparable by its
// pointer: another look is another value.
type Styles struct {
	// Dark is set when the theme is for a dark background.
	Dark   bool
	Glyphs Glyphs

	Plain, Text, Strong, Subtle, Faint, Chrome Ink
	Accent, Brand, Key, Track                  Ink
	Good, Info, Warning, Danger                Ink
	// Match is what a search has found, Found the match that is shown.
	Match, Found Ink
	// Behind is for what an overlay covers.
	Behind Ink

	states    [engine.UrgencyExited + 1]themes.Colour
	base      themes.Colour
	selection themes.Colour
	colourful bool
}

// Options say how to build Styles.
type Options struct {
	Theme *themes.Theme
	// NoColor leaves weight and shape only.
	NoColor bool
	// ASCII draws with ASCII characters only.
	ASCII bool
}

// New builds the styles for a theme.
func New(o Options) *Styles {
	c := o.Theme.Colours
	ink := func(colour themes.Colour) Ink {
		if o.NoColor {
			return Ink{}
		}
		return Ink{fg: colour}.mixed()
	}
	dim := func(colour themes.Colour) Ink {
		if o.NoColor {
			return Ink{faint: true}.mixed()
		}
		return ink(colour)
	}
	s := &Styles{
		Dark: o.Theme.Dark, Glyphs: unicodeGlyphs(), colourful: !o.NoColor, base: c.Base, selection: c.Selection,
		Text: ink(c.Text), Strong: ink(c.Text).Bold(), Subtle: ink(c.Subtle), Faint: dim(c.Faint), Chrome: dim(c.Chrome),
		Accent: ink(c.Accent), Brand: ink(c.Brand).Bold(), Key: ink(c.Key).Bold(), Track: dim(c.Track),
		Good: ink(c.Good), Info: ink(c.Info), Warning: ink(c.Warning), Danger: ink(c.Danger), Behind: dim(c.Chrome),
	}
	s.Match, s.Found = ink(c.Text).On(c.Selection), ink(c.Base).On(c.Accent)
	if o.NoColor {
		s.Match, s.Found = Ink{bold: true}.mixed(), Ink{invert: true}.mixed()
	}
	if o.ASCII {
		s.Glyphs = asciiGlyphs()
	}
	s.states = [...]themes.Colour{
		engine.UrgencyWaiting: c.Waiting, engine.UrgencyCrashed: c.Crashed, engine.UrgencyError: c.Error,
		engine.UrgencyLimited: c.Limited, engine.UrgencyDone: c.Done, engine.UrgencyUnknown: c.Unknown,
		engine.UrgencyStarting: c.Starting, engine.UrgencyWorking: c.Working, engine.UrgencyIdle: c.Idle,
		engine.UrgencyExited: c.Exited,
	}
	return s
}

// State is the ink of an urgency; that of unknown for a value out of range.
func (s *Styles) State(u engine.Urgency) Ink {
	if !s.colourful {
		return Ink{bold: u.NeedsUser(), faint: u >= engine.UrgencyIdle}.mixed()
	}
	return Ink{fg: s.state(u)}.mixed()
}

func (s *Styles) state(u engine.Urgency) themes.Colour {
	if int(u) >= len(s.states) {
		u = engine.UrgencyUnknown
	}
	return s.states[u]
}

// Selected is the background of the selected row, nil without colours.
func (s *Styles) Selected() color.Color {
	if !s.colourful {
		return nil
	}
	return s.selection
}

// Glow is the background of a row whose state has just changed; strength goes
// from 1 to 0. nil at 0 and without colours.
func (s *Styles) Glow(u engine.Urgency, strength float64, selected bool) color.Color {
	if !s.colourful || strength <= 0 {
		return nil
	}
	ground := s.base
	if selected {
		ground = s.selection
	}
	const most = 0.32 // of the state's colour, so that text stays readable
	return s.state(u).Blend(ground, most*strength)
}
