package ui

import (
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// board is the view to live in: the list, the selected agent's screen, and the
// figures.
type board struct {
	*desk
	size   block.Size
	layout boardLayout
	// split is the share of the list's width in percent; 0 for the usual one.
	split int
	// bare leaves the figures out.
	bare bool
	// of is the agent whose screen is shown, up how many rows it is scrolled
	// back, pan how many columns to the right.
	of      health.PaneRef
	up, pan int
	list    block.Memo[agentlist.Version]
	preview block.Memo[previewVersion]
	panels  block.Memo[panelsVersion]
}

func newBoard(d *desk) *board { return &board{desk: d} }

// resize implements view.
func (b *board) resize(size block.Size) {
	b.size = size
	b.layout = boardLayoutFor(size, b.split, b.bare)
	b.fleet.list.Resize(b.layout.listRows().h)
	if a, _ := b.selected(); a.Ref != b.of {
		b.of, b.up, b.pan = a.Ref, 0, 0
	}
}

// shows implements shower.
func (b *board) shows() []health.PaneRef {
	if a, ok := b.selected(); ok && !b.layout.preview.empty() {
		return []health.PaneRef{a.Ref}
	}
	return nil
}

// likely implements shower.
func (b *board) likely() []health.PaneRef {
	a, ok := b.selected()
	if !ok || b.layout.preview.empty() {
		return nil
	}
	return b.neighbours(a.Ref)
}

// perform implements view.
func (b *board) perform(a keys.Action) (tea.Cmd, bool) {
	const panStep, splitStep = 8, 4
	if by, moves := b.steps(a, b.fleet.list.Page()); moves {
		b.move(by)
		return nil, true
	}
	switch a {
	case keys.PanLeft, keys.PanRight:
		by := panStep
		if a == keys.PanLeft {
			by = -panStep
		}
		b.panBy(by)
	case keys.Narrower:
		b.resplit(b.share() - splitStep)
	case keys.Wider:
		b.resplit(b.share() + splitStep)
	case keys.Figures:
		b.bare = !b.bare
		if l := boardLayoutFor(b.size, b.split, false); l.panels.empty() && l.figures.empty() {
			b.tell("a larger terminal has room for the figures")
		}
	default:
		return nil, false
	}
	return nil, true
}

// panBy moves the view of the preview sideways.
func (b *board) panBy(by int) {
	s := b.screens.of(b.of)
	if s == nil || b.layout.preview.empty() {
		b.tell("there is no screen to move")
		return
	}
	b.pan = b.sideways(b.pan, by, widestOf(s.rows)-max(b.layout.preview.w-4, 1))
}

const leastSplit, mostSplit = 20, 80

// share is the list's share of the width in percent.
func (b *board) share() int { return b.layout.list.w * 100 / max(b.size.W, 1) }

// resplit shares the width anew between list and preview.
func (b *board) resplit(percent int) {
	if b.layout.preview.empty() || b.layout.preview.y > 0 {
		b.tell("there is no screen beside the list; a wider terminal has one")
		return
	}
	b.split = min(max(percent, leastSplit), mostSplit)
	if b.split != percent {
		b.tell("that is as far as it goes")
	}
}

// hit implements view.
func (b *board) hit(x, y int) hit {
	rows, l := b.layout.listRows(), b.layout
	switch {
	case !l.preview.empty() && l.preview.y == l.list.y && y < l.list.y+l.list.h && (x == l.list.w-1 || x == l.list.w):
		return hit{edge: true}
	case rows.contains(x, y):
		ref, ok := b.fleet.list.At(y - rows.y)
		return hit{ref: ref, agent: ok}
	case l.preview.contains(x, y):
		a, ok := b.selected()
		return hit{ref: a.Ref, agent: ok}
	}
	return hit{}
}

// drag implements dragger.
func (b *board) drag(x int) {
	b.split = min(max((x+1)*100/max(b.size.W, 1), leastSplit), mostSplit)
}

// wheel implements view.
func (b *board) wheel(x, y, by int) tea.Cmd {
	switch s := b.screens.of(b.of); {
	case b.layout.list.contains(x, y):
		b.fleet.list.Scroll(-by)
	case b.layout.preview.contains(x, y) && s != nil:
		seen := max(b.layout.preview.h-2, 0)
		b.up = min(max(b.up+by, 0), max(len(s.rows)-seen, 0))
	}
	return nil
}

// draw implements view.
func (b *board) draw() block.Block {
	l := b.layout
	parts := []block.Block{b.drawAgents()}
	figures := panels{b.styles(), b.figures, b.margin}
	if !l.panels.empty() {
		parts = append(parts, b.panels.Draw(figures, l.panels.size()))
	}
	if !l.figures.empty() {
		parts = append(parts, b.panels.Draw(figures, l.figures.size()))
	}
	return block.Stack(parts...)
}

// drawAgents draws list and preview, or what to do when there is no agent.
func (b *board) drawAgents() block.Block {
	l, s := b.layout, b.styles()
	if l.preview.empty() {
		return b.drawList()
	}
	if b.snap == nil || len(b.snap.Agents) == 0 {
		size := l.list.size()
		if l.preview.y > l.list.y {
			size.H += l.preview.h
		} else {
			size.W += l.preview.w
		}
		frame := b.listFrame()
		return frame.Around(block.Centre(emptyLines(b.snap, s, size.W-4), frame.Inner(size)), size)
	}
	a, found := b.selected()
	part := preview{
		styles: s, agent: a, found: found, screen: b.screens.of(a.Ref), up: b.up, pan: b.pan, now: b.now,
		glow: b.glow.strength(a.Ref, b.now),
	}
	drawn := b.preview.Draw(part, l.preview.size())
	if l.preview.y > l.list.y {
		return block.Stack(b.drawList(), drawn)
	}
	return block.Beside(0, b.drawList(), drawn)
}

// drawList draws the list with its frame, when it has one.
func (b *board) drawList() block.Block {
	l, s := b.layout, b.styles()
	inner := l.listRows().size()
	body := block.Block(nil)
	if len(b.fleet.roster().Agents()) > 0 {
		body = b.list.Draw(agentlist.View{List: b.fleet.list, Look: b.listLook()}, inner)
	} else {
		body = block.Centre(b.emptyList(ViewBoard, inner.W), inner)
	}
	if l.framed {
		return b.listFrame().Around(body, l.list.size())
	}
	more := ""
	if above, below := b.fleet.list.Hidden(); below > 0 {
		more = "   + " + strconv.Itoa(below) + " more"
	} else if above > 0 {
		more = "   + " + strconv.Itoa(above) + " above"
	}
	if b.fleet.query.Narrows() {
		title, facts := b.listing("agents")
		more = title + " " + facts
	}
	return block.Of(append(slices.Clone(body), s.Faint.Paint(more)), l.list.size())
}

// listLook is what rows of agents are drawn with.
func (d *desk) listLook() agentlist.Look {
	return agentlist.Look{
		Styles: d.styles(), Now: d.now, GlowStep: d.glow.step, Marks: d.fleet.marks, Marked: d.fleet.marked,
		Glow: func(ref health.PaneRef) float64 { return d.glow.strength(ref, d.now) },
	}
}

// listFrame is the frame of the list with its texts.
func (b *board) listFrame() block.Frame {
	s := b.styles()
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis, Tight: true}
	f.Title, f.Facts = b.listing("agents")
	above, below := b.fleet.list.Hidden()
	if above > 0 {
		f.BottomTitle = s.Faint.Paint("+ " + strconv.Itoa(above) + " above")
	}
	if below > 0 {
		f.BottomFacts = s.Faint.Paint("+ " + strconv.Itoa(below) + " more")
	}
	return f
}

// listing says in the edge of a frame what is listed, and how.
func (d *desk) listing(name string) (title, facts string) {
	s, q, r := d.styles(), d.fleet.query, d.fleet.roster()
	listed, total := len(r.Agents()), r.Total()
	title = s.Subtle.Bold().Paint(name) + " " + s.Faint.Paint(strconv.Itoa(total))
	facts = q.Sort.String() + " " + s.Glyphs.Down
	if q.Narrows() {
		title = ""
		if q.Text != "" {
			title = s.Key.Paint("/") + s.Strong.Paint(sanitize.Text(q.Text)) + " "
		}
		if q.Only != 0 {
			title += s.Accent.Paint("only " + q.Only.String())
		}
		facts = strconv.Itoa(listed) + " of " + strconv.Itoa(total)
		if n := r.HiddenBlocked(); n > 0 {
			return title, s.Warning.Paint(strconv.Itoa(n)+" hidden "+needWords(n)) + s.Faint.Paint(" "+s.Glyphs.Dot+" "+facts)
		}
	}
	if n := d.marksThere(); n > 0 {
		facts = format.Plural(n, "mark") + " " + s.Glyphs.Dot + " " + facts
	}
	return title, s.Faint.Paint(facts)
}

// marksThere is how many of the marked agents are still there.
func (d *desk) marksThere() int {
	n := 0
	if len(d.fleet.query.Marked) == 0 || d.snap == nil {
		return 0
	}
	for i := range d.snap.Agents {
		if d.fleet.marked(d.snap.Agents[i].Ref) {
			n++
		}
	}
	return n
}

// emptyList says why the list is empty, in a view.
func (d *desk) emptyList(at ViewName, width int) []string {
	s, q := d.styles(), d.fleet.query
	if d.snap == nil || len(d.snap.Agents) == 0 {
		return emptyLines(d.snap, s, width)
	}
	what := "no agent is " + q.Only.String()
	if q.Only == 0 {
		what = "no agent matches " + sanitize.Text(q.Text)
	} else if q.Text != "" {
		what += " and matches " + sanitize.Text(q.Text)
	}
	return []string{
		s.Text.Paint(block.Cut(what, width, s.Glyphs.Ellipsis)),
		s.Faint.Paint(d.allShown(at, " "+format.Plural(len(d.snap.Agents), "agent"))),
	}
}

// allShown says how the filter is cleared: where it is, or on the board.
func (d *desk) allShown(at ViewName, agents string) string {
	does := "shows all" + agents
	if at != ViewBoard {
		does = "on the board " + does
	}
	return d.look.keyTo(keys.OnBoard, keys.Back, does)
}

// boardLayout says where the board's parts stand.
type boardLayout struct {
	// list and preview share the board; panels and figures say the same at
	// length and in one line.
	list, preview, panels, figures rect
	// framed is set when the list has a frame.
	framed bool
}

const (
	panelRows = 7
	// Sizes from which a part has room.
	panelWidth, panelHeight = 100, 27
	figuresHeight           = 16
	sideWidth, stackHeight  = 72, 21
)

// boardLayoutFor arranges the board; split is the list's share of the width in
// percent, 0 for the usual one, and bare leaves the figures out.
func boardLayoutFor(size block.Size, split int, bare bool) boardLayout {
	var l boardLayout
	rest := rect{0, 0, size.W, size.H}
	switch {
	case bare:
	case size.W >= panelWidth && size.H >= panelHeight:
		rest.h -= panelRows
		l.panels = rect{0, rest.h, size.W, panelRows}
	case size.W >= frameWidth && size.H >= figuresHeight:
		rest.h--
		l.figures = rect{0, rest.h, size.W, 1}
	}
	l.list = rest
	l.framed = size.W >= frameWidth && rest.h >= 6
	switch {
	case !l.framed && size.H < stackHeight:
	case size.W >= sideWidth:
		l.list.w = listWidth(size.W, split)
		l.preview = rect{l.list.w, 0, size.W - l.list.w, rest.h}
	case size.H >= stackHeight:
		l.framed = true
		l.list.h = rest.h / 2
		l.preview = rect{0, l.list.h, rest.w, rest.h - l.list.h}
	}
	return l
}

// listWidth is how wide the list is beside a preview.
func listWidth(width, split int) int {
	switch {
	case split > 0:
		return min(max(width*split/100, block.MinWidth), width-block.MinWidth)
	case width > 120:
		return min(53+(width-120)/4, 100)
	default:
		return width*36/100 + 10
	}
}

// listRows is the part of the list that holds rows: inside its frame, or above
// the line that says how many more there are.
func (l boardLayout) listRows() rect {
	if !l.framed {
		return rect{l.list.x, l.list.y, l.list.w, max(l.list.h-1, 0)}
	}
	return rect{l.list.x + 1, l.list.y + 1, max(l.list.w-2, 0), max(l.list.h-2, 0)}
}
