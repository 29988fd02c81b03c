package health

import (
	"slices"
	"strings"
)

// Option is one answer that a dialog offers.
type Option struct {
	// Key is what chooses it: its number or letter; empty when only the cursor
	// does.
	Key string
	// Label is its text, one line.
	Label string
	// Selected is set when the dialog's cursor stands on it.
	Selected bool
	// Line is its row on the screen, from 1.
	Line int
}

// Dialog is what an agent asks, as data.
type Dialog struct {
	// Question is the sentence that asks; empty when none was recognised.
	Question string
	// Body is the text above the options without the question: the command, the
	// change, the plan. At most maxDialogBody rows, margins left out.
	Body []string
	// Options are in the order of the screen; empty where free text is wanted.
	Options []Option
	// Footer is the row with key hints, empty when there is none.
	Footer string
	// From and To are the rows of the screen, from 1, that it takes.
	From, To int
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
// agent's activity when a marker told of it; nil when it is about none.
func (l look) dialogData(f finding) (*Dialog, string) {
	if f.wait == WaitNone || (f.state != StateWaiting && f.state != StateLimited) || f.source != SourceScreen {
		return nil, ""
	}
	d := l.dialog
	if !l.asked {
		// A marker told: its row stands within the dialog or at its end.
		first, last := l.optionSpan(f.row)
		d = dialog{top: first, options: first, cursor: first, footer: -1}
		for i := f.row; i < len(l.s.rows); i++ {
			if keyHint(l.s.rows[i].text) {
				d.footer = i
			}
		}
		if first == last {
			d.options = min(f.row+1, len(l.s.rows))
		}
		d.top = l.p.dialogTop(l.s, d.options)
	}
	if d.numbered == 0 {
		d.options = firstUnnumbered(l.s, d)
	}
	data := &Dialog{Options: l.p.options(l.s, d), From: l.s.line(d.top), To: l.s.line(len(l.s.rows) - 1)}
	for i := d.top; i < d.options && len(data.Body) < maxDialogBody; i++ {
		if r := l.s.rows[i]; !isDrawn(r) && !isLine(r) && !isScrollArrow(r) {
			data.Body = append(data.Body, bare(r.text))
		}
	}
	if d.footer >= 0 {
		data.Footer = l.wrapped(d.footer)
	}
	var activity string
	data.Question, activity = l.whatIsAsked(d, f, data.Body)
	return data, activity
}

// whatIsAsked returns the sentence of a dialog that asks, and the activity of
// the agent when a marker told of the dialog: what wants permission, else the
// sentence.
func (l look) whatIsAsked(d dialog, f finding, body []string) (question, activity string) {
	if i, ok := d.question(l.s); ok {
		question = d.sentence(l.s, i)
		return question, shorten(question)
	}
	if question = d.questionWithin(l.s); question != "" {
		return question, shorten(question)
	}
	if l.asked {
		if _, i := l.p.matchedDialog(l.s, d); i >= 0 && strings.HasSuffix(l.s.rows[i].text, "…") {
			// The program had no room for its end.
			question = bare(l.s.rows[i].text)
		}
		return question, shorten(question)
	}
	if h, ok := l.headingAbove(f.row, f.wait); ok {
		return h.question(), wantedOf(h, body)
	}
	question = unframed(l.s.rows[f.row].text)
	return question, shorten(question)
}
