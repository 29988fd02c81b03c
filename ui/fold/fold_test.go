package fold

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestTextsAreFoundWhateverTheirCaseAndHoweverTheirAccentsAreWritten(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{"error", "an ERROR, an Error", []string{"ERROR", "Error"}},
		{"ERROR", "an error", []string{"error"}},
		{"café", "Cafe\u0301 and CAFÉ", []string{"Cafe\u0301", "CAFÉ"}},
		{"cafe\u0301", "ein Café", []string{"Café"}},
		{"cafe", "Cafe\u0301", nil},
		{"straße", "STRASSE", []string{"STRASSE"}},
		{"ss", "groß", []string{"ß"}},
		{"s", "ß!", []string{"ß"}},
		{"ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ", []string{"ὈΔΥΣΣΕΎΣ"}},
		{"한", "\u1112\u1161\u11ab글", []string{"\u1112\u1161\u11ab"}},
		{"द", "हिन्दी", []string{"न्दी"}},
		{"i", "日本i", []string{"i"}},
		{"aa", "aaaaa é", []string{"aa", "aa"}},
		{"", "text", nil},
		{"x", "text", []string{"x"}},
	} {
		var got []string
		for _, span := range Of(c.pattern).Spans(c.text) {
			got = append(got, c.text[span.From:span.To])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q in %q: %s", c.pattern, c.text, diff)
		}
	}
}

func TestWhatIsFoundHoldsThePatternAndIsInOrder(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("aeE\u0301éß日ıİनिx \u1112\u1161")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		text, pattern := letters.Draw(t, "text"), letters.Draw(t, "pattern")
		end := 0
		spans := Of(pattern).Spans(text)
		for _, s := range spans {
			if s.From < end || s.To <= s.From || s.To > len(text) {
				t.Fatalf("%q in %q: %v", pattern, text, spans)
			}
			if !strings.Contains(Text(text[s.From:s.To]), Text(pattern)[:1]) {
				t.Fatalf("%q in %q: found %q", pattern, text, text[s.From:s.To])
			}
			end = s.To
		}
		if found := pattern != "" && strings.Contains(Text(text), Text(pattern)); found != (len(spans) > 0) {
			t.Fatalf("%q in %q: %v", pattern, text, spans)
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if n := len(Of(form.String(pattern)).Spans(form.String(text))); n != len(spans) {
				t.Fatalf("%q in %q: %d, in another form %d", pattern, text, len(spans), n)
			}
		}
	})
}

func BenchmarkSpans(b *testing.B) {
	row := "● 12 files changed, 日本 " + strings.Repeat("and more words ", 8)
	p := Of("nowhere")
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		p.Spans(row)
	}
}
