package web

import (
	"encoding/json"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
)

// field is one field of an agent on its way to a page. Only those that have changed
// are sent.
type field uint8

const (
	fieldName field = iota
	fieldWhich
	fieldHost
	fieldServer
	fieldSession
	fieldWindow
	fieldPane
	fieldKind
	fieldUrgency
	fieldState
	fieldWait
	fieldSince
	fieldStale
	fieldConfidence
	fieldEvidence
	fieldActivity
	fieldDialog
	fieldFacts
	fieldTitle
	fieldFolder
	fieldRepository
	fieldPull
	fieldTask
	fieldTokens
	fieldSnooze
	fieldTexts
	fieldGoesOn
	fieldSize
	fieldComposer
	fieldPID
	fieldCount
)

// seenFields are those that an answer depends on: what the user must have seen of an
// agent to answer it.
func seenFields() []field {
	return []field{fieldKind, fieldState, fieldWait, fieldSince, fieldDialog, fieldComposer, fieldPID, fieldStale, fieldPane}
}

func fieldWords() [fieldCount]string {
	return [...]string{
		fieldName: "name", fieldWhich: "which", fieldHost: "host", fieldServer: "server", fieldSession: "session", fieldWindow: "window",
		fieldPane: "pane", fieldKind: "kind", fieldUrgency: "urgency", fieldState: "state", fieldWait: "wait", fieldSince: "since",
		fieldStale: "stale", fieldConfidence: "confidence", fieldEvidence: "evidence", fieldActivity: "activity", fieldDialog: "dialog",
		fieldFacts: "facts", fieldTitle: "title", fieldFolder: "folder", fieldRepository: "repository", fieldPull: "pull",
		fieldTask: "task", fieldTokens: "tokens", fieldSnooze: "snooze", fieldTexts: "texts", fieldGoesOn: "goes_on", fieldSize: "size",
		fieldComposer: "composer", fieldPID: "pid",
	}
}

// String returns the field's word.
func (f field) String() string { return fieldWords()[f] }

// dialog is what an agent asks, made fit to be shown.
type dialog struct {
	Question string   `json:"question,omitempty"`
	Body     []string `json:"body,omitempty"`
	Options  []option `json:"options,omitempty"`
	Footer   string   `json:"footer,omitempty"`
}

type option struct {
	Key      string `json:"key,omitempty"`
	Label    string `json:"label"`
	Selected bool   `json:"selected,omitempty"`
}

func dialogOf(d *health.Dialog) *dialog {
	if d == nil {
		return nil
	}
	shown := &dialog{Question: sanitize.Text(d.Question), Body: cleaned(d.Body), Footer: sanitize.Text(d.Footer)}
	for _, o := range d.Options {
		shown.Options = append(shown.Options, option{sanitize.Text(o.Key), sanitize.Text(o.Label), o.Selected})
	}
	return shown
}

// evidence is what decided a verdict, made fit to be shown.
type evidence struct {
	Source  health.Source `json:"source"`
	Rule    string        `json:"rule,omitempty"`
	Line    int           `json:"line,omitempty"`
	Text    string        `json:"text,omitempty"`
	Against []string      `json:"against,omitempty"`
}

func evidenceOf(e health.Evidence) evidence {
	return evidence{e.Source, sanitize.Text(e.Rule), e.Line, sanitize.Text(e.Text), cleaned(e.Against)}
}

// cleaned makes lines fit to be shown.
func cleaned(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, sanitize.Text(line))
	}
	return all
}

// repository is what git knows of the folder that an agent works in.
type repository struct {
	Name string `json:"name"`
	// On is the branch or commit, Changes what differs from it and its upstream.
	On      string `json:"on,omitempty"`
	Changes string `json:"changes,omitempty"`
}

// pull is the pull request of a branch, in words.
type pull struct {
	Words  string `json:"words"`
	Checks string `json:"checks,omitempty"`
}

// snooze is set while the user does not want to hear of what an agent needs: until a
// time, or, when that is 0, until there is something new.
type snooze struct {
	Until int64 `json:"until,omitempty"`
}

// waitingText waits until its agent is at its prompt.
type waitingText struct {
	Text string `json:"text"`
	// State is begun or uncertain; empty for one that waits.
	State string `json:"state,omitempty"`
}

func textsOf(texts []engine.WaitingText) []waitingText {
	all := make([]waitingText, len(texts))
	for i, t := range texts {
		all[i].Text = sanitize.Text(t.Text)
		switch {
		case t.Uncertain:
			all[i].State = "uncertain"
		case t.Begun:
			all[i].State = "begun"
		}
	}
	return all
}

// factsOf are the names of facts and what they are. How much of the context is left is
// told with the tokens where the files of the session tell it better.
func factsOf(a *engine.Agent) (facts [][2]string) {
	for _, f := range a.Facts {
		if f.Name != health.FactContext || f.Source == health.SourceScreen || format.ContextLeft(a.Tokens) == "" {
			facts = append(facts, [2]string{f.Name.String(), sanitize.Text(f.Value)})
		}
	}
	return facts
}

// millis is a time as a page has it: milliseconds since 1970, 0 for none.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// fieldsOf are an agent's fields as JSON; nil stands for one that is empty.
func fieldsOf(a *engine.Agent, name engine.Name) (all [fieldCount]json.RawMessage) {
	text := func(f field, s string) {
		if s = sanitize.Text(s); s != "" {
			all[f] = encoded(s)
		}
	}
	text(fieldName, name.Label)
	text(fieldWhich, name.Which)
	text(fieldHost, a.Ref.Host)
	text(fieldServer, a.Server)
	text(fieldSession, a.Session)
	text(fieldWindow, a.Window)
	text(fieldPane, a.Ref.Pane)
	text(fieldKind, string(a.Kind))
	text(fieldUrgency, a.Urgency().String())
	text(fieldState, a.State.String())
	text(fieldWait, a.Wait.String())
	text(fieldActivity, a.Activity)
	text(fieldTitle, a.Title)
	text(fieldFolder, a.CWD)
	all[fieldSince] = encoded(millis(a.Since))
	all[fieldEvidence] = encoded(evidenceOf(a.Evidence))
	if a.Stale {
		all[fieldStale] = encoded(true)
	}
	if a.Confidence > 0 {
		all[fieldConfidence] = encoded(float64(int(a.Confidence*100+0.5)) / 100)
	}
	if a.Dialog != nil {
		all[fieldDialog] = encoded(dialogOf(a.Dialog))
	}
	if facts := factsOf(a); len(facts) > 0 {
		all[fieldFacts] = encoded(facts)
	}
	if a.Repo != nil {
		all[fieldRepository] = encoded(repository{sanitize.Text(a.Repo.Name), sanitize.Text(a.Repo.On()), format.Changes(a.Repo, "↑", "↓")})
	}
	if a.Pull != nil {
		all[fieldPull] = encoded(pull{sanitize.Text(format.PullRequest(a.Pull)), sanitize.Text(format.Checks(a.Pull))})
	}
	text(fieldTask, agentlist.Task(a))
	text(fieldGoesOn, agentlist.GoOnWords(a))
	all[fieldTokens] = spentOf(a.Tokens)
	if a.Snoozed() {
		all[fieldSnooze] = encoded(snooze{millis(a.Snooze.Until)})
	}
	if len(a.Texts) > 0 {
		all[fieldTexts] = encoded(textsOf(a.Texts))
	}
	if a.Width > 0 {
		all[fieldSize] = encoded([2]int{a.Width, a.Height})
	}
	if a.Composer > 0 {
		all[fieldComposer] = encoded(a.Composer)
	}
	if a.PID > 0 {
		all[fieldPID] = encoded(a.PID)
	}
	return all
}

// encoded is a value as JSON. Those that are given to it always have one.
func encoded(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic("web: " + err.Error())
	}
	return data
}

// nameOf is what an agent is called among others.
func nameOf(a *engine.Agent, names map[health.PaneRef]engine.Name) engine.Name {
	if name, shared := names[a.Ref]; shared {
		return name
	}
	return engine.Name{Label: roster.Label(a)}
}
