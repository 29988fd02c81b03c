package style

import (
	"testing"

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

func TestWithoutColoursThereAreNone(t *testing.T) {
	s := New(Options{Theme: themes.Default(true), NoColor: true})
	if s.Selected() != nil || s.Glow(engine.UrgencyWaiting, 1, false) != nil {
		t.Error("a background without colours")
	}
	for _, ink := range []Ink{s.Text, s.Accent, s.Chrome, s.State(engine.UrgencyWaiting), s.State(engine.UrgencyIdle)} {
		if ink.fg != nil || ink.bg != nil {
			t.Errorf("%+v has a colour", ink)
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
