package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// switching keeps the strategy in force what the user wants, one call at a time.
type switching struct {
	// wanted is the last one that was asked for; asked is under way, empty when
	// none is.
	wanted, asked engine.StrategyName
}

// want asks for a strategy, now or when the call under way has been answered.
func (m *Model) want(name engine.StrategyName) tea.Cmd {
	m.switching.wanted = name
	if m.switching.asked != "" {
		return nil
	}
	m.switching.asked = name
	return m.commands.switchStrategy(name)
}

// takeSwitch takes the monitor's answer: it is said in the picker, and in the
// last line when there is none any more.
func (m *Model) takeSwitch(msg switchedMsg) tea.Cmd {
	m.switching.asked = ""
	var open *strategyPicker
	for _, o := range m.overlays {
		if p, ok := o.(*strategyPicker); ok {
			open = p
		}
	}
	switch wanted := m.switching.wanted; {
	case wanted != "" && wanted != msg.name:
		return m.want(wanted)
	case open != nil:
		open.answered(msg)
	case msg.err != nil:
		m.complain("strategy unchanged", msg.err)
	default:
		m.tell("strategy is now " + string(msg.name))
	}
	return nil
}

// strategyPicker lets the user try strategies: the one under the cursor comes
// into force at once, enter keeps it, esc goes back to the one before.
type strategyPicker struct {
	strategies []engine.StrategyInfo
	choice     choice
	// before was in force when the picker was opened, current is now.
	before, current engine.StrategyName
	switching       *switching
	err             string
	rows            int
}

func newStrategyPicker(snap *engine.Snapshot, s *switching) *strategyPicker {
	p := &strategyPicker{before: snap.Strategy, current: snap.Strategy, strategies: snap.Strategies, switching: s, rows: 1}
	p.choice.cursor = max(p.index(p.current), 0)
	return p
}

func (p *strategyPicker) index(name engine.StrategyName) int {
	return slices.IndexFunc(p.strategies, func(s engine.StrategyInfo) bool { return s.Name == name })
}

func (p *strategyPicker) place() keys.Place { return keys.InPicker }

func (p *strategyPicker) live() bool { return true }

// update takes the figures of a newer snapshot; the cursor stays on its entry.
func (p *strategyPicker) update(snap *engine.Snapshot) {
	if len(snap.Strategies) == 0 {
		return
	}
	at := p.under()
	p.strategies, p.current = snap.Strategies, snap.Strategy
	p.choice.cursor = max(p.index(at), 0)
}

// under is the strategy under the cursor.
func (p *strategyPicker) under() engine.StrategyName { return p.strategies[p.choice.cursor].Name }

func (p *strategyPicker) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	p.err = ""
	switch a {
	case keys.Open:
		cmd := p.use(m, p.under())
		if cmd == nil && p.switching.asked == "" {
			m.tell("strategy is now " + string(p.under()))
		}
		// Else the answer says it.
		return true, cmd
	case keys.Back:
		return true, p.use(m, p.before)
	}
	if !p.choice.move(a, len(p.strategies)) {
		return false, nil
	}
	return false, p.use(m, p.under())
}

// use asks for a strategy, unless it is in force and nothing else is under way.
func (p *strategyPicker) use(m *Model, name engine.StrategyName) tea.Cmd {
	if name == p.current && p.switching.asked == "" {
		return nil
	}
	return m.want(name)
}

// answered takes the monitor's answer.
func (p *strategyPicker) answered(msg switchedMsg) {
	if msg.err != nil {
		p.err = sanitize.Text(string(msg.name) + ": " + msg.err.Error())
		return
	}
	p.current = msg.name
}

func (p *strategyPicker) click(y int, m *Model) (bool, tea.Cmd) {
	i := p.choice.offset + y/p.rows
	if y < 0 || i >= len(p.strategies) {
		return false, nil
	}
	if i == p.choice.cursor {
		return p.perform(keys.Open, m)
	}
	p.choice.cursor = i
	return false, p.use(m, p.under())
}

func (p *strategyPicker) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	const widest = 100
	width := max(min(widest, screen.W-6), 1)
	room := max(screen.H-4, 1) // the frame, and two lines below the entries
	entries, need := make([][]string, len(p.strategies)), 1
	for i := range p.strategies {
		entries[i] = p.entry(i, width, s)
		need = max(need, len(entries[i]))
	}
	p.rows = min(max(room/max(len(p.strategies), 1), 1), need)
	from, to := p.choice.window(len(p.strategies), room/p.rows)
	var lines []string
	for i := from; i < to; i++ {
		lines = append(lines, block.Of(entries[i], block.Size{W: width, H: p.rows})...)
	}
	switch {
	case p.err != "":
		lines = append(lines, s.Danger.Paint(block.Cut(p.err, width, s.Glyphs.Ellipsis)))
	case p.rows > 1:
		lines = append(lines, paragraph("", "", "forecast: on these panes as they change now. latency: from an agent's last output to its new state here.", width, s.Faint)...)
	}
	facts := l.orKey("tried at once", keys.InPicker, keys.Back, "goes back to "+sanitize.Text(string(p.before)))
	return boxed(box{title: "strategy", facts: facts, lines: lines, above: from, below: len(p.strategies) - to}, screen, s)
}

// entry is one strategy: its name, whose it is and what it costs; then what it
// does and what was measured, or what is wrong with it and what it would do.
func (p *strategyPicker) entry(i, width int, s *style.Styles) []string {
	info := p.strategies[i]
	bar, name := " ", s.Text
	if i == p.choice.cursor {
		bar, name = s.Glyphs.Bar, s.Accent.Bold()
	}
	mark := ""
	switch info.Name {
	case p.switching.asked:
		mark = s.Info.Paint("  switching" + s.Glyphs.Ellipsis)
	case p.current:
		mark = s.Good.Paint("  in force")
	}
	line := s.Accent.Paint(bar) + " " + name.Paint(sanitize.Text(string(info.Name)))
	if origin := originOf(info); origin != "" {
		line += "  " + s.Faint.Paint(origin)
	}
	word, reason := illness(info)
	if word != "" {
		line += "  " + s.Warning.Paint(word)
	}
	line += mark
	figures := s.Faint.Paint(foreseen(info))
	if info.Foreseen {
		figures = s.Faint.Paint("forecast ") + s.Text.Paint(format.Mean(info.Rate)) + s.Faint.Paint(" captures/s")
	}
	if room := width - block.Width(figures); room >= block.Width(line)+1 {
		line = block.Fit(line, room, "") + figures
	}
	lines := []string{block.Cut(line, width, s.Glyphs.Ellipsis)}
	if reason != "" {
		lines = append(lines, paragraph("  ", "  ", reason, width, s.Warning)...)
	}
	lines = append(lines, paragraph("  ", "  ", sanitize.Text(info.Summary), width, s.Subtle)...)
	return append(lines, paragraph("  ", "  ", measuredWords(info, s.Glyphs.Dot), width, s.Faint)...)
}

// measuredWords says what was measured while a strategy was in force.
func measuredWords(info engine.StrategyInfo, dot string) string {
	if info.Rounds == 0 {
		return "not measured yet: it has not been in force"
	}
	words := "round p50 " + format.Duration(info.P50) + " " + dot + " " + format.Mean(info.Captures) + " captures a round"
	if info.Late > 0 {
		words += " " + dot + " latency p99 " + format.Duration(info.Late)
	}
	return words
}
