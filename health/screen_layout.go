package health

import (
	"strings"
	"unicode/utf8"
)

// maxChrome is how many rows may stand below a composer: mode line, status
// lines, agents panel, completion menu.
const maxChrome = 20

// maxUnprompted is how many rows a composer without a prompt character may have:
// without one, two rules far apart are no composer.
const maxUnprompted = 12

// maxDraft is how many rows the text typed into a composer may have.
const maxDraft = 40

// composer is where the user types: the rows from top to bottom, its frame
// included. Everything above is transcript and live area, below is chrome.
type composer struct {
	top, bottom int
	// prompt is the row with the prompt character.
	prompt int
	// framed is set when rules or a box enclose it, which no transcript row
	// does by chance.
	framed bool
}

// layout is what has the keyboard on a screen: a composer, or a dialog in its
// place, or neither.
type layout struct {
	composer composer
	composed bool
	dialog   dialog
	asked    bool
}

// readLayout finds the composer or the dialog. A framed composer excludes a
// dialog; a bare prompt character may be a menu's cursor.
func (p *profile) readLayout(s screen) layout {
	var l layout
	l.composer, l.composed = p.findComposer(s)
	if l.composed && l.composer.framed {
		if d, ok := p.findDialogAbove(s, l.composer); ok {
			return layout{dialog: d, asked: true}
		}
	}
	if !l.composed || !l.composer.framed {
		l.dialog, l.asked = p.findDialog(s)
		if !l.asked && l.composed {
			l.dialog, l.asked = p.findDialogAbove(s, l.composer)
		}
		l.composed = l.composed && !l.asked
	} else if d, ok := p.findDialog(s); ok && d.top > l.composer.bottom && s.rows[d.cursor].boxed {
		// What looks like a composer is a message above a dialog in a box.
		l.dialog, l.asked, l.composed = d, true, false
	}
	return l
}

// findComposer looks for the composer from the bottom of the screen upwards.
func (p *profile) findComposer(s screen) (composer, bool) {
	lowest := max(0, len(s.rows)-maxChrome-1)
	for i := len(s.rows) - 1; i >= lowest; i-- {
		if p.Layout.Ruled {
			if c, ok := p.framedComposer(s, i); ok {
				return c, true
			}
		}
		if !p.chromeRow(s.rows[i]) {
			break
		}
	}
	if p.Layout.Bar != "" {
		if c, ok := p.barredComposer(s); ok {
			return c, true
		}
	}
	if len(p.Layout.Composers) > 0 {
		if c, ok := p.wordedComposer(s); ok {
			return c, true
		}
	}
	if !p.Layout.Bare {
		return composer{}, false
	}
	return p.bareComposer(s)
}

// labelled tells whether the top of a box carries a label, as that of a composer
// without a prompt character does and that of a tool's output does not.
func (p *profile) labelled(top row) bool {
	return strings.Trim(top.text, "╭╮┌┐─━ ") != ""
}

// promptRow tells whether the first row inside a frame is a composer's. In a box
// the cursor may stand right behind the prompt character.
func (p *profile) promptRow(r row) bool {
	prompts := p.Layout.Prompts + p.Layout.Modes + p.Layout.Busy
	return cutPrompt(r.text, prompts) || (r.boxed && startsWithMark(r.text, prompts))
}

// cutPrompt tells whether a prompt character starts the text. Some versions
// scatter braille dots over the composer, also over the blank behind its prompt.
func cutPrompt(text, prompts string) bool {
	if _, ok := cutMark(text, prompts); ok {
		return true
	}
	if !startsWithMark(text, prompts) {
		return false
	}
	_, size := utf8.DecodeRuneInString(text)
	next, _ := utf8.DecodeRuneInString(text[size:])
	return isBraille(next)
}

// barredComposer looks for the lowest block of rows that a bar at their left
// marks as the composer. A dialog can have the same bar: the block must hold
// one of the composer's own phrases when the profile gives any.
func (p *profile) barredComposer(s screen) (composer, bool) {
	bottom, below := len(s.rows)-1, 0
	for ; bottom >= 0 && below <= maxChrome; bottom-- {
		if strings.HasPrefix(s.rows[bottom].text, p.Layout.Bar) {
			break
		}
		if !s.rows[bottom].blank() {
			below++
		}
	}
	if bottom < 0 || !strings.HasPrefix(s.rows[bottom].text, p.Layout.Bar) {
		return composer{}, false
	}
	top, signed := bottom, len(p.Layout.Composers) == 0
	for ; top >= 0 && bottom-top <= maxDraft && strings.HasPrefix(s.rows[top].text, p.Layout.Bar); top-- {
		signed = signed || containsAnyFold(s.rows[top].text, p.Layout.Composers)
	}
	if !signed {
		return composer{}, false
	}
	return composer{top: top + 1, bottom: bottom, prompt: top + 1, framed: true}, true
}

// wordedComposer looks for the row with one of the composer's own phrases.
func (p *profile) wordedComposer(s screen) (composer, bool) {
	for i := len(s.rows) - 1; i >= 0 && len(s.rows)-i <= maxChrome; i-- {
		if containsAnyFold(s.rows[i].text, p.Layout.Composers) {
			c := composer{top: i, bottom: i, prompt: i}
			for c.top > 0 && (isRule(s.rows[c.top-1]) || isBoxTop(s.rows[c.top-1]) || isBoxBottom(s.rows[c.top-1]) || s.rows[c.top-1].boxed) {
				c.top--
			}
			return c, true
		}
	}
	return composer{}, false
}

// chromeRow tells whether the row can stand below a composer: whatever the
// transcript starts its items with cannot, unless it is known from below composers.
func (p *profile) chromeRow(r row) bool {
	if !p.flush(r) || !startsWithMark(r.text, p.Layout.Items) || isRule(r) ||
		containsAnyFold(r.text, p.Status.Chrome) || containsAnyFold(r.text, p.Layout.ChromeSigns) || containsAnyFold(r.text, p.Layout.Hints) {
		return true
	}
	for i := range p.Markers {
		if m := &p.Markers[i]; m.Region == regionChrome && m.matches(r) {
			return true
		}
	}
	return false
}

// framedComposer looks for a composer whose lower frame is the row bottom.
func (p *profile) framedComposer(s screen, bottom int) (composer, bool) {
	boxed := isBoxBottom(s.rows[bottom])
	if !boxed && !isRule(s.rows[bottom]) {
		return composer{}, false
	}
	for i := bottom - 1; i >= 0 && bottom-i <= maxDraft; i-- {
		r := s.rows[i]
		opens := isRule(r)
		if boxed {
			opens = isBoxTop(r)
			if !opens && !r.boxed {
				return composer{}, false
			}
		}
		if !opens {
			continue
		}
		prompt := i + 1
		for prompt < bottom && s.rows[prompt].blank() {
			prompt++
		}
		if p.Layout.Unprompted && bottom-i <= maxUnprompted && (!boxed || p.labelled(s.rows[i])) {
			return composer{top: i, bottom: bottom, prompt: min(prompt, bottom-1), framed: true}, true
		}
		if prompt == bottom || (!boxed && s.rows[prompt].indent > s.rows[i].indent+2) {
			return composer{}, false
		}
		if !p.promptRow(s.rows[prompt]) {
			return composer{}, false
		}
		return composer{top: i, bottom: bottom, prompt: prompt, framed: true}, true
	}
	return composer{}, false
}

// bareComposer looks for a composer that only its prompt character marks: the
// last such row with nothing but indented chrome below.
func (p *profile) bareComposer(s screen) (composer, bool) {
	for i := len(s.rows) - 1; i >= 0 && len(s.rows)-i <= maxDraft; i-- {
		r := s.rows[i]
		if cutPrompt(r.text, p.Layout.Prompts) && r.indent <= 2 && !r.boxed && p.readStatus(s, i) == notStatus {
			bottom := i
			for bottom+1 < len(s.rows) && s.rows[bottom+1].indent >= 2 && !s.rows[bottom+1].blank() {
				bottom++
			}
			if len(s.rows)-1-bottom > maxChrome {
				return composer{}, false
			}
			return composer{top: i, bottom: bottom, prompt: i}, true
		}
		if !p.chromeRow(r) || (r.indent == 0 && startsWithPrompt(r.text)) {
			break
		}
	}
	return composer{}, false
}

// flush tells whether the row starts where items of the transcript do.
func (p *profile) flush(r row) bool { return r.indent <= p.Layout.Margin }

// startsItem tells whether the row starts an item of the transcript, be it the
// user's.
func (p *profile) startsItem(r row) bool {
	return p.userRow(r) || (p.flush(r) && !r.boxed && !isRule(r) && startsWithMark(r.text, p.Layout.Items) && !p.queuedRow(r))
}

// startsRun tells whether a run of the program starts at the row, by its
// greeting or the shell prompt before: what is above is of an earlier run.
func (p *profile) startsRun(r row) bool {
	return containsAnyFold(r.text, p.Layout.Banners) || (r.indent == 0 && !r.boxed && startsWithPrompt(r.text))
}

// hasSign looks in the rows from from up to to for a phrase that only this
// program prints.
func (p *profile) hasSign(s screen, from, to int) (int, bool) {
	for i := max(from, 0); i < min(to, len(s.rows)); i++ {
		if containsAnyFold(s.rows[i].text, p.Signs) {
			return i, true
		}
	}
	return 0, false
}

// dialogSign looks in a dialog for a phrase that only this program shows there.
func (p *profile) dialogSign(s screen, d dialog) (int, bool) {
	for i := d.top; i < len(s.rows); i++ {
		if containsAnyFold(s.rows[i].text, p.Signs) || containsAnyFold(s.rows[i].text, p.DialogSigns) {
			return i, true
		}
	}
	return 0, false
}

// chromeSign looks below the composer for what only this program prints there.
func (p *profile) chromeSign(s screen, c composer) (int, bool) {
	for i := c.bottom + 1; i < len(s.rows); i++ {
		if containsAnyFold(s.rows[i].text, p.Layout.ChromeSigns) {
			return i, true
		}
	}
	return 0, false
}

// rightAligned tells whether the row is a hint set against the right edge.
func rightAligned(r row, width int) bool {
	return r.indent >= 4 && r.indent*5 > width && r.width()+4 >= width
}

// item is one entry of the transcript: rows first to last.
type item struct {
	first, last int
	// user is set when the user wrote it, detail when it starts with a
	// subordinate line that belongs to the user's message above.
	user   bool
	detail bool
}

// maxLookBack is how many rows above the composer can belong to the live area
// and the last item.
const maxLookBack = 80

// lastItem returns the lowest item of the transcript that ends at or above the
// row end. ok is false when none starts within reach.
func (p *profile) lastItem(s screen, end int) (it item, ok bool) {
	it.last = -1
	detail := -1
	for i := end; i >= 0 && end-i < maxLookBack; i-- {
		r := s.rows[i]
		if r.blank() || rightAligned(r, s.width) {
			continue
		}
		if it.last < 0 {
			it.last = i
		}
		if p.startsRun(r) {
			break
		}
		if r.indent > max(2, p.Layout.Margin) {
			continue
		}
		if p.userRow(r) {
			it.first, it.user = i, true
			if detail >= 0 {
				it.first, it.user, it.detail = detail, false, true
			}
			return it, true
		}
		if p.flush(r) && !r.boxed && startsWithMark(r.text, p.Layout.Items) {
			if p.queuedRow(r) {
				it.last = -1
				continue
			}
			it.first = i
			return it, true
		}
		if startsWithMark(r.text, p.Layout.Details) {
			detail = i
		}
	}
	return item{}, false
}

// lastNotice returns the last paragraph at or above the row end, when it is
// set flush left.
func lastNotice(s screen, end int) (item, bool) {
	for end >= 0 && (s.rows[end].blank() || rightAligned(s.rows[end], s.width)) {
		end--
	}
	first := end
	for first > 0 && !s.rows[first-1].blank() && end-first < 8 {
		first--
	}
	if end < 0 || s.rows[first].indent > 0 || s.rows[first].boxed {
		return item{}, false
	}
	return item{first: first, last: end}, true
}

// text joins the rows of an item, its mark, its margins and a scroll bar beside
// it left out.
func (it item) text(s screen) string {
	var b strings.Builder
	for i := it.first; i <= it.last && i-it.first < 8; i++ {
		if s.rows[i].blank() {
			if b.Len() > 0 && i > it.first {
				break
			}
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimRight(s.rows[i].text, scrollBar))
	}
	return b.String()
}
