package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sane fails unless a file that was read, and what is said about it, hold
// together.
func sane(t interface {
	Helper()
	Fatalf(string, ...any)
}, p program, text []byte,
) {
	t.Helper()
	f, problems := p.schema.Parse("c.toml", text)
	lines := 1 + strings.Count(string(text), "\n")
	for _, problem := range problems {
		if problem.What == "" || problem.Line < 1 || problem.Line > lines || problem.Column < 1 {
			t.Fatalf("%q: no place or no text: %+v", text, problem)
		}
	}
	if len(problems) > maxProblems {
		t.Fatalf("%q: %d problems", text, len(problems))
	}
	if w := p.Watch.In(f); w.Interval.Duration < 50*time.Millisecond || !slices.Contains(vocabulary().Strategies, w.Strategy) {
		t.Fatalf("%q: what is not allowed is in force: %+v", text, w)
	}
	for _, r := range p.rules.In(f) {
		if r.When == "" {
			t.Fatalf("%q: half a strategy is in force: %+v", text, r)
		}
	}
	if _, err := p.schema.Values(f); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}

func FuzzAnyBytesAreReadWithoutHarm(f *testing.F) {
	for _, seed := range []string{
		"", "theme = 'nord'", "[watch]\ninterval = 250\n", "[[strategy]]\nname = 'x'\n", "watch = { strategy = 3 }",
		"[watch]\n[watch]\n", "[watch", "a = '''", "# \xff", "\xff", "[keys]\n'a.b' = []\n[keys.x]\n", "[[watch]]", "strategy = 3",
		"[notify.command]\n", "[[notify.command]]\nrun = 3\n[notify.command.x]\n", "é = 'é' é", "[strategy]\nname = 1\n",
		"[[strategy]]\nwhen='x'\nname=1\n[[strategy]]\n", "history.max_size = 1_000", "\xef\xbb\xbf", "a\x00=1", "keys = {a = {b = 1}}",
	} {
		f.Add([]byte(seed))
	}
	p := newProgram(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		sane(t, p, text)
		last, _ := p.schema.Parse("c.toml", []byte("theme = 'nord'\n"))
		if again, _ := p.schema.Reparse("c.toml", text, last); !slices.Contains(append(vocabulary().Themes, "auto"), p.General.In(again).Theme) {
			t.Fatalf("%q: what is not allowed is in force after a reload", text)
		}
	})
}

func TestLinesOfEverySortInAnyOrderAreReadWithoutHarm(t *testing.T) {
	p := newProgram(t)
	line := rapid.SampledFrom([]string{
		"[watch]", "[history]", "[keys]", "[notify]", "[notify.desktop]", "[[notify.command]]", "[[strategy]]", "[wach]", "[", "]",
		"theme = 'nord'", "theme = 3", "interval = 250", "interval = '1s'", "interval = '1ms'", "strategy = 'x'", "name = 'é'", "when = 'é'",
		"when = 1", "run = ['a',", "'b']", "up = 'k'", "up = [1]", "timeout = 3", "x = '''", "'''", "watch.interval = 3", "# é", "é = 1",
		"desktop = { enabled = 3, sates = [] }", "states = ['x']", "mouse = false",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(line, 0, 14).Draw(t, "lines"), "\n")
		sane(t, p, []byte(text))
	})
}

// typo makes one mistake of typing in a word.
func typo(t *rapid.T, word string) string {
	at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
	letter := string(rune('a' + rapid.IntRange(0, 25).Draw(t, "letter")))
	switch rapid.IntRange(0, 3).Draw(t, "mistake") {
	case 0:
		return word[:at] + letter + word[at:]
	case 1:
		return word[:at] + word[at+1:]
	case 2:
		return word[:at] + letter + word[at+1:]
	default:
		at = min(at, len(word)-2)
		return word[:at] + word[at+1:at+2] + word[at:at+1] + word[at+2:]
	}
}

func TestATypoInAKeyIsSuggestedRight(t *testing.T) {
	p := newProgram(t)
	rapid.Check(t, func(t *rapid.T) {
		names := fieldNames(reflect.TypeFor[Watch]())
		if section := rapid.Bool().Draw(t, "history"); section {
			names = fieldNames(reflect.TypeFor[History]())
		}
		section := "watch"
		if names[0] == "enabled" {
			section = "history"
		}
		meant := rapid.SampledFrom(names).Draw(t, "key")
		typed := typo(t, meant)
		if slices.Contains(names, typed) {
			return // what came of it is a key as well
		}
		_, problems := p.schema.Parse("c.toml", []byte("["+section+"]\n"+typed+" = 1\n"))
		if len(problems) != 1 || !strings.Contains(problems[0].Suggestion, `"`+meant+`"`) {
			t.Fatalf("%s for %s: %v", typed, meant, problems)
		}
	})
}

func TestDurationsAndSizesAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration{time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "duration"))}
		var d2 Duration
		if err := d2.UnmarshalText([]byte(d.String())); err != nil || d2 != d {
			t.Fatalf("%s became %s: %v", d, d2, err)
		}
		s := Size{rapid.Int64Range(0, 1<<62).Draw(t, "size")}
		var s2 Size
		if err := s2.UnmarshalText([]byte(s.String())); err != nil || s2 != s {
			t.Fatalf("%s became %s: %v", s, s2, err)
		}
	})
}

func TestWhatIsNoDurationOrSizeIsRefused(t *testing.T) {
	for _, text := range []string{"", "5", "-5s", "d", "1.5d", "5dd", "99999999999d", "106752d", "106751d24h", "1h5d", "s", "5 s"} {
		if err := new(Duration).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("the duration %q is accepted", text)
		}
	}
	for _, text := range []string{"", "5", "-5MB", "MB", "1.5GB", "9999999999TB", "5 megabytes"} {
		if err := new(Size).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("the size %q is accepted", text)
		}
	}
}
