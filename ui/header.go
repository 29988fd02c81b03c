package ui

import (
	"strconv"
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// header is the first line: who needs the user, in words, then the counts; at
// the right how the watching goes.
type header struct {
	styles   *style.Styles
	ready    bool
	counts   engine.Counts
	snoozed  int
	strategy engine.StrategyName
	round    string
	hits     string
	clock    string
	margin   int
}

func newHeader(d *desk) header {
	h := header{styles: d.styles(), clock: d.now.Format("15:04"), margin: d.margin}
	if s := d.snap; s != nil {
		h.ready, h.counts, h.strategy = s.Ready || len(s.Agents) > 0, s.Counts, s.Strategy
		h.snoozed = s.Snoozed
	}
	if s := d.figures; s != nil {
		if s.Round.Rounds > 0 {
			h.round = format.Duration(s.Round.P50)
		}
		if s.Cache.Looks > 0 {
			h.hits = format.Percent(s.Cache.HitRate) + " hits"
		}
	}
	return h
}

// Version implements block.Part.
func (h header) Version() header { return h }

// Draw implements block.Part. What has no room goes: first the words of the
// counts, then the figures, then the name of the program.
func (h header) Draw(size block.Size) block.Block {
	s := h.styles
	brand := s.Brand.Paint("agentwatch")
	banner := h.banner()
	gap := block.Spaces(3)
	room := size.W - 2*h.margin
	type try struct{ left, right string }
	words, marks := h.tally(true, room), h.tally(false, room)
	short := h.tally(false, room-block.Width(banner)-2)
	tries := []try{
		{brand + gap + banner + gap + words, h.figures(true)},
		{brand + gap + banner + gap + marks, h.figures(true)},
		{brand + gap + banner + gap + marks, h.figures(false)},
		{banner + "  " + marks, h.figures(false)},
		{banner + "  " + short, ""},
	}
	for i, t := range tries {
		left, right := block.Width(t.left), block.Width(t.right)
		if left+right+2 <= room || i == len(tries)-1 {
			edge := block.Spaces(h.margin)
			line := edge + block.Fit(t.left, room-right, s.Glyphs.Ellipsis) + t.right + edge
			return block.Of([]string{line}, size)
		}
	}
	return block.Of(nil, size)
}

// banner answers the first question: does anyone need me?
func (h header) banner() string {
	s := h.styles
	n := roster.Blocked(h.counts)
	switch {
	case !h.ready:
		return s.Subtle.Paint("looking around" + s.Glyphs.Ellipsis)
	case h.counts == engine.Counts{} && h.snoozed == 0:
		return s.Subtle.Paint("no agents")
	case n == 0:
		return s.Subtle.Paint("nobody needs you")
	}
	worst := engine.UrgencyWaiting
	for h.counts.Of(worst) == 0 {
		worst++
	}
	return s.State(worst).Bold().Paint(s.Glyphs.State(worst) + " " + strconv.Itoa(n) + " " + needWords(n))
}

// needWords is what n agents do that the header counts.
func needWords(n int) string {
	if n == 1 {
		return "needs you"
	}
	return "need you"
}

// tally writes the counts by state, as many as have room; those of nobody are
// left out.
func (h header) tally(words bool, room int) string {
	s := h.styles
	var parts []string
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		n := h.counts.Of(u)
		if n == 0 {
			continue
		}
		part := s.State(u).Paint(s.Glyphs.State(u)) + " " + s.Text.Paint(strconv.Itoa(n))
		if words {
			part += " " + s.Faint.Paint(u.String())
		}
		parts = append(parts, part)
	}
	if h.snoozed > 0 {
		part := s.Faint.Paint(s.Glyphs.Snoozed) + " " + s.Text.Paint(strconv.Itoa(h.snoozed))
		if words {
			part += " " + s.Faint.Paint("snoozed")
		}
		parts = append(parts, part)
	}
	return joinFitting(parts, "  ", room)
}

// figures writes strategy, round, hit rate and clock.
func (h header) figures(all bool) string {
	s := h.styles
	clock := s.Faint.Paint(h.clock)
	if !all {
		return clock
	}
	var parts []string
	if h.strategy != "" {
		parts = append(parts, s.Accent.Paint(sanitize.Text(string(h.strategy))))
	}
	for _, figure := range []string{h.round, h.hits} {
		if figure != "" {
			parts = append(parts, s.Subtle.Paint(figure))
		}
	}
	return strings.Join(parts, s.Faint.Paint(" "+s.Glyphs.Dot+" ")) + block.Spaces(3) + clock
}
