package picture

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestARowIsTakenApartIntoRunsOfOneLook(t *testing.T) {
	got := Runs("plain \x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3;48;5;200mtrue\x1b[m漢\x1b[4mx")
	want := []Run{
		{Text: "plain "},
		{Text: "red ", Fg: Ink{Set: true, Indexed: true, Value: 1}, Attributes: Bold},
		{Text: "true", Fg: Ink{Set: true, Value: 0x010203}, Bg: Ink{Set: true, Indexed: true, Value: 200}},
		{Text: "漢", Attributes: Wide},
		{Text: "x", Attributes: Underline},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRunsHaveNoControlCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := strings.ReplaceAll(rapid.StringOf(rapid.SampledFrom([]rune("ab<&\"' \x1b[]m;0123456789\a\x07\\漢e\u0301\u202e"))).Draw(t, "row"), "\n", "")
		for _, r := range Runs(row) {
			if r.Text == "" || strings.ContainsFunc(r.Text, func(c rune) bool { return c < 0x20 || c == 0x7f }) {
				t.Fatalf("%q gives %+v", row, r)
			}
		}
	})
}
