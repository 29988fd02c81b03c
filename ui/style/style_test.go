package style

import (
	"image/color"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/themes"
)

func TestEveryGlyphIsOneCellWideAndEveryStateHasItsOwn(t *testing.T) {
	for name, g := range map[string]Glyphs{"unicode": unicodeGlyphs(), "ascii": asciiGlyphs()} {
		owner := map[string]engine.Urgency{}
		for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
			glyph := g.State(u)
			if other, taken := owner[glyph]; taken {
				t.Errorf("%s: %v and %v share %q", name, u, other, glyph)
			}
			owner[glyph] = u
		}
		single := append([]string{
			g.Bar, g.Cursor, g.Full, g.Empty, g.Ellipsis, g.Dot, g.Up, g.Down, g.Edges.TopLeft, g.Edges.TopRight,
			g.Edges.BottomLeft, g.Edges.BottomRight, g.Edges.Horizontal, g.Edges.Vertical, g.State(engine.UrgencyExited + 1),
		}, g.Steps...)
		for glyph := range owner {
			single = append(single, glyph)
		}
		for _, glyph := range single {
			if ansi.StringWidth(glyph) != 1 || ansi.StringWidthWc(glyph) != 1 {
				t.Errorf("%s: %q is not one cell wide", name, glyph)
			}
		}
	}
}

func TestLanesHaveTheGlyphsOfTheListsOrASetOfTheirOwn(t *testing.T) {
	if asciiGlyphs().LanesDiffer() {
		t.Error("ascii: lists and lanes differ")
	}
	for name, g := range map[string]Glyphs{"unicode": unicodeGlyphs(), "ascii": asciiGlyphs()} {
		owner := map[string]engine.Urgency{}
		for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
			if other, taken := owner[g.Lane(u)]; taken {
				t.Errorf("%s: %v and %v share %q in lanes", name, u, other, g.Lane(u))
			}
			owner[g.Lane(u)] = u
		}
		for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
			// What means one thing in a list may not mean another in a lane.
			if other, taken := owner[g.State(u)]; taken && other != u {
				t.Errorf("%s: %q is %v in lists and %v in lanes", name, g.State(u), u, other)
			}
		}
	}
}

func TestWithoutColoursThereAreNone(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.NoTTY, colorprofile.ASCII} {
		s := New(Options{Theme: themes.Default(true), Profile: profile})
		if s.Colourful() || s.Selected() != nil || s.Glow(engine.UrgencyWaiting, 1, false) != nil {
			t.Error("a background without colours")
		}
		for name, ink := range inks(s) {
			if ink.fg != nil || ink.bg != nil {
				t.Errorf("%s: %+v has a colour", name, ink)
			}
		}
	}
}

// inks are all inks of the styles, by what they are for.
func inks(s *Styles) map[string]Ink {
	all := map[string]Ink{
		"text": s.Text, "strong": s.Strong, "subtle": s.Subtle, "faint": s.Faint, "chrome": s.Chrome, "accent": s.Accent, "brand": s.Brand,
		"key": s.Key, "track": s.Track, "good": s.Good, "info": s.Info, "warning": s.Warning, "danger": s.Danger, "match": s.Match,
		"found": s.Found, "behind": s.Behind,
	}
	for u := range engine.UrgencyExited + 1 {
		all[u.String()] = s.State(u)
	}
	return all
}

// TestNoInkAsksForMoreColoursThanThereAre is true of the backgrounds of rows,
// too, for every theme.
func TestNoInkAsksForMoreColoursThanThereAre(t *testing.T) {
	allowed := map[colorprofile.Profile]func(color.Color) bool{
		colorprofile.TrueColor: func(c color.Color) bool { _, ok := c.(themes.Colour); return ok },
		colorprofile.ANSI256:   func(c color.Color) bool { i, ok := c.(ansi.IndexedColor); return ok && i >= 16 },
		colorprofile.ANSI:      func(c color.Color) bool { _, ok := c.(ansi.BasicColor); return ok },
	}
	for _, name := range themes.Names() {
		theme, err := themes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for profile, fits := range allowed {
			s := New(Options{Theme: theme, Profile: profile})
			grounds := []color.Color{s.Selected(), s.Glow(engine.UrgencyWaiting, 1, false), s.Glow(engine.UrgencyDone, 0.4, true)}
			for meaning, ink := range inks(s) {
				for _, c := range append(grounds, ink.fg, ink.bg) {
					if c != nil && !fits(c) {
						t.Errorf("%s, %v: %s asks for %#v", name, profile, meaning, c)
					}
				}
			}
		}
	}
}

// TestTheUnknownTerminalGetsAllColours holds until the terminal has answered.
func TestTheUnknownTerminalGetsAllColours(t *testing.T) {
	s := New(Options{Theme: themes.Default(true)})
	if s.Profile() != colorprofile.TrueColor || s.Text.fg != themes.Default(true).Colours.Text {
		t.Errorf("%v, %+v", s.Profile(), s.Text)
	}
}

func TestWithSixteenColoursWhatIsLessThanTextIsFaint(t *testing.T) {
	for _, name := range []string{"mocha", "latte"} {
		theme, err := themes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		s := New(Options{Theme: theme, Profile: colorprofile.ANSI})
		faint := map[string]bool{"faint": true, "chrome": true, "track": true, "behind": true, "idle": true, "exited": true}
		for meaning, ink := range inks(s) {
			if ink.faint != faint[meaning] {
				t.Errorf("%s: %s is faint: %v", name, meaning, ink.faint)
			}
		}
		for u := engine.UrgencyWaiting; u < engine.UrgencyIdle; u++ {
			if s.State(u).fg == nil {
				t.Errorf("%s: %v has no colour", name, u)
			}
		}
		if s.Selected() != nil || s.Glow(engine.UrgencyWaiting, 1, true) != nil {
			t.Errorf("%s: a background that nobody knows", name)
		}
		if !s.Found.invert || s.Match.open == "" || s.Match.open == s.Found.open {
			t.Errorf("%s: matches cannot be told: %q, %q", name, s.Match.open, s.Found.open)
		}
	}
}

func TestAGlowFadesThroughTheShadesThatThereAre(t *testing.T) {
	for profile, least := range map[colorprofile.Profile]int{colorprofile.TrueColor: 8, colorprofile.ANSI256: 3} {
		s := New(Options{Theme: themes.Default(true), Profile: profile})
		shades := map[color.Color]bool{}
		for step := 1; step <= 8; step++ {
			shades[s.Glow(engine.UrgencyWaiting, float64(step)/8, false)] = true
		}
		if shades[nil] || len(shades) < least {
			t.Errorf("%v: %d shades", profile, len(shades))
		}
	}
}

func TestAGlowFadesIntoTheBackground(t *testing.T) {
	s := New(Options{Theme: themes.Default(true)})
	if s.Glow(engine.UrgencyWaiting, 0, false) != nil {
		t.Error("glows when it has faded")
	}
	full, half := s.Glow(engine.UrgencyWaiting, 1, false), s.Glow(engine.UrgencyWaiting, 0.5, false)
	bright, _, _, _ := full.RGBA()
	dim, _, _, _ := half.RGBA()
	if bright <= dim {
		t.Errorf("%v is not brighter than %v", full, half)
	}
}

func TestAnInkKeepsItsWeightOnABackground(t *testing.T) {
	s := New(Options{Theme: themes.Default(true)})
	got := s.Strong.On(s.Selected()).Paint("x")
	if want := "\x1b[1;38;2;205;214;244;48;2;49;50;68mx\x1b[m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkAGlowWith256Colours(b *testing.B) {
	s := New(Options{Theme: themes.Default(true), Profile: colorprofile.ANSI256})
	for b.Loop() {
		s.Glow(engine.UrgencyWaiting, 0.5, true)
	}
}

func BenchmarkStylesWith256Colours(b *testing.B) {
	for b.Loop() {
		New(Options{Theme: themes.Default(true), Profile: colorprofile.ANSI256})
	}
}
