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

const (
	// historyRows is how much of a pane's history is read, mostHistory how much where
	// something was found further up.
	historyRows = 2000
	mostHistory = 12_000
	// freshHistory is how old a history may be to be scrolled without another
	// read.
	freshHistory = 2 * time.Second
)

// focusView is the view of one agent: its screen, live at the bottom and its
// history above, and all that is known of it.
type focusView struct {
	*desk
	size   block.Size
	layout focusLayout
	// agent is as last known; gone is set when its pane has closed.
	agent engine.Agent
	gone  bool
	// up is how many rows are scrolled back, 0 is live; pan how many columns to
	// the right.
	up, pan int
	// last is the last live screen, for when the pane has closed.
	last *screen
	// history is what the pane has shown, nil until it has been read.
	history []string
	at      time.Time
	loading bool
	search  search
	// depth is how many rows of history are read; sought is a row to be shown once they
	// have come, nil for none.
	depth  int
	sought *soughtRow
	// seen is the last agent that was reported as looked at, and the state it
	// was in.
	seen  health.PaneRef
	since time.Time
	// replay plays what is stored of the agent's screens; nil while the live
	// screen is shown.
	replay *playerView
}

func newFocus(d *desk) *focusView { return &focusView{desk: d} }

// open shows another agent: live, or a row of its history once that has been read.
func (f *focusView) open(a engine.Agent, sought *soughtRow) tea.Cmd {
	*f = focusView{desk: f.desk, size: f.size, layout: f.layout, agent: a, loading: true, sought: sought, depth: historyRows, seen: f.seen, since: f.since}
	if sought != nil {
		f.depth = min(max(historyRows, historyRows/4-sought.row.Row), mostHistory)
	}
	return f.readHistory()
}

// readHistory reads what the pane has shown.
func (f *focusView) readHistory() tea.Cmd {
	return f.commands.history(f.agent.Ref, f.depth, f.screens.profile)
}

// update takes the agent from a newer snapshot.
func (f *focusView) update() {
	if f.agent.Ref == (health.PaneRef{}) {
		return
	}
	a, found := f.find(f.agent.Ref)
	// Another process in the pane is another agent.
	f.gone = !found || a.PanePID != f.agent.PanePID
	if !f.gone {
		f.agent = a
	}
	if s := f.screens.of(f.agent.Ref); s != nil && !f.gone {
		f.last = s
	}
}

// reportSeen says that the user has looked at the agent, when it has finished.
func (f *focusView) reportSeen() tea.Cmd {
	a := f.agent
	if !a.Unseen || f.seen == a.Ref && f.since.Equal(a.Since) {
		return nil
	}
	f.seen, f.since = a.Ref, a.Since
	return f.commands.markSeen(a.Ref)
}

// takeHistory takes a history that was read; what is looked at stays put.
func (f *focusView) takeHistory(msg historyMsg) {
	if msg.ref != f.agent.Ref {
		return
	}
	f.loading = false
	if msg.err != nil {
		return
	}
	if f.up > 0 {
		f.up += len(msg.rows) - len(f.history)
	}
	f.history, f.at = msg.rows, msg.at
	f.scrollTo(f.up)
	f.search.run(f.history)
	if f.search.wanted {
		f.search.wanted = false
		f.showMatch()
	}
	f.showSought()
}

// shows implements shower.
func (f *focusView) shows() []health.PaneRef {
	if f.gone || f.agent.Ref == (health.PaneRef{}) {
		return nil
	}
	return []health.PaneRef{f.agent.Ref}
}

// likely implements shower.
func (f *focusView) likely() []health.PaneRef {
	if f.agent.Ref == (health.PaneRef{}) || f.replay != nil {
		return nil
	}
	return f.neighbours(f.agent.Ref)
}

// resize implements view.
func (f *focusView) resize(size block.Size) {
	f.size, f.layout = size, focusLayoutFor(size)
	if f.replay != nil {
		f.replay.resize(size)
	}
	f.scrollTo(f.up)
}

// page is how many rows are seen.
func (f *focusView) page() int {
	if framedPane(f.layout.pane.size()) {
		return f.layout.pane.h - 2
	}
	return f.layout.pane.h
}

// columns is how many columns are seen.
func (f *focusView) columns() int {
	if framedPane(f.layout.pane.size()) {
		return f.layout.pane.w - 4
	}
	return f.layout.pane.w
}

func (f *focusView) scrollTo(up int) {
	f.up = min(max(up, 0), max(len(f.history)-f.page(), 0))
}

// perform implements view.
func (f *focusView) perform(a keys.Action) (tea.Cmd, bool) {
	const panStep = 8
	if f.replay != nil {
		return f.performReplay(a)
	}
	switch a {
	case keys.Replay:
		return f.startReplay(), true
	case keys.Refresh:
		f.loading = true
		f.tell("reading its history anew" + f.styles().Glyphs.Ellipsis)
		return f.readHistory(), true
	case keys.Up:
		return f.scroll(1), true
	case keys.Down:
		return f.scroll(-1), true
	case keys.PageUp:
		return f.scroll(max(f.page()-1, 1)), true
	case keys.PageDown:
		return f.scroll(-max(f.page()-1, 1)), true
	case keys.Top:
		return f.scroll(f.depth + f.page()), true
	case keys.Bottom:
		if f.up == 0 {
			f.tell("this is the live screen")
		}
		f.up = 0
	case keys.PanLeft:
		f.panBy(-panStep)
	case keys.PanRight:
		f.panBy(panStep)
	case keys.SearchNext, keys.SearchPrevious:
		f.step(a)
	default:
		return nil, false
	}
	return nil, true
}

// panBy moves the view sideways.
func (f *focusView) panBy(by int) {
	f.pan = f.sideways(f.pan, by, widestOf(f.rows(f.page()))-f.columns())
}

// scroll scrolls back by so many rows, forward when negative. Leaving the live
// screen reads the history anew, so that it ends with what was seen.
func (f *focusView) scroll(by int) tea.Cmd {
	before := f.up
	f.scrollTo(f.up + by)
	switch {
	case f.up == before && by < 0:
		f.tell("this is the live screen")
	case f.up == before && f.loading:
		f.tell("its history is still being read")
	case f.up == before:
		f.tell("there is nothing before this")
	case before == 0 && !f.loading && f.now.Sub(f.at) > freshHistory:
		f.loading = true
		return f.readHistory()
	}
	return nil
}

// hit implements view.
func (f *focusView) hit(int, int) hit { return hit{} }

// wheel implements view.
func (f *focusView) wheel(x, y, by int) tea.Cmd {
	if f.replay != nil {
		return f.replay.wheel(x, y, by)
	}
	return f.scroll(by)
}

// focusLayout is how the view is laid out: the facts beside the screen, above
// it, or left out when there is no room.
type focusLayout struct{ pane, facts rect }

const (
	factsWidth = 44
	factsRows  = 5
)

func focusLayoutFor(size block.Size) focusLayout {
	switch {
	case size.W >= 2*factsWidth+20:
		width := min(factsWidth+(size.W-2*factsWidth)/8, 64)
		return focusLayout{pane: rect{0, 0, size.W - width, size.H}, facts: rect{size.W - width, 0, width, size.H}}
	case size.H >= factsRows*3:
		return focusLayout{facts: rect{0, 0, size.W, factsRows}, pane: rect{0, factsRows, size.W, size.H - factsRows}}
	default:
		return focusLayout{pane: rect{0, 0, size.W, size.H}}
	}
}

// framedPane tells whether there is room for a frame around a screen.
func framedPane(size block.Size) bool { return size.W >= block.MinWidth && size.H >= 3 }

// draw implements view.
func (f *focusView) draw() block.Block {
	if f.replay != nil {
		return f.replay.draw()
	}
	l := f.layout
	pane := f.pane(l.pane.size())
	switch {
	case l.facts.empty():
		return pane
	case l.facts.x > 0:
		return block.Beside(0, pane, f.framedFacts(l.facts.size()))
	default:
		return block.Stack(block.Of(indent(f.facts(f.size.W-2)), l.facts.size()), pane)
	}
}

func indent(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = " " + line
	}
	return out
}

// pane draws the screen or the history in its frame.
func (f *focusView) pane(size block.Size) block.Block {
	s := f.styles()
	if !framedPane(size) {
		return block.Of(f.drawnRows(size.H), size)
	}
	frame := block.Frame{Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Chrome.Paint}
	describe(&frame, f.agent, s, f.glow.strength(f.agent.Ref, f.now), f.now)
	if f.gone {
		// Nothing here wants anything any more.
		frame.Paint = s.Chrome.Paint
	}
	inner := frame.Inner(size)
	frame.BottomTitle, frame.BottomFacts = f.position(), s.Faint.Paint(f.extent())
	rows := f.drawnRows(inner.H)
	if len(rows) == 0 {
		return frame.Around(block.Centre([]string{s.Faint.Paint("reading its screen" + s.Glyphs.Ellipsis)}, inner), size)
	}
	return frame.Around(block.Of(rows, inner), size)
}

// rows are those to show: of the live screen at the bottom, else of history.
func (f *focusView) rows(height int) []string {
	if live := f.screens.of(f.agent.Ref); f.up == 0 && live != nil && !f.gone {
		return window(live.rows, height, 0)
	}
	if f.up == 0 && f.gone && f.last != nil {
		return window(f.last.rows, height, 0)
	}
	return window(f.history, height, f.up)
}

// drawnRows are the rows with what the search has found in them. The live screen
// is the end of the history, which can be all of it.
func (f *focusView) drawnRows(height int) []string {
	if live := f.screens.of(f.agent.Ref); f.up == 0 && live != nil && !f.gone && f.search.text == "" {
		return panned(window(unfolded(live.rows, f.agent.Dialog, f.columns(), f.pan, f.styles()), height, 0), f.pan)
	}
	rows := f.rows(height)
	return panned(f.search.highlight(rows, max(len(f.history)-f.up-len(rows), 0), f.styles()), f.pan)
}

// position says what is looked at.
func (f *focusView) position() string {
	s := f.styles()
	live := f.screens.of(f.agent.Ref)
	switch {
	case f.gone:
		return s.Warning.Paint("this pane has closed")
	case f.agent.Stale:
		return s.Warning.Paint("last seen " + format.Age(f.now.Sub(f.agent.CheckedAt)) + " ago")
	case f.up > 0:
		return s.Accent.Paint(format.Plural(f.up, "row")+" back") + f.search.position(s)
	case live != nil && live.failed:
		return s.Warning.Paint("as of " + live.at.Format("15:04:05") + ", it cannot be captured")
	default:
		return s.Good.Paint("live") + f.search.position(s)
	}
}

// extent says how much history there is.
func (f *focusView) extent() string {
	switch {
	case f.loading:
		return "reading history" + f.styles().Glyphs.Ellipsis
	case f.history == nil:
		return ""
	case f.up > 0:
		return format.Plural(len(f.history), "row") + " as of " + f.at.Format("15:04:05")
	default:
		return format.Plural(len(f.history), "row") + " of history"
	}
}
