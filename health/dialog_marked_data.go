package health

import "strings"

// markedData reads a dialog that a marker told of, and what it makes the agent's
// activity.
func (l look) markedData(f finding) (*Dialog, string) {
	d := l.markedDialog(f)
	if notice, ok := l.notice(d, f.wait); ok {
		return notice, shorten(notice.Question)
	}
	asked := l.askedBy(&d, f)
	data := l.dataOf(d.dialog)
	data.Options, data.Question = l.markedOptions(d), asked.question
	if l.p.Layout.StyledCursor {
		selectByStyle(data.Options, l.o.Screen)
	}
	if f.wait == WaitPermission {
		if command := d.quoted(l.s); command != "" {
			return data, wantsToRun(command)
		}
	}
	return data, asked.activity
}

// asked is what a dialog asks: as a sentence, and as the agent's activity.
type asked struct{ question, activity string }

// askedBy finds what the dialog asks: the sentence with a question mark, the
// heading that the profile knows, the marker's row, or the text above where that
// row only names keys or is an answer. What heads it becomes its first row.
func (l look) askedBy(d *marked, f finding) asked {
	if f.wait != WaitLogin {
		if i, ok := d.question(l.s); ok {
			question := d.sentence(l.s, i)
			return asked{question, shorten(question)}
		}
		if question := d.questionWithin(l.s); question != "" {
			return asked{question, shorten(question)}
		}
	}
	if heading, ok := l.headingAbove(min(d.at, d.options-1), f.wait); ok {
		d.top = min(heading.row, d.top)
		return asked{heading.question(), heading.wanted()}
	}
	text := bare(l.s.rows[d.at].text)
	if answers := d.at >= d.options; answers || namesKeys(text) {
		if i, ok := l.caption(*d); ok {
			d.top = min(d.top, i)
			text = worded(d.paragraph(l.s, i))
		}
	}
	return asked{text, shorten(text)}
}

// heading is the row that heads a dialog, its words, and those right below it:
// what is to be done.
type heading struct {
	row            int
	words, subject string
}

// headingAbove looks upwards from a row for the heading that the profile knows
// of such a dialog. One that shows a long change has it far above its answers.
func (l look) headingAbove(from int, wait WaitReason) (heading, bool) {
	const farthest = 60
	for i := from; i >= 0 && from-i < farthest; i-- {
		text := unframed(l.s.rows[i].text)
		if text == "" || !l.p.headsDialog(text, wait) {
			continue
		}
		h := heading{row: i, words: worded(text)}
		for below := i + 1; below < from && h.subject == ""; below++ {
			h.subject = worded(bare(l.s.rows[below].text))
		}
		return h, true
	}
	return heading{}, false
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
func (h heading) question() string {
	if h.subject == "" {
		return h.words
	}
	return h.words + ": " + h.subject
}

// wanted is the activity of an agent that asks by such a heading.
func (h heading) wanted() string {
	if h.subject != "" {
		return shorten(h.subject + " ?")
	}
	return shorten(h.words)
}

// notice reads a notice that lies over what the screen shows otherwise, so that
// rests of that stand beside it, and that ends with the keys that close it.
func (l look) notice(d marked, wait WaitReason) (*Dialog, bool) {
	if wait != WaitQuestion || d.listed || d.buttons {
		return nil, false
	}
	column, ok := columnOfKeys(l.s.rows[d.at].full)
	if !ok {
		return nil, false
	}
	const gap = 3 // blank rows within it, at most
	var rows []string
	top, beside := d.at, column > l.s.rows[d.at].column() && !isBarred(l.s.rows[d.at])
	for i := d.at - 1; i >= 0 && top-i <= gap && d.at-i <= maxDialog; i-- {
		text, left := inColumn(l.s.rows[i].full, column)
		if text == "" {
			continue
		}
		rows, top, beside = append([]string{text}, rows...), i, beside || left
	}
	if len(rows) == 0 || !beside {
		return nil, false
	}
	return &Dialog{Question: rows[0], Body: rows, From: l.s.line(top), To: l.s.line(len(l.s.rows) - 1)}, true
}

// columnOfKeys is where in a row the text begins that names keys.
func columnOfKeys(full string) (int, bool) {
	column := 0
	for rest := full; rest != ""; {
		blanks := len(rest) - len(strings.TrimLeft(rest, " "))
		column, rest = column+blanks, rest[blanks:]
		text, _, _ := strings.Cut(rest, "  ")
		if namesKeys(text) {
			return column, true
		}
		column, rest = column+len([]rune(text)), rest[len(text):]
	}
	return 0, false
}

// inColumn is the text of a row that begins in a column, or a cell further, with
// blanks before it and up to the next gap; left is set when other text stands
// before it.
func inColumn(full string, column int) (text string, left bool) {
	const apart = 2
	runes := []rune(full)
	if len(runes) <= column+1 || column < apart || strings.TrimSpace(string(runes[column-apart:column])) != "" {
		return "", false
	}
	text = strings.TrimPrefix(string(runes[column:]), " ")
	if strings.HasPrefix(text, " ") {
		return "", false
	}
	text, _, _ = strings.Cut(text, strings.Repeat(" ", apart+1))
	return strings.TrimSpace(text), strings.Trim(string(runes[:column]), " │┃") != ""
}
