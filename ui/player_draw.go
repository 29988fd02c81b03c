package ui

import (
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/lane"
	"agentwatch/ui/sanitize"
)

// playerAreas is how the player is laid out: the screen above the lane of the
// agent's states and the times below that.
type playerAreas struct {
	screen paneArea
	// lane and axis are how many rows they have, 0 or 1.
	lane, axis int
}

// paneArea is the room for a screen, with its frame where that has room.
type paneArea struct{ block.Size }

func (a paneArea) framed() bool { return framedPane(a.Size) }

func (a paneArea) inner() block.Size {
	if a.framed() {
		return block.Frame{}.Inner(a.Size)
	}
	return a.Size
}

// areas shares the height.
func (p *playerView) areas() playerAreas {
	const least = 4 // rows that the screen keeps
	a := playerAreas{}
	if p.size.H > least {
		a.lane = 1
	}
	if p.size.H > least+2 {
		a.axis = 1
	}
	a.screen = paneArea{block.Size{W: p.size.W, H: p.size.H - a.lane - a.axis}}
	return a
}

// draw implements view.
func (p *playerView) draw() block.Block {
	a := p.areas()
	parts := []block.Block{p.screen(a.screen)}
	if a.lane > 0 {
		parts = append(parts, p.bar(a))
	}
	return block.Stack(parts...)
}

// screen draws the stored screen in its frame.
func (p *playerView) screen(area paneArea) block.Block {
	s := p.styles()
	inner := area.inner()
	body := p.body(inner)
	if !area.framed() {
		return body
	}
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Accent.Paint,
		Title: s.Accent.Paint("replay ") + s.Strong.Paint(p.fleet.name(&p.agent)),
	}
	dot := " " + s.Glyphs.Dot + " "
	frame.Facts = s.Faint.Paint(strings.Join([]string{sanitize.Text(string(p.agent.Kind)), where(p.agent), sanitize.Text(p.agent.Ref.Pane)}, dot))
	if p.recording != nil {
		frame.BottomTitle = p.moment(dot)
		frame.BottomFacts = s.Faint.Paint(p.playingWords() + dot + p.count())
	}
	return frame.Around(body, area.Size)
}

// body is the screen itself, or why there is none.
func (p *playerView) body(size block.Size) block.Block {
	s := p.styles()
	say := func(text string) block.Block {
		return block.Centre([]string{s.Faint.Paint(block.Cut(text, size.W, s.Glyphs.Ellipsis))}, size)
	}
	switch {
	case p.recording == nil:
		return say("reading what is stored" + s.Glyphs.Ellipsis)
	case p.shown == nil:
		return say("reading its screen" + s.Glyphs.Ellipsis)
	case p.shown.problem != "":
		return say("this screen cannot be read: " + p.shown.problem)
	case len(p.shown.rows) == 0:
		return say("its screen was empty")
	}
	return block.Of(window(p.shown.rows, size.H, p.up), size)
}

// moment says which time is shown, how long ago it was, and what the agent was.
func (p *playerView) moment(dot string) string {
	s := p.styles()
	layout := "15:04:05"
	if engine.Midnight(p.at) != engine.Midnight(p.now.In(p.at.Location())) {
		layout = "Jan 2 15:04:05"
	}
	text := s.Strong.Paint(p.at.Format(layout)) + s.Faint.Paint(dot+format.Age(p.now.Sub(p.at))+" ago")
	if urgency, known := p.state(); known {
		text += s.Faint.Paint(dot) + s.State(urgency).Paint(s.Glyphs.State(urgency)+" "+urgency.String())
	}
	return text
}

// playingWords say whether it plays, and how fast.
func (p *playerView) playingWords() string {
	if p.playing {
		return "playing " + p.speedWords()
	}
	return "paused at " + p.speedWords()
}

func (p *playerView) speedWords() string {
	return strconv.FormatFloat(speeds()[p.speed], 'f', -1, 64) + "x"
}

// bar draws the lane of the agent's states with a cursor at the time that is
// shown, and the times below it.
func (p *playerView) bar(a playerAreas) block.Block {
	s := p.styles()
	size := block.Size{W: p.size.W, H: a.lane + a.axis}
	if p.recording == nil {
		return block.Of(nil, size)
	}
	w := p.window(p.size.W - 2*p.margin)
	row := block.Of([]string{lane.Draw(p.recording.Past, w, minTime(w.To(), p.now), lane.Paint{
		Glyph: s.Glyphs.Lane, Ink: func(u engine.Urgency) func(string) string { return s.State(u).Paint },
	})}, block.Size{W: w.Cells, H: 1})
	cursor := min(max(w.Index(p.at), 0), w.Cells-1)
	row = block.Over(row, block.Block{s.Accent.Bold().Paint(s.Glyphs.Edges.Vertical)}, cursor, 0, nil)
	margin := block.Spaces(p.margin)
	return block.Of([]string{margin + row[0], margin + s.Faint.Paint(lane.Axis(w))}, size)
}

// window is the time from the first screen to the last, in cells.
func (p *playerView) window(cells int) lane.Window {
	cells = max(cells, 1)
	lasts := max(p.last().Sub(p.first()), time.Second)
	// One cell more, so that the first screen lies in the window, too.
	return lane.Ending(p.last(), lasts+lasts/time.Duration(cells), cells)
}
