package health

import "strings"

// findDialogAbove looks for a dialog that stands right above an empty composer
// or whose cursor is taken for one: some versions keep the composer on the
// screen while they ask. It is one only when its question, in the words of a
// dialog of the profile, is the row right above the option under the cursor.
func (p *profile) findDialogAbove(s screen, c composer) (dialog, bool) {
	end := c.top - 1
	if !c.framed {
		end = c.prompt
	} else if rest, ok := cutMark(s.rows[c.prompt].text, p.Layout.Prompts+p.Layout.Busy); !ok || rest != "" {
		// Somebody types there.
		return dialog{}, false
	}
	for end >= 0 && (s.rows[end].blank() || isRule(s.rows[end])) {
		end--
	}
	if c.framed && end >= 0 && isBoxBottom(s.rows[end]) {
		return p.boxedDialog(s, end)
	}
	d := dialog{cursor: -1, footer: -1}
	for i := end; i >= 1 && end-i < maxOptions; i-- {
		r := s.rows[i]
		if !p.optionNumbered(r.text) {
			break
		}
		d.numbered++
		if _, ok := cutMark(r.text, p.Layout.Cursors); ok {
			d.cursor, d.options = i, i
			break
		}
	}
	if d.cursor < 1 || !strings.HasSuffix(s.rows[d.cursor-1].text, "?") {
		return dialog{}, false
	}
	d.top = p.dialogTop(s, d.options)
	return d, p.matchDialog(s, d).ID != p.Menu.ID
}

// boxedDialog reads the box that ends in the row bottom as a menu: options under a
// cursor, and as its last row the keys that choose. A box keeps no such row once it
// has been answered.
func (p *profile) boxedDialog(s screen, bottom int) (dialog, bool) {
	footer := bottom - 1
	for footer > 0 && s.rows[footer].boxed && s.rows[footer].blank() {
		footer--
	}
	if footer < 1 || !s.rows[footer].boxed || !keyHint(s.rows[footer].text) || !namesKeys(s.rows[footer].text) {
		return dialog{}, false
	}
	for i := footer - 1; i > 0 && footer-i <= maxDialog && s.rows[i].boxed; i-- {
		option, ok := cutMark(s.rows[i].text, p.Layout.Cursors)
		if _, numbered := cutNumber(option); !ok || option == "" || !numbered && !p.Layout.Unnumbered {
			continue
		}
		d := dialog{cursor: i, footer: -1}
		p.measureDialog(s, &d)
		d.footer = footer
		return d, true
	}
	return dialog{}, false
}
