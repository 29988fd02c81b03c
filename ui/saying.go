package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// unbarred is what an agent says without the bar that some draw beside it.
func unbarred(text string) string {
	return strings.Join(strings.Fields(agentlist.Unbarred(sanitize.Text(text))), " ")
}

// question is what a dialog asks; empty when that was not recognised.
func question(d *health.Dialog) string {
	if d == nil {
		return ""
	}
	return unbarred(d.Question)
}

// remark is what an agent says beside its question; empty when that is the
// question once more, whole or shortened.
func remark(a *engine.Agent) string {
	said, asked := unbarred(a.Activity), question(a.Dialog)
	if strings.HasPrefix(asked, strings.TrimRight(said, " …")) {
		return ""
	}
	return said
}

// paragraph writes clean text on as many lines as it takes, the first of them
// behind first and the others behind rest, which are as wide.
func paragraph(first, rest, text string, width int, ink style.Ink) []string {
	if text == "" {
		return nil
	}
	var lines []string
	before := first
	for _, row := range strings.Split(wrapped(text, max(width-block.Width(first), 8)), "\n") {
		lines = append(lines, before+ink.Paint(row))
		before = rest
	}
	return lines
}

// dialogLines writes what a dialog asks: the text above its options, and the
// question, once.
func dialogLines(margin string, d *health.Dialog, width int, text, asks style.Ink) []string {
	var lines []string
	asked := question(d)
	for _, row := range d.Body {
		ink := text
		if asked != "" && unbarred(row) == asked {
			ink = asks
		}
		lines = append(lines, bodyLines(margin, row, width, ink)...)
	}
	if strings.Contains(unbarred(strings.Join(d.Body, " ")), asked) {
		return lines
	}
	return append(lines, paragraph(margin, margin, asked, width, asks)...)
}

// standsIn tells whether a dialog is the one that rows of a screen show: each is
// captured by itself, and one may be newer.
func standsIn(d *health.Dialog, rows []string) bool {
	if d == nil || d.From < 1 || d.To > len(rows) || len(d.Options) == 0 {
		return false
	}
	for _, o := range d.Options {
		words := strings.Fields(o.Label)
		if o.Line < d.From || o.Line > d.To || len(words) > 0 && !strings.Contains(ansi.Strip(rows[o.Line-1]), words[0]) {
			return false
		}
	}
	return true
}

// widestText is the width of the widest of some rows of a screen, without frames
// and rules, which say nothing.
func widestText(rows []string) int {
	widest := 0
	for _, row := range rows {
		if !tellsNothing(row, block.Width(row)) {
			widest = max(widest, block.Width(strings.TrimRight(ansi.Strip(row), " │┃║|")))
		}
	}
	return widest
}

// unfolded are the rows of a screen with its dialog wrapped where that is wider
// than there is room, so that nothing that is asked is cut off. Who has moved the
// screen sideways sees it as it is.
func unfolded(rows []string, d *health.Dialog, width, pan int, s *style.Styles) []string {
	if pan > 0 || !standsIn(d, rows) || widestText(rows[d.From-1:d.To]) <= width {
		return rows
	}
	above := rows[:d.From-1]
	for len(above) > 0 && tellsNothing(above[len(above)-1], width) {
		above = above[:len(above)-1]
	}
	return slices.Concat(above, []string{""}, asked(d, width, s), rows[d.To:])
}

// asked is a dialog as text with its options, wrapped.
func asked(d *health.Dialog, width int, s *style.Styles) []string {
	lines := dialogLines("", d, width, s.Text, s.Strong)
	for _, option := range d.Options {
		bar, ink := " ", s.Text
		if option.Selected {
			bar, ink = s.Glyphs.Bar, s.Accent
		}
		lines = append(lines, optionLines("", option, width, bar, ink, s)...)
	}
	return lines
}

// bodyLines writes a row of a dialog's text. Blank ones are kept.
func bodyLines(margin, row string, width int, ink style.Ink) []string {
	if text := sanitize.Text(row); text != "" {
		return paragraph(margin, margin, text, width, ink)
	}
	return []string{""}
}

// optionLines writes an answer that a dialog offers, with a bar before the one
// that is meant. What goes on stands below its words, not its key.
func optionLines(margin string, o health.Option, width int, bar string, ink style.Ink, s *style.Styles) []string {
	indent := 0
	if o.Key != "" {
		indent = block.Width(sanitize.Text(o.Key)) + len(". ")
	}
	text := sanitize.Text(optionText(o))
	room := width - block.Width(margin) - 1
	rows := strings.Split(wrapped(text, max(room, 8)), "\n")
	if len(rows) > 1 && room > 2*indent {
		head, tail := rows[0], strings.TrimSpace(strings.TrimPrefix(text, rows[0]))
		rows = append([]string{head}, strings.Split(wrapped(tail, room-indent), "\n")...)
		for i := range rows[1:] {
			rows[i+1] = block.Spaces(indent) + rows[i+1]
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = margin + s.Accent.Paint(bar) + ink.Paint(row)
		bar = " "
	}
	return lines
}

// tellsNothing tells whether a row is blank or a rule as far as it is seen.
func tellsNothing(row string, width int) bool {
	seen := strings.TrimSpace(block.Cut(ansi.Strip(row), width, ""))
	return seen == "" || isRule(seen)
}

// optionText is an answer with its key.
func optionText(o health.Option) string {
	if o.Key == "" {
		return o.Label
	}
	return o.Key + ". " + o.Label
}

// isRule tells whether a row is nothing but lines: a rule, the edge of a box with
// its corners, or its sides with nothing between.
func isRule(plain string) bool {
	return strings.IndexFunc(plain, func(r rune) bool {
		return (r < '\u2500' || r > '\u257f') && !strings.ContainsRune("▔▁▄▀▌▐-_=+| ", r)
	}) < 0
}
