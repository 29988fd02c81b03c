// Package fold compares texts as people do: whatever their case, and however
// their accents are written, as one character or as several. It is pure.
package fold

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text is a text in the form in which it is compared.
func Text(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Fold().String(norm.NFC.String(s))
}

// isASCII tells whether nothing in s can be written in more than one way.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Pattern is a text that is looked for. The zero value is found nowhere.
type Pattern struct {
	text string
	// expression takes the place of the text where it is set.
	expression *regexp.Regexp
}

// Of is the pattern that finds a text.
func Of(text string) Pattern { return Pattern{text: Text(text)} }

// Empty tells whether there is nothing to look for.
func (p Pattern) Empty() bool { return p.text == "" }

// Span is where a pattern was found: from its first byte to that behind its last.
type Span struct{ From, To int }

// Spans are where the pattern stands in a text, which has no control sequences.
// They hold whole characters with all that is drawn on them.
func (p Pattern) Spans(text string) []Span {
	if p.expression != nil {
		return p.matched(text)
	}
	folded := Text(text)
	if p.text == "" || !strings.Contains(folded, p.text) {
		return nil
	}
	found := spansOf(folded, p.text)
	if isASCII(text) {
		return found
	}
	return inOriginal(text, found)
}

// spansOf are the places of a pattern in a folded text.
func spansOf(folded, pattern string) []Span {
	var found []Span
	for from := 0; ; {
		i := strings.Index(folded[from:], pattern)
		if i < 0 {
			return found
		}
		found = append(found, Span{from + i, from + i + len(pattern)})
		from += i + len(pattern)
	}
}

// inOriginal turns places in a folded text into those in the text itself, which
// may be longer or shorter, widened to whole characters.
func inOriginal(text string, found []Span) []Span {
	out := make([]Span, 0, len(found))
	at, folded := 0, 0
	var open *Span
	for at < len(text) && len(found) > 0 {
		cluster, _ := ansi.FirstGraphemeCluster(text[at:], ansi.WcWidth)
		end, foldedEnd := at+len(cluster), folded+len(Text(cluster))
		if open == nil && found[0].From < foldedEnd {
			open = &Span{From: at}
		}
		if open != nil && found[0].To <= foldedEnd {
			open.To = end
			out, open = append(out, *open), nil
			found = found[1:]
			// Several within one character are one.
			for len(found) > 0 && found[0].To <= foldedEnd {
				found = found[1:]
			}
			if len(found) > 0 && found[0].From < foldedEnd {
				found[0].From = foldedEnd
			}
		}
		at, folded = end, foldedEnd
	}
	return out
}
