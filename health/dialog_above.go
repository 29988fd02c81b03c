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
	} else if rest, ok := cutMark(s.rows[c.prompt].text, p.Layout.Prompts); !ok || rest != "" {
		// Somebody types there.
		return dialog{}, false
	}
	for end >= 0 && (s.rows[end].blank() || isRule(s.rows[end])) {
		end--
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
