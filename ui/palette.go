package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/fold"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// deed is one thing that can be done from the palette: an action, a value to
// choose, or an agent to open.
type deed struct {
	// name says what it does, keys by which keys it is done without the palette.
	name, keys string
	// agent is the one that it opens, nil for none.
	agent *engine.Agent
	// elsewhere says where it works when not in the view that is shown.
	elsewhere string
	do        func(m *Model) tea.Cmd
}

// palette finds everything that can be done by its name.
type palette struct {
	prompt prompt
	deeds  []deed
	// found are the places in deeds of those that match, best first.
	found  []int
	choice choice
}

func newPalette(m *Model) *palette {
	p := &palette{prompt: newPrompt(""), deeds: deeds(m)}
	p.find()
	return p
}

// deeds lists what can be done: first what the view's keys do, then what others
// do, then every value that a key would only go round to.
func deeds(m *Model) []deed {
	var all []deed
	at, k, symbols := m.ground(), m.look.keys, symbolsOf(m.styles())
	listed := map[keys.Action]bool{keys.None: true, keys.Palette: true}
	for _, b := range k.Bindings(at) {
		listed[b.Action] = true
		if b.Action == keys.Palette {
			continue
		}
		all = append(all, deed{name: b.Does, keys: symbols.ShowAll(b.Keys), do: performing(b.Action)})
	}
	for _, a := range keys.Actions() {
		if !listed[a] {
			all = append(all, deed{name: a.Does(), elsewhere: placesOf(a, k), do: performing(a)})
		}
	}
	return slices.Concat(all, agentDeeds(m), valueDeeds(m))
}

// agentDeeds open an agent each, whether it is listed or not.
func agentDeeds(m *Model) []deed {
	if m.snap == nil {
		return nil
	}
	var all []deed
	for i := range m.snap.Agents {
		a := &m.snap.Agents[i]
		all = append(all, deed{name: m.fleet.name(a), agent: a, do: func(m *Model) tea.Cmd {
			if now, there := m.find(a.Ref); there {
				m.fleet.list.Select(now.Ref)
				return m.openAgent(now)
			}
			m.tell("it is gone")
			return nil
		}})
	}
	return all
}

// text is what is searched for a deed.
func (d deed) text() string {
	if d.agent == nil {
		return fold.Text(d.name)
	}
	return fold.Text(sanitize.Text(d.name + " " + string(d.agent.Kind) + " " + d.agent.Session + " " + d.agent.Urgency().String()))
}

// performing does what the key of an action would do.
func performing(a keys.Action) func(*Model) tea.Cmd {
	if a == keys.Quit {
		return func(*Model) tea.Cmd { return tea.Quit }
	}
	return func(m *Model) tea.Cmd { return m.perform(a) }
}

// valueDeeds are those that choose a value by its name.
func valueDeeds(m *Model) []deed {
	var all []deed
	add := func(name string, do func(m *Model) tea.Cmd) { all = append(all, deed{name: name, do: do}) }
	change := func(by func(q *roster.Query)) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			by(&m.fleet.query)
			m.relist()
			return nil
		}
	}
	if m.options.Pair != nil {
		add("web: pair a phone or a browser with the page", (*Model).pair)
	}
	for _, o := range roster.Onlies() {
		add("only: "+o.String(), change(func(q *roster.Query) { q.Only = o }))
	}
	for _, s := range roster.Sorts() {
		add("sort: "+s.String(), change(func(q *roster.Query) { q.Sort = s }))
	}
	for _, g := range roster.Groupings() {
		add("group: "+g.String(), change(func(q *roster.Query) { q.Grouping = g }))
	}
	for _, way := range nappings() {
		add("snooze: "+way.words, func(m *Model) tea.Cmd {
			if m.snooze(); len(m.overlays) == 0 {
				return nil
			}
			if p, ok := m.overlays[len(m.overlays)-1].(*snoozePicker); ok {
				m.pop(p)
				return m.commands.snooze(p.refs, way, m.options.Now(), p.names+" is snoozed "+way.words)
			}
			return nil
		})
	}
	if m.snap != nil {
		for _, info := range m.snap.Strategies {
			add("strategy: "+sanitize.Text(string(info.Name)), func(m *Model) tea.Cmd { return m.want(info.Name) })
		}
	}
	for _, name := range m.look.themes.Names() {
		add("theme: "+sanitize.Text(name), func(m *Model) tea.Cmd {
			m.complain("theme unchanged", m.look.choose(name))
			return nil
		})
	}
	return all
}

// find lists the deeds that match, best first.
func (p *palette) find() {
	p.choice = choice{}
	p.found = p.found[:0]
	text := fold.Text(strings.TrimSpace(p.prompt.text()))
	if text == "" {
		for i := range p.deeds {
			p.found = append(p.found, i)
		}
		return
	}
	names := make([]string, len(p.deeds))
	for i, d := range p.deeds {
		names[i] = d.text()
	}
	matches := fuzzy.FindNoSort(text, names)
	// What is called just that comes first, and what works here before what works
	// elsewhere.
	slices.SortStableFunc(matches, func(a, b fuzzy.Match) int {
		score := func(m fuzzy.Match) int {
			switch d := p.deeds[m.Index]; {
			case fold.Text(d.name) == text:
				return m.Score + 1000
			case d.elsewhere != "":
				return m.Score - 1000
			default:
				return m.Score
			}
		}
		return score(b) - score(a)
	})
	for _, match := range matches {
		p.found = append(p.found, match.Index)
	}
}

func (p *palette) place() keys.Place { return keys.InPalette }

func (p *palette) live() bool { return false }

func (p *palette) update(*engine.Snapshot) {}

// write implements writer.
func (p *palette) write(msg tea.KeyPressMsg, _ *Model) (bool, tea.Cmd) {
	before := p.prompt.text()
	did := p.prompt.key(msg)
	if p.prompt.text() != before {
		p.find()
	}
	return did, nil
}

// paste implements writer.
func (p *palette) paste(text string, _ *Model) {
	p.prompt.paste(text)
	p.find()
}

func (p *palette) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch a {
	case keys.Back:
		return true, nil
	case keys.Open:
		if len(p.found) == 0 {
			m.tell(m.look.orKey("nothing is called that", keys.InPalette, keys.Back, "closes this"))
			return false, nil
		}
		// The deed may open an overlay of its own: it must find this one closed.
		m.pop(p)
		return false, p.deeds[p.found[p.choice.cursor]].do(m)
	}
	p.choice.move(a, len(p.found))
	return false, nil
}

func (p *palette) click(y int, m *Model) (bool, tea.Cmd) {
	i := p.choice.offset + y - 2 // the line and the gap below it
	if y < 2 || i >= len(p.found) {
		return false, nil
	}
	p.choice.cursor = i
	return p.perform(keys.Open, m)
}

// draw draws it as large whatever it finds, so that nothing jumps while it narrows.
func (p *palette) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	const widest, most = 72, 22
	width, rows := max(min(widest, screen.W-4), 1), max(min(screen.H-4, most), 1)
	lines := []string{block.Fit(s.Key.Paint(":")+p.prompt.draw(s), width, s.Glyphs.Ellipsis), ""}
	from, to := p.choice.window(len(p.found), rows)
	for i := from; i < to; i++ {
		lines = append(lines, p.entry(i, width, s))
	}
	if len(p.found) == 0 {
		lines = append(lines, s.Faint.Paint("nothing is called that"))
	}
	lines = block.Of(lines, block.Size{W: width, H: rows + 2})
	return boxed(box{title: "commands and agents", lines: lines, above: from, below: len(p.found) - to}, screen, s)
}

// entry is one deed with its keys.
func (p *palette) entry(i, width int, s *style.Styles) string {
	d := p.deeds[p.found[i]]
	bar, ink := " ", s.Text
	switch {
	case i == p.choice.cursor:
		bar, ink = s.Glyphs.Bar, s.Accent.Bold()
	case d.elsewhere != "":
		ink = s.Faint
	}
	right := s.Key.Paint(d.keys)
	if d.elsewhere != "" {
		right = s.Faint.Paint(d.elsewhere)
	}
	left := s.Accent.Paint(bar) + " "
	if a := d.agent; a != nil {
		left += s.State(a.Urgency()).Paint(s.Glyphs.State(a.Urgency())) + " "
		right = s.Faint.Paint(strings.Join([]string{sanitize.Text(string(a.Kind)), where(*a), stateWords(*a)}, " "+s.Glyphs.Dot+" "))
	}
	left += ink.Paint(d.name)
	room := width - block.Width(right)
	if room < block.Width(left)+1 {
		return block.Fit(left, width, s.Glyphs.Ellipsis)
	}
	return block.Fit(left, room, "") + right
}
