package themes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// mostGlow is the share of a state's colour in the ground of a row that has
// just changed: the dashboard's.
const mostGlow = 0.32

// eachTheme runs a test on every built-in theme.
func eachTheme(t *testing.T, test func(t *testing.T, theme *Theme)) {
	t.Helper()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			theme, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, theme)
		})
	}
}

// written are the colours in which text is written.
func written(c *Colours) []meaning[Colour] {
	var texts []meaning[Colour]
	for _, m := range c.all() {
		switch m.key {
		case "base", "selection", "chrome", "track":
		default:
			texts = append(texts, m)
		}
	}
	return texts
}

// quiet tells the meanings that are meant to be overlooked.
func quiet(key string) bool { return key == "faint" || key == "idle" || key == "exited" }

// loud are the states that need the user, and the one of an agent at work.
func loud(c *Colours) []meaning[Colour] {
	return []meaning[Colour]{
		{"waiting", &c.Waiting},
		{"crashed", &c.Crashed},
		{"error", &c.Error},
		{"limited", &c.Limited},
		{"done", &c.Done},
		{"working", &c.Working},
	}
}

func TestTextCanBeReadOnTheBackground(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		for _, m := range written(&theme.Colours) {
			least := 3.5
			switch {
			case m.key == "text":
				least = 4.5
			case quiet(m.key):
				least = 2.8
			}
			if got := Contrast(*m.value, theme.Colours.Base); got < least {
				t.Errorf("%s has a contrast of %.2f, want %.1f", m.key, got, least)
			}
		}
	})
}

func TestTextCanBeReadOnTheSelectedRow(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		for _, m := range written(&theme.Colours) {
			least := 3.0
			switch {
			case m.key == "text":
				least = 4
			case quiet(m.key):
				least = 2.1
			}
			if got := Contrast(*m.value, theme.Colours.Selection); got < least {
				t.Errorf("%s has a contrast of %.2f, want %.1f", m.key, got, least)
			}
		}
	})
}

func TestTheSelectedRowCanBeSeen(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		if d := distance(theme.Colours.Base, theme.Colours.Selection); d < 2 {
			t.Errorf("the selection is %.1f from the base", d)
		}
	})
}

func TestTextCanBeReadWhileARowGlows(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		c := &theme.Colours
		for _, state := range loud(c) {
			for _, ground := range []Colour{c.Base, c.Selection} {
				glowing := state.value.Blend(ground, mostGlow)
				for _, m := range []meaning[Colour]{{"text", &c.Text}, {"subtle", &c.Subtle}, state} {
					least := 2.0
					if m.key == "text" {
						least = 2.5
					}
					if got := Contrast(*m.value, glowing); got < least {
						t.Errorf("%s while %s glows on %s has a contrast of %.2f, want %.1f", m.key, state.key, ground, got, least)
					}
				}
			}
		}
	})
}

func TestHighContrastIsHigh(t *testing.T) {
	for _, name := range []string{"high-contrast", "high-contrast-light"} {
		theme, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written(&theme.Colours) {
			for _, ground := range []Colour{theme.Colours.Base, theme.Colours.Selection} {
				if got := Contrast(*m.value, ground); got < 7 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 7", name, m.key, ground, got)
				}
			}
		}
		for _, frame := range []Colour{theme.Colours.Chrome, theme.Colours.Track} {
			if got := Contrast(frame, theme.Colours.Base); got < 3 {
				t.Errorf("%s: a frame of %s has a contrast of %.2f, want 3", name, frame, got)
			}
		}
	}
}

func TestTheStatesThatMatterDoNotLookAlike(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		states := loud(&theme.Colours)
		for i, a := range states {
			if d := distance(a.value, theme.Colours.Text); d < 10 {
				t.Errorf("%s is %.1f from plain text, want 10", a.key, d)
			}
			for _, b := range states[i+1:] {
				if d := distance(a.value, b.value); d < 10 {
					t.Errorf("%s and %s are %.1f apart, want 10", a.key, b.key, d)
				}
			}
		}
	})
}

func TestTheStatesDoNotLookAlikeToDichromats(t *testing.T) {
	tested := 0
	eachTheme(t, func(t *testing.T, theme *Theme) {
		if !strings.HasPrefix(theme.Name, "colour-blind") {
			return
		}
		tested++
		states := loud(&theme.Colours)
		for _, sight := range dichromacies() {
			for i, a := range states {
				for _, b := range states[i+1:] {
					if d := distance(sight.looks(a.value), sight.looks(b.value)); d < 12 {
						t.Errorf("%s: %s and %s are %.1f apart, want 12", sight.name, a.key, b.key, d)
					}
				}
			}
		}
	})
	if tested != 2 {
		t.Fatalf("%d themes were tested, want 2", tested)
	}
}

func TestTwoHundredAndFiftySixColoursAreEnough(t *testing.T) {
	eachTheme(t, func(t *testing.T, theme *Theme) {
		c := &theme.Colours
		for _, m := range written(c) {
			least := 3.0
			if quiet(m.key) {
				least = 2.4
			}
			if got := Contrast(seen(m.value.In(colorprofile.ANSI256)), c.Base); got < least {
				t.Errorf("%s has a contrast of %.2f, want %.1f", m.key, got, least)
			}
		}
		text, ground := seen(c.Text.In(colorprofile.ANSI256)), seen(c.Selection.In(colorprofile.ANSI256))
		if got := Contrast(text, ground); got < 4 {
			t.Errorf("text on the selected row has a contrast of %.2f, want 4", got)
		}
		states := loud(c)
		for i, a := range states {
			inState := a.value.In(colorprofile.ANSI256)
			if d := distance(inState, text); d < 8 {
				t.Errorf("%s is %.1f from plain text, want 8", a.key, d)
			}
			for _, b := range states[i+1:] {
				if d := distance(inState, b.value.In(colorprofile.ANSI256)); d < 8 {
					t.Errorf("%s and %s are %.1f apart, want 8", a.key, b.key, d)
				}
			}
		}
	})
}
