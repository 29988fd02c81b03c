package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/lane"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// factList collects the lines of what is known of an agent.
type factList struct {
	*focusView
	width int
	lines []string
}

const factLabel = 9

// add writes a fact with its label, on as many lines as it takes.
func (l *factList) add(label string, ink style.Ink, text string) {
	faint := l.styles().Faint
	for i, row := range strings.Split(wrapped(sanitize.Text(text), max(l.width-factLabel, 8)), "\n") {
		if i > 0 {
			label = ""
		}
		l.lines = append(l.lines, faint.Paint(block.Fit(label, factLabel, ""))+ink.Paint(row))
	}
}

// framedFacts draws the facts in a frame of their own.
func (f *focusView) framedFacts(size block.Size) block.Block {
	s := f.styles()
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Chrome.Paint, Title: s.Subtle.Bold().Paint("facts"),
	}
	inner := frame.Inner(size)
	return frame.Around(block.Of(f.facts(inner.W), inner), size)
}

// facts lists what is known of the agent, the most telling first.
func (f *focusView) facts(width int) []string {
	a, s := f.agent, f.styles()
	l := &factList{focusView: f, width: width}
	l.state()
	if said := remark(&a); said != "" {
		l.add("says", s.Text, said)
	}
	l.foreseen()
	l.asks()
	for _, t := range a.Texts {
		l.add("waits", s.Text, strings.TrimSpace(textState(t)+" "+t.Text))
	}
	if a.Resume != "" {
		l.add("back by", s.Text, a.Resume)
	}
	if a.GoOn {
		words := "by itself a minute after a limit has ended"
		if at := agentlist.GoOnWords(&a); at != "" {
			words = strings.TrimPrefix(at, "goes on ") + ", a minute after the limit has ended"
		}
		l.add("goes on", s.Text, words)
	}
	l.why()
	l.lines = append(l.lines, "")
	l.past()
	l.add("kind", s.Text, string(a.Kind))
	for _, fact := range a.Facts {
		if fact.Name != health.FactContext || fact.Source == health.SourceScreen || format.ContextLeft(a.Tokens) == "" {
			l.add(fact.Name.String(), s.Text, fact.Value)
		}
	}
	l.used()
	l.add("title", s.Text, a.Title)
	l.add("where", s.Text, a.Session+":"+strconv.Itoa(a.WindowIndex)+"."+strconv.Itoa(a.PaneIndex)+" "+a.Window)
	if a.Ref.Host != "" {
		l.add("host", s.Text, a.Ref.Host)
	}
	l.add("server", s.Text, a.Server)
	l.add("pane", s.Text, a.Ref.Pane+", "+strconv.Itoa(a.Width)+"x"+strconv.Itoa(a.Height))
	l.add("folder", s.Text, a.CWD)
	l.repository()
	l.add("pid", s.Text, strconv.Itoa(a.PID))
	if !a.CheckedAt.IsZero() {
		l.add("checked", s.Text, format.Age(f.now.Sub(a.CheckedAt))+" ago")
	}
	return l.lines
}

// used says what the agent has used, as its session files tell, and what is left.
func (l *factList) used() {
	t, s := l.agent.Tokens, l.styles()
	if t == nil {
		return
	}
	if t.Today.Total() > 0 && t.Day == l.now.Format(time.DateOnly) {
		l.add("used", s.Text, "today "+format.Used(t.Today, t.Currency))
	}
	if t.Session.Total() > 0 && t.Session != t.Today {
		l.add("session", s.Text, format.Used(t.Session, t.Currency))
	}
	told := func(f health.Fact) bool { return f.Name == health.FactContext && f.Source == health.SourceScreen }
	if left := format.ContextLeft(t); left != "" && !slices.ContainsFunc(l.agent.Facts, told) {
		l.add("context", s.Text, left)
	}
	for i, limit := range t.Limits {
		label := "plan"
		if i > 0 {
			label = ""
		}
		l.add(label, s.Text, format.PlanLimit(limit, l.now))
	}
	if t.Problem != "" {
		l.add("tokens", s.Subtle, t.Problem)
	}
}

// repository says which branch of which repository the agent works on, and how
// much has changed there.
func (l *factList) repository() {
	r, s := l.agent.Repo, l.styles()
	if r == nil {
		return
	}
	name := r.Name
	if r.Worktree != "" {
		name += ", worktree " + r.Worktree
	}
	l.add("repo", s.Text, name)
	l.add("branch", s.Text, format.Repository(r, s.Glyphs.Up, s.Glyphs.Down))
	if p := l.agent.Pull; p != nil {
		l.add("pull", s.Text, format.PullRequest(p))
		if checks := format.Checks(p); checks != "" {
			l.add("checks", s.Text, checks)
		}
		if p.URL != "" {
			l.add("", s.Subtle, p.URL)
		}
	}
}

// state says what the agent does and for how long; of a closed pane what it did
// last.
func (l *factList) state() {
	a, s := l.agent, l.styles()
	if l.gone {
		l.add("state", s.Warning, "its pane has closed")
		l.add("", s.Subtle, "was "+stateWords(a))
		return
	}
	l.add("state", s.State(a.Urgency()).Bold(), s.Glyphs.State(a.Urgency())+" "+stateWords(a))
	since := ""
	if !a.Since.IsZero() {
		since = "for " + format.Age(l.now.Sub(a.Since)) + ", since " + a.Since.Format("15:04:05")
	}
	l.add("", s.Subtle, since)
	if a.Snoozed() {
		l.add("", s.Subtle, agentlist.SnoozeWords(a.Snooze)+", or until it needs you for something new")
	}
}

// foreseen says when the agent will stop working and how, and what moved that; that
// it repeats itself, with the evidence, and that it has been silent for long.
func (l *factList) foreseen() {
	s := l.styles()
	if r := l.agent.Repeating; r != nil {
		l.add("repeats", s.Warning, r.String())
		l.add("", s.Subtle, "as its session files tell, the last time at "+r.Last.Format("15:04:05"))
	}
	if silent := format.Silent(&l.agent, l.now); silent != "" {
		l.add("silent", s.Text, strings.TrimPrefix(silent, "silent ")+", nothing printed since "+l.agent.SilentSince.Format("15:04"))
	}
	when, how := format.Foreseen(l.agent.Forecast, l.now)
	if when != "" {
		l.add("needs you", s.Text, "in "+when)
	}
	if how != "" {
		l.add("ends", s.Text, how)
		l.add("", s.Subtle, strings.Join(l.agent.Forecast.Why, ", "))
	}
}

// asks lists the question and the answers that the agent offers.
func (l *factList) asks() {
	s, dialog := l.styles(), l.agent.Dialog
	if dialog == nil || l.gone {
		return
	}
	if asked := question(dialog); asked != "" {
		l.add("asks", s.Strong, asked)
	}
	for _, option := range dialog.Options {
		ink, text := s.Text, optionText(option)
		if option.Selected {
			ink, text = s.Accent, s.Glyphs.Bar+" "+text
		}
		l.add("", ink, text)
	}
}

// why lists the evidence: what decided, and what spoke against it.
func (l *factList) why() {
	e, s := l.agent.Evidence, l.styles()
	if e.Source == health.SourceNone {
		l.add("why", s.Subtle, "nothing on its screen or beside it tells")
		return
	}
	from := e.Source.String()
	if e.Line > 0 {
		from += " line " + strconv.Itoa(e.Line)
	}
	l.add("why", s.Text, e.Rule+", "+from+", "+format.Percent(l.agent.Confidence)+" sure")
	if e.Text != "" {
		l.add("", s.Subtle, "\""+strings.TrimSpace(e.Text)+"\"")
	}
	for i, against := range e.Against {
		label := "against"
		if i > 0 {
			label = ""
		}
		l.add(label, s.Subtle, against)
	}
}

// past draws the agent's last hour, what of today it waited, and its last
// changes.
func (l *factList) past() {
	s := l.styles()
	past := l.desk.past(&l.agent)
	if len(past) == 0 {
		return
	}
	const lastChanges = 5
	drawn := lane.Draw(past, lane.Ending(l.now, time.Hour, l.width-factLabel), l.now, lane.Paint{
		Glyph: s.Glyphs.Lane, Ink: func(u engine.Urgency) func(string) string { return s.State(u).Paint },
	})
	l.lines = append(l.lines, s.Faint.Paint(block.Fit("1 h", factLabel, ""))+drawn)
	spent := engine.Spent(past, engine.Midnight(l.now), l.now)
	l.add("today", s.Text, "worked "+format.Long(spent.Of(engine.UrgencyWorking))+", waited "+format.Long(spent.Blocked()))
	for i := len(past) - 1; i >= max(len(past)-lastChanges, 0); i-- {
		label := ""
		if i == len(past)-1 {
			label = "changes"
		}
		u := past[i].Urgency
		if past[i].Gap {
			continue
		}
		line := past[i].At.Format("15:04:05") + " " + s.State(u).Paint(s.Glyphs.State(u)) + " " + s.Subtle.Paint(u.String())
		l.lines = append(l.lines, s.Faint.Paint(block.Fit(label, factLabel, ""))+line)
	}
	l.lines = append(l.lines, "")
}
