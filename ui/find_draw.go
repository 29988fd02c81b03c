package ui

import (
	"strconv"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/fold"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// findHead is how many lines are above the matches.
const findHead = 2

// draw draws what is searched for, how far that is, and the matches, over the whole
// screen.
func (v *findView) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	frame := block.Frame{Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Accent.Paint, Title: s.Strong.Paint("search all agents")}
	size := screen
	if framedPane(screen) {
		size = frame.Inner(screen)
	}
	lines := []string{s.Key.Paint("/") + v.prompt.draw(s), ""}
	rows := max(size.H-findHead, 1)
	from, to := 0, 0
	if v.run != nil {
		from, to = v.choice.window(v.run.kept, rows)
		frame.Facts = v.run.progress(s)
		if hidden := v.run.kept - to; hidden > 0 {
			frame.BottomFacts = s.Faint.Paint("+ " + strconv.Itoa(hidden) + " more")
		}
		lines = append(lines, v.matches(from, to, size.W, s)...)
	}
	frame.BottomTitle = v.says(l)
	if !framedPane(screen) {
		return block.Of(lines, size)
	}
	return frame.Around(block.Of(lines, size), screen)
}

// says is what enter and esc do now.
func (v *findView) says(l *look) string {
	s := l.styles
	switch r := v.run; {
	case !v.fresh():
		return s.Faint.Paint(l.keyTo(keys.InFind, keys.Open, "searches screens and scroll-back; /…/ is a regular expression"))
	case r.running():
		return s.Faint.Paint(l.keyTo(keys.InFind, keys.Back, "stops it"))
	case r.kept == 0 && r.unread > 0:
		return s.Warning.Paint(r.reason)
	case r.kept == 0:
		return s.Faint.Paint("it is on no screen and in no scroll-back")
	default:
		return s.Faint.Paint(l.keyTo(keys.InFind, keys.Open, "goes there"))
	}
}

// progress says how far the search is and what it has found.
func (r *findRun) progress(s *style.Styles) string {
	found := s.Text.Paint(matches(r.matches))
	if r.kept < r.matches {
		found += s.Faint.Paint(", the newest " + strconv.Itoa(r.kept) + " shown")
	}
	if r.unread > 0 {
		found += s.Warning.Paint(", " + strconv.Itoa(r.unread) + " not read")
	}
	of := " in " + format.Plural(len(r.agents), "agent")
	switch {
	case r.running():
		of = " in " + strconv.Itoa(r.done) + " of " + format.Plural(len(r.agents), "agent") + s.Glyphs.Ellipsis
	case r.done < len(r.agents):
		of = " in " + strconv.Itoa(r.done) + " of " + format.Plural(len(r.agents), "agent") + ", stopped"
	}
	return found + s.Faint.Paint(of)
}

// matches draws those from one place to another: whose, how far back, and the row.
func (v *findView) matches(from, to, width int, s *style.Styles) (lines []string) {
	r, pattern, at := v.run, v.run.pattern, 0
	name := 8
	for i := range r.agents {
		if len(r.found[i]) > 0 {
			name = max(name, min(block.Width(sanitize.Text(r.agents[i].Name())), 18, width/4))
		}
	}
	for i := range r.agents {
		for n, row := range r.found[i] {
			if at >= from && at < to {
				lines = append(lines, foundLine(&r.agents[i], n == 0 || at == from, row, pattern, at == v.choice.cursor, name, width, s))
			}
			at++
		}
	}
	return lines
}

// foundLine is one match; the agent is named before its first.
func foundLine(a *engine.Agent, named bool, row engine.FoundRow, pattern fold.Pattern, chosen bool, name, width int, s *style.Styles) string {
	const back = 7
	bar, ink := " ", s.Text
	if chosen {
		bar, ink = s.Glyphs.Bar, s.Strong
	}
	who := block.Spaces(name + 2)
	if named {
		u := a.Urgency()
		who = s.State(u).Paint(s.Glyphs.State(u)) + " " + s.Text.Paint(block.Fit(sanitize.Text(a.Name()), name, s.Glyphs.Ellipsis))
	}
	where := strconv.Itoa(row.Row)
	if !row.At.IsZero() {
		where = row.At.Local().Format("15:04")
	}
	head := s.Accent.Paint(bar) + who + s.Faint.Paint(block.FitRight(where, back, "")) + "  "
	spans := pattern.Spans(row.Text)
	text := painted(ink.Paint(row.Text), spans, func(int) style.Ink { return s.Match })
	if len(spans) > 0 {
		start := block.Width(row.Text[:spans[0].From])
		room := max(width-block.Width(head), 1)
		text = panned([]string{text}, panTo(0, start, start+block.Width(row.Text[spans[0].From:spans[0].To]), room))[0]
	}
	return head + text
}
