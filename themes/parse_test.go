package themes

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// minimal is a palette with every colour and nothing else.
func minimal(t testing.TB) string {
	t.Helper()
	c := Default(true).Colours
	var text strings.Builder
	text.WriteString("[colours]\n")
	for _, m := range c.all() {
		text.WriteString(m.key + " = \"" + m.value.String() + "\"\n")
	}
	return text.String()
}

func TestErrorsNameTheFileAndTheLine(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"bad colour":        {"title = \"x\"\ndark = true\n[colours]\ntext = \"blue\"\n", "my.toml:4"},
		"short":             {"[colours]\ntext = \"#fff\"\n", "my.toml:2"},
		"unknown key":       {"title = \"x\"\n[colours]\nselectoin = \"#000000\"\n", `my.toml:3: unknown key colours.selectoin, did you mean "selection"?`},
		"unknown table":     {"title = \"x\"\n[colors]\nbase = \"#000000\"\n", `unknown key colors, did you mean "colours"?`},
		"nothing near":      {"zebra = 1\n", "my.toml:1: unknown key zebra"},
		"syntax":            {"title = \"x\"\ndark = \n", "my.toml:2"},
		"missing":           {"[colours]\ntext = \"#ffffff\"\n", "my.toml: [colours] lacks base"},
		"what to do":        {"[colours]\ntext = \"#ffffff\"\n", `begin with inherits = "mocha"`},
		"unknown ancestor":  {"\ninherits = \"mocca\"\n", `my.toml:2: inherits: unknown theme "mocca", did you mean "mocha"?`},
		"basic colour":      {"inherits = \"mocha\"\n[ansi]\nwaiting = \"yelow\"\n", `my.toml:3: "yelow" is none of the sixteen colours, did you mean "yellow"?`},
		"basic number":      {"inherits = \"mocha\"\n[ansi]\nwaiting = 16 # a bright one\n", "my.toml:3: \"16\" is none"},
		"number as colour":  {"inherits = \"mocha\"\n[colours]\nwaiting = 0xff0000\n", "my.toml:3: \"0xff0000\" is not a colour"},
		"list as colour":    {"inherits = \"mocha\"\n[colours]\nwaiting = [255, 0, 0]\n", "my.toml:3"},
		"wrong darkness":    {"inherits = \"mocha\"\ndark = false\n", "my.toml:2: dark = false, but base is #1e1e2e"},
		"invisible text":    {"inherits = \"mocha\"\n[colours]\ntext = \"#222230\"\n", "my.toml:3: text #222230 cannot be read on base"},
		"invisible row":     {"inherits = \"mocha\"\n[colours]\nselection = \"#cccccc\"\n", "my.toml:3: text #cdd6f4 cannot be read on selection"},
		"escape in a title": {"inherits = \"mocha\"\ntitle = \"\\u001b[2J\"\n", "my.toml:2: the title has control characters"},
	}
	for name, c := range cases {
		_, err := Parse("my.toml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
			continue
		}
		if !strings.HasPrefix(err.Error(), "themes: my.toml") || strings.Count(err.Error(), "themes: ") != 1 {
			t.Errorf("%s: %q does not begin as it should", name, err)
		}
	}
}

func TestAnUnknownAncestorIsAnUnknownTheme(t *testing.T) {
	if _, err := Parse("my.toml", []byte("inherits = \"mocca\"\n")); !errors.Is(err, ErrUnknown) {
		t.Fatalf("got %v", err)
	}
}

func TestAPaletteNeedsNothingButItsColours(t *testing.T) {
	theme, err := Parse("some/where/mine.toml", []byte(minimal(t)))
	if err != nil {
		t.Fatal(err)
	}
	if theme.Name != "mine" || theme.Title != "mine" || !theme.Dark {
		t.Fatalf("got %+v", theme)
	}
}

func TestAnHeirHasAllThatItDoesNotChange(t *testing.T) {
	theme, err := Parse("mine.toml", []byte("inherits = \"solarized-dark\"\n[colours]\nwaiting = \"#ffff00\"\n[ansi]\ndone = \"bright-white\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	parent, err := Load("solarized-dark")
	if err != nil {
		t.Fatal(err)
	}
	if theme.Name != "mine" || theme.Title != "mine" {
		t.Errorf("name %q and title %q are inherited", theme.Name, theme.Title)
	}
	inherited := parent.Colours.all()
	for i, m := range theme.Colours.all() {
		switch m.key {
		case "waiting":
			if n, _ := m.value.ANSI16(); m.value.String() != "#ffff00" || n != 3 {
				t.Errorf("waiting is %v, %d among sixteen", m.value, n)
			}
		case "done":
			if n, _ := m.value.ANSI16(); m.value.String() != parent.Colours.Done.String() || n != 15 {
				t.Errorf("done is %v, %d among sixteen", m.value, n)
			}
		default:
			if *m.value != *inherited[i].value {
				t.Errorf("%s is %v, was %v", m.key, m.value, inherited[i].value)
			}
		}
	}
}

func TestALightHeirOfADarkThemeIsLight(t *testing.T) {
	theme, err := Parse("mine.toml", []byte("inherits = \"mocha\"\n[colours]\nbase = \"#ffffff\"\ntext = \"#000000\"\nselection = \"#eeeeee\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := theme.Colours.Waiting.ANSI16(); theme.Dark || n != 5 {
		t.Fatalf("dark is %t, waiting is %d among sixteen", theme.Dark, n)
	}
}

func TestEveryMeaningHasAWordForSixteenColours(t *testing.T) {
	for _, dark := range []bool{true, false} {
		basics := ansiDefault(dark)
		for _, m := range basics.all() {
			if !m.value.given() {
				t.Errorf("dark is %t: %s has none", dark, m.key)
			}
		}
	}
}

func TestTheNamesOfTheSixteenAreInTheirOrder(t *testing.T) {
	for word, want := range map[string]uint8{"black": 0, "white": 7, "bright-black": 8, "bright-white": 15, "0": 0, "15": 15} {
		var b Basic
		if err := b.UnmarshalText([]byte(word)); err != nil {
			t.Fatal(err)
		}
		if n, ok := b.Number(); n != want || !ok || word[0] > '9' && b.String() != word {
			t.Errorf("%s is %d, %q", word, n, b)
		}
	}
	var own Basic
	if err := own.UnmarshalText([]byte("default")); err != nil {
		t.Fatal(err)
	}
	if _, ok := own.Number(); ok {
		t.Error("the terminal's own colour has a number")
	}
}

func TestTheExampleOfTheGuideLoads(t *testing.T) {
	guide, err := os.ReadFile("../docs/themes.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(guide), "```toml\n")[1:]
	if len(examples) != 2 {
		t.Fatalf("%d examples, want 2", len(examples))
	}
	for _, example := range examples {
		text, _, closed := strings.Cut(example, "```")
		if _, err := Parse("example.toml", []byte(text)); err != nil || !closed {
			t.Errorf("%v in:\n%s", err, text)
		}
	}
	for _, m := range new(Colours).all() {
		if !strings.Contains(string(guide), "`"+m.key+"`") {
			t.Errorf("the guide does not explain %s", m.key)
		}
	}
	for _, name := range Names() {
		if !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("the guide does not name %s", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(minimal(f))
	f.Add("inherits = \"mocha\"\n[colours]\nwaiting = \"#ffff00\"\n[ansi]\ndone = \"bright-white\"\n")
	f.Add("title = \"x\"\ndark = true\n[colours]\nbase = \"#123456\"\n")
	f.Add("[ansi]\nwaiting = 3\n[colours]\nbase = 3")
	f.Add("inherits = \"my\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		theme, err := Parse("my.toml", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "themes: my.toml") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		if theme.Name != "my" || theme.Title == "" || theme.Dark != theme.Colours.Base.dark() {
			t.Fatalf("got %+v", theme)
		}
		for _, m := range theme.Colours.all() {
			if !m.value.set || !m.value.basic.given() {
				t.Fatalf("%s is not complete: %+v", m.key, m.value)
			}
			var again Colour
			if err := again.UnmarshalText([]byte(m.value.String())); err != nil || again.String() != m.value.String() {
				t.Fatalf("%s does not read what it writes: %v", m.key, err)
			}
		}
	})
}
