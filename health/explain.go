package health

import (
	"slices"
	"strings"
)

// Step is one stage of reading a screen: a group of rules tried in one region.
type Step struct {
	// Stage names what was looked for, such as "dialog".
	Stage string `json:"stage,omitempty"`
	// Where names the region; From and To are its first and last row from 1, 0
	// when it has none.
	Where string `json:"where,omitempty"`
	From  int    `json:"from,omitempty"`
	To    int    `json:"to,omitempty"`
	// Rules are the ids of the rules that were tried, in their order, up to the
	// one that matched.
	Rules []string `json:"rules,omitempty"`
	// Matched is set when the stage decided what the screen says; Rule, Line and
	// Text are then what did.
	Matched bool   `json:"matched,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Line    int    `json:"line,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Area is one part of a screen as the detector has divided it.
type Area struct {
	// Name is transcript, live, composer, dialog or chrome.
	Name string `json:"name,omitempty"`
	// From and To are its first and last row from 1.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
}

// Explanation is the way to a verdict.
type Explanation struct {
	Verdict Verdict `json:"verdict"`
	// Identity says how the kind was found.
	Identity Identity `json:"identity"`
	// Profile is where the kind's profile comes from: "built in" or a file;
	// Seen the versions it was made with.
	Profile string `json:"profile,omitempty"`
	Seen    string `json:"seen,omitempty"`
	// Areas divides the screen from top to bottom; empty without an agent.
	Areas []Area `json:"areas,omitempty"`
	// Steps are what was tried, in the order of precedence.
	Steps []Step `json:"steps,omitempty"`
	// ScreenState and ScreenRule are what the screen alone says; Title is what
	// the title says: working, waiting, at rest or nothing.
	ScreenState State  `json:"screen_state"`
	ScreenRule  string `json:"screen_rule,omitempty"`
	Title       string `json:"title,omitempty"`
	// Rows are the screen's rows without control sequences.
	Rows []string `json:"rows,omitempty"`
}

// Explain is Detect with the way to the verdict. It is pure, too.
func (d *Detector) Explain(o Observation) Explanation {
	s := parseScreen(o.Screen, o.Width)
	e := Explanation{Identity: d.identify(o, s), Rows: make([]string, len(s.rows))}
	for i, r := range s.rows {
		e.Rows[i] = r.full
	}
	p := d.profile(e.Identity.Kind)
	if p == nil {
		e.Verdict = Verdict{Kind: e.Identity.Kind}
		return e
	}
	l := newLook(p, o, s, e.Identity)
	l.trace = &e
	e.Profile, e.Seen, e.Areas = p.origin, p.Seen, l.areas()
	found := l.read()
	e.ScreenState, e.ScreenRule = found.state, found.rule
	e.Title = p.readTitle(o.Title).String()
	e.Verdict = l.weigh(found)
	return e
}

// tried notes a stage for an explanation and returns ok.
func (l look) tried(stage string, where region, f finding, ok bool) bool {
	if l.trace == nil {
		return ok
	}
	in := l.region(where)
	step := Step{Stage: stage, Where: where.String(), Matched: ok, Rules: l.rulesOf(stage, f, ok)}
	if in.from < in.to {
		step.From, step.To = l.s.line(in.from), l.s.line(in.to-1)
	}
	if ok {
		step.Rule = f.rule
		if f.source == SourceScreen && f.row < len(l.s.rows) {
			step.Line, step.Text = l.s.line(f.row), l.s.rows[f.row].full
		}
	}
	l.trace.Steps = append(l.trace.Steps, step)
	return ok
}

// The stages of reading, as an explanation names them.
const (
	stepShell    = "shell is back"
	stepCovered  = "another program has the terminal"
	stepAsks     = "markers of dialogs"
	stepDialog   = "dialog"
	stepMenu     = "any other menu"
	stepViewer   = "viewer"
	stepStatus   = "status line"
	stepWorking  = "markers of work"
	stepBorder   = "composer's border"
	stepPending  = "running tool"
	stepHints    = "row that names keys"
	stepFailures = "markers of failure"
	stepOutcome  = "end of the turn"
	stepChrome   = "hint below the composer"
	stepRest     = "markers of rest"
	stepComposer = "composer"
)

// rulesOf lists the rules of a stage up to the one that matched.
func (l look) rulesOf(stage string, f finding, ok bool) []string {
	var ids []string
	switch stage {
	case stepAsks, stepWorking, stepFailures, stepRest:
		at := map[string]markerStage{stepAsks: stageDialog, stepWorking: stageLive, stepFailures: stageOutcome, stepRest: stageRest}[stage]
		for i := range l.p.Markers {
			if l.p.Markers[i].stage() == at {
				ids = append(ids, l.p.Markers[i].ID)
			}
		}
	case stepDialog:
		if !l.asked {
			return nil
		}
		for _, rule := range l.p.Dialogs {
			ids = append(ids, rule.ID)
		}
	case stepOutcome:
		for _, rule := range l.p.Outcomes {
			ids = append(ids, rule.ID)
		}
	default:
		if ok {
			return []string{f.rule}
		}
		return nil
	}
	if i := slices.Index(ids, f.rule); ok && i >= 0 {
		ids = ids[:i+1]
	}
	return ids
}

// areas divides the screen.
func (l look) areas() []Area {
	n := len(l.s.rows)
	var all []Area
	add := func(name string, from, to int) {
		if from < to {
			all = append(all, Area{Name: name, From: l.s.line(from), To: l.s.line(to - 1)})
		}
	}
	switch {
	case l.asked:
		add("transcript", 0, l.dialog.top)
		add("dialog", l.dialog.top, n)
	case l.composed:
		live := l.composer.top
		if at, sort := l.p.findStatus(l.s, l.composer.top-1); sort != notStatus {
			live = at
		}
		add("transcript", 0, live)
		add("live", live, l.composer.top)
		add("composer", l.composer.top, l.composer.bottom+1)
		add("chrome", l.composer.bottom+1, n)
	default:
		add("transcript", 0, n)
	}
	return all
}

// String returns what the title says, in words.
func (w titleWord) String() string {
	switch w {
	case titleWorking:
		return "working"
	case titleWaiting:
		return "waiting"
	case titleRest:
		return "at rest"
	default:
		return "nothing"
	}
}

// AreaOf returns the name of the area in which a row (from 1) lies; "" outside.
func (e Explanation) AreaOf(line int) string {
	for _, a := range e.Areas {
		if line >= a.From && line <= a.To {
			return a.Name
		}
	}
	return ""
}

// Summary is the verdict in one line.
func (e Explanation) Summary() string {
	v := e.Verdict
	words := []string{string(v.Kind), v.State.String()}
	if v.Kind == KindNone {
		return "no agent"
	}
	if v.Wait != WaitNone {
		words = append(words, "("+v.Wait.String()+")")
	}
	return strings.Join(words, " ")
}
