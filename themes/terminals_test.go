package themes

import (
	"image/color"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// seen is any colour as one of ours, to measure its contrast.
func seen(c color.Color) Colour {
	r, g, b, _ := c.RGBA()
	return Colour{r: uint8(r >> 8), g: uint8(g >> 8), b: uint8(b >> 8), set: true}
}

// terminal is what the sixteen colours look like somewhere.
type terminal struct {
	name        string
	dark, light string // the grounds
	sixteen     string
}

// terminals are common terminals as they come, and Solarized, whose bright
// colours are greys.
func terminals() []terminal {
	return []terminal{
		{"xterm", "#000000", "#ffffff", "#000000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5 #7f7f7f #ff0000 #00ff00 #ffff00 #5c5cff #ff00ff #00ffff #ffffff"},
		{"Linux console", "#000000", "#ffffff", "#000000 #aa0000 #00aa00 #aa5500 #0000aa #aa00aa #00aaaa #aaaaaa #555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff"},
		{"Windows", "#0c0c0c", "#ffffff", "#0c0c0c #c50f1f #13a10e #c19c00 #0037da #881798 #3a96dd #cccccc #767676 #e74856 #16c60c #f9f1a5 #3b78ff #b4009e #61d6d6 #f2f2f2"},
		{"GNOME", "#2e3436", "#ffffff", "#2e3436 #cc0000 #4e9a06 #c4a000 #3465a4 #75507b #06989a #d3d7cf #555753 #ef2929 #8ae234 #fce94f #729fcf #ad7fa8 #34e2e2 #eeeeec"},
		{"macOS", "#000000", "#ffffff", "#000000 #990000 #00a600 #999900 #0000b2 #b200b2 #00a6b2 #bfbfbf #666666 #e50000 #00d900 #e5e500 #0000ff #e500e5 #00e5e5 #e5e5e5"},
		{"PuTTY", "#000000", "#ffffff", "#000000 #bb0000 #00bb00 #bbbb00 #0000bb #bb00bb #00bbbb #bbbbbb #555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff"},
		{"Solarized", "#002b36", "#fdf6e3", "#073642 #dc322f #859900 #b58900 #268bd2 #d33682 #2aa198 #eee8d5 #002b36 #cb4b16 #586e75 #657b83 #839496 #6c71c4 #93a1a1 #fdf6e3"},
	}
}

func (term terminal) ground(t *testing.T, dark bool) Colour {
	t.Helper()
	hex := term.light
	if dark {
		hex = term.dark
	}
	return parsed(t, hex)
}

// shows returns what the terminal shows for one of its sixteen colours.
func (term terminal) shows(t *testing.T, n uint8) Colour {
	t.Helper()
	return parsed(t, strings.Fields(term.sixteen)[n])
}

func parsed(t *testing.T, hex string) Colour {
	t.Helper()
	var c Colour
	if err := c.UnmarshalText([]byte(hex)); err != nil {
		t.Fatal(err)
	}
	return c
}

// solarized is set for a theme that is made for a terminal of its own.
func solarized(theme *Theme) bool { return strings.HasPrefix(theme.Name, "solarized") }

func TestSixteenColoursCanBeReadInCommonTerminals(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		for _, term := range terminals() {
			if solarized(theme) && term.name != "Solarized" {
				continue
			}
			ground := term.ground(t, theme.Dark)
			for _, m := range written(&theme.Colours) {
				n, ok := m.value.ANSI16()
				if !ok {
					continue // the terminal's own text colour
				}
				// Green on white is weak everywhere, and no state that needs the user has it.
				least := 2.1
				if m.key == "waiting" || m.key == "crashed" || m.key == "error" || m.key == "limited" || m.key == "done" {
					least = 2.55
				}
				if got := Contrast(term.shows(t, n), ground); got < least {
					t.Errorf("%s: %s has a contrast of %.2f, want %.2f", term.name, m.key, got, least)
				}
			}
		}
	})
}

func TestSixteenColoursTellTheStatesApart(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		states := loud(&theme.Colours)
		for i, a := range states {
			n, ok := a.value.ANSI16()
			if !ok {
				t.Fatalf("%s looks like plain text", a.key)
			}
			for _, b := range states[i+1:] {
				other, _ := b.value.ANSI16()
				for _, term := range terminals() {
					if d := distance(term.shows(t, n), term.shows(t, other)); d < 8 {
						t.Errorf("%s: %s and %s are %.1f apart, want 8", term.name, a.key, b.key, d)
					}
				}
			}
		}
	})
}

// The nearest of the sixteen by what xterm shows would be invisible elsewhere.
func TestTextAndGroundsAreTheTerminalsOwnAmongSixteen(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		for _, m := range theme.Colours.all() {
			switch m.key {
			case "base", "selection", "text", "subtle", "faint", "chrome", "track":
				if got := m.value.In(colorprofile.ANSI); got != nil {
					t.Errorf("%s is %v", m.key, got)
				}
			}
		}
	})
}

func TestNoColoursMeansNone(t *testing.T) {
	c := Default(true).Colours
	for _, profile := range []colorprofile.Profile{colorprofile.Unknown, colorprofile.NoTTY, colorprofile.ASCII} {
		if got := c.Waiting.In(profile); got != nil {
			t.Errorf("%v: got %v", profile, got)
		}
	}
	if got := c.Waiting.In(colorprofile.TrueColor); got != c.Waiting {
		t.Errorf("with all colours: got %v", got)
	}
	if got := c.Waiting.Blend(c.Base, 0.3).In(colorprofile.ANSI); got != nil {
		t.Errorf("a mixture among sixteen: got %v", got)
	}
}
