package engine

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestASearchFindsRowsCountedFromTheBottomWithThoseAroundThemOnce(t *testing.T) {
	text := "zero\none Needle  \ntwo\nthree\nfour needle\nfive needle\nsix"
	got, err := SearchQuery{Pattern: "needle$", IgnoreCase: true, Context: 1}.In(text)
	if err != nil {
		t.Fatal(err)
	}
	want := Found{Matches: 3, Searched: 7, Rows: []FoundRow{
		{Row: -7, Text: "zero", Match: false},
		{Row: -6, Text: "one Needle", Match: true},
		{Row: -5, Text: "two", Match: false},
		{Row: -4, Text: "three", Match: false},
		{Row: -3, Text: "four needle", Match: true},
		{Row: -2, Text: "five needle", Match: true},
		{Row: -1, Text: "six", Match: false},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	newest, err := SearchQuery{Pattern: "NEEDLE", IgnoreCase: true, Fixed: true, Most: 1}.In(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Found{Matches: 3, Searched: 7, Rows: []FoundRow{{Row: -2, Text: "five needle", Match: true}}}, newest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, wrong := range []SearchQuery{{Pattern: "("}, {Pattern: strings.Repeat("x", longestPattern+1)}, {Pattern: "x", Rows: -1}, {Pattern: "x", Most: -1}} {
		if _, err := wrong.Compile(); err == nil {
			t.Errorf("%.20q is searched for", wrong.Pattern)
		}
	}
}

func TestEveryWayToSearchFindsWhatARegularExpressionFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]string{"a", "A", "b", "é", "É", ".", "(", " "})
		word := func(name string, most int) string {
			return strings.Join(rapid.SliceOfN(letter, 0, most).Draw(t, name), "")
		}
		var rows []string
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			rows = append(rows, word(fmt.Sprint("row ", i), 6))
		}
		q := SearchQuery{
			Pattern: word("pattern", 3), Fixed: true, IgnoreCase: rapid.Bool().Draw(t, "ignore case"),
			Context: rapid.IntRange(0, 3).Draw(t, "context"), Most: rapid.IntRange(0, 4).Draw(t, "most"),
		}
		expression := regexp.QuoteMeta(q.Pattern)
		if q.IgnoreCase {
			expression = "(?i)" + expression
		}
		pattern := regexp.MustCompile(expression)
		got, err := q.In(strings.Join(rows, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		count, before := 0, -len(rows)-1
		for _, row := range rows {
			if pattern.MatchString(strings.TrimRight(row, " ")) {
				count++
			}
		}
		kept := 0
		for _, row := range got.Rows {
			if row.Row <= before || row.Text != strings.TrimRight(rows[len(rows)+row.Row], " ") {
				t.Fatalf("%+v in %q", got.Rows, rows)
			}
			if before = row.Row; row.Match {
				kept++
			}
		}
		wanted := count
		if q.Most > 0 {
			wanted = min(count, q.Most)
		}
		if got.Matches != count || kept != wanted || got.Searched != len(rows) {
			t.Fatalf("%d matches, %d kept, of %d: %+v", got.Matches, kept, count, q)
		}
	})
}
