package health

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// dialogActivity is what the dialog asks: what wants permission, else the
// question, else its heading.
func (p *profile) dialogActivity(s screen, d dialog, reason WaitReason) string {
	if reason == WaitPermission {
		if wanted := d.wanted(s); wanted != "" {
			return wanted
		}
	}
	if i, ok := d.question(s); ok {
		return shorten(d.sentence(s, i))
	}
	if asked := d.questionWithin(s); asked != "" {
		return shorten(asked)
	}
	if _, i := p.matchedDialog(s, d); i >= 0 {
		return shorten(worded(strings.TrimRightFunc(d.paragraph(s, i), func(c rune) bool { return c == ' ' || isDrawing(c) })))
	}
	for i := d.top; i < d.options; i++ {
		if r := s.rows[i]; bare(r.text) != "" && !isLine(r) {
			return shorten(d.paragraph(s, i))
		}
	}
	return shorten(unframed(s.rows[d.cursor].text))
}

// question returns the row of the last question above the options.
func (d dialog) question(s screen) (int, bool) {
	for i := d.options - 1; i >= d.top; i-- {
		// A reason that the agent gives is no question of the program's.
		if text := s.rows[i].text; strings.HasSuffix(text, "?") && !hasPrefixFold(text, "reason:") {
			return i, true
		}
	}
	return 0, false
}

// questionWithin returns the sentence of the dialog's text that ends in a
// question mark with more text behind it.
func (d dialog) questionWithin(s screen) string {
	for i := d.top; i < d.options; i++ {
		before, _, ok := strings.Cut(s.rows[i].text, "? ")
		if !ok || bare(before) == "" {
			continue
		}
		before = bare(before)
		if first := d.beginning(s, i); first < i {
			before = item{first: first, last: i - 1}.text(s) + " " + before
		}
		if at := strings.LastIndex(before, ". "); at >= 0 {
			before = before[at+2:]
		}
		return shortLabel(before) + "?"
	}
	return ""
}

// sentence is the question that ends in the row end.
func (d dialog) sentence(s screen, end int) string {
	return joined(s, d.beginning(s, end), end)
}

// paragraph is the text that begins in the row and goes on below it.
func (d dialog) paragraph(s screen, first int) string {
	last := first
	for last+1 < d.options && last-first < mostRows && goesOn(s, last) {
		last++
	}
	return joined(s, first, last)
}

// mostRows is over how many rows more a sentence goes.
const mostRows = 3

// beginning is the row in which the text of a row begins: further up when it had
// no room in one row.
func (d dialog) beginning(s screen, row int) int {
	first := row
	for first > d.top && row-first < mostRows && goesOn(s, first-1) {
		first--
	}
	return first
}

func joined(s screen, first, last int) string {
	var words []string
	for i := first; i <= last; i++ {
		words = append(words, bare(s.rows[i].text))
	}
	return strings.Join(words, " ")
}

// goesOn tells whether the text of the row i goes on in the next: its first word
// had no room behind row i, or that is well filled and the next begins with a
// small letter.
func goesOn(s screen, i int) bool {
	here, next := s.rows[i], s.rows[i+1]
	text, after := bare(here.text), bare(next.text)
	if text == "" || after == "" || isLine(here) || isLine(next) || isQuoted(here) != isQuoted(next) {
		return false
	}
	const margin = 8 // what borders and margins take at the right, at most
	room := s.width - margin
	if here.boxed {
		room = min(room, here.width()-2)
	}
	word, _, _ := strings.Cut(after, " ")
	end := here.column() + utf8.RuneCountInString(text)
	if strings.ContainsAny(text[len(text)-1:], ".!?:") && unicode.IsUpper(firstRune(after)) {
		return false
	}
	return end+1+utf8.RuneCountInString(word) > room || (startsLower(after) && 2*end > room)
}

// isLine tells whether the row is drawn: a rule, or a border of a box.
func isLine(r row) bool {
	return isRule(r) || isBoxTop(r) || isBoxBottom(r) || (isDrawn(r) && !r.blank())
}

func firstRune(text string) rune {
	c, _ := utf8.DecodeRuneInString(text)
	return c
}

// isQuoted tells whether the row stands in a box within the dialog.
func isQuoted(r row) bool { return strings.HasPrefix(r.text, "│") }

// unframed is a row's text without the borders and bars beside it.
func unframed(text string) string { return strings.Trim(text, "│┃ ") }

// startsLower tells whether the text goes on with a sentence begun above.
func startsLower(text string) bool { return text != "" && text[0] >= 'a' && text[0] <= 'z' }
