// Package agentlist draws the list of agents: headings, rows, what is selected,
// and as much of it as fits.
package agentlist

import (
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/roster"
	"agentwatch/ui/style"
)

// line is one row of the whole list, before it is cut to the screen.
type line struct {
	// section is set for a heading, agent for an agent; neither for a blank.
	section *roster.Section
	agent   *engine.Agent
}

// List is the list and its place on the screen. It belongs to one goroutine.
type List struct {
	roster   roster.Roster
	lines    []line
	selected health.PaneRef
	// index is the place of the selection, for when its agent has gone.
	index  int
	offset int
	height int
	// follow is set while the selection is to be brought into view; moved once
	// the user has chosen an agent.
	follow, moved bool
	// revision counts what has changed, for the version.
	revision uint64
	rows     rowCache
	// longest and kind are the widths of the longest name and kind.
	longest, kind int
	// branch is that of the longest branch.
	branch int
	// soon is the width of what is foreseen.
	soon, spent int
}

// New returns an empty list.
func New() *List { return &List{rows: newRowCache()} }

// SetRoster replaces the agents. The selection stays on its agent; when that
// has gone it goes to the one that took its place.
func (l *List) SetRoster(r roster.Roster) {
	l.roster = r
	l.revision++
	l.longest, l.kind = widest(r)
	l.branch = widestBranch(r)
	l.soon = widestSoon(r)
	l.spent = widestSpent(r)
	l.arrange()
	agents := r.Agents()
	if len(agents) == 0 {
		return
	}
	if i := r.Index(l.selected); i >= 0 && l.moved {
		l.index = i
		return
	}
	if !l.moved {
		// Until the user has chosen, the most urgent agent is the one to show.
		l.selectAt(0)
		return
	}
	l.selectIndex(l.index)
}

// Roster returns the agents as listed.
func (l *List) Roster() roster.Roster { return l.roster }

// Selected returns the selected agent.
func (l *List) Selected() (engine.Agent, bool) { return l.roster.Find(l.selected) }

// Select selects an agent and tells whether it is listed.
func (l *List) Select(ref health.PaneRef) bool {
	i := l.roster.Index(ref)
	if i >= 0 {
		l.selectIndex(i)
	}
	return i >= 0
}

// Move moves the selection by so many agents and tells whether it could.
func (l *List) Move(by int) bool {
	before := l.index
	l.selectIndex(l.index + by)
	return l.index != before
}

// selectIndex selects the agent at that place, or the nearest there is, for the
// user, and brings it into view.
func (l *List) selectIndex(i int) {
	if len(l.roster.Agents()) == 0 {
		return
	}
	l.moved, l.follow = true, true
	l.selectAt(i)
	l.scrollIntoView()
	l.follow = false
}

// selectAt selects the agent at that place, or the nearest there is.
func (l *List) selectAt(i int) {
	agents := l.roster.Agents()
	l.index = min(max(i, 0), len(agents)-1)
	l.selected = agents[l.index].Ref
	l.revision++
}

// Scroll moves the view by so many rows and leaves the selection alone.
func (l *List) Scroll(by int) {
	l.follow = false
	l.offset += by
	l.clamp()
	l.revision++
}

// Index is the place of the selection.
func (l *List) Index() int { return l.index }

// Offset is how many lines are above what is seen.
func (l *List) Offset() int { return l.offset }

// Page is how many rows are seen at once.
func (l *List) Page() int { return max(l.height-1, 1) }

// Resize tells how many rows are seen.
func (l *List) Resize(height int) {
	if height == l.height {
		return
	}
	l.height = height
	// Another size may hide the selection, which the user wants to see.
	l.follow = l.moved
	l.arrange()
	l.follow = false
}

// arrange lays out the lines. Blank lines part the sections when there is room
// for all of them.
func (l *List) arrange() {
	sections := l.roster.Sections()
	rows := len(sections) + len(l.roster.Agents())
	airy := rows+len(sections)-1 <= l.height
	l.lines = make([]line, 0, rows+len(sections))
	for i := range sections {
		if airy && i > 0 {
			l.lines = append(l.lines, line{})
		}
		if sections[i].Heading != "" {
			l.lines = append(l.lines, line{section: &sections[i]})
		}
		for j := range sections[i].Agents {
			l.lines = append(l.lines, line{agent: sections[i].Agents[j]})
		}
	}
	l.scrollIntoView()
	l.revision++
}

// scrollIntoView moves the view as little as needed to show the selection, with
// the heading of the first agent.
func (l *List) scrollIntoView() {
	l.clamp()
	if !l.follow {
		return
	}
	for i, at := range l.lines {
		if at.agent == nil || at.agent.Ref != l.selected {
			continue
		}
		top := i
		if i > 0 && l.lines[i-1].section != nil {
			top = i - 1
		}
		if top < l.offset {
			l.offset = top
		}
		if i >= l.offset+l.height {
			l.offset = i - l.height + 1
		}
		l.clamp()
		return
	}
}

func (l *List) clamp() { l.offset = max(min(l.offset, len(l.lines)-l.height), 0) }

// At returns the agent on a row of the screen, counted from the list's top.
func (l *List) At(y int) (health.PaneRef, bool) {
	i := l.offset + y
	if y < 0 || y >= l.height || i >= len(l.lines) || l.lines[i].agent == nil {
		return health.PaneRef{}, false
	}
	return l.lines[i].agent.Ref, true
}

// Hidden is how many agents are above and below what is seen.
func (l *List) Hidden() (above, below int) {
	for i, at := range l.lines {
		switch {
		case at.agent == nil:
		case i < l.offset:
			above++
		case i >= l.offset+l.height:
			below++
		}
	}
	return above, below
}

// Look is what a list is drawn with beside its agents.
type Look struct {
	Styles *style.Styles
	Now    time.Time
	// Glow tells how strongly a row glows, 0 to 1; GlowStep changes with it.
	Glow     func(health.PaneRef) float64
	GlowStep uint64
	// Marked tells which agents are marked; Marks changes with it.
	Marked func(health.PaneRef) bool
	Marks  uint64
}

// View is the list with a look: a part to draw.
type View struct {
	*List
	Look Look
}

// Version is all that a drawn list depends on.
type Version struct {
	styles             *style.Styles
	second             int64
	revision, glowStep uint64
	marks              uint64
	offset             int
}

// Version implements block.Part.
func (v View) Version() Version {
	return Version{v.Look.Styles, v.Look.Now.Unix(), v.revision, v.Look.GlowStep, v.Look.Marks, v.offset}
}

// Draw implements block.Part: the rows that are seen, without a frame. Resize
// has told the height before.
func (v View) Draw(size block.Size) block.Block {
	columns := columnsFor(v.longest, v.kind, v.branch, v.soon, v.spent, size.W)
	lines := make([]string, 0, size.H)
	for i := v.offset; i < len(v.lines) && len(lines) < size.H; i++ {
		switch at := v.lines[i]; {
		case at.section != nil:
			lines = append(lines, heading(at.section, v.Look.Styles))
		case at.agent != nil:
			lines = append(lines, v.rows.row(at.agent, v.roster.Name(at.agent), v.selected == at.agent.Ref, columns, v.Look))
		default:
			lines = append(lines, "")
		}
	}
	return block.Of(lines, size)
}
