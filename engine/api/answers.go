package api

import (
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

// TraceParent is the header with the span of whoever asks, as W3C's Trace Context has
// it: the span of an answer becomes a part of that.
const TraceParent = "Traceparent"

// Answer asks to plan or to give an answer to an agent; see engine.Request.
type Answer struct {
	// ID identifies the answer: the same one twice is given once.
	ID     string         `json:"id,omitempty"`
	Target health.PaneRef `json:"target"`
	// Action is approve, deny, choose, reply, interrupt, keys or resume.
	Action string `json:"action"`
	// Option is for choose: the index of the option from 0.
	Option  int      `json:"option,omitempty"`
	Text    string   `json:"text,omitempty"`
	Keys    []string `json:"keys,omitempty"`
	Seen    Seen     `json:"seen"`
	Shown   string   `json:"shown,omitempty"`
	InPopup bool     `json:"in_popup,omitempty"`
	By      string   `json:"by,omitempty"`
}

// Seen is what the user saw of the agent when deciding so.
type Seen struct {
	PID      int               `json:"pid,omitempty"`
	Kind     health.Kind       `json:"kind"`
	State    health.State      `json:"state"`
	Wait     health.WaitReason `json:"wait,omitempty"`
	Since    time.Time         `json:"since,omitzero"`
	Dialog   *health.Dialog    `json:"dialog,omitempty"`
	Composer bool              `json:"composer,omitempty"`
	Resume   string            `json:"resume,omitempty"`
	Shows    string            `json:"shows,omitempty"`
	Revision uint64            `json:"revision,omitempty"`
}

// AnswerOf is a request on its way.
func AnswerOf(id string, r engine.Request) Answer {
	return Answer{
		ID: id, Target: r.Target, Action: r.Action.String(), Option: r.Option, Text: r.Text, Keys: keyNames(r.Keys),
		Seen: Seen(r.Seen), Shown: r.Shown, InPopup: r.InPopup, By: r.By,
	}
}

// Request is what the engine is asked for. It returns ErrRequest for an unknown
// action or key.
func (a Answer) Request() (engine.Request, error) {
	r := engine.Request{
		Target: a.Target, Option: a.Option, Text: a.Text, Seen: engine.Seen(a.Seen), Shown: a.Shown, InPopup: a.InPopup, By: a.By,
	}
	for action := engine.ActionApprove; action <= engine.ActionResume; action++ {
		if action.String() == a.Action {
			r.Action = action
		}
	}
	if r.Action == 0 {
		return r, fmt.Errorf("%w: no action is called %q", ErrRequest, a.Action)
	}
	var err error
	r.Keys, err = parseKeys(a.Keys)
	return r, err
}

func keyNames(keys []engine.Key) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.String())
	}
	return names
}

func parseKeys(names []string) ([]engine.Key, error) {
	var keys []engine.Key
	for _, name := range names {
		k, err := engine.ParseKey(name)
		if err != nil {
			return keys, fmt.Errorf("%w: %w", ErrRequest, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Plan is what an answer would type; see engine.AnswerPlan.
type Plan struct {
	Words  string   `json:"words"`
	Option int      `json:"option"`
	Keys   []string `json:"keys,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// PlanOf is a plan on its way.
func PlanOf(p engine.AnswerPlan) Plan { return Plan{p.Words, p.Option, keyNames(p.Keys), p.Text} }

// AnswerPlan is the plan for those who show it.
func (p Plan) AnswerPlan() (engine.AnswerPlan, error) {
	keys, err := parseKeys(p.Keys)
	return engine.AnswerPlan{Words: p.Words, Option: p.Option, Keys: keys, Text: p.Text}, err
}

// Outcome is what came of an answer; see engine.Outcome.
type Outcome struct {
	Agent     engine.Agent  `json:"agent"`
	At        time.Time     `json:"at,omitzero"`
	Took      time.Duration `json:"took_ns"`
	Sent      bool          `json:"sent"`
	Uncertain bool          `json:"uncertain,omitempty"`
	Confirmed bool          `json:"confirmed"`
	Keys      []string      `json:"keys,omitempty"`
	Text      string        `json:"text,omitempty"`
	Before    string        `json:"before,omitempty"`
	After     string        `json:"after,omitempty"`
	Problem   string        `json:"problem,omitempty"`
	// Error is why the answer was not given, or not confirmed.
	Error *Error `json:"error,omitempty"`
}

// OutcomeOf is an outcome on its way, without the agent's past.
func OutcomeOf(o engine.Outcome, err error) (Outcome, int) {
	e, status := ErrorOf(err)
	o.Agent.Past = nil
	return Outcome{
		Agent: o.Agent, At: o.At, Took: o.Took, Sent: o.Sent, Uncertain: o.Uncertain, Confirmed: o.Confirmed,
		Keys: keyNames(o.Keys), Text: o.Text, Before: o.Before, After: o.After, Problem: o.Problem, Error: e,
	}, status
}

// Outcome is what came of the request.
func (o Outcome) Outcome(r engine.Request) (engine.Outcome, error) {
	keys, err := parseKeys(o.Keys)
	if o.Error != nil {
		err = o.Error
	}
	return engine.Outcome{
		Request: r, Agent: o.Agent, At: o.At, Took: o.Took, Sent: o.Sent, Uncertain: o.Uncertain, Confirmed: o.Confirmed,
		Keys: keys, Text: o.Text, Before: o.Before, After: o.After, Problem: o.Problem,
	}, err
}

// Difference is one thing that is not as the user saw it.
type Difference struct {
	Aspect string `json:"aspect"`
	Seen   string `json:"seen"`
	Now    string `json:"now"`
}

func (d Difference) difference() engine.Difference {
	for aspect := answer.AspectPane; aspect <= answer.AspectAnswer; aspect++ {
		if aspect.String() == d.Aspect {
			return engine.Difference{Aspect: aspect, Seen: d.Seen, Now: d.Now}
		}
	}
	return engine.Difference{Aspect: answer.AspectScreen, Seen: d.Seen, Now: d.Now}
}
