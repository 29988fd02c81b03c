package health

import (
	"regexp"
	"slices"
	"strings"
)

// Option is one answer that a dialog offers.
type Option struct {
	// Key is what chooses it: its number or letter; empty when only the cursor
	// does.
	Key string `json:"key,omitempty"`
	// Label is its text, one line.
	Label string `json:"label,omitempty"`
	// Selected is set when the dialog's cursor stands on it.
	Selected bool `json:"selected,omitempty"`
	// Line is its row on the screen, from 1.
	Line int `json:"line,omitempty"`
}

// Dialog is what an agent asks, as data.
type Dialog struct {
	// Question is the sentence that asks; empty when none was recognised.
	Question string `json:"question,omitempty"`
	// Body is the text above the options without the question: the command, the
	// change, the plan. At most maxDialogBody rows, margins left out.
	Body []string `json:"body,omitempty"`
	// Options are in the order of the screen; empty where free text is wanted.
	Options []Option `json:"options,omitempty"`
	// Footer is the row with key hints, empty when there is none.
	Footer string `json:"footer,omitempty"`
	// From and To are the rows of the screen, from 1, that it takes.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
}

// maxDialogBody is how many rows of a dialog's text are kept.
const maxDialogBody = 20

// Equal tells whether two dialogs ask the same; where the cursor stands, where on
// the screen they are and what a spinner beside their text shows does not count.
func (d *Dialog) Equal(other *Dialog) bool {
	if d == nil || other == nil {
		return d == other
	}
	return d.Question == other.Question && d.Text() == other.Text() &&
		slices.EqualFunc(d.Options, other.Options, func(a, b Option) bool { return a.Key == b.Key && a.Label == b.Label })
}

// SelectedOption is the option that the cursor is on; -1 when none is, and for nil.
func (d *Dialog) SelectedOption() int {
	if d == nil {
		return -1
	}
	return slices.IndexFunc(d.Options, func(o Option) bool { return o.Selected })
}

// running matches what counts up or down by itself: clocks, ages, shares.
var running = regexp.MustCompile(`\d+(:\d\d)+|\d+(\.\d+)?\s*(ms|s|m|h|sec|secs|seconds|min|mins|minutes|%)\b`)

// Asks is what the dialog asks and offers, without what counts by itself: two that
// have the same ask the same. It is empty for nil.
func (d *Dialog) Asks() string {
	if d == nil {
		return ""
	}
	parts := []string{d.Question, d.Text()}
	for _, o := range d.Options {
		parts = append(parts, o.Key+" "+o.Label)
	}
	return running.ReplaceAllString(strings.Join(parts, "\n"), "#")
}

// Text is the dialog's body without what moves beside it: spinners, scroll bars,
// and the blanks between.
func (d *Dialog) Text() string {
	rows := make([]string, 0, len(d.Body))
	for _, r := range d.Body {
		still := strings.Map(func(c rune) rune {
			if isBraille(c) || (c >= '▀' && c <= '▟') || c == '┃' || c == '│' {
				return ' '
			}
			return c
		}, r)
		if words := strings.Join(strings.Fields(still), " "); words != "" {
			rows = append(rows, words)
		}
	}
	return strings.Join(rows, "\n")
}

// dialogData reads the dialog that a finding is about, and what it makes the
// agent's activity, for that can be a marker's; nil when it is about none.
func (l look) dialogData(f finding) (*Dialog, string) {
	if f.wait == WaitNone || (f.state != StateWaiting && f.state != StateLimited) || f.source != SourceScreen {
		return nil, ""
	}
	if !l.asked {
		return l.markedData(f)
	}
	d := l.dialog
	if d.numbered == 0 {
		d.options = firstUnnumbered(l.s, d)
	}
	data := l.dataOf(d)
	data.Options, data.Question = l.p.options(l.s, d), l.question(d)
	if l.p.Layout.StyledCursor {
		selectByStyle(data.Options, l.o.Screen)
	}
	return data, l.p.dialogActivity(l.s, l.dialog, f.wait)
}

// dataOf is the dialog without its question and options.
func (l look) dataOf(d dialog) *Dialog {
	data := &Dialog{From: l.s.line(min(d.top, len(l.s.rows)-1)), To: l.s.line(len(l.s.rows) - 1)}
	for i := d.top; i < d.options && len(data.Body) < maxDialogBody; i++ {
		if r := l.s.rows[i]; !isDrawn(r) && !isLine(r) && !isScrollArrow(r) {
			data.Body = append(data.Body, bare(r.text))
		}
	}
	if d.footer >= 0 {
		data.Footer = l.wrapped(d.footer)
	}
	return data
}

// question is the sentence of a dialog that asks.
func (l look) question(d dialog) string {
	if i, ok := d.question(l.s); ok {
		return d.sentence(l.s, i)
	}
	if asked := d.questionWithin(l.s); asked != "" {
		return asked
	}
	if _, i := l.p.matchedDialog(l.s, d); i >= 0 && strings.HasSuffix(l.s.rows[i].text, "…") {
		// The program had no room for its end.
		return bare(l.s.rows[i].text)
	}
	return ""
}
