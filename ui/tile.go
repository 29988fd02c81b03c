package ui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// tile is a small live picture of an agent: the end of its screen in a frame
// that stands out when the agent needs the user.
type tile struct {
	styles *style.Styles
	agent  *engine.Agent
	name   roster.Name
	// screen is nil until it has come.
	screen           *screen
	selected, marked bool
	glow             float64
	now              time.Time
}

// tileVersion is what a drawn tile depends on.
type tileVersion struct {
	styles           *style.Styles
	ref              health.PaneRef
	name             roster.Name
	revision         uint64
	screen           *screen
	selected, marked bool
	stale            bool
	age, seen        string
	composer         int
	glow             float64
}

// Version implements block.Part.
func (t tile) Version() tileVersion {
	return tileVersion{
		t.styles, t.agent.Ref, t.name, t.agent.Revision, t.screen, t.selected, t.marked, t.agent.Stale, t.age(), t.lastSeen(),
		t.agent.Composer, t.glow,
	}
}

// Draw implements block.Part.
func (t tile) Draw(size block.Size) block.Block {
	if size.W < block.MinWidth || size.H < 3 {
		return block.Of([]string{t.name.String()}, size)
	}
	frame := t.frame()
	inner := frame.Inner(size)
	return frame.Around(block.Of(atBottom(t.rows(inner), inner.H), inner), size)
}

// lastSeen says when the agent was seen last, while its server does not answer.
func (t tile) lastSeen() string {
	if !t.agent.Stale {
		return ""
	}
	return "last seen " + format.Coarse(t.now.Sub(t.agent.CheckedAt)) + " ago"
}

// frame carries name, kind and age. Only a frame that wants something has a
// colour; the selected one has the accent.
func (t tile) frame() block.Frame {
	s, a := t.styles, t.agent
	urgency := a.Urgency()
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis}
	state, name, age := s.State(urgency), s.Text, s.Faint
	switch {
	case a.Stale, a.Snoozed():
		state, name = s.Faint, s.Faint
	case urgency.NeedsUser():
		f.Paint, name, age = state.Paint, state.Bold(), state
	case urgency >= engine.UrgencyIdle:
		name = s.Subtle
	}
	ground := s.Glow(urgency, t.glow, false)
	bar := ""
	if t.selected {
		f.Paint, name = s.Accent.Paint, name.Bold()
		bar = s.Accent.Paint(s.Glyphs.Bar)
		if ground == nil {
			ground = s.Selected()
		}
	}
	mark := " "
	if t.marked {
		mark = s.Glyphs.Mark
	}
	f.Title = bar + state.On(ground).Paint(s.Glyphs.State(urgency)) + s.Key.On(ground).Paint(mark) + name.On(ground).Paint(t.name.String())
	f.Facts = s.Faint.Paint(sanitize.Text(string(a.Kind))+" ") + age.Paint(t.age())
	switch {
	case a.Stale:
		f.BottomTitle = s.Warning.Paint(t.lastSeen())
	case a.Snoozed():
		f.BottomTitle = s.Faint.Paint(s.Glyphs.Snoozed + " " + agentlist.SnoozeWords(a.Snooze))
	case t.screen != nil && t.screen.failed:
		f.BottomTitle = s.Warning.Paint("cannot be captured")
	case a.Wait != health.WaitNone && urgency == engine.UrgencyWaiting:
		f.BottomTitle = state.Paint(a.Wait.String())
	case urgency.NeedsUser():
		f.BottomTitle = state.Paint(stateWords(*a))
	}
	return f
}

// age is how long the agent has been in its state. With many tiles on the screen
// none need be followed by the second.
func (t tile) age() string {
	if t.agent.Since.IsZero() {
		return ""
	}
	return format.Coarse(t.now.Sub(t.agent.Since))
}

// rows are those of the screen that tell most: of an agent that asks the dialog,
// of any other what stands above the place to type, without rules and gaps.
func (t tile) rows(size block.Size) []string {
	s := t.styles
	switch {
	case t.screen == nil:
		return centredRow(s.Faint.Paint("reading its screen"+s.Glyphs.Ellipsis), size)
	case t.screen.failed && len(t.screen.rows) == 0:
		return centredRow(s.Warning.Paint("it could not be captured"), size)
	case len(t.screen.rows) == 0:
		return centredRow(s.Faint.Paint("its screen is empty"), size)
	}
	rows := t.screen.rows
	if i := t.question(); i >= 0 {
		return denseHead(rows[i:], size)
	}
	if end := t.agent.Composer - 1; end > 0 && end < len(rows) && t.agent.State != health.StateWaiting {
		if above := denseTail(rows[:end], size); len(above) > 0 {
			return above
		}
	}
	return denseTail(rows, size)
}

// question is the row in which the question begins that the agent asks; -1 when
// there is none on its screen.
func (t tile) question() int {
	d := t.agent.Dialog
	if d == nil || d.Question == "" || t.agent.State != health.StateWaiting {
		return -1
	}
	const enough = 12
	head := []rune(strings.TrimSpace(sanitize.Text(d.Question)))
	begins := string(head[:min(len(head), enough)])
	for i := len(t.screen.rows) - 1; i >= 0; i-- {
		if strings.HasPrefix(strings.TrimLeft(ansi.Strip(t.screen.rows[i]), " │┃△"), begins) {
			return i
		}
	}
	return -1
}

// centredRow is one row in the middle of a tile.
func centredRow(text string, size block.Size) []string {
	return block.Centre([]string{text}, size)
}

// airyTile is the height from which a tile has room for blank rows.
const airyTile = 7

// denseHead writes the first rows without what a tile has no room for: rules,
// the edges of boxes, repeated blank rows, and what stands too far to the right.
func denseHead(rows []string, size block.Size) []string {
	var out []string
	gap := false
	for _, row := range rows {
		if tellsNothing(row, size.W) {
			gap = len(out) > 0
			continue
		}
		if gap && size.H >= airyTile {
			out = append(out, "")
		}
		gap = false
		if out = append(out, folded(row, size.W)...); len(out) >= size.H {
			return out[:size.H]
		}
	}
	return out
}

// denseTail writes the last rows in the same way. It looks at no more of them
// than it takes.
func denseTail(rows []string, size block.Size) []string {
	var out []string // from the last one up
	gap := false
	for i := len(rows) - 1; i >= 0 && len(out) < size.H; i-- {
		if tellsNothing(rows[i], size.W) {
			gap = len(out) > 0
			continue
		}
		if gap && size.H >= airyTile {
			out = append(out, "")
		}
		gap = false
		lines := folded(rows[i], size.W)
		slices.Reverse(lines)
		out = append(out, lines...)
	}
	out = out[:min(len(out), max(size.H, 0))]
	slices.Reverse(out)
	return out
}

// folded writes a row that is too long on two lines: what an agent asks is worth
// a second one. A row that is drawn with lines is only cut, unless it has nothing
// but a bar before it.
func folded(row string, width int) []string {
	const most, least = 2, 16
	plain := ansi.Strip(row)
	if block.Width(strings.TrimRight(plain, " ")) <= width || width < least || strings.ContainsAny(strings.TrimLeft(plain, " │┃▌"), "│┃║|") {
		return []string{row}
	}
	lines := slices.DeleteFunc(strings.Split(wrappedColours(row, width), "\n"), func(line string) bool { return tellsNothing(line, width) })
	return lines[:min(len(lines), most)]
}
