package themes

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestEveryEmbeddedThemeLoads(t *testing.T) {
	for _, name := range Names() {
		theme, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if theme.Name != name || theme.Title == "" {
			t.Errorf("%s: name %q, title %q", name, theme.Name, theme.Title)
		}
	}
}

func TestThereIsADefaultForDarkAndForLight(t *testing.T) {
	if !Default(true).Dark || Default(false).Dark {
		t.Fatal("the defaults do not match the background they are for")
	}
}

func TestAnUnknownThemeNamesThoseThatExist(t *testing.T) {
	_, err := Load("../secret")
	if !errors.Is(err, ErrUnknown) {
		t.Fatalf("got %v", err)
	}
	for _, name := range Names() {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestErrorsNameTheFileAndTheLine(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"bad colour":  {"title = \"x\"\ndark = true\n[colours]\ntext = \"blue\"\n", "my.toml:4"},
		"short":       {"[colours]\ntext = \"#fff\"\n", "my.toml:2"},
		"unknown key": {"title = \"x\"\n[colours]\nbackgruond = \"#000000\"\n", "my.toml:3"},
		"syntax":      {"title = \"x\"\ndark = \n", "my.toml:2"},
		"missing":     {"[colours]\ntext = \"#ffffff\"\n", "my.toml: [colours] lacks base"},
	}
	for name, c := range cases {
		_, err := Parse("my.toml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

func TestTheListOfColoursIsComplete(t *testing.T) {
	if fields, listed := reflect.TypeFor[Colours]().NumField(), len(Colours{}.all()); fields != listed {
		t.Fatalf("%d fields, %d listed", fields, listed)
	}
}

func TestTextCanBeReadOnTheBackground(t *testing.T) {
	for _, name := range Names() {
		theme, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range theme.Colours.all() {
			least := 3.5
			switch n.key {
			case "base", "selection", "chrome", "track":
				continue
			case "faint", "idle", "exited":
				least = 2.8
			}
			if got := contrast(n.colour, theme.Colours.Base); got < least {
				t.Errorf("%s: %s has a contrast of %.2f, want %.1f", name, n.key, got, least)
			}
		}
	}
}

func TestBlendGoesFromOneEndToTheOther(t *testing.T) {
	c := Default(true).Colours
	if got := c.Waiting.Blend(c.Base, 0); got != c.Base {
		t.Errorf("share 0 gives %v", got)
	}
	if got := c.Waiting.Blend(c.Base, 1); got != c.Waiting {
		t.Errorf("share 1 gives %v", got)
	}
}

// contrast is the contrast ratio of WCAG 2, 1 to 21.
func contrast(a, b Colour) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func luminance(c Colour) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}
