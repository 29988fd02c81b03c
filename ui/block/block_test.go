package block

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func asciiEdges() Edges { return Edges{"+", "+", "+", "+", "-", "|"} }

func plain(s string) string { return s }

func textOf(t *rapid.T, label string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("abc 日本🚀é─निக")), 0, 60, -1).Draw(t, label)
}

func TestEveryBlockHasItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Size{rapid.IntRange(MinWidth, 80).Draw(t, "w"), rapid.IntRange(2, 20).Draw(t, "h")}
		lines := []string{textOf(t, "a"), textOf(t, "b"), textOf(t, "c")}
		frame := Frame{
			Edges: asciiEdges(), Paint: plain, Ellipsis: "…", Title: textOf(t, "title"), Facts: textOf(t, "facts"),
			BottomTitle: textOf(t, "bottom"), BottomFacts: textOf(t, "bottom facts"),
		}
		frame.Tight = rapid.Bool().Draw(t, "tight")
		inner := frame.Inner(size)
		top := Of(lines, Size{W: 4, H: 1})
		base := frame.Around(Of(lines, inner), size)
		for _, b := range []Block{Of(lines, size), Centre(lines, size), base, Over(base, top, 2, 1, plain)} {
			if len(b) != size.H {
				t.Fatalf("%d rows, want %d", len(b), size.H)
			}
			for _, row := range b {
				if w := ansi.StringWidthWc(row); w != size.W {
					t.Fatalf("%q is %d wide, want %d", row, w, size.W)
				}
			}
		}
	})
}

func TestFrameCarriesItsTexts(t *testing.T) {
	f := Frame{Edges: asciiEdges(), Paint: plain, Ellipsis: "…", Title: "agents 3", Facts: "urgency", BottomFacts: "+ 8 more"}
	got := f.Around(Of([]string{"x"}, Size{W: 26, H: 1}), Size{W: 30, H: 3}).String()
	want := strings.Join([]string{
		"+- agents 3 ------- urgency -+",
		"| x                          |",
		"+----------------- + 8 more -+",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSparkShowsGapsAndSmallValues(t *testing.T) {
	steps := []string{"0", "1", "2", "3"}
	if got := Spark([]float64{9, -1, 0, 0.1, 3}, 6, 0, steps); got != " 3 011" {
		t.Errorf("got %q", got)
	}
	if got := Spark([]float64{1, 2, 3}, 2, 0, steps); got != "23" {
		t.Errorf("got %q", got)
	}
}

func TestABarIsFullOnlyWhenTheShareIsWhole(t *testing.T) {
	if Filled(0.999, 10) != 9 || Filled(1, 10) != 10 || Filled(0, 10) != 0 || Filled(0.5, 0) != 0 {
		t.Error(Filled(0.999, 10), Filled(1, 10), Filled(0, 10), Filled(0.5, 0))
	}
}

// counter is a part that counts how often it is drawn.
type counter struct {
	version int
	drawn   *int
}

func (c counter) Version() int { return c.version }

func (c counter) Draw(size Size) Block {
	*c.drawn++
	return Of(nil, size)
}

func TestMemoDrawsOnlyWhatHasChanged(t *testing.T) {
	var memo Memo[int]
	drawn := 0
	for _, step := range []struct{ version, width, want int }{{1, 5, 1}, {1, 5, 1}, {2, 5, 2}, {2, 6, 3}, {2, 6, 3}} {
		memo.Draw(counter{step.version, &drawn}, Size{W: step.width, H: 1})
		if drawn != step.want {
			t.Fatalf("%+v: drawn %d times", step, drawn)
		}
	}
}

// Whatever is written, the quick way to measure it comes to what the careful one
// does.
func TestWidthIsThatOfTheTerminal(t *testing.T) {
	for _, table := range [][2]rune{{0x20, 0x3ff}, {0x2000, 0x2bff}, {0x2700, 0x28ff}, {0xfe00, 0xfe0f}} {
		for r := table[0]; r <= table[1]; r++ {
			for _, s := range []string{string(r), "x" + string(r), string(r) + string(r), "▲" + string(r) + "─"} {
				if got, want := Width(s), ansi.StringWidthWc(s); got != want {
					t.Errorf("%U: %q is %d wide, want %d", r, s, got, want)
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		pieces := []string{"abc", "é", "─", "▲", "✓", "日", "🚀", "e\u0301", "नि", "✓\ufe0f", "\u200d", "\x1b[1;38;2;1;2;3m", "\x1b[m", "\x1b[4:3m", "\x1b[2K", "\x1b]0;m\a", "\x1b", "\t", "\xff"}
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces"), "")
		if got, want := Width(s), ansi.StringWidthWc(s); got != want {
			t.Fatalf("%q is %d wide, want %d", s, got, want)
		}
	})
}

func TestAPartOfATextIsAsWideAsItIsSaidToBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := []string{"abc", " ", "é", "─", "e\u0301", "नि", "क्ष", "மி", "\x1b[31m", "\x1b[m"}
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces"), "")
		w := Width(s)
		from := rapid.IntRange(0, w).Draw(t, "from")
		to := rapid.IntRange(from, w).Draw(t, "to")
		cut, part := Width(Cut(s, to, "")), Width(Between(s, from, to))
		// A letter with its marks is as a whole in a part, or not.
		if cut > to || cut < to-2 || part > to-from+2 || part < to-from-2 {
			t.Fatalf("%q from %d to %d: cut %d wide, the part %d", s, from, to, cut, part)
		}
		if tail := Cut(s, to, "…"); Width(tail) > to {
			t.Fatalf("%q cut to %d is %d wide", s, to, Width(tail))
		}
	})
	for _, c := range []struct {
		from, to int
		want     string
	}{{0, 3, "abc"}, {1, 2, "b"}, {3, 5, "नि"}, {5, 6, "d"}, {4, 4, ""}} {
		if got := Between("abcनिdef", c.from, c.to); got != c.want {
			t.Errorf("from %d to %d: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
