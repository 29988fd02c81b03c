// Package style turns a palette into what the dashboard draws with: one set of
// inks and one set of glyphs. Values are immutable.
package style

import (
	"image/color"

	"github.com/charmbracelet/colorprofile"
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

// inverted is the ink with text and background exchanged.
func (i Ink) inverted() Ink {
	i.invert = true
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

	profile   colorprofile.Profile
	inks      [engine.UrgencyExited + 1]Ink
	states    [engine.UrgencyExited + 1]themes.Colour
	base      themes.Colour
	selection themes.Colour
}

// Options say how to build Styles.
type Options struct {
	Theme *themes.Theme
	// Profile is how many colours the terminal has; the zero value means that it
	// is not known, and is as good as all. Without any, weight and shape are left.
	Profile colorprofile.Profile
	// ASCII draws with ASCII characters only.
	ASCII bool
}

// New builds the styles for a theme.
func New(o Options) *Styles {
	if o.Profile == colorprofile.Unknown {
		o.Profile = colorprofile.TrueColor
	}
	c := o.Theme.Colours
	s := &Styles{Dark: o.Theme.Dark, Glyphs: unicodeGlyphs(), profile: o.Profile, base: c.Base, selection: c.Selection}
	s.Text, s.Subtle, s.Strong = s.ink(c.Text), s.ink(c.Subtle), s.ink(c.Text).Bold()
	s.Faint, s.Chrome, s.Track, s.Behind = s.dim(c.Faint), s.dim(c.Chrome), s.dim(c.Track), s.dim(c.Chrome)
	s.Accent, s.Brand, s.Key = s.ink(c.Accent), s.ink(c.Brand).Bold(), s.ink(c.Key).Bold()
	s.Good, s.Info, s.Warning, s.Danger = s.ink(c.Good), s.ink(c.Info), s.ink(c.Warning), s.ink(c.Danger)
	s.Match, s.Found = s.Text.Bold(), s.Accent.inverted()
	if selection := s.Selected(); selection != nil {
		s.Match = s.Text.On(selection)
	}
	if base := c.Base.In(o.Profile); base != nil {
		s.Found = s.ink(c.Base).On(c.Accent.In(o.Profile))
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
	for u := range engine.UrgencyExited + 1 {
		s.inks[u] = s.stateInk(u)
	}
	return s
}

// ink writes with a colour, or what the terminal has in its stead.
func (s *Styles) ink(c themes.Colour) Ink { return Ink{fg: c.In(s.profile)}.mixed() }

// dim writes what is to be less than text. Where the terminal has only its own
// colour for it, the faint attribute says so.
func (s *Styles) dim(c themes.Colour) Ink {
	fg := c.In(s.profile)
	return Ink{fg: fg, faint: fg == nil}.mixed()
}

// stateInk writes a state. Without colours those that need the user are bold.
func (s *Styles) stateInk(u engine.Urgency) Ink {
	ink := s.ink(s.states[u])
	if u >= engine.UrgencyIdle {
		ink = s.dim(s.states[u])
	}
	if ink.fg == nil && u.NeedsUser() {
		ink = ink.Bold()
	}
	return ink
}

// Colourful tells whether there are colours at all.
func (s *Styles) Colourful() bool { return s.profile > colorprofile.ASCII }

// DarkOnLight is black on white, whatever the theme is: for what a camera reads.
// Without colours it writes plainly.
func (s *Styles) DarkOnLight() Ink {
	if !s.Colourful() {
		return Ink{}
	}
	return Ink{fg: s.profile.Convert(color.Black), bg: s.profile.Convert(color.White)}.mixed()
}

// Profile is how many colours the styles are for.
func (s *Styles) Profile() colorprofile.Profile { return s.profile }

// State is the ink of an urgency; that of unknown for a value out of range.
func (s *Styles) State(u engine.Urgency) Ink { return s.inks[inRange(u)] }

// inRange is the urgency, or unknown for a value that is none.
func inRange(u engine.Urgency) engine.Urgency {
	if u > engine.UrgencyExited {
		return engine.UrgencyUnknown
	}
	return u
}

// Ground is the theme's own background, nil where the terminal's stays: without
// colours, and mostly with sixteen. The dashboard itself leaves the terminal's.
func (s *Styles) Ground() color.Color { return s.base.In(s.profile) }

// Selected is the background of the selected row, nil where the terminal's own
// stays: without colours, and mostly with sixteen.
func (s *Styles) Selected() color.Color { return s.selection.In(s.profile) }

// Glow is the background of a row whose state has just changed; strength goes
// from 1 to 0. nil at 0, and where there are no shades to fade through: with
// sixteen colours and without any.
func (s *Styles) Glow(u engine.Urgency, strength float64, selected bool) color.Color {
	if s.profile < colorprofile.ANSI256 || strength <= 0 {
		return nil
	}
	ground := s.base
	if selected {
		ground = s.selection
	}
	const most = 0.32 // of the state's colour, so that text stays readable
	return s.states[inRange(u)].Blend(ground, most*strength).In(s.profile)
}
