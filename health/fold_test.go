package health

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWordsContainWhatOneOfTheRowsContains(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "B", "ab", "'", "’", "❯", "é", " ", "esc", "It’s", "–", "€"})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		screen := strings.Join(rapid.SliceOfN(text, 0, 5).Draw(t, "rows"), "\n")
		phrase := strings.ReplaceAll(strings.ToLower(text.Filter(func(s string) bool { return s != "" }).Draw(t, "phrase")), "’", "'")
		s := parseScreen(screen, 80)
		want := false
		for _, r := range s.rows {
			want = want || containsFold(r.text, phrase)
		}
		if got := newWords(s.rows).contains(phrase); got != want {
			t.Fatalf("%q in %q: got %v, want %v", phrase, screen, got, want)
		}
	})
}

func TestAPhraseIsFoundWhateverItsCaseAndApostrophe(t *testing.T) {
	for text, want := range map[string]int{
		"it's": 0, "Well, IT’S over": 6, "its": -1, "": -1, "it’": -1, "xit's": 1,
	} {
		if got := indexFold(text, "it's"); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	if indexFold("any", "") != 0 || indexFold("", "") != 0 {
		t.Error("nothing is everywhere")
	}
}
