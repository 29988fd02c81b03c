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
	return p.matchOutcome(it, text)
}

// matchOutcome returns what the first rule that fits says about an item.
func (p *profile) matchOutcome(it item, text string) (finding, bool) {
	for _, rule := range p.Outcomes {
		if (it.detail && !rule.Details) || (!it.detail && !rule.Items) {
			continue
		}
		if hasAnyPrefixFold(text, rule.Prefixes) && (len(rule.Within) == 0 || containsAnyFold(text, rule.Within)) {
			return finding{
				state: rule.State, rule: rule.ID, source: SourceScreen, row: it.first,
				confidence: confidenceStrong, activity: outcomeActivity(text), finished: rule.State == StateIdle,
			}, true
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
