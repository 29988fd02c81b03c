// Package explain puts the way to a verdict into words, for the dashboard and
// for the command line.
package explain

import (
	"fmt"
	"strings"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// Paint colours the parts of a text. Every function must be set.
type Paint struct {
	// Heading starts a part, Strong is what matters, Faint what can be skipped,
	// Mark points at what decided.
	Heading, Strong, Faint, Mark func(string) string
}

// writer collects lines.
type writer struct {
	paint Paint
	lines []string
}

func (w *writer) add(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

func (w *writer) head(text string) { w.lines = append(w.lines, "", w.paint.Heading(text)) }

// Lines says why a pane is judged as it is, for people. The text of panes is
// made safe to print.
func Lines(e engine.Explained, paint Paint) []string {
	w := &writer{paint: paint}
	w.verdict(e)
	w.identity(e)
	if e.Verdict.Kind != health.KindNone {
		w.steps(e)
	}
	w.asked(e.Verdict)
	w.rows(e)
	return w.lines
}

func (w *writer) verdict(e engine.Explained) {
	v := e.Verdict
	w.add("%s  %s", w.paint.Heading("verdict"), w.paint.Strong(e.Summary()))
	if e.Tracked {
		w.add("         on the dashboard: %s for %s", StateWord(e.Agent), format.Age(e.At.Sub(e.Agent.Since)))
		if ev := e.Agent.Evidence; ev.Rule != v.Evidence.Rule && ev.Rule != "" {
			w.add("         by %s (%s): %s", ev.Rule, ev.Source, sanitize.Text(ev.Text))
		}
	}
	if r := e.Agent.Repeating; e.Tracked && r != nil {
		w.add("         repeating: %s, by its session files", sanitize.Text(r.String()))
	}
	if v.Kind != health.KindNone {
		source := ""
		if v.Evidence.Source != health.SourceNone {
			source = " (" + v.Evidence.Source.String() + ")"
		}
		w.add("         confidence %.0f %%, by %s%s", 100*v.Confidence, orDash(v.Evidence.Rule), source)
	}
	for _, against := range v.Evidence.Against {
		w.add("         against it: %s", sanitize.Text(against))
	}
}

func (w *writer) identity(e engine.Explained) {
	w.head("who")
	id := e.Identity
	kind := string(id.Kind)
	if kind == "" {
		kind = "no agent"
	}
	w.add("  %s by %s: %q; the foreground is %s", kind, id.Source, sanitize.Text(id.Text), id.Process)
	if e.Profile != "" {
		line := "  profile " + sanitize.Text(e.Profile)
		if e.Seen != "" {
			line += ", made with versions " + sanitize.Text(e.Seen)
		}
		w.add("%s", line)
	}
	for _, process := range e.Observation.Processes {
		mark := " "
		if process.Foreground {
			mark = "+"
		}
		w.add("  %s %7d %s", mark, process.PID, sanitize.Text(strings.Join(process.Args, " ")))
	}
}

func (w *writer) steps(e engine.Explained) {
	w.head("what was tried, in the order of precedence")
	for _, step := range e.Steps {
		if !step.Matched {
			w.add("  %-34s %s", step.Stage, w.paint.Faint("no"))
		} else {
			w.add("%s %-34s %s", w.paint.Mark(">"), step.Stage, w.paint.Strong(step.Rule))
		}
		if len(step.Rules) > 1 || (!step.Matched && len(step.Rules) > 0) {
			w.add("%s", w.paint.Faint(fmt.Sprintf("    tried in %s rows %d to %d: %s", step.Where, step.From, step.To, strings.Join(step.Rules, ", "))))
		}
		if step.Matched && step.Line > 0 {
			w.add("    row %d: %s", step.Line, sanitize.Text(step.Text))
		}
	}
	w.add("  the screen alone says %s by %s; the title says %s: %q",
		e.ScreenState, orDash(e.ScreenRule), e.Title, sanitize.Text(e.Observation.Title))
}

// asked writes the dialog and the facts.
func (w *writer) asked(v health.Verdict) {
	if d := v.Dialog; d != nil {
		w.head("it asks")
		w.add("  %s", sanitize.Text(d.Question))
		for _, o := range d.Options {
			mark := " "
			if o.Selected {
				mark = ">"
			}
			w.add("  %s %s %s", w.paint.Mark(mark), orDash(o.Key), sanitize.Text(o.Label))
		}
	}
	if len(v.Facts) > 0 {
		w.head("it tells")
	}
	for _, f := range v.Facts {
		w.add("  %-8s %s %s", f.Name, sanitize.Text(f.Value), w.paint.Faint(fmt.Sprintf("(%s, row %d)", f.Source, f.Line)))
	}
}

// rows writes the screen with its areas; what decided is marked.
func (w *writer) rows(e engine.Explained) {
	w.head("the screen (> marks what decided)")
	before := ""
	for i, row := range e.Rows {
		line := i + 1
		area := e.AreaOf(line)
		label := area
		if area == before {
			label = ""
		}
		before = area
		text := sanitize.Text(row)
		if e.Verdict.Evidence.Line == line {
			w.add("%s %-10s %3d │ %s", w.paint.Mark(">"), label, line, w.paint.Strong(text))
			continue
		}
		w.add("  %s %s %s", w.paint.Faint(fmt.Sprintf("%-10s", label)), w.paint.Faint(fmt.Sprintf("%3d │", line)), text)
	}
}

// StateWord is the state as people read it, with what it waits for.
func StateWord(a engine.Agent) string {
	switch {
	case a.State == health.StateIdle && a.Unseen:
		return "done"
	case a.Wait != health.WaitNone && a.State == health.StateWaiting:
		return a.State.String() + ": " + a.Wait.String()
	default:
		return a.State.String()
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
