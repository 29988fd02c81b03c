package ui

import (
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// expire takes the toast away when its time is over.
func (t *toast) expire(now time.Time) {
	if now.After(t.until) {
		*t = toast{}
	}
}

// footer is the last line: what the last key came to, the line that is being
// written, or the keys that work, behind the filter where one is active. A toast
// that is longer takes more lines: what is to be done about it stands at its end.
type footer struct {
	styles *style.Styles
	place  keys.Place
	toast  toast
	margin int
	// entry is what is being written, drawn already.
	entry string
	// filter is what narrows the list, and clear the keys that lead to all.
	filter, clear string
	fits          fits
}

// footerPart draws a footer with the keys of its place.
type footerPart struct {
	footer
	keymap keys.Keymap
}

// Version implements block.Part. The keymap of a place changes with the styles.
func (f footerPart) Version() footer { return f.footer }

// rows is how many lines it takes.
func (f footer) rows(width int) int {
	if f.entry != "" || f.toast.text == "" {
		return 1
	}
	return min(len(f.said(width)), toastRows)
}

// said is the toast, wrapped.
func (f footer) said(width int) []string {
	edge := block.Spaces(f.margin)
	return paragraph(edge, edge, sanitize.Text(f.toast.text), width-f.margin, severityInk(f.styles, f.toast.severity))
}

// Draw implements block.Part.
func (f footerPart) Draw(size block.Size) block.Block {
	s := f.styles
	edge, room := block.Spaces(f.margin), size.W-2*f.margin
	switch {
	case f.entry != "":
		return block.Of([]string{edge + f.entry}, size)
	case f.toast.text != "":
		lines := f.said(size.W)
		if last := size.H - 1; len(lines) > size.H && last >= 0 {
			right := ""
			if key := f.keymap.KeyOf(f.place, keys.Notices); key != "" {
				right = "  " + s.Faint.Paint(key+" shows all")
			}
			// The ellipsis stands where the text is cut, behind a space that has gone.
			lines[last] = block.Cut(lines[last]+s.Faint.Paint(s.Glyphs.Ellipsis+block.Spaces(size.W)), size.W-block.Width(right)-f.margin, s.Glyphs.Ellipsis) + right
		}
		return block.Of(lines, size)
	}
	line := ""
	if f.filter != "" {
		line = s.Key.Paint("/") + s.Strong.Paint(block.Cut(f.filter, max(room/2, 0), s.Glyphs.Ellipsis)) + "  "
		if f.clear != "" {
			line += s.Key.Paint(f.clear) + " " + s.Faint.Paint("clears it") + "  "
		}
	}
	room -= block.Width(line)
	line += withHelp(hints(f.keymap, f.place, s, f.fits), helpHint(f.keymap, f.place, s), room)
	return block.Of([]string{edge + line}, size)
}

// helpHint is the key that shows all others, empty where there is none.
func helpHint(k keys.Keymap, p keys.Place, s *style.Styles) string {
	key := k.KeyOf(p, keys.Help)
	if key == "" {
		return ""
	}
	return s.Key.Paint(key) + " " + s.Faint.Paint(keys.Help.Does())
}

// withHelp joins as many hints as fit, always with the one that leads to the
// others.
func withHelp(all []string, help string, room int) string {
	between := "  "
	if whole := joinFitting(all, between, room); help == "" || strings.Contains(whole, help) {
		return whole
	}
	line := joinFitting(all, between, room-block.Width(help+between))
	if line == "" {
		return joinFitting([]string{help}, between, room)
	}
	return line + between + help
}

// hints are the keys of a place with what they do, most useful first. Those that
// would be refused are left out.
func hints(k keys.Keymap, p keys.Place, s *style.Styles, f fits) []string {
	symbols := symbolsOf(s)
	var parts []string
	for _, b := range k.Bindings(p) {
		does, shown := f.wording(p, b)
		if b.Quiet || len(b.Keys) == 0 || !shown {
			continue
		}
		parts = append(parts, s.Key.Paint(symbols.Show(b.Keys[0]))+" "+s.Faint.Paint(does))
	}
	return parts
}

// fits says which answers fit the agents that would get them, and in an answer
// that is shown, whether it can be sent or has been.
type fits struct{ approve, deny, choose, reply, interrupt, bringBack, refused, begun bool }

// fits looks what fits now.
func (m *Model) fits() fits {
	var f fits
	if n := len(m.overlays); n > 0 {
		if o, ok := m.overlays[n-1].(*answerOverlay); ok {
			f.refused, f.begun = o.refused(), o.begun()
		}
		return f
	}
	if m.options.ReadOnly {
		return f
	}
	for _, a := range m.addressed() {
		asks, ended := a.Dialog != nil, a.State == health.StateCrashed || a.State == health.StateExited
		f.approve = f.approve || asks && !isQuestion(a)
		f.deny = f.deny || asks
		f.choose = f.choose || asks && len(a.Dialog.Options) > 0
		f.reply = f.reply || !ended && (!asks || isQuestion(a))
		f.bringBack = f.bringBack || a.Resume != ""
		f.interrupt = f.interrupt || !asks && a.State == health.StateWorking
	}
	return f
}

// wording is what a binding does now, and whether it does anything.
func (f fits) wording(p keys.Place, b keys.Binding) (does string, shown bool) {
	switch b.Action {
	case keys.Approve:
		return b.Does, f.approve
	case keys.Deny:
		return b.Does, f.deny
	case keys.Answer:
		return b.Does, f.choose
	case keys.Reply:
		return b.Does, f.reply
	case keys.Interrupt:
		return b.Does, f.interrupt
	case keys.BringBack:
		return b.Does, f.bringBack
	}
	switch {
	case p != keys.InAnswer:
		return b.Does, true
	case b.Action == keys.Open && f.begun:
		return "close this", true
	case b.Action == keys.Open:
		return b.Does, !f.refused
	case b.Action == keys.Back:
		return b.Does, !f.begun
	default:
		return b.Does, true
	}
}

// joinFitting joins as many parts as fit as a whole.
func joinFitting(parts []string, between string, room int) string {
	line, width := "", 0
	for i, part := range parts {
		w := block.Width(part)
		if i > 0 {
			w += block.Width(between)
			part = between + part
		}
		if width+w > room {
			break
		}
		line, width = line+part, width+w
	}
	return line
}

// severityInk is the ink in which something of that severity is written.
func severityInk(s *style.Styles, severity engine.Severity) style.Ink {
	switch severity {
	case engine.SeverityError:
		return s.Danger
	case engine.SeverityWarning:
		return s.Warning
	default:
		return s.Info
	}
}

// notice is the line under the header: the most severe of the notices, with the
// time to the next try.
type notice struct {
	styles   *style.Styles
	severity engine.Severity
	text     string
	left     string
	// key leads to all notices in full; several is set when there are more.
	key     string
	several bool
	margin  int
}

func newNotice(d *desk) notice {
	n := notice{styles: d.styles(), margin: d.margin}
	all := d.notices()
	if len(all) == 0 {
		return n
	}
	first := all[0]
	n.severity, n.text = first.Severity, sanitize.Text(first.Text)
	if left := first.Until.Sub(d.now); left > 0 {
		n.left = nextTry(left)
	}
	if len(all) > 1 {
		if n.left != "" {
			n.left += ", "
		}
		n.left += "and " + format.Plural(len(all)-1, "more notice")
		n.several = true
	}
	n.key = d.look.keyTo(keys.OnBoard, keys.Notices, "shows all")
	return n
}

// Version implements block.Part.
func (n notice) Version() notice { return n }

// Draw implements block.Part.
func (n notice) Draw(size block.Size) block.Block {
	s := n.styles
	room := size.W - 2*n.margin
	right := ""
	if n.left != "" && room >= 60 {
		right = "  " + s.Faint.Paint(n.left)
	}
	text := s.Glyphs.State(engine.UrgencyError) + " " + n.text
	if n.key != "" && (n.several || block.Width(text) > room-block.Width(right)) {
		right += "  " + s.Faint.Paint(n.key)
	}
	text = block.Fit(text, room-block.Width(right), s.Glyphs.Ellipsis)
	return block.Of([]string{block.Spaces(n.margin) + severityInk(s, n.severity).Paint(text) + right}, size)
}

// nextTry says when the next try is made.
func nextTry(left time.Duration) string { return "next try in " + format.Age(left+time.Second-1) }
