package ui

import (
	"strconv"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// hostsSummary counts the other machines, and those of them that are not live.
func (p panels) hostsSummary() string {
	away := 0
	for _, h := range p.snap.Hosts {
		if h.State != engine.HostLive {
			away++
		}
	}
	text := format.Plural(len(p.snap.Hosts), "host")
	if away > 0 {
		text += " " + p.styles.Glyphs.Dot + " " + strconv.Itoa(away) + " not live"
	}
	return text
}

// hosts are the other machines: one line for each, and below it what is wrong.
func (p panels) hosts(size block.Size) []string {
	s := p.styles
	var lines []string
	for _, h := range p.snap.Hosts {
		ink := s.Warning
		switch h.State {
		case engine.HostLive:
			ink = s.Good
		case engine.HostConnecting, engine.HostEnded, engine.HostGone:
			ink = s.Faint
		}
		heard := "never heard"
		if !h.Heard.IsZero() {
			heard = "heard " + format.Age(max(p.snap.At.Sub(h.Heard), 0)) + " ago"
		}
		line := s.Subtle.Paint(block.Fit(sanitize.Text(h.Name), 14, s.Glyphs.Ellipsis)) + " " + ink.Paint(block.Fit(h.State.String(), 11, "")) +
			s.Faint.Paint(block.Fit(heard, 16, "")) + p.figure("agents", block.FitRight(strconv.Itoa(h.Agents), 3, "")) + "  " +
			p.figure("need you", block.FitRight(strconv.Itoa(h.NeedUser), 3, ""))
		if h.Version != "" {
			line += "  " + s.Faint.Paint(sanitize.Text(h.Version))
		}
		lines = append(lines, block.Cut(line+"  "+s.Faint.Paint(sanitize.Text(h.Way)), size.W, s.Glyphs.Ellipsis))
		if h.Problem != "" {
			lines = append(lines, paragraph(block.Spaces(15), block.Spaces(15), p.trouble(h), size.W, p.troubleInk(h))...)
		}
	}
	return lines
}

// trouble says why a machine cannot be reached, what helps, and when it is tried
// again.
func (p panels) trouble(h engine.HostStatus) string {
	text := sanitize.Text(h.Problem)
	if in := h.RetryAt.Sub(p.snap.At); in > 0 {
		text += "; tried again in " + format.Age(in)
	}
	return text
}

func (p panels) troubleInk(h engine.HostStatus) style.Ink {
	if h.State == engine.HostEnded {
		return p.styles.Faint
	}
	return p.styles.Warning
}
