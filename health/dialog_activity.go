package health

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// activity is what the dialog asks: the command that wants permission, else
// the question.
func (d dialog) activity(s screen, reason WaitReason) string {
	if reason == WaitPermission {
		if command := d.command(s); command != "" {
			return wantsToRun(command)
		}
	}
	if i, ok := d.question(s); ok {
		return shorten(d.sentence(s, i))
	}
	for i := d.top; i < d.options; i++ {
		// A question in the middle of a text that goes on.
		if asked, _, ok := strings.Cut(unframed(s.rows[i].text), "? "); ok {
			return shorten(asked + "?")
		}
	}
	for i := d.top; i < d.options; i++ {
		if r := s.rows[i]; unframed(r.text) != "" && !isRule(r) && !isBoxTop(r) && !isBoxBottom(r) {
			return shorten(unframed(r.text))
		}
	}
	return shorten(unframed(s.rows[d.cursor].text))
}

// wantsToRun is the activity of an agent that asks for leave to run a command.
func wantsToRun(command string) string { return shorten("run " + command + " ?") }

// command returns the shell command that a permission dialog quotes: behind a
// dollar, or in a command's dialog the first row between two dashed rules or in
// a box.
func (d dialog) command(s screen) string {
	shell := containsFold(s.rows[d.top].text, "command")
	i, asks := d.question(s)
	boxed := asks && (containsFold(s.rows[i].text, "[shell]") || containsFold(s.rows[i].text, "command"))
	for i := d.top; i < d.options; i++ {
		text := unframed(s.rows[i].text)
		if command, ok := strings.CutPrefix(text, "$ "); ok {
			return command
		}
		quoted := i > d.top && (shell && isDashed(s.rows[i-1]) || boxed && isBoxTop(s.rows[i-1]))
		if quoted && text != "" {
			return text
		}
	}
	return ""
}

// sentence is the question that ends in the row end. It begins further up when
// it had no room in one row.
func (d dialog) sentence(s screen, end int) string {
	const most = 3
	first := end
	for first > d.top && end-first < most && goesOn(s, first-1) {
		first--
	}
	var words []string
	for i := first; i <= end; i++ {
		words = append(words, unframed(s.rows[i].text))
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
func isLine(r row) bool { return isRule(r) || isBoxTop(r) || isBoxBottom(r) }

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

// headed is a dialog's heading and what stands right below it: what is to be
// done.
type headed struct{ heading, subject string }

// headingAbove looks upwards from a row for the heading that the profile knows
// of such a dialog. One that shows a long change has it far above its answers.
func (l look) headingAbove(from int, wait WaitReason) (headed, bool) {
	const farthest = 60
	for i := from; i >= 0 && from-i < farthest; i-- {
		text := unframed(l.s.rows[i].text)
		if text == "" || !l.p.headsDialog(text, wait) {
			continue
		}
		h := headed{heading: worded(text)}
		for below := i + 1; below < from && h.subject == ""; below++ {
			h.subject = worded(unframed(l.s.rows[below].text))
		}
		return h, true
	}
	return headed{}, false
}

// headsDialog tells whether a row's text is the heading of a dialog that waits
// for that reason.
func (p *profile) headsDialog(text string, wait WaitReason) bool {
	for i := range p.Markers {
		if m := &p.Markers[i]; m.State == StateWaiting && m.Wait == wait && hasAnyPrefixFold(text, m.Prefixes) {
			return true
		}
	}
	return false
}

// question is the heading and the subject as one sentence.
func (h headed) question() string {
	if h.subject == "" {
		return h.heading
	}
	return h.heading + ": " + h.subject
}

// wantedOf is the activity of an agent that asks by the heading of its dialog:
// the command, else the subject.
func wantedOf(h headed, body []string) string {
	for _, text := range body {
		if command, ok := strings.CutPrefix(text, "$ "); ok {
			return wantsToRun(command)
		}
	}
	if h.subject != "" {
		return shorten(h.subject + " ?")
	}
	return shorten(h.heading)
}
