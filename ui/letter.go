package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// letter is what one agent has to say: its rows, without the selection.
type letter struct {
	version letterVersion
	rows    []string
}

// letterVersion is what the rows of a letter depend on.
type letterVersion struct {
	styles   *style.Styles
	revision uint64
	name     string
	width    int
	// heading stands above it, empty for none.
	heading string
	// open is set for the selected letter, which is read as a whole; full when
	// its agent's screen is not seen beside it.
	marked, open, full bool
	age, waited        string
}

// headed is how many of its rows are its heading.
func (l letter) headed() int {
	if l.version.heading == "" {
		return 0
	}
	return 1
}

// write writes an agent's letter.
func (v letterVersion) write(a *engine.Agent) []string {
	s, width := v.styles, v.width
	urgency := a.Urgency()
	state := s.State(urgency)
	mark := " "
	if v.marked {
		mark = s.Glyphs.Mark
	}
	head := state.Bold().Paint(s.Glyphs.State(urgency)+mark+v.name) + "  " + s.Subtle.Paint(stateWords(*a)) + "  " +
		s.Faint.Paint(sanitize.Text(string(a.Kind))+" "+s.Glyphs.Dot+" "+where(*a))
	var lines []string
	if v.heading != "" {
		lines = append(lines, state.Bold().Paint(v.heading))
	}
	lines = append(lines, block.Fit(head, width-block.Width(v.age)-1, s.Glyphs.Ellipsis)+" "+state.Paint(v.age))
	if v.open {
		lines = append(lines, v.whole(a)...)
	} else {
		lines = append(lines, v.shortened(a)...)
	}
	if v.waited != "" {
		lines = append(lines, s.Faint.Paint("   waited today "+v.waited))
	}
	return lines
}

// whole is all that an agent asks and offers, on as many rows as it takes.
func (v letterVersion) whole(a *engine.Agent) []string {
	const margin = "   "
	s, d := v.styles, a.Dialog
	lines := paragraph(margin, margin, remark(a), v.width, remarkInk(a, s))
	if d == nil {
		return lines
	}
	if v.full {
		lines = append(lines, dialogLines(margin, d, v.width, s.Subtle, s.Text)...)
	} else {
		lines = append(lines, paragraph(margin, margin, question(d), v.width, s.Text)...)
	}
	for _, option := range d.Options {
		bar, ink := optionLook(option, s)
		lines = append(lines, optionLines("  ", option, v.width-1, bar, ink, s)...)
	}
	return lines
}

// shortened is the beginning of it: what has no room ends in an ellipsis.
func (v letterVersion) shortened(a *engine.Agent) []string {
	const margin, textRows, options = "   ", 2, 4
	s, tail := v.styles, v.styles.Glyphs.Ellipsis
	text, lines := remark(a), []string(nil)
	if asked := question(a.Dialog); asked != "" {
		if text != "" {
			lines = append(lines, margin+s.Subtle.Paint(block.Cut(text, v.width-3, tail)))
		}
		text = asked
	}
	rows := paragraph(margin, margin, text, v.width, s.Text)
	if len(rows) > textRows {
		last := strings.Join(strings.Fields(ansi.Strip(strings.Join(rows[textRows-1:], " "))), " ")
		rows = append(rows[:textRows-1], margin+s.Text.Paint(block.Cut(last, v.width-3, tail)))
	}
	lines = append(lines, rows...)
	if a.Dialog == nil {
		return lines
	}
	all := a.Dialog.Options
	for _, option := range all[:min(len(all), options)] {
		bar, ink := optionLook(option, s)
		lines = append(lines, "  "+s.Accent.Paint(bar)+ink.Paint(block.Cut(sanitize.Text(optionText(option)), v.width-4, tail)))
	}
	if more := len(all) - options; more > 0 {
		lines = append(lines, s.Faint.Paint(margin+"+ "+format.Plural(more, "more option")))
	}
	return lines
}

// optionLook is how an answer that is offered is marked and written.
func optionLook(o health.Option, s *style.Styles) (bar string, ink style.Ink) {
	if o.Selected {
		return s.Glyphs.Bar, s.Accent
	}
	return " ", s.Faint
}

// remarkInk is how a remark is written: beside a question it is secondary.
func remarkInk(a *engine.Agent, s *style.Styles) style.Ink {
	if question(a.Dialog) == "" {
		return s.Text
	}
	return s.Subtle
}
