package cli

import (
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// The JSON formats below are contracts: scripts depend on them. Fields may be
// added, never renamed or removed.

// evidenceRecord is the evidence of a verdict.
type evidenceRecord struct {
	Source health.Source `json:"source"`
	Rule   string        `json:"rule"`
	// Line is the row of the screen, counted from 1; 0 when the fact is not on
	// the screen.
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

func evidenceOf(e health.Evidence) evidenceRecord {
	return evidenceRecord{Source: e.Source, Rule: e.Rule, Line: e.Line, Text: e.Text}
}

// agentRecord is one agent of `list --json`.
type agentRecord struct {
	// Host is the machine, by its name in [[fleet.host]]; left out for this one.
	Host        string         `json:"host,omitempty"`
	Server      string         `json:"server"`
	Socket      string         `json:"socket"`
	Session     string         `json:"session"`
	Window      string         `json:"window"`
	WindowIndex int            `json:"window_index"`
	Pane        string         `json:"pane"`
	PaneIndex   int            `json:"pane_index"`
	Kind        string         `json:"kind"`
	State       health.State   `json:"state"`
	Wait        string         `json:"wait,omitempty"`
	Unseen      bool           `json:"unseen"`
	Since       string         `json:"since"`
	Confidence  float64        `json:"confidence"`
	Evidence    evidenceRecord `json:"evidence"`
	Activity    string         `json:"activity,omitempty"`
	Title       string         `json:"title"`
	CWD         string         `json:"cwd"`
	// Repo is the repository that CWD is in.
	Repo *engine.Repository `json:"repo,omitempty"`
	// Pull is the pull request of its branch.
	Pull *engine.PullRequest `json:"pull,omitempty"`
	// Tokens are what it has used, as its session files tell.
	Tokens *engine.Tokens `json:"tokens,omitempty"`
	// Repeating is what it does again and again; Concluded says how that was told.
	Repeating *repeatingRecord `json:"repeating,omitempty"`
	// SilentSince is when it printed last, of one that works and has been silent for long.
	SilentSince string `json:"silent_since,omitempty"`
	// Snooze is set while the user does not want to hear of what it needs.
	Snooze *engine.Snooze `json:"snooze,omitempty"`
	// Texts are those that wait until it is at its prompt.
	Texts []engine.WaitingText `json:"texts,omitempty"`
	// LimitUntil is when the limit on its screen ends, GoOn is set when it goes on by
	// itself then.
	LimitUntil string `json:"limit_until,omitempty"`
	GoOn       bool   `json:"go_on,omitempty"`
	// Resume is the command that brings it back, of an agent that has ended.
	Resume string        `json:"resume,omitempty"`
	PID    int           `json:"pid"`
	Width  int           `json:"width"`
	Height int           `json:"height"`
	Dialog *dialogRecord `json:"dialog,omitempty"`
	Facts  []factRecord  `json:"facts,omitempty"`
}

// repeatingRecord is what an agent does again and again.
type repeatingRecord struct {
	engine.Repetition
	// Concluded says in a sentence how that was told.
	Concluded string `json:"concluded"`
}

func repeatingOf(r *engine.Repetition) *repeatingRecord {
	if r == nil {
		return nil
	}
	return &repeatingRecord{*r, r.String()}
}

// dialogRecord is what an agent asks.
type dialogRecord struct {
	Question string         `json:"question"`
	Body     []string       `json:"body,omitempty"`
	Options  []optionRecord `json:"options"`
	Footer   string         `json:"footer,omitempty"`
}

type optionRecord struct {
	Key      string `json:"key,omitempty"`
	Label    string `json:"label"`
	Selected bool   `json:"selected,omitempty"`
	Line     int    `json:"line"`
}

// factRecord is one thing that an agent tells beside its state.
type factRecord struct {
	Name   health.FactName `json:"name"`
	Value  string          `json:"value"`
	Source health.Source   `json:"source"`
	Line   int             `json:"line,omitempty"`
}

func dialogRecordOf(d *health.Dialog) *dialogRecord {
	if d == nil {
		return nil
	}
	r := &dialogRecord{Question: d.Question, Body: d.Body, Footer: d.Footer, Options: []optionRecord{}}
	for _, o := range d.Options {
		r.Options = append(r.Options, optionRecord(o))
	}
	return r
}

func factRecordsOf(facts []health.Fact) []factRecord {
	var all []factRecord
	for _, f := range facts {
		all = append(all, factRecord(f))
	}
	return all
}

func agentRecordOf(a engine.Agent) agentRecord {
	return agentRecord{
		Host: a.Ref.Host, Server: a.Server, Socket: a.Ref.Server, Session: a.Session, Window: a.Window, WindowIndex: a.WindowIndex,
		Pane: a.Ref.Pane, PaneIndex: a.PaneIndex, Kind: kindWord(a.Kind), State: a.State, Wait: a.Wait.String(),
		Unseen: a.Unseen, Since: a.Since.Format(time.RFC3339), Confidence: a.Confidence,
		Evidence: evidenceOf(a.Evidence), Activity: a.Activity, Title: a.Title, CWD: a.CWD, Repo: a.Repo, Tokens: a.Tokens, Repeating: repeatingOf(a.Repeating),
		SilentSince: stampOf(a.SilentSince), Pull: a.Pull, Snooze: a.Snooze, Texts: a.Texts, Resume: a.Resume, LimitUntil: stampOf(a.LimitUntil), GoOn: a.GoOn, PID: a.PID,
		Width: a.Width, Height: a.Height, Dialog: dialogRecordOf(a.Dialog), Facts: factRecordsOf(a.Facts),
	}
}

// stampOf is a time as records have it; empty for none.
func stampOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

// transitionRecord is one line of `watch`.
type transitionRecord struct {
	Time    string       `json:"time"`
	Host    string       `json:"host,omitempty"`
	Server  string       `json:"server"`
	Session string       `json:"session"`
	Window  string       `json:"window"`
	Pane    string       `json:"pane"`
	Kind    string       `json:"kind"`
	From    health.State `json:"from"`
	To      health.State `json:"to"`
	// First is set when the agent has just appeared, Gone when its pane has
	// closed.
	First    bool           `json:"first,omitempty"`
	Gone     bool           `json:"gone,omitempty"`
	Evidence evidenceRecord `json:"evidence"`
}

func transitionRecordOf(t engine.Transition) transitionRecord {
	return transitionRecord{
		Time: t.At.Format(time.RFC3339Nano), Host: t.Agent.Ref.Host, Server: t.Agent.Server, Session: t.Agent.Session, Window: t.Agent.Window,
		Pane: t.Agent.Ref.Pane, Kind: kindWord(t.Agent.Kind), From: t.From, To: t.To,
		First: t.First, Gone: t.Gone, Evidence: evidenceOf(t.Evidence),
	}
}

// kindWord is the kind's name; "none" where no agent runs.
func kindWord(k health.Kind) string {
	if k == health.KindNone {
		return "none"
	}
	return string(k)
}
