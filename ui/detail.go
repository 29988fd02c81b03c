package ui

import (
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// detail is one agent on the whole screen: live at the bottom, its history
// above.
type detail struct {
	// agent is as last known; gone is set when its pane has closed.
	agent engine.Agent
	gone  bool
	// up is how many rows are scrolled back; 0 is live.
	up int
	// history is what the pane has shown, nil until it has been read.
	history []string
	at      time.Time
	loading bool
	// loads counts the histories read, for the version.
	loads uint64
	// page is how many rows are seen.
	page int
}

const (
	// historyRows is how much of a pane's history is read.
	historyRows = 2000
	// freshHistory is how old a history may be to be scrolled without another
	// read.
	freshHistory = 2 * time.Second
)

// scroll moves back by so many rows, forward when negative.
func (d *detail) scroll(by int) {
	d.up = min(max(d.up+by, 0), max(len(d.history)-d.page, 0))
}

// setHistory takes a history that was read; what is looked at stays put.
func (d *detail) setHistory(rows []string, at time.Time) {
	if d.up > 0 {
		d.up += len(rows) - len(d.history)
	}
	d.history, d.at, d.loading = rows, at, false
	d.loads++
	d.scroll(0)
}

// detailPart draws a detail.
type detailPart struct {
	*detail
	styles *style.Styles
	screen *screen
	now    time.Time
}

// detailVersion is what a drawn detail depends on.
type detailVersion struct {
	styles         *style.Styles
	ref            health.PaneRef
	revision       uint64
	loads, rows    uint64
	screen         health.PaneRef
	up             int
	gone, loading  bool
	stale, failing bool
	second         int64
}

// Version implements block.Part.
func (d detailPart) Version() detailVersion {
	return detailVersion{
		d.styles, d.agent.Ref, d.agent.Revision, d.loads, d.screen.revision, d.screen.ref, d.up,
		d.gone, d.loading, d.agent.Stale, d.screen.failed, d.now.Unix(),
	}
}

const (
	factsWidth = 44
	factsBlock = 5
)

// detailLayout is how an open agent is laid out: the facts beside its screen,
// above it, or left out when there is no room.
type detailLayout struct{ pane, beside, above block.Size }

func detailLayoutFor(size block.Size) detailLayout {
	switch {
	case size.W >= 2*factsWidth+20:
		width := min(factsWidth+(size.W-2*factsWidth)/8, 64)
		return detailLayout{pane: block.Size{W: size.W - width, H: size.H}, beside: block.Size{W: width, H: size.H}}
	case size.H >= factsBlock*3:
		return detailLayout{pane: block.Size{W: size.W, H: size.H - factsBlock}, above: block.Size{W: size.W, H: factsBlock}}
	default:
		return detailLayout{pane: size}
	}
}

// resize tells how much room there is; the scrolling stays within it.
func (d *detail) resize(size block.Size) {
	d.page = detailLayoutFor(size).pane.H
	if framedPane(detailLayoutFor(size).pane) {
		d.page -= 2
	}
	d.scroll(0)
}

// framedPane tells whether there is room for a frame around a screen.
func framedPane(size block.Size) bool { return size.W >= block.MinWidth && size.H >= 3 }

// Draw implements block.Part.
func (d detailPart) Draw(size block.Size) block.Block {
	l := detailLayoutFor(size)
	pane := d.pane(l.pane)
	switch {
	case l.beside.W > 0:
		return block.Beside(0, pane, d.framedFacts(l.beside))
	case l.above.H > 0:
		return block.Stack(block.Of(indent(d.facts(size.W - 2)[:factsBlock]), l.above), pane)
	default:
		return pane
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
func (d detailPart) pane(size block.Size) block.Block {
	s := d.styles
	frame := block.Frame{Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Chrome.Paint}
	if !framedPane(size) {
		return block.Of(d.rows(size.H), size)
	}
	describe(&frame, d.agent, s)
	if d.gone {
		// Nothing here wants anything any more.
		frame.Paint = s.Chrome.Paint
	}
	inner := frame.Inner(size)
	frame.BottomTitle, frame.BottomFacts = d.position(), s.Faint.Paint(d.extent())
	rows := d.rows(inner.H)
	if len(rows) == 0 {
		return frame.Around(block.Centre([]string{s.Faint.Paint("reading its screen" + s.Glyphs.Ellipsis)}, inner), size)
	}
	return frame.Around(block.Of(rows, inner), size)
}

// rows are those to show: of the live screen at the bottom, else of history.
func (d detailPart) rows(height int) []string {
	if d.up == 0 && d.screen.ref == d.agent.Ref && !d.gone {
		return window(d.screen.rows, height, 0)
	}
	return window(d.history, height, d.up)
}

// position says what is looked at.
func (d detailPart) position() string {
	s := d.styles
	switch {
	case d.gone:
		return s.Warning.Paint("this pane has closed")
	case d.agent.Stale:
		return s.Warning.Paint("last seen " + format.Age(d.now.Sub(d.agent.CheckedAt)) + " ago")
	case d.up > 0:
		return s.Accent.Paint(format.Plural(d.up, "row") + " back")
	case d.screen.failed:
		return s.Warning.Paint("as of " + d.screen.at.Format("15:04:05") + ", it cannot be captured")
	default:
		return s.Good.Paint("live")
	}
}

// extent says how much history there is.
func (d detailPart) extent() string {
	switch {
	case d.loading:
		return "reading history" + d.styles.Glyphs.Ellipsis
	case d.history == nil:
		return ""
	case d.up > 0:
		return format.Plural(len(d.history), "row") + " as of " + d.at.Format("15:04:05")
	default:
		return format.Plural(len(d.history), "row") + " of history"
	}
}

// framedFacts draws the facts in a frame of their own.
func (d detailPart) framedFacts(size block.Size) block.Block {
	s := d.styles
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Chrome.Paint, Title: s.Subtle.Bold().Paint("facts"),
	}
	inner := frame.Inner(size)
	return frame.Around(block.Of(d.facts(inner.W), inner), size)
}

// facts lists what is known of the agent, the most telling first.
func (d detailPart) facts(width int) []string {
	a, s := d.agent, d.styles
	const labelWidth = 9
	var lines []string
	add := func(label string, ink style.Ink, text string) {
		for i, row := range strings.Split(wrapped(sanitize.Text(text), max(width-labelWidth, 8)), "\n") {
			if i > 0 {
				label = ""
			}
			lines = append(lines, s.Faint.Paint(block.Fit(label, labelWidth, ""))+ink.Paint(row))
		}
	}
	d.state(add)
	if a.Activity != "" && (a.Dialog == nil || a.Activity != a.Dialog.Question) {
		add("says", s.Text, a.Activity)
	}
	d.asks(add)
	d.why(add)
	lines = append(lines, "")
	add("kind", s.Text, string(a.Kind))
	for _, fact := range a.Facts {
		add(fact.Name.String(), s.Text, fact.Value)
	}
	add("title", s.Text, a.Title)
	add("where", s.Text, a.Session+":"+strconv.Itoa(a.WindowIndex)+"."+strconv.Itoa(a.PaneIndex)+" "+a.Window)
	add("server", s.Text, a.Server)
	add("pane", s.Text, a.Ref.Pane+", "+strconv.Itoa(a.Width)+"x"+strconv.Itoa(a.Height))
	add("folder", s.Text, a.CWD)
	add("pid", s.Text, strconv.Itoa(a.PID))
	if !a.CheckedAt.IsZero() {
		add("checked", s.Text, format.Age(d.now.Sub(a.CheckedAt))+" ago")
	}
	for len(lines) < factsBlock {
		lines = append(lines, "")
	}
	return lines
}

// state says what the agent does and for how long; of a closed pane what it did
// last.
func (d detailPart) state(add func(label string, ink style.Ink, text string)) {
	a, s := d.agent, d.styles
	if d.gone {
		add("state", s.Warning, "its pane has closed")
		add("", s.Subtle, "was "+stateWords(a))
		return
	}
	add("state", s.State(a.Urgency()).Bold(), s.Glyphs.State(a.Urgency())+" "+stateWords(a))
	since := ""
	if !a.Since.IsZero() {
		since = "for " + format.Age(d.now.Sub(a.Since)) + ", since " + a.Since.Format("15:04:05")
	}
	add("", s.Subtle, since)
}

// asks lists the question and the answers that the agent offers.
func (d detailPart) asks(add func(label string, ink style.Ink, text string)) {
	s, dialog := d.styles, d.agent.Dialog
	if dialog == nil || d.gone {
		return
	}
	if dialog.Question != "" {
		add("asks", s.Strong, dialog.Question)
	}
	for _, option := range dialog.Options {
		ink, text := s.Text, option.Label
		if option.Key != "" {
			text = option.Key + ". " + text
		}
		if option.Selected {
			ink, text = s.Accent, s.Glyphs.Bar+" "+text
		}
		add("", ink, text)
	}
}

// why lists the evidence: what decided, and what spoke against it.
func (d detailPart) why(add func(label string, ink style.Ink, text string)) {
	e, s := d.agent.Evidence, d.styles
	if e.Source == health.SourceNone {
		add("why", s.Subtle, "nothing on its screen or beside it tells")
		return
	}
	from := e.Source.String()
	if e.Line > 0 {
		from += " line " + strconv.Itoa(e.Line)
	}
	add("why", s.Text, e.Rule+", "+from+", "+format.Percent(d.agent.Confidence)+" sure")
	if e.Text != "" {
		add("", s.Subtle, "\""+strings.TrimSpace(e.Text)+"\"")
	}
	for i, against := range e.Against {
		label := "against"
		if i > 0 {
			label = ""
		}
		add(label, s.Subtle, against)
	}
}
