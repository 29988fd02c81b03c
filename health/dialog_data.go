package health

import (
	"slices"
	"strings"
	"unicode/utf8"
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

// maxOptions bounds how many options a dialog may have.
const maxOptions = 30

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
		if r := l.s.rows[i]; unframed(r.text) != "" && !isRule(r) && !isBoxTop(r) && !isBoxBottom(r) {
			data.Body = append(data.Body, unframed(r.text))
		}
	}
	if d.footer >= 0 {
		data.Footer = unframed(l.s.rows[d.footer].text)
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
	if question = l.questionWithin(d); question != "" || l.asked {
		return question, shorten(question)
	}
	if h, ok := l.headingAbove(f.row, f.wait); ok {
		return h.question(), wantedOf(h, body)
	}
	question = unframed(l.s.rows[f.row].text)
	return question, shorten(question)
}

// firstUnnumbered goes up from the cursor to the first option that is set as its
// own is.
func firstUnnumbered(s screen, d dialog) int {
	first := d.cursor
	for first > d.top && !s.rows[first-1].blank() && s.rows[first-1].indent == s.rows[d.cursor].indent+2 {
		first--
	}
	return min(first, d.options)
}

// questionWithin returns the sentence of the dialog's text that ends in a
// question mark with more text behind it.
func (l look) questionWithin(d dialog) string {
	for i := d.top; i < d.options; i++ {
		before, _, ok := strings.Cut(l.s.rows[i].text, "? ")
		if !ok {
			continue
		}
		if at := strings.LastIndex(before, ". "); at >= 0 {
			before = before[at+2:]
		}
		return shortLabel(unframed(before)) + "?"
	}
	return ""
}

// optionSpan returns the rows around row that hold options.
func (l look) optionSpan(row int) (first, last int) {
	first, last = row, row
	for i := row; i < len(l.s.rows) && i-row <= maxDialog; i++ {
		if _, _, ok := l.p.option(l.s.rows[i].text); ok {
			if last == row {
				first = i
			}
			last = i + 1
		}
	}
	for i := row; first == last && i < len(l.s.rows) && i-row <= maxDialog; i++ {
		// Without numbers the cursor tells.
		if label, ok := cutMark(l.s.rows[i].text, l.p.Layout.Cursors); ok && label != "" && hasSibling(l.s, i) {
			return i, i + 1
		}
	}
	return first, last
}

// options reads the answers of a dialog from its first option on: numbered
// ones, those beside a cursor, or keys in brackets.
func (p *profile) options(s screen, d dialog) []Option {
	var all []Option
	indent, lastRow := -1, -1
	for i := d.options; i < len(s.rows) && len(all) < maxOptions; i++ {
		r := s.rows[i]
		option, marked, ok := p.option(r.text)
		switch {
		case ok:
			option.Line = s.line(i)
			all = append(all, option)
			lastRow = i
			indent = r.indent + len(r.text) - len(strings.TrimLeft(strings.TrimLeft(r.text, p.Layout.Cursors), " "))
		case r.blank() || isRule(r) || isBoxBottom(r):
			if len(all) > 0 && all[len(all)-1].Key == "" {
				return all
			}
		case keyHint(r.text) || bracketKeys(r.text) > 1:
			return bracketOptions(all, s, i)
		case marked || (p.Layout.Unnumbered && (len(all) == 0 || all[len(all)-1].Key == "") && s.rows[d.cursor].indent+2 >= r.indent):
			label, selected := cutMark(r.text, p.Layout.Cursors)
			if !selected {
				label = r.text
			}
			all = append(all, Option{Label: shortLabel(label), Selected: selected, Line: s.line(i)})
		case len(all) > 0 && r.indent >= indent:
			// A wrapped or explained option: what goes on belongs to its label.
			last := &all[len(all)-1]
			if lastRow+1 == i && s.rows[lastRow].width() > s.width/2 {
				last.Label, lastRow = shortLabel(last.Label+" "+r.text), i
			}
		}
	}
	if len(all) == 0 && d.options < len(s.rows) {
		return bracketOptions(all, s, d.options)
	}
	return all
}

// option reads a numbered option; marked is set when a cursor stands before the
// text.
func (p *profile) option(text string) (o Option, marked, ok bool) {
	if rest, cut := cutMark(strings.TrimLeft(text, "│┃ "), p.Layout.Cursors); cut {
		text, marked = rest, true
	}
	label, ok := cutNumber(text)
	if !ok {
		return Option{}, marked, false
	}
	key := text[:strings.IndexAny(text, ".)")]
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

func shortLabel(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > maxLabel {
		text = string([]rune(text)[:maxLabel-1]) + "…"
	}
	return text
}
