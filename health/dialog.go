package health

import (
	"strings"
)

// dialog is a live menu: the rows top to the end of the screen.
type dialog struct {
	// top is the first row of its text, options the row of the first option.
	top, options int
	// cursor is the row of the option under the cursor.
	cursor int
	// footer is a row with key hints below the cursor, -1 when there is none.
	footer int
	// numbered is how many numbered options it shows.
	numbered int
}

// maxDialog is how many rows above the cursor can belong to a dialog's text.
const maxDialog = 30

// findDialog looks for a dialog at the bottom of the screen. A dialog is live
// when it has a cursor before an option and, below it or above the options, a
// row of key hints or a question, and nothing of the transcript below it.
func (p *profile) findDialog(s screen) (dialog, bool) {
	d := dialog{cursor: -1, footer: -1}
	for i := len(s.rows) - 1; i >= 0 && len(s.rows)-i <= maxDialog; i-- {
		r := s.rows[i]
		if option, ok := cutMark(r.text, p.Layout.Cursors); ok && r.indent <= 6 {
			_, numbered := cutNumber(option)
			if numbered || (p.Layout.Unnumbered && option != "" && hasSibling(s, i) && (p.hasFooter(s, i) || p.hintAbove(s, i) >= 0)) {
				d.cursor = i
				break
			}
			if r.indent <= 2 {
				// A prompt below whatever menu there was: that is answered.
				break
			}
		}
		if p.transcriptRow(s, i) {
			break
		}
	}
	if d.cursor < 0 {
		return p.findUnmarkedDialog(s)
	}
	p.measureDialog(s, &d)
	if d.footer < 0 && (d.numbered < 2 || !(p.asks(s, d) || boxedMenu(s, d))) {
		return dialog{}, false
	}
	return d, true
}

// boxedMenu tells whether the dialog is the last box of the screen, with nothing
// below it: such a box asks, whatever it says.
func boxedMenu(s screen, d dialog) bool {
	return s.rows[d.cursor].boxed && isBoxBottom(s.rows[len(s.rows)-1])
}

// findUnmarkedDialog looks for a menu without a cursor: the last row of the
// screen gives a key hint with numbered options directly above, offers keys in
// brackets, or asks for input.
func (p *profile) findUnmarkedDialog(s screen) (dialog, bool) {
	last := len(s.rows) - 1
	for last > 0 && isBoxBottom(s.rows[last]) {
		last--
	}
	if last < 0 {
		return dialog{}, false
	}
	d := dialog{footer: last}
	if keyHint(s.rows[last].text) || (last > 0 && keyHint(s.rows[last-1].text)) {
		for i := last - 1; i >= 0 && last-i <= 12; i-- {
			if _, ok := cutNumber(s.rows[i].text); ok {
				d.numbered++
				d.options = i
			} else if p.transcriptRow(s, i) || (d.numbered > 0 && !s.rows[i].blank() && !isRule(s.rows[i]) && s.rows[i].indent < 4) {
				break
			}
		}
	}
	if d.numbered > 0 {
		if first := p.firstOfList(s, d.options); first < d.options {
			d.options = first
			d.numbered++
		}
	}
	if d.numbered < 2 {
		if bracketKeys(s.rows[last].text) < 2 && !hasAnyPrefixFold(s.rows[last].text, p.Layout.Inputs) {
			return dialog{}, false
		}
		d.options = last
	}
	d.cursor = d.options
	d.top = p.dialogTop(s, d.options)
	return d, true
}

// transcriptRow tells whether the row starts something that only stands in a
// transcript, so that whatever is above it is past.
func (p *profile) transcriptRow(s screen, i int) bool {
	r := s.rows[i]
	if !p.flush(r) || r.boxed || isRule(r) {
		return false
	}
	return startsWithMark(r.text, p.Layout.Items) || p.readStatus(s, i) != notStatus
}

// measureDialog finds the rows that belong to the dialog around its cursor.
func (p *profile) measureDialog(s screen, d *dialog) {
	d.options = d.cursor
	for i := d.cursor; i < len(s.rows); i++ {
		option := p.optionNumbered(s.rows[i].text)
		if option {
			d.numbered++
		}
		if keyHint(s.rows[i].text) && (!option || containsFold(s.rows[i].text, "(esc)")) {
			d.footer = i
		}
	}
	if d.footer < 0 {
		d.footer = p.hintAbove(s, d.cursor)
	}
	next := p.optionNumber(s.rows[d.cursor].text) - 1
	for i := d.cursor - 1; i >= 0 && d.cursor-i <= maxDialog; i-- {
		if p.transcriptRow(s, i) || strings.HasSuffix(s.rows[i].text, "?") {
			break
		}
		if n := p.optionNumber(s.rows[i].text); n > 0 {
			if n != next {
				// A list in the dialog's text.
				break
			}
			next--
			d.numbered++
			d.options = i
		} else if !s.rows[i].blank() && s.rows[i].column() < s.rows[d.cursor].column()+2 {
			break
		}
	}
	d.top = p.dialogTop(s, d.options)
}

// optionNumber returns the number of a numbered option, 0 for other rows.
func (p *profile) optionNumber(text string) int {
	if option, ok := cutMark(text, p.Layout.Cursors); ok {
		text = option
	}
	number, _, _ := splitNumber(text)
	n := 0
	for _, c := range number {
		n = 10*n + int(c-'0')
	}
	return n
}

func (p *profile) optionNumbered(text string) bool {
	if option, ok := cutMark(text, p.Layout.Cursors); ok {
		text = option
	}
	_, ok := cutNumber(text)
	return ok
}

// dialogTop goes up from the options to the rule, box or transcript item above
// the dialog's text.
func (p *profile) dialogTop(s screen, options int) int {
	top, blanks := options, 0
	barred := isBarred(s.rows[min(options, len(s.rows)-1)])
	for i := options - 1; i >= 0 && options-i <= maxDialog; i-- {
		r := s.rows[i]
		if p.transcriptRow(s, i) || isBraille(firstRune(r.text)) {
			if _, ok := calledTool(r); ok {
				return i
			}
			return belowItem(s, i, top, options)
		}
		if (isRule(r) && !isDashed(r)) || barred && !isBarred(r) {
			break
		}
		if _, user := cutMark(r.text, p.Layout.Users); user && r.indent == 0 {
			break
		}
		if r.blank() {
			// No dialog has a gap this wide.
			if blanks++; blanks == 3 {
				break
			}
			continue
		}
		top, blanks = i, 0
		if isBoxTop(r) && !r.boxed {
			// A box can carry its heading in its border; one within it does not
			// end it.
			break
		}
	}
	return top
}

// belowItem is where a dialog begins that would begin at top: below what the item
// of the transcript in the row at says, where a blank row sets that off. What the
// item shows further in, a change or a command, the dialog can be about.
func belowItem(s screen, at, top, options int) int {
	const said = 2
	end := at + 1
	if end < options && s.rows[end].indent > s.rows[at].indent+said && bare(s.rows[end].text) != "" {
		return top
	}
	for end < options && bare(s.rows[end].text) != "" {
		if strings.HasSuffix(s.rows[end].text, "?") {
			// The question itself, right below.
			return top
		}
		end++
	}
	for end < options && bare(s.rows[end].text) == "" {
		end++
	}
	if end == options {
		return top
	}
	return max(top, end)
}

// hasSibling tells whether a row next to the cursor's is set as its option is.
func hasSibling(s screen, cursor int) bool {
	for _, i := range [...]int{cursor - 1, cursor + 1} {
		if i >= 0 && i < len(s.rows) && !s.rows[i].blank() && s.rows[i].indent == s.rows[cursor].indent+2 {
			return true
		}
	}
	return false
}

// hintAbove is the row with key hints that heads the dialog with the option in
// the row cursor: nothing but the dialog's text and a rule above it. It is -1
// when there is none.
func (p *profile) hintAbove(s screen, cursor int) int {
	const farthest = 12
	for i := cursor - 1; i >= 0 && cursor-i <= farthest; i-- {
		r := s.rows[i]
		if isRule(r) || isBoxTop(r) || p.transcriptRow(s, i) {
			break
		}
		if namesKeys(r.text) && keyHint(r.text) {
			return i
		}
	}
	return -1
}

func (p *profile) hasFooter(s screen, from int) bool {
	for i := from; i < len(s.rows); i++ {
		if keyHint(s.rows[i].text) {
			return true
		}
	}
	return false
}

// keyHint tells whether the row names keys that answer a dialog. The hint that
// escape interrupts belongs to a turn that runs, and is none.
func keyHint(text string) bool {
	for _, key := range [...]string{"esc ", "enter "} {
		i := indexFold(text, key)
		if i < 0 || (i > 0 && isLetter(text[i-1])) {
			continue
		}
		for _, use := range [...]string{
			"to cancel", "to confirm", "to select", "to continue", "to exit", "to submit", "to set", "to go back",
			"to close", "to skip", "to view", "select", "back", "confirm", "to dismiss", "to clear",
		} {
			if hasPrefixFold(text[i+len(key):], use) {
				return true
			}
		}
	}
	return containsFold(text, "(esc)") || containsFold(text, "ctrl+g to edit") || containsFold(text, "ctrl-g to edit")
}

// bracketKeys counts the keys that the row offers as "[a] Accept".
func bracketKeys(text string) int {
	n := 0
	for i := 0; i+4 < len(text); i++ {
		if text[i] == '[' && isLetter(text[i+1]) && text[i+2] == ']' && text[i+3] == ' ' && isLetter(text[i+4]) {
			n++
		}
	}
	return n
}

func isLetter(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') }

// asks tells whether the text above the options is a question or what one of
// the program's own dialogs says.
func (p *profile) asks(s screen, d dialog) bool {
	if _, ok := d.question(s); ok {
		return true
	}
	return p.matchDialog(s, d).ID != p.Menu.ID
}

// judgeDialog names the dialog.
func (p *profile) judgeDialog(s screen, d dialog) finding {
	rule := p.matchDialog(s, d)
	f := finding{
		state: StateWaiting, wait: rule.Reason, rule: rule.ID, source: SourceScreen, row: d.cursor,
		confidence: confidenceStrong,
	}
	switch {
	case rule.Picker:
		f.state, f.hold, f.confidence = StateIdle, true, confidenceWeak
	case rule.Limited:
		f.state = StateLimited
	case rule.ID == p.Menu.ID:
		f.confidence = confidenceFair
	}
	if d.footer < 0 {
		f.confidence = min(f.confidence, confidenceFair)
	}
	f.activity = p.dialogActivity(s, d, rule.Reason)
	return f
}

// matchDialog returns the first rule whose phrases the dialog shows.
func (p *profile) matchDialog(s screen, d dialog) dialogRule {
	rule, _ := p.matchedDialog(s, d)
	return rule
}

// matchedDialog is matchDialog with the row of the heading that fits; -1 when
// none does.
func (p *profile) matchedDialog(s screen, d dialog) (dialogRule, int) {
	for _, rule := range p.Dialogs {
		for i := d.top; i < len(s.rows); i++ {
			if i >= d.options {
				if containsAnyFold(s.rows[i].text, rule.Footers) {
					return rule, -1
				}
			} else if hasAnyPrefixFold(strings.TrimLeft(s.rows[i].text, "╭┏─━✨>⚠ "), rule.Headings) {
				return rule, i
			}
		}
	}
	return p.Menu, -1
}
