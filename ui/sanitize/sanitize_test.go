package sanitize

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestScreenKeepsColoursAndNothingElse(t *testing.T) {
	cases := map[string]struct {
		in   string
		want []string
	}{
		"plain":                  {"a\nb", []string{"a", "b"}},
		"colour is closed":       {"\x1b[31mred", []string{"\x1b[0;31mred\x1b[m"}},
		"colour runs on":         {"\x1b[1;31ma\nb\x1b[0mc", []string{"\x1b[0;1;31ma\x1b[m", "\x1b[0;1;31mb\x1b[mc"}},
		"256 and true colour":    {"\x1b[38;5;208;48;2;1;2;3mx", []string{"\x1b[0;38;5;208;48;2;1;2;3mx\x1b[m"}},
		"colons":                 {"\x1b[38:2::1:2:3m\x1b[4:3mx", []string{"\x1b[0;4;38;2;1;2;3mx\x1b[m"}},
		"colour out of range":    {"\x1b[38;2;1;2;300mx", []string{"x"}},
		"blink and conceal":      {"\x1b[5;8mx", []string{"x"}},
		"cursor and erase":       {"a\x1b[2J\x1b[10;10Hb", []string{"ab"}},
		"blanks at the end":      {"a  \nb \x1b[31m  \n  \x1b[1m ", []string{"a", "b", ""}},
		"coloured ends":          {"\x1b[44ma  \x1b[49m  \n\x1b[7m  ", []string{"\x1b[0;44ma  \x1b[m", "\x1b[0;7m  \x1b[m"}},
		"underlined end":         {"\x1b[4ma \x1b[0m ", []string{"\x1b[0;4ma \x1b[m"}},
		"blanks in the middle":   {"\x1b[31ma  \x1b[32m  b", []string{"\x1b[0;31ma  \x1b[0;32m  b\x1b[m"}},
		"private SGR lookalike":  {"\x1b[>4;2mx\x1b[?1my\x1b[1$mz", []string{"xyz"}},
		"clipboard":              {"a\x1b]52;c;c2VjcmV0\x07b", []string{"ab"}},
		"title with ST":          {"a\x1b]0;evil\x1b\\b", []string{"ab"}},
		"open string ends a row": {"a\x1b]0;evil\nb", []string{"a", "b"}},
		"kitty graphics":         {"\x1b_Gi=31,s=1;AAAA\x1b\\x", []string{"x"}},
		"charset":                {"\x1b(0lqk\x1b(B", []string{"lqk"}},
		"C1, DEL and controls":   {"a\u009b31mb\x7f\x08\rc\x00", []string{"a31mbc"}},
		"invalid UTF-8":          {"a\xff\xc3b", []string{"ab"}},
		"bidi and zero width":    {"a\u202eb\u2066c\u200bd\ufeffe", []string{"abcde"}},
		"tabs":                   {"a\tb\t\tc", []string{"a       b               c"}},
		"mark at the end":        {"\u0d4e", []string{""}},
		"spacing mark alone":     {"\u0903x", []string{"x"}},
		"mark at the start":      {"\u0301a\u0301", []string{"a\u0301"}},
		"stacked marks":          {"a" + strings.Repeat("\u0301", 40) + "b", []string{"áb"}},
		"emoji sequence":         {"👩‍👩‍👧 ❤️ 🇩🇪", []string{"👩👩👧 ❤ DE"}},
		"wide characters":        {"日本 한국 🚀", []string{"日本 한국 🚀"}},
		"half a sequence":        {"a\x1b[31", []string{"a"}},
		"a lone escape":          {"a\x1b", []string{"a"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Screen(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTextLosesColoursToo(t *testing.T) {
	if got := Text("\x1b[31mfix\x1b[0m \x1b]0;x\x07auth\nnow"); got != "fix auth now" {
		t.Errorf("got %q", got)
	}
}

func FuzzScreenIsSafe(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b]52;c;AAAA\x07", "\x1b]8;;http://x\x1b\\link", "\x1b[38;2;1;2;3mx\ny",
		"👩‍👩‍👧🇩🇪❤️", "नि क्ष", "\u1112\u1161\u11ab", "\u0600a", "a\u0301\u0302\u0303\u0304\u0305", "\x1bP1$r\x1b\\", "\x9b31m", "\u202e", "\u1112\u1161\x1b[m\u1180",
		"שלום مرحبا", "\t\t", "\x1b[", "\x1b", "\x1b[1;2;3;4;5;6;7;8;9;58;5;1m!",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, row := range Screen(in) {
			checkRow(t, row)
			if again := strings.Join(Screen(row), "\n"); again != row {
				t.Errorf("not stable: %q then %q", row, again)
			}
		}
		text := Text(in)
		checkRow(t, text)
		if strings.ContainsRune(text, esc) {
			t.Errorf("escape in %q", text)
		}
	})
}

// checkRow fails when the row holds anything that could do more than colour.
func checkRow(t *testing.T, row string) {
	t.Helper()
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	if !utf8.ValidString(row) {
		t.Errorf("invalid UTF-8 in %q", row)
	}
	if open := sgr.FindAllString(row, -1); len(open) > 0 && open[len(open)-1] != reset {
		t.Errorf("colours left open in %q", row)
	}
	for _, r := range sgr.ReplaceAllString(row, "") {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			t.Errorf("control %U in %q", r, row)
		}
	}
	between := "x" + row + "x"
	if a, b := ansi.StringWidth(between), ansi.StringWidthWc(between); a != ansi.StringWidth(row)+2 || b != ansi.StringWidthWc(row)+2 {
		t.Errorf("%q is %d cells wide by clusters, %d by characters, and another width between others", row, a-2, b-2)
	} else if a != b && !joined(ansi.Strip(row)) {
		t.Errorf("%q is %d cells wide by clusters, %d by characters", row, a, b)
	}
}

// joined tells whether a text has letters that are written as one, or with marks
// that take room.
func joined(text string) bool {
	for text != "" {
		cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		if w != ansi.StringWidthWc(cluster) && isWritten(cluster) {
			return true
		}
		text = text[len(cluster):]
	}
	return false
}

func TestLettersKeepTheirMarks(t *testing.T) {
	for text, cells := range map[string]int{
		"हिन्दी": 5, "क्षत्रिय": 6, "नमस्ते": 4, // Devanagari
		"தமிழ்": 4, "கொடு": 4, // Tamil
		"ภาษาไทย": 7, "ที่นี่": 2, "น้ำ": 2, // Thai
		"বাংলা": 5, "ગુજરાતી": 6, "മലയാളം": 6, "ಕನ್ನಡ": 4, "မြန်မာ": 5, "ខ្មែរ": 4,
		"ഭൎത്താവ്": 6, "e\u0301x": 2, "שָׁלוֹם": 4,
	} {
		if got := Text(text); got != text || ansi.StringWidthWc(got) != cells {
			t.Errorf("%q became %q, %d cells wide, want %d", text, got, ansi.StringWidthWc(got), cells)
		}
		want := []string{"\x1b[0;31m" + text + "\x1b[m"}
		if diff := cmp.Diff(want, Screen("\x1b[31m"+text)); diff != "" {
			t.Error(diff)
		}
	}
	for text, want := range map[string]string{
		"न" + strings.Repeat("\u093f", 9) + "x": "नx", "\u093fx": "x", "👍🏽": "👍", "\u1112\u1161\u11ab": "한", "क" + strings.Repeat("\u094dक", 30): "क",
		"\u1112\x1b[m\u1180": "", "\u1112\u0303\u1161x": "x", "👍\x1b[1m🏽": "👍", "न\x1b[1mि": "नि",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func BenchmarkScreen(b *testing.B) {
	row := "\x1b[38;5;208m" + strings.Repeat("working ", 12) + "\x1b[0m " + strings.Repeat("─", 100)
	text := strings.Repeat(row+"\n", 50)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Screen(text)
	}
}

func TestRowsThatAreCleanedOnceComeToTheSame(t *testing.T) {
	pieces := []string{
		"abc", "● x", "日本", "\n", "\n", "\n", "\x1b[31m", "\x1b[1;38;5;208m", "\x1b[m", "\x1b[2J", "\x1b]0;evil", "\x1b]52;c;eA==\x07", "\x1b\\", "\x1b", "\x1b[",
		"\x1bP", "\t", "\xe6", "👩‍👩‍👧", "\x1b[48;2;74;34;29m",
	}
	rapid.Check(t, func(t *rapid.T) {
		profile := rapid.SampledFrom([]colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI}).Draw(t, "profile")
		rows := RowsIn(profile)
		for _, screen := range rapid.SliceOfN(rapid.SliceOf(rapid.SampledFrom(pieces)), 1, 4).Draw(t, "screens") {
			s := strings.Join(screen, "")
			if diff := cmp.Diff(ScreenIn(s, profile), rows.Screen(s)); diff != "" {
				t.Fatalf("%q: %s", s, diff)
			}
		}
	})
}
