package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
)

// nappings are the ways to snooze.
func nappings() []napping {
	in := func(d time.Duration) func(time.Time) time.Time {
		return func(now time.Time) time.Time { return now.Add(d) }
	}
	return []napping{
		{words: "until it needs you for something new", until: func(time.Time) time.Time { return time.Time{} }},
		{words: "for 15 minutes", until: in(15 * time.Minute)},
		{words: "for an hour", until: in(time.Hour)},
		{words: "until tomorrow, 9:00", until: engine.Tomorrow},
	}
}

// snoozePicker lets the user choose for how long agents are snoozed.
type snoozePicker struct {
	refs   []health.PaneRef
	names  string
	ways   []napping
	choice choice
}

// snooze asks for how long the chosen agents are to be snoozed.
func (m *Model) snooze() tea.Cmd {
	agents, resting := partition(m.addressed(), func(a *engine.Agent) bool { return a.Urgency().NeedsUser() })
	switch {
	case len(agents) == 0 && len(resting) == 0:
		m.tell("there is no agent to snooze")
		return nil
	case len(agents) == 0:
		m.tell(m.fleet.name(resting[0]) + " does not need you: there is nothing to snooze")
		return nil
	}
	p := &snoozePicker{ways: nappings(), names: m.fleet.name(agents[0])}
	if n := len(agents); n > 1 {
		p.names = format.Plural(n, "agent")
	}
	asleep := false
	for _, a := range agents {
		p.refs = append(p.refs, a.Ref)
		asleep = asleep || a.Snooze != nil
	}
	if asleep {
		p.ways = append([]napping{{words: "no longer", wake: true}}, p.ways...)
	}
	m.push(p)
	return nil
}

func (p *snoozePicker) place() keys.Place { return keys.InPicker }

func (p *snoozePicker) live() bool { return false }

func (p *snoozePicker) update(*engine.Snapshot) {}

func (p *snoozePicker) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch a {
	case keys.Open:
		way := p.ways[p.choice.cursor]
		return true, m.commands.snooze(p.refs, way, m.options.Now(), p.names+" is snoozed "+way.words)
	case keys.Back:
		return true, nil
	}
	p.choice.move(a, len(p.ways))
	return false, nil
}

func (p *snoozePicker) click(y int, m *Model) (bool, tea.Cmd) {
	i := p.choice.offset + y
	if y < 0 || i >= len(p.ways) {
		return false, nil
	}
	if i == p.choice.cursor {
		return p.perform(keys.Open, m)
	}
	p.choice.cursor = i
	return false, nil
}

func (p *snoozePicker) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	from, to := p.choice.window(len(p.ways), max(screen.H-3, 1))
	var lines []string
	for i := from; i < to; i++ {
		bar, ink := " ", s.Text
		if i == p.choice.cursor {
			bar, ink = s.Glyphs.Bar, s.Accent.Bold()
		}
		lines = append(lines, s.Accent.Paint(bar)+" "+ink.Paint(p.ways[i].words))
	}
	lines = append(lines, s.Faint.Paint("  whatever you choose: another question brings it back"))
	return boxed(box{title: "snooze " + p.names, lines: lines, above: from, below: len(p.ways) - to}, screen, s)
}

// takeSnoozed says what came of a change of snoozes.
func (m *Model) takeSnoozed(msg snoozedMsg) {
	m.now = m.options.Now()
	if msg.err != nil {
		m.complain("cannot snooze it", msg.err)
		return
	}
	m.tell(msg.said)
}
