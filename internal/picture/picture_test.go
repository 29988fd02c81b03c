package picture

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// drawn is the document of a screen.
func drawn(t testing.TB, screen string, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Draw(&b, screen, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// parsed fails unless the document is well-formed, and returns the text of its
// text elements.
func parsed(document string) (texts []string, err error) {
	decoder := xml.NewDecoder(strings.NewReader(document))
	inText := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		} else if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(token))
			}
		}
	}
}

// smallScreen has one of everything.
const smallScreen = "╭─ \x1b[1;38;5;183magents\x1b[0m ─╮ \x1b[7m reverse \x1b[0m\n" +
	"│ \x1b[33m▲\x1b[0m fix    │ \x1b[2mfaint\x1b[22m \x1b[3mitalic\x1b[0m\n" +
	"│ \x1b[48;2;49;50;68m漢字 é   \x1b[0m│ \x1b[4munder\x1b[0m \x1b[9mstrike\x1b[0m\n" +
	"╰──────────╯ \x1b[34m━━━\x1b[90m───\x1b[0m ▁▃█ ⠋ <&>\n"

func TestASmallScreenLooksAsItDid(t *testing.T) {
	got := drawn(t, smallScreen, Options{Width: 29, Height: 5, Title: "one of <everything>"})
	file := filepath.Join("testdata", "small.svg")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; run with -update and look at what has changed:\n%s", file, diff)
	}
}

func TestTheSameScreenAlwaysGivesTheSameBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		screen := anyScreen(rt)
		if one, two := drawn(t, screen, Options{}), drawn(t, screen, Options{}); one != two {
			rt.Fatalf("%q gives\n%s\nand\n%s", screen, one, two)
		}
	})
}

// anyScreen is text as terminals show it, and worse.
func anyScreen(rt *rapid.T) string {
	parts := rapid.SliceOfN(rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`\x1b\[[0-9;:]{0,12}m`),
		rapid.StringMatching(`[a-z <>&"']{1,12}`),
		rapid.StringMatching(`[─-◿⠀-⣿]{1,8}`),
		rapid.SampledFrom([]string{"\n", "\t", "\r\n", "漢字", "e\u0301", "👩\u200d🚀", "\xff", "\x00", "\x1b", "\x1bP1\x1b\\", "]]>"}),
	), 0, 20)
	return strings.Join(parts.Draw(rt, "screen"), "")
}

func TestEveryScreenGivesWellFormedXML(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := Options{Width: rapid.IntRange(0, 20).Draw(rt, "width"), Height: rapid.IntRange(0, 5).Draw(rt, "height"), Title: rapid.String().Draw(rt, "title")}
		screen := anyScreen(rt)
		if _, err := parsed(drawn(t, screen, o)); err != nil {
			rt.Fatalf("%q: %v", screen, err)
		}
	})
}

func FuzzEveryScreenGivesWellFormedXML(f *testing.F) {
	f.Add(smallScreen)
	f.Add("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b_G\x1b\\ \ufffe]]>\x1b[38;2;1;2m\x1b[4:3mx")
	f.Fuzz(func(t *testing.T, screen string) {
		if _, err := parsed(drawn(t, screen, Options{})); err != nil {
			t.Fatalf("%q: %v", screen, err)
		}
	})
}

func TestTextIsShownAsItIs(t *testing.T) {
	document := drawn(t, `<b class="x">&amp; it's`, Options{Title: "<&>"})
	texts, err := parsed(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`<b class="x">&amp; it's`}, texts); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(document, "<title>&lt;&amp;&gt;</title>") {
		t.Errorf("the title is missing in\n%s", document)
	}
}

func TestAFailedWriteIsReported(t *testing.T) {
	reader, writer := io.Pipe()
	_ = reader.Close()
	if err := Draw(writer, "x", Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the error is %v", err)
	}
}

func TestAPictureHasTheSizeThatIsAskedForOrThatOfItsText(t *testing.T) {
	for _, c := range []struct {
		screen        string
		o             Options
		width, height string
	}{
		{"ab\nabcd\n\n", Options{}, "72", "89"},
		{"ab\nabcd\n\n", Options{Width: 10, Height: 1}, "126", "51"},
		{"", Options{}, "36", "51"},
	} {
		want := `width="` + c.width + `" height="` + c.height + `"`
		if got := drawn(t, c.screen, c.o); !strings.Contains(got, want) {
			t.Errorf("%q at %dx%d is not %s:\n%s", c.screen, c.o.Width, c.o.Height, want, got)
		}
	}
}
