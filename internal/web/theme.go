package web

import (
	"fmt"
	"strings"

	"agentwatch/themes"
)

// themesCSS are the themes as variables of a style sheet: by the browser's choice
// between light and dark, and each by its name.
func themesCSS(t Themes) (string, error) {
	var out strings.Builder
	rule := func(selector string, theme *themes.Theme) {
		fmt.Fprintf(&out, "%s {%s}\n", selector, variables(theme))
	}
	rule(":root", t.Default(true))
	out.WriteString("@media (prefers-color-scheme: light) {\n")
	rule(":root", t.Default(false))
	out.WriteString("}\n")
	for _, name := range t.Names() {
		theme, err := t.Load(name)
		if err != nil {
			return "", err
		}
		rule(fmt.Sprintf(`:root[data-theme="%s"]`, cssName(name)), theme)
	}
	return out.String(), nil
}

// cssName is a theme's name as it may stand between quotes.
func cssName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune("\"\\<>\n", r) {
			return -1
		}
		return r
	}, name)
}

// variables are the colours of a theme. Those that are written with are darkened or
// lightened until they can be read on the theme's ground, as WCAG AA asks; most are so
// already. The palette of what panes show is made of them, so that both go together.
func variables(t *themes.Theme) string {
	c := t.Colours
	readable := func(colour themes.Colour) themes.Colour { return readableOn(colour, c.Base, c.Selection, t.Dark) }
	var out strings.Builder
	set := func(name string, colour themes.Colour) { fmt.Fprintf(&out, "--%s:%s;", name, colour) }
	set("base", c.Base)
	set("selection", c.Selection)
	set("panel", c.Selection.Blend(c.Base, 0.35))
	set("chrome", c.Chrome)
	set("line", c.Chrome.Blend(c.Base, 0.65))
	set("track", c.Track)
	for name, colour := range map[string]themes.Colour{
		"text": c.Text, "subtle": c.Subtle, "faint": c.Faint, "accent": c.Accent, "brand": c.Brand, "key": c.Key, "good": c.Good, "info": c.Info,
		"warning": c.Warning, "danger": c.Danger, "waiting": c.Waiting, "crashed": c.Crashed, "error": c.Error, "limited": c.Limited,
		"done": c.Done, "unknown": c.Unknown, "starting": c.Starting, "working": c.Working, "idle": c.Idle, "exited": c.Exited,
	} {
		set(name, readable(colour))
	}
	for i, colour := range [...]themes.Colour{
		c.Chrome, c.Danger, c.Good, c.Waiting, c.Accent, c.Unknown, c.Info, c.Subtle,
		c.Faint, c.Danger, c.Good, c.Waiting, c.Accent, c.Unknown, c.Info, c.Text,
	} {
		set(fmt.Sprintf("ansi%d", i), colour)
	}
	scheme := "light"
	if t.Dark {
		scheme = "dark"
	}
	fmt.Fprintf(&out, "--scheme:%s;color-scheme:%s;", scheme, scheme)
	return out.String()
}

// leastContrast is what WCAG AA asks of text, and a little more for rounding.
const leastContrast = 4.6

// readableOn moves a colour towards black or white until it can be read on both
// grounds.
func readableOn(colour, base, selection themes.Colour, dark bool) themes.Colour {
	towards := black()
	if dark {
		towards = white()
	}
	const steps = 50
	for i := range steps {
		shown := towards.Blend(colour, float64(i)/steps)
		if themes.Contrast(shown, base) >= leastContrast && themes.Contrast(shown, selection) >= leastContrast {
			return shown
		}
	}
	return towards
}

func black() themes.Colour { return parsed("#000000") }
func white() themes.Colour { return parsed("#ffffff") }

func parsed(text string) (c themes.Colour) {
	if err := c.UnmarshalText([]byte(text)); err != nil {
		panic("web: " + err.Error())
	}
	return c
}
