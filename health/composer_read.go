package health

import (
	"strings"
)

// Composer is the place to type, as it is on a screen.
type Composer struct {
	// From and To are its rows from 1, its frame included.
	From, To int
	// Draft is what has been typed there: its rows, placeholders left out.
	Draft string
}

// ReadComposer finds the composer; false when there is none, or a dialog in its
// place. Only a screen with colours tells a placeholder from what was typed.
func (d *Detector) ReadComposer(o Observation) (Composer, bool) {
	s := parseScreen(o.Screen, o.Width)
	p := d.profile(d.identify(o, s).Kind)
	if p == nil {
		return Composer{}, false
	}
	l := p.readLayout(s)
	if !l.composed {
		return Composer{}, false
	}
	c := Composer{From: s.line(l.composer.top), To: s.line(l.composer.bottom)}
	c.Draft = p.draft(parseScreen(dropFaint(o.Screen), s.width), s, l.composer)
	return c, true
}

// draft returns what is typed in a composer: bright is the screen without what
// is faint, of the same rows.
func (p *profile) draft(bright, s screen, c composer) string {
	var rows []string
	for i := c.prompt; i <= c.bottom; i++ {
		if isRule(s.rows[i]) || isBoxBottom(s.rows[i]) {
			continue
		}
		r := row{}
		if at := i + s.first - bright.first; at >= 0 && at < len(bright.rows) {
			r = bright.rows[at]
		}
		text := strings.TrimSpace(strings.TrimPrefix(r.text, p.Layout.Bar))
		if i == c.prompt {
			if rest, ok := cutMark(text, p.Layout.Prompts+p.Layout.Modes); ok {
				text = rest
			}
		}
		if containsAnyFold(text, p.Answer.Placeholders) {
			continue
		}
		rows = append(rows, text)
	}
	if p.Layout.Bar != "" && len(rows) > 0 {
		// The last row behind a bar names the model.
		rows = rows[:len(rows)-1]
	}
	return strings.TrimSpace(strings.Join(rows, "\n"))
}

// dropFaint replaces faint characters by spaces and leaves the rows as they are.
// The character under a cursor in front of faint ones is one of them.
func dropFaint(text string) string {
	out := make([]byte, 0, len(text))
	var now attributes
	cursor := -1
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == 0x1b:
			end := escapeEnd(text, i)
			now = now.after(text[i:end])
			i = end
			continue
		case c == '\n':
			out, cursor = append(out, c), -1
		case now.faint:
			if cursor >= 0 {
				out, cursor = append(out[:cursor], ' '), -1
			}
			// One space for each character, none for the bytes that go on.
			if c&0xc0 != 0x80 {
				out = append(out, ' ')
			}
		default:
			if c&0xc0 != 0x80 {
				if cursor = -1; now.reverse && c != ' ' {
					cursor = len(out)
				}
			}
			out = append(out, c)
		}
		i++
	}
	return string(out)
}
