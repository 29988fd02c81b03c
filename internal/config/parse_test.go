package config

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func itoa(n int) string { return strconv.Itoa(n) }

// told are problems as the user reads them, without the file's name.
func told(problems []Problem) []string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, strings.TrimPrefix(p.Error(), "c.toml:"))
	}
	return lines
}

func TestAFileIsReadIntoTypedSections(t *testing.T) {
	p := newProgram(t)
	f, problems := p.schema.Parse("c.toml", []byte(`
theme = "nord"
mouse = false
watch.servers = ["work"]
[watch]
interval = "1s"
[keys]
quit = "x"
down = ["j", "down"]
[history]
retention = "2d12h"
max_size = "2GiB"
[notify]
bell = true
desktop = { enabled = false }
[[notify.command]]
run = ["echo", "hi"]
timeout = "3s"
[[strategy]]
name = "mine"
when = "true"
`))
	// Only the second definition of [watch] is wrong: TOML forbids it.
	if diff := cmp.Diff([]string{"5:2: watch: table watch already exists as defined by a dotted key"}, told(problems)); diff != "" {
		t.Error(diff)
	}
	if g := p.General.In(f); g.Theme != "nord" || g.Mouse || g.ThemeDark != "mocha" {
		t.Errorf("general: %+v", g)
	}
	if w := p.Watch.In(f); len(w.Servers) != 1 || !w.SessionFiles || w.Strategy != "push" {
		t.Errorf("watch: %+v", w)
	}
	if diff := cmp.Diff(Keys{"quit": {"x"}, "down": {"j", "down"}}, p.Keys.In(f)); diff != "" {
		t.Error(diff)
	}
	want := History{Enabled: true, Retention: Duration{60 * time.Hour}, MaxSize: Size{2 << 30}}
	if diff := cmp.Diff(want, p.History.In(f)); diff != "" {
		t.Error(diff)
	}
	n := p.notify.In(f)
	if !n.Bell || n.Desktop.Enabled || len(n.Desktop.States) != 1 || len(n.Commands) != 1 || n.Commands[0].Timeout.Duration != 3*time.Second {
		t.Errorf("notify: %+v", n)
	}
	if diff := cmp.Diff([]rule{{Name: "mine", When: "true"}}, p.rules.In(f)); diff != "" {
		t.Error(diff)
	}
	for key, line := range map[string]int{
		"theme": 2, "watch.servers": 4, "keys.down": 9, "notify.desktop.enabled": 15, "notify.desktop.states": 0,
		"notify.command": 16, "strategy": 19, "view": 0,
	} {
		if f.Line(key) != line {
			t.Errorf("%s is said to be on line %d, not %d", key, f.Line(key), line)
		}
	}
}

// allWrong is a file with a mistake on nearly every line, between good settings.
const allWrong = `theme = "moca"
glyphs = 3
interval = "1s"
mouse = ture
vew = "grid"
[watch]
intervall = "1s"
interval = 250
strategy = "pussh"
servers = "work"
session_files = false
[wach]
interval = "1s"
[history]
retention = "90"
max_size = "lots"
enabled = false
[keys]
up = ["k", ""]
down = [1.5]
[notify.desktop]
states = ["waiting", "dnoe"]
enabld = true
[[notify.command]]
run = "true"
timout = "1s"
[[strategy]]
name = "one"
[[strategy]]
name = "two"
when = "x"
`

// wrongs are what is to be said about it.
func wrongs() []string {
	return []string{
		`1:1: theme: there is no "moca"; did you mean "mocha"?`,
		`2:10: glyphs: it must be a text in quotes, not a value of the type integer`,
		`3:1: interval: no such setting; it belongs in the section [watch]`,
		`4:9: not valid TOML: expected keyword "true"; texts need quotes: name = "text"; else true, false, a number or a list`,
		`5:1: vew: no such setting; did you mean "view"?`,
		`7:1: watch.intervall: no such setting; did you mean "interval"?`,
		`8:1: watch.interval: "250" is not a length of time: write a number with ms, s, m, h or d, such as "250ms" or "90d"`,
		`9:1: watch.strategy: there is no "pussh"; did you mean "push"?`,
		`10:11: watch.servers: it must be a list, such as ["a", "b"], not a value of the type string`,
		`12:2: wach: no such section; did you mean "watch"?`,
		`15:13: history.retention: "90" is not a length of time: write a number with ms, s, m, h or d, such as "250ms" or "90d"`,
		`16:12: history.max_size: "lots" is not a size: write a whole number with B, kB, MB, GB, KiB, MiB or GiB, such as "500MB"`,
		`19:1: keys.up: a key is empty; write its name, such as "q", "ctrl+c" or "space"`,
		`20:9: keys.down: it must be a key or a list of keys, such as "q" or ["q", "ctrl+c"], not a value of the type float`,
		`22:1: notify.desktop.states: there is no "dnoe"; did you mean "done"?`,
		`23:1: notify.desktop.enabld: no such setting; did you mean "enabled"?`,
		`25:7: notify.command.run: it must be a list, such as ["a", "b"], not a value of the type string`,
		`26:1: notify.command.timout: no such setting; did you mean "timeout"?`,
		`27:3: strategy.when: it is missing; write when = "true"`,
	}
}

func TestAllThatIsWrongIsToldAtOnceWithPlaceAndSuggestion(t *testing.T) {
	_, problems := newProgram(t).schema.Parse("c.toml", []byte(allWrong))
	if diff := cmp.Diff(wrongs(), told(problems)); diff != "" {
		t.Error(diff)
	}
}

func TestBadSettingsHaveDefaultsAndTheGoodOnesBesideThemCount(t *testing.T) {
	p := newProgram(t)
	f, _ := p.schema.Parse("c.toml", []byte(allWrong))
	defaults := p.schema.Defaults("")
	if diff := cmp.Diff(p.General.In(defaults), p.General.In(f)); diff != "" {
		t.Error("bad settings have no defaults", diff)
	}
	if w := p.Watch.In(f); w.SessionFiles || w.Strategy != "push" {
		t.Errorf("the good settings beside bad ones are lost: %+v", w)
	}
	if h := p.History.In(f); h.Enabled || h.Retention.Duration != 90*day {
		t.Errorf("%+v", h)
	}
	if n := p.notify.In(f); len(n.Commands) != 0 || !n.Desktop.Enabled {
		t.Errorf("half a command is in force: %+v", n)
	}
	if diff := cmp.Diff([]rule{{Name: "two", When: "x"}}, p.rules.In(f)); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenHeaderTakesItsSettingsWithIt(t *testing.T) {
	p := newProgram(t)
	f, problems := p.schema.Parse("c.toml", []byte("[history]\n[notify\nenabled = false\n\n[watch]\nstrategy = 'priority'\n"))
	if len(problems) != 1 || problems[0].Line != 2 {
		t.Error(told(problems))
	}
	if !p.History.In(f).Enabled {
		t.Error("a setting of the broken section went to the one above")
	}
	if p.Watch.In(f).Strategy != "priority" {
		t.Error("the next section is lost")
	}
}

func TestAnOpenListOrTextEndsAtTheNextSection(t *testing.T) {
	p := newProgram(t)
	for _, open := range []string{"servers = [\"a\",\n  \"b\"\n", "strategy = \"\"\"push\n", "strategy = 'push\n", "no_clients\n", "= 3\n"} {
		f, problems := p.schema.Parse("c.toml", []byte("[watch]\n"+open+"[history]\nenabled = false\n"))
		if len(problems) != 1 {
			t.Errorf("%q: %q", open, told(problems))
		}
		if p.History.In(f).Enabled {
			t.Errorf("%q: the next section is lost", open)
		}
	}
}

func TestSettingsInAnInlineTableAreCheckedLikeOthers(t *testing.T) {
	p := newProgram(t)
	f, problems := p.schema.Parse("c.toml", []byte("watch = { intervl = '1s', strtegy = 'push' }\nmouse = false"))
	want := []string{
		`1:11: watch.intervl: no such setting; did you mean "interval"?`,
		`1:27: watch.strtegy: no such setting; did you mean "strategy"?`,
	}
	if diff := cmp.Diff(want, told(problems)); diff != "" {
		t.Error(diff)
	}
	if p.General.In(f).Mouse {
		t.Error("the setting after it is lost")
	}
}

func TestATableThatIsUnknownIsToldOnce(t *testing.T) {
	p := newProgram(t)
	_, problems := p.schema.Parse("c.toml", []byte("[notify.desktp]\nenabled = true\nstates = []\n"))
	if diff := cmp.Diff([]string{`1:9: notify.desktp: no such setting; did you mean "desktop"?`}, told(problems)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileFullOfMistakesIsToldOnlySoFar(t *testing.T) {
	p := newProgram(t)
	for name, line := range map[string]func(int) string{
		"keys":       func(n int) string { return "k" + itoa(n) + " = 1\n" },
		"sections":   func(n int) string { return "[a" + itoa(n) + "]\n" },
		"settings":   func(n int) string { return "[watch]\nk" + itoa(n) + " = 1\n" },
		"lists":      func(int) string { return "[[strategy]]\nevery = 3\nwhen = 'x'\n" },
		"incomplete": func(int) string { return "[[strategy]]\nname = 'x'\n" },
		"no TOML":    func(n int) string { return "a" + itoa(n) + " = 1\n=\n" },
	} {
		var text strings.Builder
		for n := range 300 {
			text.WriteString(line(n))
		}
		f, problems := p.schema.Parse("c.toml", []byte(text.String()))
		if len(problems) != maxProblems || len(p.rules.In(f)) > 0 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

func TestNamesAreSpelledAsTheyAreInSmallLettersToo(t *testing.T) {
	p := newProgram(t)
	f, problems := p.schema.Parse("c.toml", []byte("Theme = 'nrd'\nwatch = { Strategy = 'x' }\n[history]\nEnabled = false\n"))
	want := []string{
		`1:1: Theme: no such setting; did you mean "theme"?`,
		`2:1: watch.strategy: there is no "x"; write one of "push", "priority", "sequential"`,
		`4:1: history.Enabled: no such setting; did you mean "enabled"?`,
	}
	if diff := cmp.Diff(want, told(problems)); diff != "" {
		t.Error(diff)
	}
	if p.General.In(f).Theme != ThemeAuto || p.Watch.In(f).Strategy != "push" || !p.History.In(f).Enabled {
		t.Error("a bad setting is in force")
	}
}

func TestAFaultThatHasNoPlaceTakesTheSectionAway(t *testing.T) {
	type pair struct {
		Low  int `toml:"low"`
		High int `toml:"high"`
	}
	section := NewSection("pair", Spec[pair]{
		Defaults: func() pair { return pair{Low: 1, High: 2} },
		Settings: []Setting{{Key: "low", Meaning: "Low."}, {Key: "high", Meaning: "High."}},
		Check: func(p pair) []Fault {
			if p.Low <= p.High {
				return nil
			}
			return []Fault{{Key: "high", What: "it is below low"}}
		},
	})
	schema, err := NewSchema(section)
	if err != nil {
		t.Fatal(err)
	}
	// The key that the check names is not in the file.
	f, problems := schema.Parse("c.toml", []byte("pair.low = 5\n"))
	if diff := cmp.Diff([]string{"1:1: pair.high: it is below low"}, told(problems)); diff != "" || section.In(f) != (pair{1, 2}) {
		t.Errorf("%+v\n%s", section.In(f), diff)
	}
}

func TestAMarkOfTheEncodingAndWindowsLineEndsAreNoTrouble(t *testing.T) {
	p := newProgram(t)
	f, problems := p.schema.Parse("c.toml", []byte("\xef\xbb\xbfmouse = false\r\n[watch]\r\nno_clients = true\r\n"))
	if len(problems) > 0 || p.General.In(f).Mouse || p.Watch.In(f).ClientsInForce() != ClientsNever {
		t.Error(told(problems))
	}
}

func TestActionsThatAreKnownAreSuggested(t *testing.T) {
	v := vocabulary()
	v.Actions = []string{"quit", "down", "up"}
	standard := NewStandard(v)
	schema, err := NewSchema(standard.Sections()...)
	if err != nil {
		t.Fatal(err)
	}
	f, problems := schema.Parse("c.toml", []byte("[keys]\nqiut = 'q'\nup = 'k'\n\"a.b\" = 'x'\n"))
	want := []string{
		`2:1: keys.qiut: no such name; did you mean "quit"?`,
		`4:1: keys.a.b: no such name; write one of "quit", "down", "up"`,
	}
	if diff := cmp.Diff(want, told(problems)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Keys{"up": {"k"}}, standard.Keys.In(f)); diff != "" {
		t.Error(diff)
	}
}

func TestOnAReloadWhatIsBadStaysAsItWas(t *testing.T) {
	p := newProgram(t)
	good := "theme = 'nord'\n[watch]\nstrategy = 'priority'\ninterval = '1s'\n[keys]\nup = 'k'\n[[strategy]]\nname = 'a'\nwhen = 'x'\n"
	last, problems := p.schema.Parse("c.toml", []byte(good))
	if len(problems) > 0 {
		t.Fatal(told(problems))
	}
	bad := "theme = 'nrd'\n[watch]\nstrategy = 3\ninterval = '2s'\n[keys]\nup = [1.5]\ndown = 'j'\n[[strategy]]\nname = 'b'\n"
	f, problems := p.schema.Reparse("c.toml", []byte(bad), last)
	if len(problems) != 4 {
		t.Error(told(problems))
	}
	if g, w := p.General.In(f), p.Watch.In(f); g.Theme != "nord" || w.Strategy != "priority" || w.Interval.Duration != 2*time.Second {
		t.Errorf("%+v %+v", g, w)
	}
	if diff := cmp.Diff(Keys{"up": {"k"}, "down": {"j"}}, p.Keys.In(f)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]rule{{Name: "a", When: "x"}}, p.rules.In(f)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Keys{"up": {"k"}}, p.Keys.In(last)); diff != "" {
		t.Error("the last file has changed", diff)
	}
	f, problems = p.schema.Reparse("c.toml", []byte("theme = \n[watch]\nstrategy = 'push'\n"), last)
	if len(problems) != 1 || p.Watch.In(f).Strategy != "priority" {
		t.Error("a text that is not valid TOML changed something", told(problems))
	}
}

func TestAProgramsOwnMistakesAreErrors(t *testing.T) {
	type untagged struct{ Name string }
	type tagged struct {
		Name string `toml:"name"`
	}
	documented := []Setting{{Key: "name", Meaning: "A name."}}
	for name, sections := range map[string][]AnySection{
		"a field without a tag":            {NewSection("a", Spec[untagged]{})},
		"a setting without documentation":  {NewSection("a", Spec[tagged]{})},
		"documentation without a setting":  {NewSection("a", Spec[tagged]{Settings: append(documented, Setting{Key: "x", Meaning: "X."})})},
		"two sections with the same name":  {NewSection("a", Spec[tagged]{Settings: documented}), NewSection("a", Spec[tagged]{Settings: documented})},
		"documentation that tells nothing": {NewSection("a", Spec[tagged]{Settings: []Setting{{Key: "name"}}})},
	} {
		if _, err := NewSchema(sections...); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
