package fold

import (
	"fmt"
	"testing"
)

func TestATextBetweenSlashesIsARegularExpression(t *testing.T) {
	for _, test := range []struct{ text, in, want string }{
		{"/exit (code )?[1-9]/", "Exit code 3 and exit 4", "[Exit code 3 exit 4]"},
		{"/x*/", "ab", "[]"},
		{"/é/", "caf\u0065\u0301 é", "[é]"},
		{"/e/", "cafe\u0301", "[e\u0301]"},
		{"//", "a // b", "[//]"},
		{"a/b", "A/B", "[A/B]"},
	} {
		p, err := Seek(test.text)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, span := range p.Spans(test.in) {
			found = append(found, test.in[span.From:span.To])
		}
		if got := fmt.Sprint(found); got != test.want {
			t.Errorf("%s in %q: got %s, want %s", test.text, test.in, got, test.want)
		}
	}
	if p, err := Seek("/(/"); err == nil || !p.Empty() {
		t.Errorf("%v, %v", p, err)
	}
}

func FuzzExpressionsFindPartsOfTheText(f *testing.F) {
	f.Add("/e/", "cafe\u0301")
	f.Add("/.*/", "\xff\U0001F468\u200d\U0001F469")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := Seek(pattern)
		if err != nil {
			return
		}
		last := 0
		for _, span := range p.Spans(text) {
			if span.From < last || span.To <= span.From || span.To > len(text) {
				t.Fatalf("%v in %q", span, text)
			}
			last = span.To
		}
	})
}
