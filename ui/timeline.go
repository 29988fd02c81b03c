package ui

import (
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/lane"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// timeline is the view with a lane for each agent: what it was, when, and how
// long it waited for the user.
type timeline struct {
	*desk
	size block.Size
	// span is how much time is seen: a place in spans, counted from 1; 0 for as
	// much as is known. back is how far its end lies in the past, 0 follows the
	// present.
	span int
	back time.Duration
	// offset is how many agents are above what is seen.
	offset int
	lanes  map[health.PaneRef]*block.Memo[laneVersion]
}

func newTimeline(d *desk) *timeline {
	return &timeline{desk: d, lanes: map[health.PaneRef]*block.Memo[laneVersion]{}}
}

// timeSpan is how much time is seen at once.
type timeSpan struct {
	lasts time.Duration
	words string
}

func spans() []timeSpan {
	const m, h = time.Minute, time.Hour
	return []timeSpan{
		{m, "last minute"},
		{2 * m, "last 2 minutes"},
		{5 * m, "last 5 minutes"},
		{15 * m, "last 15 minutes"},
		{h, "last hour"},
		{3 * h, "last 3 hours"},
		{6 * h, "last 6 hours"},
		{12 * h, "last 12 hours"},
		{24 * h, "last day"},
	}
}

// spanOf is the span that lasts so long, counted from 1; 0 when none does.
func spanOf(lasts time.Duration) int {
	return slices.IndexFunc(spans(), func(s timeSpan) bool { return s.lasts == lasts }) + 1
}

// minutes is the span that the user has chosen; 0 when none was.
func (t *timeline) minutes() int {
	if t.span == 0 {
		return 0
	}
	return int(spans()[t.span-1].lasts / time.Minute)
}

// seenSpan is the place in spans of how much time is seen. Unless the user has
// chosen, it is the least that shows all that is known, from five minutes to an
// hour.
func (t *timeline) seenSpan() int {
	const least, hour = 2, 4
	if t.span > 0 {
		return min(t.span, len(spans())) - 1
	}
	known := t.now.Sub(t.beginning())
	for i, s := range spans()[least:hour] {
		if known <= s.lasts {
			return least + i
		}
	}
	return hour
}

// timelineColumns are the widths of a lane's row; 0 leaves a column out.
type timelineColumns struct{ name, kind, lane, waited, turns int }

const (
	laneGap     = 2
	waitedWidth = 14
	turnsWidth  = 10
)

// columnsFor shares the width of a row.
func (t *timeline) columnsFor(width int) timelineColumns {
	longest := 8
	for _, a := range t.fleet.roster().Agents() {
		longest = max(longest, min(block.Width(t.fleet.name(a)), 20))
	}
	c := timelineColumns{name: min(longest, max(width/4, 4))}
	room := width - 4 - c.name - laneGap // bar, glyph, mark, a space at the end
	for _, column := range []struct {
		width *int
		takes int
	}{{&c.waited, waitedWidth}, {&c.kind, 8}, {&c.turns, turnsWidth}} {
		if room-column.takes-laneGap >= 40 {
			*column.width = column.takes
			room -= column.takes + laneGap
		}
	}
	c.lane = max(room, 1)
	return c
}

// resize implements view.
func (t *timeline) resize(size block.Size) {
	t.size = size
	t.reveal()
}

// seen is how many lanes have room: all but the frame, the axis and the sums.
func (t *timeline) seen() int { return max(t.size.H-5, 1) }

// reveal keeps the selected lane in view.
func (t *timeline) reveal() {
	at, count := t.fleet.list.Index(), len(t.fleet.roster().Agents())
	if at < t.offset {
		t.offset = at
	}
	if at >= t.offset+t.seen() {
		t.offset = at - t.seen() + 1
	}
	t.offset = min(max(t.offset, 0), max(count-t.seen(), 0))
}

// perform implements view.
func (t *timeline) perform(a keys.Action) (tea.Cmd, bool) {
	if by, moves := t.steps(a, t.seen()); moves {
		t.move(by)
		t.reveal()
		return nil, true
	}
	lasts := spans()[t.seenSpan()].lasts
	switch a {
	case keys.ZoomIn, keys.ZoomOut:
		t.zoom(a)
	case keys.Left:
		t.pan(lasts / 4)
	case keys.Right:
		t.pan(-lasts / 4)
	case keys.Now:
		if t.back == 0 {
			t.tell("this is the present")
		}
		t.back = 0
	default:
		return nil, false
	}
	return nil, true
}

func (t *timeline) zoom(a keys.Action) {
	to := t.seenSpan() + 1
	if a == keys.ZoomIn {
		to = t.seenSpan() - 1
	}
	if to < 0 || to >= len(spans()) {
		t.tell("that is as far as it goes: the " + spans()[t.seenSpan()].words)
		return
	}
	t.span = to + 1
}

// pan moves the window into the past, at most to where nothing is known.
func (t *timeline) pan(by time.Duration) {
	most := max(t.now.Sub(t.beginning())-spans()[t.seenSpan()].lasts/2, 0)
	next := min(max(t.back+by, 0), most)
	switch {
	case next != t.back:
		t.back = next
	case by > 0:
		t.tell("nothing is known from before")
	default:
		t.tell("this is the present")
	}
}

// beginning is when the first agent was seen first.
func (t *timeline) beginning() time.Time {
	first := t.now
	for _, a := range t.fleet.roster().Agents() {
		if past := t.past(a); len(past) > 0 && past[0].At.Before(first) {
			first = past[0].At
		}
	}
	return first
}

// hit implements view.
func (t *timeline) hit(_, y int) hit {
	i := t.offset + y - 2 // the frame, the axis
	agents := t.fleet.roster().Agents()
	if y < 2 || y >= 2+t.seen() || i >= len(agents) {
		return hit{}
	}
	return hit{ref: agents[i].Ref, agent: true}
}

// wheel implements view: it moves through the agents.
func (t *timeline) wheel(_, _, by int) tea.Cmd {
	t.move(-by / wheelRows)
	t.reveal()
	return nil
}

// draw implements view.
func (t *timeline) draw() block.Block {
	s := t.styles()
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis, Tight: true}
	title, facts := t.listing("timeline")
	span := spans()[t.seenSpan()]
	words, clock := span.words, "15:04"
	if span.lasts < 5*time.Minute {
		clock = time.TimeOnly
	}
	if t.back > 0 {
		words += " up to " + t.now.Add(-t.back).Format(clock) + ", " + format.Age(t.back) + " ago"
	}
	f.Title = title + s.Faint.Paint(" "+s.Glyphs.Dot+" ") + s.Text.Paint(words)
	f.Facts = facts
	inner := f.Inner(t.size)
	if t.size.W < block.MinWidth || t.size.H < 6 {
		return block.Of(t.rows(t.size), t.size)
	}
	agents := t.fleet.roster().Agents()
	if len(agents) == 0 {
		return f.Around(block.Centre(t.emptyList(ViewTimeline, inner.W), inner), t.size)
	}
	if below := len(agents) - t.offset - t.seen(); below > 0 {
		f.BottomFacts = s.Faint.Paint("+ " + strconv.Itoa(below) + " more")
	}
	if t.offset > 0 {
		f.BottomTitle = s.Faint.Paint("+ " + strconv.Itoa(t.offset) + " above")
	}
	lines := block.Of(t.rows(inner), block.Size{W: inner.W, H: inner.H - 2})
	return f.Around(block.Stack(lines, block.Of([]string{"", t.sums(inner.W)}, block.Size{W: inner.W, H: 2})), t.size)
}

// rows are the axis and the lanes.
func (t *timeline) rows(size block.Size) []string {
	s := t.styles()
	columns := t.columnsFor(size.W)
	w := lane.Ending(t.now.Add(-t.back), spans()[t.seenSpan()].lasts, columns.lane)
	before := 3 + columns.name + laneGap
	if columns.kind > 0 {
		before += columns.kind + laneGap
	}
	out := []string{block.Spaces(before) + s.Faint.Paint(lane.Axis(w))}
	agents := t.fleet.roster().Agents()
	kept := make(map[health.PaneRef]*block.Memo[laneVersion], t.seen())
	for i := t.offset; i < len(agents) && i < t.offset+t.seen(); i++ {
		a := agents[i]
		memo := t.lanes[a.Ref]
		if memo == nil {
			memo = &block.Memo[laneVersion]{}
		}
		kept[a.Ref] = memo
		part := laneRow{desk: t.desk, agent: a, window: w, columns: columns, selected: i == t.fleet.list.Index()}
		out = append(out, memo.Draw(part, block.Size{W: size.W, H: 1})[0])
	}
	t.lanes = kept
	return out
}

// sums is what all agents have spent today.
func (t *timeline) sums(width int) string {
	s := t.styles()
	today := t.today()
	sum := func(label, value string, ink func(string) string) string {
		return s.Faint.Paint(label+" ") + ink(value)
	}
	parts := []string{
		" " + s.Faint.Paint("today  ") + sum("agents worked", format.Long(today.Of(engine.UrgencyWorking)), s.State(engine.UrgencyWorking).Paint),
		sum("waited for you", format.Long(today.Blocked()), s.State(engine.UrgencyWaiting).Paint),
		sum("limited", format.Long(today.Of(engine.UrgencyLimited)), s.State(engine.UrgencyLimited).Paint),
	}
	longest, name, midnight := time.Duration(0), "", engine.Midnight(t.now)
	for _, a := range t.fleet.roster().Agents() {
		if d := engine.LongestBlocked(t.past(a), midnight, t.now); d > longest {
			longest, name = d, t.fleet.name(a)
		}
	}
	if name != "" {
		parts = append(parts, sum("longest wait", name+" "+format.Long(longest), s.Text.Paint))
	}
	return joinFitting(parts, "   ", width)
}

// laneRow is one agent's row.
type laneRow struct {
	*desk
	agent    *engine.Agent
	window   lane.Window
	columns  timelineColumns
	selected bool
}

// laneVersion is what a drawn row depends on.
type laneVersion struct {
	ref     health.PaneRef
	name    roster.Name
	kind    health.Kind
	urgency engine.Urgency
	since   int64
	columns timelineColumns
	window  lane.Window
	// minute makes the sums of the row follow the time.
	minute           int64
	selected, marked bool
	stale            bool
	styles           *style.Styles
	phases           int
	glow             float64
}

// Version implements block.Part.
func (l laneRow) Version() laneVersion {
	return laneVersion{
		ref: l.agent.Ref, name: l.fleet.roster().Name(l.agent), kind: l.agent.Kind, urgency: l.agent.Urgency(), since: l.agent.Since.UnixNano(),
		columns: l.columns, window: l.window, minute: l.now.Unix() / 60,
		selected: l.selected, marked: l.fleet.marked(l.agent.Ref), stale: l.agent.Stale, styles: l.styles(), phases: len(l.past(l.agent)),
		glow: l.glow.strength(l.agent.Ref, l.now),
	}
}

// Draw implements block.Part.
func (l laneRow) Draw(size block.Size) block.Block {
	s, a, c := l.styles(), l.agent, l.columns
	urgency := a.Urgency()
	state, name := s.State(urgency), s.Text
	ground := s.Glow(urgency, l.glow.strength(a.Ref, l.now), l.selected)
	bar := " "
	if l.selected {
		bar, name = s.Glyphs.Bar, name.Bold()
		if ground == nil {
			ground = s.Selected()
		}
	}
	if a.Stale {
		state, name = s.Faint, s.Faint
	}
	mark := " "
	if l.fleet.marked(a.Ref) {
		mark = s.Glyphs.Mark
	}
	tail := s.Glyphs.Ellipsis
	row := s.Accent.On(ground).Paint(bar) + state.On(ground).Paint(s.Glyphs.State(urgency)) + s.Key.On(ground).Paint(mark) +
		name.On(ground).Paint(l.fleet.roster().Name(a).Fit(c.name, tail)+block.Spaces(laneGap))
	if c.kind > 0 {
		row += s.Faint.On(ground).Paint(block.Fit(sanitize.Text(string(a.Kind)), c.kind, tail) + block.Spaces(laneGap))
	}
	row += lane.Draw(l.past(a), l.window, l.now, lane.Paint{
		Glyph: s.Glyphs.Lane, Ink: func(u engine.Urgency) func(string) string { return s.State(u).Paint },
	})
	from, to := l.window.From, l.window.To()
	if c.waited > 0 {
		waited := engine.Spent(l.past(a), from, minTime(to, l.now)).Blocked()
		ink := s.Faint
		if waited >= time.Minute {
			ink = s.State(engine.UrgencyWaiting)
		}
		row += block.Spaces(laneGap) + s.Faint.Paint("waited ") + ink.Paint(block.FitRight(format.Age(waited), waitedWidth-7, ""))
	}
	if c.turns > 0 {
		turns := engine.Turns(l.past(a), from, to)
		row += s.Faint.Paint(block.FitRight(format.Plural(turns, "turn"), turnsWidth+laneGap, ""))
	}
	return block.Of([]string{row}, size)
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
