package ui

import (
	"time"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
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

// footer is the last line: what the last key came to, or the keys that work.
type footer struct {
	styles  *style.Styles
	context keyContext
	toast   toast
	margin  int
}

// footerPart draws a footer with the keys of its context.
type footerPart struct {
	footer
	keys []keyBinding
}

// Version implements block.Part.
func (f footerPart) Version() footer { return f.footer }

// Draw implements block.Part.
func (f footerPart) Draw(size block.Size) block.Block {
	s := f.styles
	edge, room := block.Spaces(f.margin), size.W-2*f.margin
	if f.toast.text != "" {
		text := block.Cut(sanitize.Text(f.toast.text), room, s.Glyphs.Ellipsis)
		return block.Of([]string{edge + severityInk(s, f.toast.severity).Paint(text)}, size)
	}
	parts := make([]string, 0, len(f.keys))
	for _, k := range f.keys {
		if k.helpOnly {
			continue
		}
		help := k.binding.Help()
		parts = append(parts, s.Key.Paint(help.Key)+" "+s.Faint.Paint(help.Desc))
	}
	return block.Of([]string{edge + joinFitting(parts, "  ", room)}, size)
}

// joinFitting joins as many parts as fit as a whole.
func joinFitting(parts []string, between string, room int) string {
	line, width := "", 0
	for i, part := range parts {
		w := ansi.StringWidth(part)
		if i > 0 {
			w += ansi.StringWidth(between)
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
	margin   int
}

func newNotice(m *Model) notice {
	n := notice{styles: m.look.styles, margin: m.layout.margin}
	all := m.notices()
	if len(all) == 0 {
		return n
	}
	first := all[0]
	n.severity, n.text = first.Severity, sanitize.Text(first.Text)
	if left := first.Until.Sub(m.now); left > 0 {
		n.left = "next try in " + format.Age(left+time.Second-1)
	}
	if len(all) > 1 {
		if n.left != "" {
			n.left += ", "
		}
		n.left += "and " + format.Plural(len(all)-1, "more notice")
	}
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
	glyph := s.Glyphs.State(engine.UrgencyError)
	text := block.Fit(glyph+" "+n.text, room-ansi.StringWidth(right), s.Glyphs.Ellipsis)
	return block.Of([]string{block.Spaces(n.margin) + severityInk(s, n.severity).Paint(text) + right}, size)
}
