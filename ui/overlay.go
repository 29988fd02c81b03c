package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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
	widest := ansi.StringWidth(title) + ansi.StringWidth(facts) + 8
	for _, line := range lines {
		widest = max(widest, ansi.StringWidth(line))
	}
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
	i := y / pickerRows
	if i < 0 || i >= len(p.strategies) {
		return false, nil
	}
	if i == p.cursor {
		return p.use(m)
	}
	p.cursor = i
	return false, nil
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

// pickerRows is how many rows a strategy takes.
const pickerRows = 3

func (p *picker) draw(screen block.Size, s *style.Styles) block.Block {
	const widest = 72
	width := max(min(widest, screen.W-6), 1)
	var lines []string
	for i, info := range p.strategies {
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
		lines = append(lines,
			block.Fit(line, max(width-ansi.StringWidth(figures), 0), s.Glyphs.Ellipsis)+figures,
			block.Cut("  "+s.Subtle.Paint(sanitize.Text(info.Summary)), width, s.Glyphs.Ellipsis),
			"",
		)
	}
	if p.err != "" {
		lines = append(lines, block.Cut(s.Danger.Paint(p.err), width, s.Glyphs.Ellipsis))
	} else if len(lines) > 0 {
		lines = lines[:len(lines)-1]
	}
	offset := 0
	if visible := screen.H - 2; len(lines) > visible {
		offset = min(p.cursor*pickerRows, len(lines)-max(visible, 0))
	}
	return boxed("strategy", "how panes are looked at", lines, offset, screen, s)
}

// measured says what was measured while a strategy was in force.
func measured(info engine.StrategyInfo, dot string) string {
	if info.Rounds == 0 {
		return "not measured yet"
	}
	return "p50 " + format.Duration(info.P50) + " " + dot + " " + format.Mean(info.Captures) + " captures a round"
}
