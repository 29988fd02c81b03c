package health

import "strings"

// readOutcome judges the last item above the composer as the end of a turn.
func (p *profile) readOutcome(s screen, end int) (finding, bool) {
	if p.Layout.Notices {
		if it, ok := lastNotice(s, end); ok {
			text, marked := cutMark(it.text(s), p.Layout.Items+p.Layout.Details+p.Status.Glyphs)
			if !marked {
				text, it.detail = it.text(s), true
			}
			if f, ok := p.matchOutcome(it, text); ok {
				return f, true
			}
		}
	}
	it, ok := p.lastItem(s, end)
	if ok && p.readStatus(s, it.last) == statusFinished {
		it, ok = p.lastItem(s, it.last-1)
	}
	if !ok || it.user {
		return finding{}, false
	}
	text := it.text(s)
	if p.Layout.Notices {
		text, _ = cutMark(text, p.Layout.Items+p.Layout.Details)
	}
	if f, ok := p.matchOutcome(it, text); ok {
		return f, true
	}
	return p.readCut(s, it)
}

// readCut judges the last paragraph or detail line of an answer as what has cut it
// off.
func (p *profile) readCut(s screen, it item) (finding, bool) {
	last := it.last
	for last > it.first && (s.rows[last].blank() || rightAligned(s.rows[last], s.width)) {
		last--
	}
	first := last
	for first > it.first && !startsWithMark(s.rows[first].text, p.Layout.Details) && !s.rows[first-1].blank() {
		first--
	}
	text := item{first: first, last: last}.text(s)
	if rest, ok := cutMark(text, p.Layout.Details); ok {
		text = rest
	}
	for i := range p.Outcomes {
		if rule := &p.Outcomes[i]; rule.Cut && rule.fits(text) {
			return rule.finding(first, text), true
		}
	}
	return finding{}, false
}

// fits tells whether the text is what the rule is about.
func (rule *outcomeRule) fits(text string) bool {
	return hasAnyPrefixFold(text, rule.Prefixes) && (len(rule.Within) == 0 || containsAnyFold(text, rule.Within))
}

// finding is what the rule says of the text, which begins in the row.
func (rule *outcomeRule) finding(row int, text string) finding {
	return finding{
		state: rule.State, rule: rule.ID, source: SourceScreen, row: row,
		confidence: confidenceStrong, activity: outcomeActivity(text), finished: rule.State == StateIdle,
	}
}

// matchOutcome returns what the first rule that fits says about an item.
func (p *profile) matchOutcome(it item, text string) (finding, bool) {
	for i := range p.Outcomes {
		rule := &p.Outcomes[i]
		if (it.detail && !rule.Details) || (!it.detail && !rule.Items) {
			continue
		}
		if rule.fits(text) {
			return rule.finding(it.first, text), true
		}
	}
	return finding{}, false
}

// outcomeActivity is the message of an error or a limit, without what every
// such message starts with.
func outcomeActivity(text string) string {
	for _, opening := range [...]string{"you've hit your ", "you've reached your "} {
		if hasPrefixFold(text, opening) {
			text = text[strings.Index(text, "your ")+len("your "):]
		}
	}
	return message(strings.ReplaceAll(text, " · ", ", "))
}

// finishedActivity is how long the turn took, without the glyph before and the
// time of day behind.
func (p *profile) finishedActivity(text string) string {
	if words, ok := cutMark(text, p.Status.Glyphs); ok {
		text = words
	}
	text = strings.Trim(text, "─ ")
	for _, separator := range [...]string{" · ", " • "} {
		text, _, _ = strings.Cut(text, separator)
	}
	return shorten(text)
}
