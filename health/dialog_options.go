package health

import (
	"strings"
	"unicode/utf8"
)

// maxOptions bounds how many options a dialog may have.
const maxOptions = 30

// firstUnnumbered goes up from the cursor to the first option that is set as its
// own is.
func firstUnnumbered(s screen, d dialog) int {
	first, at := d.cursor, s.rows[d.cursor]
	for first > d.top {
		r := s.rows[first-1]
		if bare(r.text) == "" || isQuoted(r) != isQuoted(at) || r.column() != at.column()+2 {
			break
		}
		first--
	}
	return min(first, d.options)
}

// options reads the answers of a dialog from its first option on: numbered
// ones, those beside a cursor, or keys in brackets.
func (p *profile) options(s screen, d dialog) []Option {
	var all []Option
	lastRow := -1
	for i := d.options; i < len(s.rows) && len(all) < maxOptions; i++ {
		r := s.rows[i]
		option, marked, ok := p.option(r.text)
		switch {
		case ok:
			option.Line = s.line(i)
			all = append(all, option)
			lastRow = i
		case lastRow >= 0 && lastRow+1 == i && goesOn(s, lastRow) && !hintsAtKey(bare(r.text)) && (!keyHint(r.text) || containsFold(r.text, "(esc)")):
			last := &all[len(all)-1]
			last.Label, lastRow = shortLabel(last.Label+" "+bare(r.text)), i
		case bare(r.text) == "" || isRule(r) || isBoxBottom(r):
			if len(all) > 0 && all[len(all)-1].Key == "" {
				return all
			}
		case (keyHint(r.text) && !p.unnumberedOption(s, d, all, i)) || bracketKeys(r.text) > 1:
			return bracketOptions(all, s, i)
		case isScrollArrow(r):
		case marked || (p.Layout.Unnumbered && (len(all) == 0 || all[len(all)-1].Key == "") && s.rows[d.cursor].column()+2 >= r.column()):
			label, selected := cutMark(r.text, p.Layout.Cursors)
			if !selected {
				label = r.text
			}
			all = append(all, Option{Label: shortLabel(label), Selected: selected, Line: s.line(i)})
		}
	}
	if len(all) == 0 && d.options < len(s.rows) {
		return bracketOptions(all, s, d.options)
	}
	return all
}

// unnumberedOption tells whether the row is an option set as the others of its
// list are, with its key behind it: "No, and tell it what to do (esc)".
func (p *profile) unnumberedOption(s screen, d dialog, all []Option, i int) bool {
	return p.Layout.Unnumbered && len(all) > 0 && all[len(all)-1].Key == "" && strings.HasSuffix(bare(s.rows[i].text), "(esc)") &&
		(i == d.cursor || s.rows[i].column() == s.rows[d.cursor].column()+2)
}

// option reads a numbered option; marked is set when a cursor stands before the
// text.
func (p *profile) option(text string) (o Option, marked, ok bool) {
	text = strings.TrimLeft(text, "│┃ ")
	if rest, cut := cutMark(text, p.Layout.Cursors); cut {
		text, marked = rest, true
	}
	key, label, ok := splitNumber(text)
	if !ok {
		return Option{}, marked, false
	}
	return Option{Key: key, Label: shortLabel(label), Selected: marked}, marked, true
}

// bracketOptions adds the keys that a row offers as "[y] Approve  [n] Deny".
func bracketOptions(all []Option, s screen, row int) []Option {
	text := s.rows[row].text
	if len(all) > 0 || bracketKeys(text) < 2 {
		return all
	}
	for _, part := range strings.Split(text, "[")[1:] {
		if key, label, ok := strings.Cut(part, "] "); ok && len(key) == 1 {
			all = append(all, Option{Key: key, Label: shortLabel(label), Line: s.line(row)})
		}
	}
	return all
}

// maxLabel is how many characters of an option are kept.
const maxLabel = 200

// shortLabel is an option's text without what is drawn beside it: a preview of
// what it would give.
func shortLabel(text string) string {
	for i := 0; i+2 < len(text); i++ {
		if text[i] == ' ' && text[i+1] == ' ' && isDrawing(firstRune(text[i+2:])) {
			text = text[:i]
			break
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > maxLabel {
		text = string([]rune(text)[:maxLabel-1]) + "…"
	}
	return text
}

// isScrollArrow tells whether the row only shows that a list goes on.
func isScrollArrow(r row) bool {
	text := bare(r.text)
	return text == "▲" || text == "▼" || text == "↑" || text == "↓"
}

// firstOfList goes up from a numbered option to the option 1 of its list, over rows
// into which an option goes on. It stays where that list is not whole.
func (p *profile) firstOfList(s screen, from int) int {
	const wrapped = 3 // rows that an option can have
	next := p.optionNumber(unframed(s.rows[from].text))
	for i, last := from-1, from; next > 1 && i >= 0 && last-i <= wrapped && bare(s.rows[i].text) != ""; i-- {
		n := p.optionNumber(unframed(s.rows[i].text))
		switch {
		case n == next-1 && n == 1:
			return i
		case n == next-1:
			next, last = n, i
		case n > 0:
			return from
		}
	}
	return from
}
