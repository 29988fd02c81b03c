package ui

import (
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// preview is the live screen of an agent in a frame that says what the agent is
// doing and why we think so.
type preview struct {
	styles *style.Styles
	agent  engine.Agent
	found  bool
	// screen is nil until it has come.
	screen  *screen
	up, pan int
	now     time.Time
	glow    float64
}

// previewVersion is what a drawn preview depends on.
type previewVersion struct {
	styles   *style.Styles
	ref      health.PaneRef
	revision uint64
	stale    bool
	found    bool
	screen   *screen
	up, pan  int
	second   int64
	glow     float64
}

// Version implements block.Part.
func (p preview) Version() previewVersion {
	v := previewVersion{
		styles: p.styles, ref: p.agent.Ref, revision: p.agent.Revision, stale: p.agent.Stale, found: p.found,
		screen: p.screen, up: p.up, pan: p.pan, glow: p.glow,
	}
	if p.agent.Stale {
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
	describe(&frame, p.agent, s, p.glow, p.now)
	if p.agent.Stale {
		frame.BottomTitle = s.Warning.Paint("last seen " + format.Age(p.now.Sub(p.agent.CheckedAt)) + " ago, its " + owner(p.agent) + " does not answer")
		frame.BottomFacts = ""
	}
	if p.screen == nil {
		return frame.Around(block.Centre([]string{s.Faint.Paint("reading its screen" + s.Glyphs.Ellipsis)}, inner), size)
	}
	if p.screen.failed && !p.agent.Stale {
		frame.BottomTitle = s.Warning.Paint("cannot be captured, shown as of " + p.screen.at.Format("15:04:05"))
		frame.BottomFacts = ""
	}
	if p.screen.failed && len(p.screen.rows) == 0 {
		return frame.Around(block.Centre([]string{s.Warning.Paint("its screen could not be captured")}, inner), size)
	}
	if len(p.screen.rows) == 0 {
		return frame.Around(block.Centre([]string{s.Faint.Paint("its screen is empty")}, inner), size)
	}
	rows := panned(window(unfolded(p.screen.rows, p.agent.Dialog, inner.W, p.pan, s), inner.H, p.up), p.pan)
	return frame.Around(block.Of(atBottom(rows, inner.H), inner), size)
}

// atBottom puts rows at the bottom of that many, where agents speak.
func atBottom(rows []string, height int) []string {
	if len(rows) >= height {
		return rows
	}
	return append(make([]string, height-len(rows)), rows...)
}

// describe puts the agent's name, place and evidence on the edges of a frame,
// which takes the state's colour when the agent needs the user.
func describe(frame *block.Frame, a engine.Agent, s *style.Styles, glow float64, now time.Time) {
	urgency := a.Urgency()
	name := s.Strong
	if a.NeedsUser() && !a.Stale {
		frame.Paint = s.State(urgency).Paint
		name = s.State(urgency).Bold()
	}
	ground := s.Glow(urgency, glow, false)
	frame.Title = s.State(urgency).On(ground).Paint(s.Glyphs.State(urgency)+" ") + name.On(ground).Paint(roster.Label(&a))
	dot := " " + s.Glyphs.Dot + " "
	facts := strings.Join([]string{sanitize.Text(string(a.Kind)), where(a), sanitize.Text(a.Ref.Pane)}, dot)
	frame.Facts = s.Faint.Paint(facts)
	words := stateWords(a)
	if a.Snoozed() {
		words += ", " + agentlist.SnoozeWords(a.Snooze)
	}
	if waits := agentlist.TextsWords(a.Texts); waits != "" {
		words += ", " + waits
	}
	if on := agentlist.GoOnWords(&a); on != "" {
		words += ", " + on
	}
	if used := sanitize.Text(format.Spent(a.Tokens, now)); used != "" {
		words += ", " + used
	}
	frame.BottomTitle = s.Subtle.Paint(words)
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

// owner is who does not answer when the agent is stale.
func owner(a engine.Agent) string {
	if a.Ref.Host != "" {
		return "host"
	}
	return "server"
}
