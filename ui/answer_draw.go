package ui

import (
	"slices"
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// answerText is what an answer is about, with the rows that are to be seen unless
// the user scrolls: up to what will be typed, and from the option that is being
// chosen.
type answerText struct {
	lines    []string
	from, to int
	// above is how many rows stand only above the question, on the agent's screen.
	above int
}

// room is how much of the screen the text takes: what stands above the question
// leaves some of what is behind to be seen.
func (t answerText) room(screen block.Size) block.Size {
	if t.above > 0 {
		screen.H = min(max(screen.H*3/4, len(t.lines)-t.above+2), screen.H)
	}
	return screen
}

// offset is the first row that is seen unless the user scrolls.
func (t answerText) offset(room block.Size) int { return min(max(t.to-(room.H-2), 0), t.from) }

func (o *answerOverlay) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	facts := l.keyTo(keys.InAnswer, keys.Open, "sends it")
	switch {
	case o.begun():
		facts = l.keyTo(keys.InAnswer, keys.Open, "closes this")
	case o.refused():
		facts = "nothing can be sent"
	}
	title := o.action.String()
	if len(o.recipients) == 1 {
		title += ": " + o.recipients[0].name
	}
	text := o.text(l, screen)
	room := text.room(screen)
	if !o.scrolled {
		o.scroller.offset = text.offset(room)
	}
	return boxed(box{title: title, facts: facts, lines: text.lines, offset: o.scroller.offset}, room, s)
}

// text is the recipients with what they ask, what will be typed, or what came of
// it. Nothing is cut: what has no room is scrolled to.
func (o *answerOverlay) text(l *look, screen block.Size) answerText {
	var text answerText
	width := max(min(screen.W-6, 88), 1)
	for i := range o.recipients {
		if i > 0 {
			text.lines = append(text.lines, "")
		}
		r := &o.recipients[i]
		letter, chosen := o.letter(r, l, width, i == 0)
		if above := o.above(r, width); len(o.recipients) == 1 && len(above) > 0 {
			letter, chosen, text.above = slices.Concat(letter[:1], above, letter[1:]), chosen+len(above), len(above)
		}
		if o.action != engine.ActionChoose {
			chosen = len(letter)
		}
		if i == 0 || r.done && r.problem != "" && text.from == 0 {
			text.from = len(text.lines) + chosen
			text.to = len(text.lines) + len(letter)
		}
		text.lines = append(text.lines, letter...)
	}
	return text
}

// above is what the agent's screen shows above its question, such as the diff or
// the plan that it asks about; wrapped, in its own colours.
func (o *answerOverlay) above(r *recipient, width int) []string {
	shown, d := o.screens.of(r.agent.Ref), r.agent.Dialog
	if shown == nil || r.done || r.changed || !standsIn(d, shown.rows) {
		return nil
	}
	// Gaps and rules only keep apart on a screen what is close here.
	lines, gap := []string(nil), true
	for _, row := range shown.rows[:d.From-1] {
		if tellsNothing(row, block.Width(row)) {
			if !gap {
				lines = append(lines, "")
			}
			gap = true
			continue
		}
		gap = false
		lines = append(lines, strings.Split(wrappedColours(row, width), "\n")...)
	}
	return trimTail(lines)
}

// letter is one recipient, and the row of what is chosen. Only the first shows
// the options to choose from.
func (o *answerOverlay) letter(r *recipient, l *look, width int, first bool) (lines []string, chosen int) {
	a, s := &r.agent, l.styles
	state := s.State(a.Urgency())
	head := state.Bold().Paint(s.Glyphs.State(a.Urgency())+" "+r.name) + "  " + s.Subtle.Paint(stateWords(*a)) + "  " +
		s.Faint.Paint(sanitize.Text(string(a.Kind))+" "+s.Glyphs.Dot+" "+where(*a)+" "+s.Glyphs.Dot+" "+a.Ref.Pane)
	lines = []string{block.Cut(head, width, s.Glyphs.Ellipsis)}
	if d := a.Dialog; d != nil {
		lines = append(lines, dialogLines("  ", d, width, s.Text, s.Strong)...)
		for i, option := range d.Options {
			if !first && i != r.plan.Option {
				continue
			}
			ink, bar := s.Subtle, " "
			if r.planned && r.problem == "" && i == r.plan.Option || o.action == engine.ActionChoose && i == o.option {
				ink, bar, chosen = s.Accent.Bold(), s.Glyphs.Bar, len(lines)
			}
			lines = append(lines, optionLines("  ", option, width, bar, ink, s)...)
		}
	}
	return append(lines, o.verdict(r, l, width)...), chosen
}

// verdict says what will be typed, or what came of it.
func (o *answerOverlay) verdict(r *recipient, l *look, width int) []string {
	s := l.styles
	paint := func(ink style.Ink, text string) []string { return paragraph("  ", "  ", text, width, ink) }
	switch {
	case r.done && r.problem != "":
		return paint(s.Danger, r.problem)
	case r.done:
		return paint(s.Good, s.Glyphs.State(engine.UrgencyDone)+" sent, and confirmed on its screen: "+sanitize.Text(r.outcome.What()))
	case r.sent:
		return paint(s.Info, "sending, and looking whether it arrives"+s.Glyphs.Ellipsis)
	case r.problem != "":
		return paint(s.Warning, r.problem)
	case r.changed:
		return paint(s.Warning, l.orKey("it asks something else by now", keys.InAnswer, keys.Back, "sends nothing"))
	case !r.planned:
		return paint(s.Faint, "looking what is to be typed"+s.Glyphs.Ellipsis)
	}
	lines := paint(s.Info, sanitize.Text(r.plan.Words))
	for row := range strings.Lines(r.plan.Text) {
		sign := "  " + s.Key.Paint("> ")
		lines = append(lines, paragraph(sign, "    ", sanitize.Text(strings.TrimSuffix(row, "\n")), width, s.Text)...)
	}
	return lines
}
