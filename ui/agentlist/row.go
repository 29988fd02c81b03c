package agentlist

import (
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// columns are the widths of a row's columns; 0 leaves a column out. The row
// begins with the bar of the selection and the state's glyph.
type columns struct {
	width, name, kind, place, branch, soon, task, path, spent, context, activity int
}

const (
	gap       = 2
	ageWidth  = 6
	glyphRoom = 3 // bar, glyph, space
	// leastActivity is the width below which an activity tells nothing.
	leastActivity = 9
)

// widest returns the widths of the longest name and kind, within reason.
func widest(r roster.Roster) (name, kind int) {
	name, kind = 8, 5
	for _, a := range r.Agents() {
		name = max(name, min(block.Width(r.Name(a).String()), 28))
		kind = max(kind, min(len(a.Kind), 8))
	}
	return name, kind
}

// columnsFor shares a row's width: the name first, then what the agent does,
// then its kind, then the branch that it works on, then what is foreseen of it, then
// its place.
func columnsFor(longest, kind, branch, soon, spent, width int) columns {
	c := columns{width: width}
	room := width - glyphRoom - ageWidth - gap - 1 // a space at the right end
	c.name = max(min(longest, max(room-leastActivity-gap, room*2/5), room), 0)
	room -= c.name + gap
	if room < leastActivity {
		c.name += max(room+gap, 0)
		return c
	}
	const usefulActivity = 14
	if room >= usefulActivity+kind+gap {
		c.kind = kind
		room -= kind + gap
	}
	if least := min(branch, leastBranch); least > 0 && room >= usefulActivity+least+gap {
		c.branch = min(branch, room-gap-usefulActivity)
		room -= c.branch + gap
	}
	if soon > 0 && room >= usefulActivity+soon+gap {
		c.soon = soon
		room -= soon + gap
	}
	const place, fullActivity = 14, 20
	if room >= fullActivity+place+gap {
		c.place = place
		room -= place + gap
	}
	const path, context, task, wideActivity = 22, 12, 24, 26
	if room >= wideActivity+task+gap {
		c.task = min(task+(room-wideActivity-task-gap)/4, 40)
		room -= c.task + gap
	}
	if room >= wideActivity+path+gap {
		c.path = path
		room -= path + gap
	}
	if spent > 0 && room >= wideActivity+spent+gap {
		c.spent = spent
		room -= spent + gap
	}
	if room >= wideActivity+context+gap {
		c.context = context
		room -= context + gap
	}
	c.activity = room
	return c
}

// heading draws the line above a section.
func heading(s *roster.Section, styles *style.Styles) string {
	ink := styles.Subtle.Bold()
	if s.ByUrgency && s.Urgency.NeedsUser() {
		ink = styles.State(s.Urgency).Bold()
	}
	return " " + ink.Paint(s.Heading) + " " + styles.Faint.Paint(strconv.Itoa(len(s.Agents)))
}

// rowKey is all that a drawn row depends on.
type rowKey struct {
	ref      health.PaneRef
	name     roster.Name
	revision uint64
	columns  columns
	selected bool
	marked   bool
	stale    bool
	age      string
	soon     string
	spent    string
	glow     int
	styles   *style.Styles
}

// rowCache keeps drawn rows. It is emptied when it has grown past its bound:
// what is on the screen is drawn again in no time.
type rowCache struct{ rows map[rowKey]string }

const maxCachedRows = 1024

func newRowCache() rowCache { return rowCache{rows: map[rowKey]string{}} }

// row returns the drawn row of an agent.
func (c rowCache) row(a *engine.Agent, name roster.Name, selected bool, cols columns, look Look) string {
	const glowSteps = 8
	age := Age(a, look.Now)
	strength := look.Glow(a.Ref)
	key := rowKey{
		a.Ref, name, a.Revision, cols, selected, look.Marked(a.Ref), a.Stale, age, soon(a, look.Now), spent(a, look.Now), int(strength*glowSteps + 0.5), look.Styles,
	}
	if drawn, ok := c.rows[key]; ok {
		return drawn
	}
	if len(c.rows) >= maxCachedRows {
		clear(c.rows)
	}
	drawn := drawRow(a, key, float64(key.glow)/glowSteps)
	c.rows[key] = drawn
	return drawn
}

// drawRow draws one agent.
func drawRow(a *engine.Agent, key rowKey, glow float64) string {
	s, cols := key.styles, key.columns
	urgency := a.Urgency()
	state, name, rest, age := s.State(urgency), s.Text, s.Subtle, s.Faint
	switch {
	case a.Stale, a.Snoozed():
		state, name, rest = s.Faint, s.Faint, s.Faint
	case urgency.NeedsUser():
		age = state
	case urgency >= engine.UrgencyIdle:
		name = s.Subtle
	}
	bar := " "
	ground := s.Glow(urgency, glow, key.selected)
	if key.selected {
		bar, name = s.Glyphs.Bar, name.Bold()
		if ground == nil {
			ground = s.Selected()
		}
	}
	tail := s.Glyphs.Ellipsis
	space := s.Plain.On(ground).Paint(block.Spaces(gap))
	var b strings.Builder
	b.WriteString(s.Accent.On(ground).Paint(bar))
	glyph := s.Glyphs.State(urgency)
	if a.Snoozed() {
		glyph = s.Glyphs.Snoozed
	}
	b.WriteString(state.On(ground).Paint(glyph))
	mark := " "
	if key.marked {
		mark = s.Glyphs.Mark
	}
	b.WriteString(s.Key.On(ground).Paint(mark))
	b.WriteString(name.On(ground).Paint(key.name.Fit(cols.name, tail)))
	column := func(text string, width int) {
		if width > 0 {
			b.WriteString(space + rest.On(ground).Paint(block.Fit(text, width, tail)))
		}
	}
	column(sanitize.Text(string(a.Kind)), cols.kind)
	column(place(a), cols.place)
	column(branch(a, cols.branch, s.Glyphs), cols.branch)
	b.WriteString(age.On(ground).Paint(block.FitRight(key.age, ageWidth+gap, "")))
	column(key.soon, cols.soon)
	what := doing(a)
	if what == "" && a.State == health.StateIdle && cols.task == 0 {
		what = Task(a)
	}
	if a.Snoozed() && !a.Snooze.Until.IsZero() {
		// That it is snoozed is said by the glyph and the heading.
		what = strings.TrimPrefix(SnoozeWords(a.Snooze), "snoozed ") + " " + s.Glyphs.Dot + " " + what
	}
	if words := TextsWords(a.Texts); words != "" {
		what = words + " " + s.Glyphs.Dot + " " + what
	}
	if words := GoOnWords(a); words != "" {
		what = words + " " + s.Glyphs.Dot + " " + what
	}
	column(what, cols.activity)
	column(Task(a), cols.task)
	column(folder(a.CWD), cols.path)
	column(key.spent, cols.spent)
	column(contextOf(a), cols.context)
	b.WriteString(s.Plain.On(ground).Paint(" "))
	return b.String()
}

// SnoozeWords say until when an agent is snoozed.
func SnoozeWords(z *engine.Snooze) string {
	switch {
	case z.Until.IsZero():
		return "snoozed"
	case z.Until.Sub(z.At) > 12*time.Hour:
		return "snoozed until " + z.Until.Format("Mon 15:04")
	default:
		return "snoozed until " + z.Until.Format("15:04")
	}
}

// TextsWords say how many texts wait for an agent; empty for none.
func TextsWords(texts []engine.WaitingText) string {
	switch {
	case len(texts) == 0:
		return ""
	case texts[0].Uncertain:
		return "text uncertain"
	case len(texts) == 1:
		return "1 text waits"
	default:
		return strconv.Itoa(len(texts)) + " texts wait"
	}
}

// GoOnWords say when an agent goes on by itself; empty where no limit is to be seen
// after which it does.
func GoOnWords(a *engine.Agent) string {
	if !a.GoOn || a.LimitUntil.IsZero() {
		return ""
	}
	return "goes on " + a.LimitUntil.Local().Add(engine.AfterReset).Format("15:04")
}

// Age is how long the agent has been in its state. Of one that needs nobody it
// moves in steps, so that a screen at rest stays at rest.
func Age(a *engine.Agent, now time.Time) string {
	if a.Since.IsZero() {
		return ""
	}
	age := now.Sub(a.Since)
	if !a.NeedsUser() {
		return format.Coarse(age)
	}
	return format.Age(age)
}

// folder is the end of a path: what tells one from another.
func folder(path string) string {
	parts := strings.Split(strings.TrimRight(sanitize.Text(path), "/"), "/")
	return strings.Join(parts[max(len(parts)-2, 0):], "/")
}

// contextOf is how much of the context is left or used, as the agent says it.
func contextOf(a *engine.Agent) string {
	for _, fact := range a.Facts {
		if fact.Name == health.FactContext {
			return sanitize.Text(fact.Value)
		}
	}
	return format.ContextLeft(a.Tokens)
}

// place is where the agent runs: session and window, after the host where that is
// another machine.
func place(a *engine.Agent) string {
	where := sanitize.Text(a.Session) + ":" + strconv.Itoa(a.WindowIndex)
	if a.Ref.Host != "" {
		where = sanitize.Text(a.Ref.Host) + " " + where
	}
	return where
}

// Unbarred is clean text without the bar that some agents draw beside what they
// say.
func Unbarred(text string) string { return strings.TrimLeft(text, "┃│▌ ") }

// doing is the agent's activity, or what its state means when it has none.
func doing(a *engine.Agent) string {
	if text := strings.TrimSpace(Unbarred(sanitize.Text(a.Activity))); text != "" {
		return text
	}
	switch a.Urgency() {
	case engine.UrgencyWaiting:
		if a.Wait != health.WaitNone {
			return "waits: " + a.Wait.String()
		}
		return "waits for you"
	case engine.UrgencyCrashed:
		return "died, shell is back"
	case engine.UrgencyError:
		return "stopped by an error"
	case engine.UrgencyLimited:
		return "usage limit"
	case engine.UrgencyExited:
		return "ended"
	default:
		return ""
	}
}
