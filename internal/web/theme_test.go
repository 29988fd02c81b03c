package web

import (
	"regexp"
	"strings"
	"testing"

	"agentwatch/themes"
)

func TestWhatIsWrittenCanBeReadInEveryTheme(t *testing.T) {
	css, err := themesCSS(new(themes.Set))
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?m)^(\S+) \{(.*)\}$`).FindAllStringSubmatch(css, -1)
	if want := len(themes.Names()) + 2; len(rules) != want {
		t.Fatalf("%d rules, want %d", len(rules), want)
	}
	for _, rule := range rules {
		colours := make(map[string]themes.Colour)
		for _, v := range regexp.MustCompile(`--([a-z0-9]+):(#[0-9a-f]{6});`).FindAllStringSubmatch(rule[2], -1) {
			colours[v[1]] = parsed(v[2])
		}
		for _, name := range strings.Fields("text subtle faint accent brand key good warning danger waiting crashed error limited done unknown starting working idle exited") {
			for _, ground := range []string{"base", "panel", "selection"} {
				if c, on := colours[name], colours[ground]; themes.Contrast(c, on) < 4.5 {
					t.Errorf("%s: %s %s on %s %s: %.2f", rule[1], name, c, ground, on, themes.Contrast(c, on))
				}
			}
		}
	}
}
