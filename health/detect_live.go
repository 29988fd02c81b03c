package health

import (
	"strings"
	"unicode/utf8"
)

// finding is what one rule found. Its zero value says that nothing tells.
type finding struct {
	state State
	wait  WaitReason
	rule  string
	// source is where it was found; the row counts for SourceScreen only.
	source     Source
	row        int
	confidence float64
	finished   bool
	hold       bool
	wordless   bool
	activity   string
}

// statusSort says what a status line means.
type statusSort uint8

const (
	notStatus statusSort = iota
	statusWorking
	statusRetry
	statusBackground
	statusFinished
)

// readStatus judges the row with index i, which may be the status line.
func (p *profile) readStatus(s screen, i int) statusSort {
	r := s.rows[i]
	if r.indent > max(2, p.Layout.Margin) || r.boxed {
		return notStatus
	}
	if !p.Status.Ellipsis {
		return p.readTimedStatus(r)
	}
	words, ok := cutMark(r.text, p.Status.Glyphs)
	if !ok || !p.flush(r) || words == "" {
		return notStatus
	}
	switch {
	case containsAnyFold(words, p.Status.Retry):
		return statusRetry
	case hasAnyPrefixFold(words, p.Status.Background) && strings.HasSuffix(words, " to finish"):
		return statusBackground
	case endsInEllipsis(words):
		// Without a time behind it, only its place tells it from a list: the
		// status line stands apart.
		if i > 0 && !s.rows[i-1].blank() && !strings.Contains(words, "(") {
			return notStatus
		}
		return statusWorking
	}
	for _, phrase := range p.Status.Finished {
		if i := strings.Index(words, phrase); i > 0 && !strings.Contains(words[:i], " ") && startsWithDigit(words[i+len(phrase):]) {
			return statusFinished
		}
	}
	return notStatus
}

// readTimedStatus judges a row of a program whose live line shows the time in
// parentheses and whose last line of a turn starts with a fixed phrase.
func (p *profile) readTimedStatus(r row) statusSort {
	if bare := strings.TrimLeft(r.text, "─ "); hasAnyPrefixFold(bare, p.Status.Finished) {
		if rest := bare[strings.IndexByte(bare, ' ')+1:]; containsDigit(rest) {
			return statusFinished
		}
	}
	words, ok := cutMark(r.text, p.Status.Glyphs)
	if !ok || !p.flush(r) {
		return notStatus
	}
	// An old version sets its composer's bar before the bullet.
	if inner, ok := cutMark(words, p.Status.Glyphs); ok {
		words = inner
	}
	head, tail, ok := strings.Cut(words, "(")
	if !ok || strings.TrimSpace(head) == "" || !startsWithDigit(tail) || elapsed(tail) == "" {
		return notStatus
	}
	if containsAnyFold(head, p.Status.Retry) {
		return statusRetry
	}
	return statusWorking
}

// endsInEllipsis tells whether the words of a status line end in an ellipsis,
// bar what stands behind them in parentheses.
func endsInEllipsis(words string) bool {
	for _, dots := range [...]string{"…", "..."} {
		i := strings.Index(words, dots)
		if i <= 0 {
			continue
		}
		rest := strings.TrimLeft(words[i+len(dots):], " ")
		if rest == "" || rest[0] == '(' {
			return true
		}
	}
	return false
}

// endsInSpinner tells whether a braille spinner stands alone at the row's end.
func endsInSpinner(text string) bool {
	last, size := utf8.DecodeLastRuneInString(text)
	return isBraille(last) && len(text) > size && text[len(text)-size-1] == ' '
}

// startsInSpinner tells whether a braille spinner stands before words that end
// in an ellipsis. What a program loads while its prompt is ready is no turn.
func startsInSpinner(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	if !isBraille(first) || !strings.HasPrefix(text[size:], " ") {
		return false
	}
	words := strings.TrimLeft(text[size:], " ")
	word, _, _ := strings.Cut(words, " ")
	return (strings.HasSuffix(word, "...") || strings.HasSuffix(word, "…")) && !loads(words)
}

// loads tells whether the words behind a spinner say that the program itself gets
// ready, which is no turn: "Initializing...". A message that waits for it is one,
// and so is what has a time or a key behind it, in parentheses.
func loads(words string) bool {
	return hasAnyPrefixFold(words, []string{"initializing", "loading", "connecting", "starting"}) && endsInEllipsis(words) &&
		!containsFold(words, "queued") && !strings.Contains(words, "(")
}

func startsWithDigit(text string) bool {
	text = strings.TrimLeft(text, " <")
	return text != "" && text[0] >= '0' && text[0] <= '9'
}

func containsDigit(text string) bool { return strings.ContainsAny(text, "0123456789") }

// findStatus looks for the status line upwards from the row end. It stops at
// the first row that starts a transcript item, bar messages that wait in a
// queue below the status line.
func (p *profile) findStatus(s screen, end int) (at int, sort statusSort) {
	asked := false
	for i := end; i >= 0 && end-i < maxLookBack; i-- {
		r := s.rows[i]
		if r.blank() {
			continue
		}
		if p.startsRun(r) {
			break
		}
		if sort := p.readStatus(s, i); sort != notStatus {
			if asked && sort != statusWorking && sort != statusRetry {
				// The user has asked anew since that turn ended.
				break
			}
			return i, sort
		}
		if p.userRow(r) {
			asked = true
			continue
		}
		if p.flush(r) && startsWithMark(r.text, p.Layout.Items) && !p.queuedRow(r) {
			break
		}
	}
	return 0, notStatus
}

// queuedRow tells whether the row heads the messages that wait in a queue.
func (p *profile) queuedRow(r row) bool {
	words, ok := cutMark(r.text, p.Layout.Items)
	return ok && hasAnyPrefixFold(words, p.Status.Queued)
}

// userRow tells whether the user wrote the row. The command under the cursor of
// a completion menu, with its explanation in a column of its own, is no message.
func (p *profile) userRow(r row) bool {
	words, ok := cutMark(r.text, p.Layout.Users)
	return ok && p.flush(r) && !r.boxed && !(strings.HasPrefix(words, "/") && strings.Contains(words, "   "))
}

// readLive looks for a turn that runs, in the rows above the composer.
func (p *profile) readLive(s screen, end int) (finding, bool) {
	at, sort := p.findStatus(s, end)
	f := finding{state: StateWorking, source: SourceScreen, row: at, confidence: confidenceStrong}
	switch sort {
	case statusWorking:
		f.rule = string(p.Kind) + ".status.working"
	case statusRetry:
		f.rule = string(p.Kind) + ".status.retry"
	case statusBackground:
		f.rule, f.confidence = string(p.Kind)+".status.background", confidenceFair
	default:
		return finding{}, false
	}
	f.activity = p.statusActivity(s.rows[at].text)
	return f, true
}

// readBorder looks for a spinner in the composer's own frame, where some
// versions have their status line.
func (l look) readBorder() (finding, bool) {
	if !l.composed || !l.composer.framed {
		return finding{}, false
	}
	for _, at := range [...]int{l.composer.top, l.composer.bottom} {
		r := l.s.rows[at]
		label := strings.Trim(r.text, "╭╮╰╯┌┐└┘─━ ")
		if (isRule(r) || isBoxTop(r) || isBoxBottom(r)) && isBraille(firstRune(label)) {
			return finding{
				state: StateWorking, rule: string(l.p.Kind) + ".border.spinner", source: SourceScreen, row: at,
				confidence: confidenceStrong, activity: l.p.statusActivity(label),
			}, true
		}
	}
	return finding{}, false
}

// readPending looks for a turn whose last line says that it runs: the detail
// line of a tool, or a hint that a key interrupts it.
func (p *profile) readPending(s screen, end int) (finding, bool) {
	for i := end; i >= 0; i-- {
		r := s.rows[i]
		if r.blank() || rightAligned(r, s.width) {
			continue
		}
		if hasAnyPrefixFold(r.text, p.Status.Interrupt) {
			return finding{
				state: StateWorking, rule: string(p.Kind) + ".hint.interrupt", source: SourceScreen, row: i, confidence: confidenceFair,
			}, true
		}
		words, ok := cutMark(r.text, p.Layout.Details)
		if !ok || !hasAnyPrefixFold(words, p.Status.Pending) {
			break
		}
		return finding{
			state: StateWorking, rule: string(p.Kind) + ".tool.running", source: SourceScreen, row: i,
			confidence: confidenceFair, activity: shorten(words),
		}, true
	}
	return finding{}, false
}

// readChrome looks below the composer for a phrase or spinner that shows during
// a turn.
func (p *profile) readChrome(s screen, from int) (finding, bool) {
	for i := from; i < len(s.rows); i++ {
		f := finding{state: StateWorking, source: SourceScreen, row: i, confidence: confidenceFair}
		text := s.rows[i].text
		if sort := p.readStatus(s, i); sort == statusWorking || sort == statusRetry || sort == statusBackground {
			f.rule, f.activity = string(p.Kind)+".chrome.status", p.statusActivity(text)
			return f, true
		}
		switch {
		case containsAnyFold(text, p.Status.Chrome):
			f.rule = string(p.Kind) + ".chrome.interrupt"
			return f, true
		case endsInSpinner(text) || startsInSpinner(text):
			f.rule = string(p.Kind) + ".chrome.spinner"
			return f, true
		}
	}
	return finding{}, false
}
