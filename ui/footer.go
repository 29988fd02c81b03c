package ui

import (
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// toast is a short answer to a key, shown for a moment instead of the keys.
type toast struct {
	text     string
	severity engine.Severity
	until    time.Time
}

// toastTime is how long a toast is shown.
const toastTime = 4 * time.Second

// expire takes the toast away when its time is over.
func (t *toast) expire(now time.Time) {
	if now.After(t.until) {
		*t = toast{}
	}
}

// footer is the last line: what the last key came to, the line that is being
// written, or the keys that work.
type footer struct {
	styles *style.Styles
	place  keys.Place
	toast  toast
	margin int
	// entry is what is being written, drawn already.
	entry string
}

// footerPart draws a footer with the keys of its place.
type footerPart struct {
	footer
	keymap keys.Keymap
}

// Version implements block.Part. The keymap of a place changes with the styles.
func (f footerPart) Version() footer { return f.footer }

// Draw implements block.Part.
func (f footerPart) Draw(size block.Size) block.Block {
	s := f.styles
	edge, room := block.Spaces(f.margin), size.W-2*f.margin
	if f.entry != "" {
		return block.Of([]string{edge + f.entry}, size)
	}
	if f.toast.text != "" {
		text, right := sanitize.Text(f.toast.text), ""
		if key := f.keymap.KeyOf(f.place, keys.Notices); key != "" && block.Width(text) > room {
			right = "  " + s.Faint.Paint(key+" shows all")
		}
		text = block.Cut(text, room-block.Width(right), s.Glyphs.Ellipsis)
		return block.Of([]string{edge + severityInk(s, f.toast.severity).Paint(text) + right}, size)
	}
	return block.Of([]string{edge + withHelp(hints(f.keymap, f.place, s), helpHint(f.keymap, f.place, s), room)}, size)
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

// hints are the keys of a place with what they do, most useful first.
func hints(k keys.Keymap, p keys.Place, s *style.Styles) []string {
	symbols := symbolsOf(s)
	var parts []string
	for _, b := range k.Bindings(p) {
		if b.Quiet || len(b.Keys) == 0 {
			continue
		}
		parts = append(parts, s.Key.Paint(symbols.Show(b.Keys[0]))+" "+s.Faint.Paint(b.Does))
	}
	return parts
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
