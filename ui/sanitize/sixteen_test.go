package sanitize

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWithSixteenColoursWhatIsDrawnInOthersCanBeRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"pale red on dark red":              {"\x1b[38;2;179;89;107;48;2;74;34;29mx", "\x1b[0;31;40mx\x1b[m"},
		"white on a green that is dark":     {"\x1b[38;2;238;238;238;48;2;33;58;43mx", "\x1b[0;97;40mx\x1b[m"},
		"its own text on dark":              {"\x1b[48;2;33;58;43mx", "x"},
		"dark on dark":                      {"\x1b[38;2;10;10;10;48;2;33;33;33mx", "\x1b[0;97;40mx\x1b[m"},
		"black on amber":                    {"\x1b[38;2;10;10;10;48;2;250;178;131mx", "\x1b[0;30;101mx\x1b[m"},
		"white on nearly white":             {"\x1b[38;5;231;48;5;254mx", "\x1b[0;30;107mx\x1b[m"},
		"grey on the terminal's ground":     {"\x1b[38;5;246mx\x1b[38;5;255my\x1b[38;5;234mz", "\x1b[0;2mx\x1b[myz"},
		"grey that is faint already":        {"\x1b[2;38;5;255mx", "\x1b[0;2mx\x1b[m"},
		"of the sixteen itself":             {"\x1b[31;44mx\x1b[38;5;9;48;5;1my", "\x1b[0;31;44mx\x1b[0;38;5;9;48;5;1my\x1b[m"},
		"one of many on one of the sixteen": {"\x1b[38;2;200;30;30;44mx", "\x1b[0;91;44mx\x1b[m"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.want}, ScreenIn(c.in, colorprofile.ANSI)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlySixteenColoursAreNarrowedHere(t *testing.T) {
	in := "\x1b[38;2;179;89;107;48;2;74;34;29mx"
	for _, profile := range []colorprofile.Profile{colorprofile.Unknown, colorprofile.ASCII, colorprofile.ANSI256, colorprofile.TrueColor} {
		if diff := cmp.Diff(Screen(in), ScreenIn(in, profile)); diff != "" {
			t.Errorf("%v: %s", profile, diff)
		}
	}
}

func TestWithSixteenColoursNoTextHasTheColourOfItsBackground(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		colour := func(label string) ground {
			if rapid.Bool().Draw(t, label+" of 256") {
				return indexedColour | ground(rapid.Uint32Range(16, 255).Draw(t, label))
			}
			return trueColour | ground(rapid.Uint32Range(0, 0xffffff).Draw(t, label))
		}
		p := pen{fg: colour("text"), bg: colour("background")}.inSixteen()
		if p.fg == basicText(black) && p.bg == basicGround(black) || p.fg&valueMask+10 == p.bg&valueMask {
			t.Fatalf("%+v", p)
		}
		if again := p.inSixteen(); again != p {
			t.Fatalf("%+v becomes %+v", p, again)
		}
		if strings.Contains(p.sequence(), "8;") {
			t.Fatalf("%q", p.sequence())
		}
	})
}
