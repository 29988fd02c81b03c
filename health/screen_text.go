package health

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isRule tells whether the row is a horizontal rule. A rule may carry a label,
// as long as most of it is line.
func isRule(r row) bool {
	first, _ := utf8.DecodeRuneInString(r.text)
	if r.boxed || !ruleRune(first) {
		return false
	}
	drawn, all := 0, 0
	for _, c := range r.text {
		all++
		if ruleRune(c) {
			drawn++
		}
	}
	return drawn >= 10 && 2*drawn > all
}

func ruleRune(c rune) bool {
	switch c {
	case '─', '━', '═', '╌', '╍', '┄', '▔', '▁', '▀', '▄', '-':
		return true
	}
	return false
}

// isDashed tells whether the row is a rule of dashes, which sets off what a
// dialog quotes.
func isDashed(r row) bool { return strings.HasPrefix(r.text, "╌") && isRule(r) }

// isBoxTop and isBoxBottom recognise the horizontal borders of a box.
func isBoxTop(r row) bool {
	return strings.HasPrefix(r.text, "╭─") || strings.HasPrefix(r.text, "┌─") || strings.HasPrefix(r.text, "┏━")
}

func isBoxBottom(r row) bool {
	return strings.HasPrefix(r.text, "╰─") || strings.HasPrefix(r.text, "└─") || strings.HasPrefix(r.text, "┗━")
}

// isDrawing tells whether c is a line or a block that pictures are drawn with.
func isDrawing(c rune) bool { return c >= 0x2500 && c <= 0x259f }

// isDrawn tells whether the row holds nothing but what is drawn.
func isDrawn(r row) bool {
	return strings.TrimFunc(r.text, func(c rune) bool { return c == ' ' || isDrawing(c) }) == ""
}

// isBarred tells whether the row stands beside a bar, as blocks of some programs
// do.
func isBarred(r row) bool { return strings.HasPrefix(r.text, "┃") }

// isBraille tells whether c is a cell of a braille spinner.
func isBraille(c rune) bool { return c > 0x2800 && c <= 0x28ff }

// cutMark splits text behind its first character when that is one of marks and
// a space or the end follows.
func cutMark(text, marks string) (rest string, ok bool) {
	c, size := utf8.DecodeRuneInString(text)
	if size == 0 || !strings.ContainsRune(marks, c) {
		return "", false
	}
	rest = text[size:]
	if rest != "" && rest[0] != ' ' {
		return "", false
	}
	return strings.TrimLeft(rest, " "), true
}

// startsWithMark is cutMark without asking for a space behind the mark: some
// versions set their bullet against the word.
func startsWithMark(text, marks string) bool {
	c, size := utf8.DecodeRuneInString(text)
	return size > 0 && c != utf8.RuneError && strings.ContainsRune(marks, c)
}

// cutNumber splits "2. text" (or "2) text") behind the number.
func cutNumber(text string) (rest string, ok bool) {
	_, rest, ok = splitNumber(text)
	return rest, ok
}

// splitNumber splits "2. Yes", "2) Yes" or "[2] Yes" into number and words.
func splitNumber(text string) (number, rest string, ok bool) {
	text, bracketed := strings.CutPrefix(text, "[")
	digits := 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 2 || digits+1 >= len(text) {
		return "", "", false
	}
	if c := text[digits]; bracketed != (c == ']') || !strings.ContainsRune(".)]", rune(c)) || text[digits+1] != ' ' {
		return "", "", false
	}
	return text[:digits], strings.TrimLeft(text[digits+1:], " "), true
}

// maxActivity is how many characters an activity may have.
const maxActivity = 80

// shorten folds runs of blanks and cuts text for showing in a list.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= maxActivity {
		return text
	}
	runes := []rune(text)
	return strings.TrimRightFunc(string(runes[:maxActivity-1]), unicode.IsSpace) + "…"
}

// elapsed returns the first duration in text, such as "12s" or "1m 5s".
func elapsed(text string) string {
	fields := strings.Fields(text)
	for i, field := range fields {
		field = strings.TrimLeft(field, "(")
		if !isDuration(field) {
			continue
		}
		for _, next := range fields[i+1:] {
			if next = strings.TrimRight(next, ")…"); !isDuration(next) {
				break
			}
			field += " " + next
		}
		return strings.TrimRight(field, ")…")
	}
	return ""
}

// isDuration tells whether field is digits and then s, m or h.
func isDuration(field string) bool {
	field = strings.TrimRight(field, ")…")
	if len(field) < 2 || !strings.ContainsRune("smh", rune(field[len(field)-1])) {
		return false
	}
	for i := range len(field) - 1 {
		if field[i] < '0' || field[i] > '9' {
			return false
		}
	}
	return true
}
