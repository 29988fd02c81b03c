package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// screen is the focused pane's screen, made safe to draw.
type screen struct {
	ref      health.PaneRef
	revision uint64
	rows     []string
	at       time.Time
	failed   bool
}

// update takes the preview that is followed; only a changed one is cleaned again.
func (s *screen) update(previews map[health.PaneRef]*engine.Preview) {
	for _, p := range previews {
		s.take(p)
	}
}

func (s *screen) take(p *engine.Preview) {
	if p.Ref != s.ref || p.Revision != s.revision || s.rows == nil {
		s.rows = trimTail(sanitize.Screen(p.Text))
	}
	s.ref, s.revision, s.at, s.failed = p.Ref, p.Revision, p.At, p.Err != nil
}

// trimTail drops the blank rows at the end.
func trimTail(rows []string) []string {
	end := len(rows)
	for end > 0 && strings.TrimSpace(ansi.Strip(rows[end-1])) == "" {
		end--
	}
	return rows[:end]
}

// window cuts the rows to those seen, up rows above the end.
func window(rows []string, height, up int) []string {
	end := max(len(rows)-up, min(height, len(rows)))
	return rows[max(end-height, 0):end]
}

// preview is the live screen of the selected agent in a frame that says what
// the agent is doing and why we think so.
type preview struct {
	styles *style.Styles
	agent  engine.Agent
	found  bool
	screen *screen
	up     int
	now    time.Time
}

// previewVersion is what a drawn preview depends on.
type previewVersion struct {
	styles   *style.Styles
	ref      health.PaneRef
	revision uint64
	stale    bool
	found    bool
	screen   health.PaneRef
	rows     uint64
	failed   bool
	up       int
	second   int64
}

// Version implements block.Part.
func (p preview) Version() previewVersion {
	v := previewVersion{
		styles: p.styles, ref: p.agent.Ref, revision: p.agent.Revision, stale: p.agent.Stale, found: p.found,
		screen: p.screen.ref, rows: p.screen.revision, failed: p.screen.failed, up: p.up,
	}
	if p.agent.Stale || p.screen.failed {
		v.second = p.now.Unix()
	}
	return v
}

// Draw implements block.Part.
func (p preview) Draw(size block.Size) block.Block {
	s := p.styles
	frame := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis}
	inner := frame.Inner(size)
	if !p.found {
		frame.Title = s.Faint.Paint("preview")
		return frame.Around(block.Centre([]string{s.Faint.Paint("no agent is selected")}, inner), size)
	}
	describe(&frame, p.agent, s)
	switch {
	case p.agent.Stale:
		frame.BottomTitle = s.Warning.Paint("last seen " + format.Age(p.now.Sub(p.agent.CheckedAt)) + " ago, its server does not answer")
		frame.BottomFacts = ""
	case p.screen.ref == p.agent.Ref && p.screen.failed:
		frame.BottomTitle = s.Warning.Paint("cannot be captured, shown as of " + p.screen.at.Format("15:04:05"))
		frame.BottomFacts = ""
	}
	if p.screen.ref != p.agent.Ref {
		return frame.Around(block.Centre([]string{s.Faint.Paint("reading its screen" + s.Glyphs.Ellipsis)}, inner), size)
	}
	if len(p.screen.rows) == 0 {
		return frame.Around(block.Centre([]string{s.Faint.Paint("its screen is empty")}, inner), size)
	}
	return frame.Around(block.Of(window(p.screen.rows, inner.H, p.up), inner), size)
}

// describe puts the agent's name, place and evidence on the edges of a frame,
// which takes the state's colour when the agent needs the user.
func describe(frame *block.Frame, a engine.Agent, s *style.Styles) {
	urgency := a.Urgency()
	name := s.Strong
	if urgency.NeedsUser() && !a.Stale {
		frame.Paint = s.State(urgency).Paint
		name = s.State(urgency).Bold()
	}
	frame.Title = s.State(urgency).Paint(s.Glyphs.State(urgency)) + " " + name.Paint(roster.Label(&a))
	dot := " " + s.Glyphs.Dot + " "
	facts := strings.Join([]string{sanitize.Text(string(a.Kind)), where(a), sanitize.Text(a.Ref.Pane)}, dot)
	frame.Facts = s.Faint.Paint(facts)
	frame.BottomTitle = s.Subtle.Paint(stateWords(a))
	frame.BottomFacts = s.Faint.Paint(evidenceWords(a, dot))
}

// where is the agent's session and window.
func where(a engine.Agent) string {
	return sanitize.Text(a.Session) + ":" + strconv.Itoa(a.WindowIndex) + "." + strconv.Itoa(a.PaneIndex)
}

// stateWords says what the agent is doing, in words.
func stateWords(a engine.Agent) string {
	words := a.Urgency().String()
	if a.Urgency() == engine.UrgencyDone {
		words = "finished, unseen"
	}
	if a.Wait != health.WaitNone {
		words += " for " + a.Wait.String()
	}
	return words
}

// evidenceWords says in short why.
func evidenceWords(a engine.Agent, dot string) string {
	if a.Evidence.Source == health.SourceNone {
		return "nothing tells"
	}
	from := a.Evidence.Source.String()
	if a.Evidence.Line > 0 {
		from += " line " + strconv.Itoa(a.Evidence.Line)
	}
	return format.Percent(a.Confidence) + dot + from + dot + sanitize.Text(a.Evidence.Rule)
}
