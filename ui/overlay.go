package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// overlay is something that lies over the dashboard and takes the keys.
type overlay interface {
	// context is the table of keys that work in it.
	context() keyContext
	// update takes a newer snapshot.
	update(snap *engine.Snapshot)
	// perform does what a key asked for. done closes the overlay.
	perform(a action, m *Model) (done bool, cmd tea.Cmd)
	// click is a click on a cell of its inside.
	click(y int, m *Model) (done bool, cmd tea.Cmd)
	// draw draws it for a screen of that size.
	draw(screen block.Size, s *style.Styles) block.Block
}

// boxed draws lines in a frame no larger than the screen, scrolled by offset.
func boxed(title, facts string, lines []string, offset int, screen block.Size, s *style.Styles) block.Block {
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Accent.Paint,
		Title: s.Strong.Paint(title), Facts: s.Faint.Paint(facts),
	}
	widest := max(block.Width(title)+block.Width(facts)+8, widestOf(lines))
	size := block.Size{W: min(widest+4, screen.W), H: min(len(lines)+2, screen.H)}
	if size.W < block.MinWidth || size.H < 3 {
		return block.Of(lines, size)
	}
	inner := frame.Inner(size)
	if hidden := len(lines) - inner.H - offset; hidden > 0 {
		frame.BottomFacts = s.Faint.Paint("+ " + format.Plural(hidden, "more row"))
	}
	return frame.Around(block.Of(lines[min(offset, len(lines)):], inner), size)
}

// picker lets the user choose a strategy.
type picker struct {
	strategies []engine.StrategyInfo
	current    engine.StrategyName
	cursor     int
	// asked is the strategy that is being switched to; empty when none is.
	asked engine.StrategyName
	err   string
}

func newPicker(snap *engine.Snapshot) *picker {
	p := &picker{strategies: snap.Strategies, current: snap.Strategy}
	p.cursor = max(slices.IndexFunc(p.strategies, func(s engine.StrategyInfo) bool { return s.Name == p.current }), 0)
	return p
}

// update takes the figures of a newer snapshot; the cursor stays on its entry.
func (p *picker) update(snap *engine.Snapshot) {
	if len(snap.Strategies) == 0 {
		return
	}
	at := p.strategies[p.cursor].Name
	p.strategies, p.current = snap.Strategies, snap.Strategy
	p.cursor = max(slices.IndexFunc(p.strategies, func(s engine.StrategyInfo) bool { return s.Name == at }), 0)
}

func (p *picker) context() keyContext { return inPicker }

func (p *picker) perform(a action, m *Model) (bool, tea.Cmd) {
	last := len(p.strategies) - 1
	switch a {
	case actBack:
		return true, nil
	case actUp, actPageUp:
		p.cursor = max(p.cursor-1, 0)
	case actDown, actPageDown:
		p.cursor = min(p.cursor+1, last)
	case actTop:
		p.cursor = 0
	case actBottom:
		p.cursor = last
	case actOpen:
		return p.use(m)
	}
	return false, nil
}

// use asks the monitor for the strategy under the cursor.
func (p *picker) use(m *Model) (bool, tea.Cmd) {
	name := p.strategies[p.cursor].Name
	if name == p.current {
		m.say(engine.SeverityInfo, string(name)+" is in force already")
		return true, nil
	}
	if p.asked != "" {
		m.say(engine.SeverityWarning, "still switching to "+string(p.asked))
		return false, nil
	}
	p.asked, p.err = name, ""
	return false, m.commands.switchStrategy(name)
}

func (p *picker) click(y int, m *Model) (bool, tea.Cmd) {
	rows, first := p.shape(m.covered().H)
	i := first + y/rows
	if y < 0 || i >= len(p.strategies) {
		return false, nil
	}
	if i == p.cursor {
		return p.use(m)
	}
	p.cursor = i
	return false, nil
}

// shape is how many rows a strategy takes on a screen of that height, fewer
// when there is little room, and the first strategy that is seen.
func (p *picker) shape(height int) (rows, first int) {
	room := max(height-3, 1) // the frame, and a line for an error
	rows = min(max(room/max(len(p.strategies), 1), 1), 3)
	return rows, max(p.cursor+1-max(room/rows, 1), 0)
}

// answered takes the monitor's answer and tells whether the picker is done.
func (p *picker) answered(msg switchedMsg) bool {
	if msg.name != p.asked {
		return false
	}
	p.asked = ""
	if msg.err != nil {
		p.err = sanitize.Text(msg.err.Error())
		return false
	}
	return true
}

func (p *picker) draw(screen block.Size, s *style.Styles) block.Block {
	const widest = 72
	width := max(min(widest, screen.W-6), 1)
	rows, first := p.shape(screen.H)
	var lines []string
	for i := first; i < len(p.strategies); i++ {
		lines = append(lines, p.entry(i, width, s)[:rows]...)
	}
	if rows == 3 {
		lines = lines[:max(len(lines)-1, 0)]
	}
	if p.err != "" {
		room := max(screen.H-3, 0)
		lines = append(lines[:min(len(lines), room)], block.Cut(s.Danger.Paint(p.err), width, s.Glyphs.Ellipsis))
	}
	return boxed("strategy", "how panes are looked at", lines, 0, screen, s)
}

// entry is one strategy: its name and figures, what it does, a blank line.
func (p *picker) entry(i, width int, s *style.Styles) []string {
	info := p.strategies[i]
	bar, name := " ", s.Text
	if i == p.cursor {
		bar, name = s.Glyphs.Bar, s.Accent.Bold()
	}
	mark := ""
	if info.Name == p.current {
		mark = s.Good.Paint("  in force")
	}
	if info.Name == p.asked {
		mark = s.Info.Paint("  switching" + s.Glyphs.Ellipsis)
	}
	line := s.Accent.Paint(bar) + " " + name.Paint(sanitize.Text(string(info.Name))) + mark
	figures := s.Faint.Paint(measured(info, s.Glyphs.Dot))
	if room := width - block.Width(figures); room >= block.Width(line)+1 {
		line = block.Fit(line, room, "") + figures
	}
	summary := "  " + s.Subtle.Paint(sanitize.Text(info.Summary))
	return []string{block.Cut(line, width, s.Glyphs.Ellipsis), block.Cut(summary, width, s.Glyphs.Ellipsis), ""}
}

// measured says what was measured while a strategy was in force.
func measured(info engine.StrategyInfo, dot string) string {
	if info.Rounds == 0 {
		return "not measured yet"
	}
	return "p50 " + format.Duration(info.P50) + " " + dot + " " + format.Mean(info.Captures) + " captures a round"
}
