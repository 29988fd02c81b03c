package health

import (
	"slices"
	"strings"
	"unicode"
)

// marked is a dialog that a marker told of: its row stands within it, at its end
// or at its head.
type marked struct {
	dialog
	// at is the marker's row.
	at int
	// listed is set when there are options in rows of their own, buttons when the
	// row of the first option holds all.
	listed, buttons bool
}

// markedDialog finds the rows of the dialog that a finding is about.
func (l look) markedDialog(f finding) marked {
	d := marked{at: f.row, dialog: dialog{options: f.row + 1, cursor: f.row, footer: -1}}
	for i := f.row; i < len(l.s.rows); i++ {
		if keyHint(l.s.rows[i].text) {
			d.footer = i
		}
	}
	if d.listed = l.findOptions(&d.dialog, f.row); !d.listed {
		for i := f.row; i < len(l.s.rows) && !d.buttons && i-f.row <= maxDialog; i++ {
			text := l.s.rows[i].text
			if bracketKeys(text) > 1 || len(l.keyedRows(i)) > 1 || f.wait == WaitPermission && len(buttons(text)) > 1 {
				d.options, d.buttons = i, true
			}
		}
		if !d.buttons && namesKeys(l.s.rows[f.row].text) {
			d.options = f.row
		}
	}
	d.top = min(l.p.dialogTop(l.s, d.options), d.options)
	for i := d.options - 1; i >= d.top; i-- {
		if l.p.startsRun(l.s.rows[i]) {
			d.top = i + 1
		}
	}
	if d.listed && d.numbered == 0 {
		d.options = firstUnnumbered(l.s, d.dialog)
	}
	return d
}

// findOptions looks for numbered options or such beside a cursor, from the row
// on, and above one that only names keys.
func (l look) findOptions(d *dialog, row int) bool {
	first, found := l.numberedFrom(row)
	if !found {
		if cursor, ok := l.cursorAround(row); ok {
			d.options, d.cursor = cursor, cursor
			return true
		}
		if first, found = l.numberedAbove(row); !found {
			return false
		}
	}
	first = l.p.firstOfList(l.s, first)
	d.options, d.cursor, d.numbered = first, first, 1
	return true
}

// numberedFrom returns the first numbered option of a list that shows at or below
// the row.
func (l look) numberedFrom(row int) (int, bool) {
	for i := row; i < len(l.s.rows) && i-row <= maxDialog; i++ {
		if _, _, ok := l.p.option(l.s.rows[i].text); ok {
			return i, true
		}
	}
	return 0, false
}

// numberedAbove returns the option 1 of the list that ends above a row with keys.
func (l look) numberedAbove(row int) (int, bool) {
	if !namesKeys(l.s.rows[row].text) && (row == 0 || !namesKeys(l.s.rows[row-1].text)) {
		return 0, false
	}
	next := 0
	for i := row - 1; i >= l.p.dialogTop(l.s, row); i-- {
		o, _, ok := l.p.option(l.s.rows[i].text)
		if !ok {
			continue
		}
		n := l.p.optionNumber(o.Key + ". " + o.Label)
		if next > 0 && n != next-1 {
			return 0, false
		}
		if next = n; n == 1 {
			return i, true
		}
	}
	return 0, false
}

// cursorAround returns the row with a cursor before an option that has others
// beside it, at or below the row or above it in the same list.
func (l look) cursorAround(row int) (int, bool) {
	stands := func(i int) bool {
		label, ok := cutMark(unframed(l.s.rows[i].text), l.p.Layout.Cursors)
		return ok && label != "" && (l.besideAnother(i, i-1) || l.besideAnother(i, i+1))
	}
	for i := row; i < len(l.s.rows) && i-row <= maxDialog; i++ {
		if stands(i) {
			return i, true
		}
	}
	blanks := 0
	for i := row - 1; i >= 0 && row-i <= maxOptions; i-- {
		text := bare(l.s.rows[i].text)
		if text != "" && stands(i) {
			return i, true
		}
		if text == "" || isDrawn(l.s.rows[i]) {
			blanks++
		}
		// Hints stand apart from the list that they are about.
		if blanks > 0 && !namesKeys(l.s.rows[row].text) || l.p.transcriptRow(l.s, i) || strings.HasSuffix(text, "?") {
			break
		}
	}
	return 0, false
}

// besideAnother tells whether the row other holds an option set as that behind
// the cursor is.
func (l look) besideAnother(cursor, other int) bool {
	return other >= 0 && other < len(l.s.rows) && bare(l.s.rows[other].text) != "" &&
		l.s.rows[other].column() == l.s.rows[cursor].column()+2
}

// namesKeys tells whether a row only says what keys do.
func namesKeys(text string) bool {
	if bracketKeys(text) > 1 {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c == ' ' || strings.ContainsRune("/+,:│┃|·•()[]", c) })
	if len(words) > 0 && words[0] == "press" {
		words = words[1:]
	}
	count := 0
	for _, word := range words {
		if slices.Contains([]string{"enter", "return", "esc", "escape", "tab", "ctrl", "space", "↑", "↓", "↑↓", "↵", "⇆", "←", "→"}, word) {
			count++
		}
	}
	leads := len(words) > 1 && (words[0] == "enter" || words[0] == "esc") &&
		slices.Contains([]string{"to", "select", "confirm", "submit", "cancel", "back", "close"}, words[1])
	return count > 1 || leads
}

// keyedRows are the answers that stand in rows of their own from the row on, each
// behind its key in brackets: "[q] Quit". What is ticked off is none.
func (l look) keyedRows(row int) []Option {
	var all []Option
	for i := row; i < len(l.s.rows) && len(all) < maxOptions; i++ {
		text := strings.TrimLeft(unframed(l.s.rows[i].text), "▶❯›→>▸ ")
		if len(text) < 5 || text[0] != '[' || !isLetter(text[1]) || text[1]|0x20 == 'x' || text[2:4] != "] " || bracketKeys(text) > 1 {
			break
		}
		all = append(all, Option{Key: text[1:2], Label: shortLabel(text[4:]), Line: l.s.line(i)})
	}
	return all
}

// buttons are the answers that stand side by side in one row: short, each with a
// capital, set apart by blanks.
func buttons(text string) []string {
	const mostWords = 4
	var all []string
	for part := range strings.SplitSeq(unframed(text), "  ") {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
			continue
		case !unicode.IsUpper(firstRune(part)) || len(strings.Fields(part)) > mostWords || namesKeys(part):
			return all
		}
		all = append(all, part)
	}
	return all
}

// markedOptions reads the answers of the dialog.
func (l look) markedOptions(d marked) []Option {
	switch {
	case d.listed:
		return l.p.options(l.s, d.dialog)
	case !d.buttons:
		return nil
	}
	all := bracketOptions(nil, l.s, d.options)
	if len(all) == 0 {
		all = l.keyedRows(d.options)
	}
	if len(all) == 0 {
		for _, label := range buttons(l.s.rows[d.options].text) {
			all = append(all, Option{Label: label, Line: l.s.line(d.options)})
		}
	}
	return all
}

// caption returns the row with the text above the options, or above the keys,
// that is nearest: the first of its paragraph, tabs and entries of a list left
// out.
func (l look) caption(d marked) (int, bool) {
	boxed := l.s.rows[d.at].boxed
	words := func(i int) bool {
		r := l.s.rows[i]
		text := bare(r.text)
		return text != "" && !isLine(r) && (boxed || !r.boxed) && !namesKeys(text) && !isEntry(text) &&
			!strings.Contains(strings.TrimLeft(text, " "), "   ") && !l.p.transcriptRow(l.s, i) && !l.p.startsRun(r)
	}
	for i := d.options - 1; i >= 0 && d.options-i <= maxDialog; i-- {
		if l.p.transcriptRow(l.s, i) || l.p.startsRun(l.s.rows[i]) {
			break
		}
		if !words(i) {
			continue
		}
		for i > 0 && words(i-1) {
			i--
		}
		return i, true
	}
	return 0, false
}

// isEntry tells whether the text is an entry of a list to choose from: behind a
// mark or a number.
func isEntry(text string) bool {
	if startsWithMark(text, "○●◉☐☑☒❯❭›>") {
		return true
	}
	number, _, ok := strings.Cut(text, " ")
	return ok && strings.Trim(number, "0123456789.)") == ""
}
