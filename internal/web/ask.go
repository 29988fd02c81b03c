package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

const (
	// askTime bounds the answer to a question, answerTime an answer to an agent with
	// its confirmation.
	askTime    = 10 * time.Second
	answerTime = 50 * time.Second
	// maxScrollback is how many rows of a scroll-back are sent.
	maxScrollback = 2000
	// pastsFrom is how far back pasts go, maxPhases how many phases of one are sent.
	pastsFrom = 24 * time.Hour
	maxPhases = 500
)

var (
	errTooMany  = errors.New("too many questions at once")
	errGone     = errors.New("the agent is gone")
	errNothing  = errors.New("the question is not understood")
	errTooSlow  = errors.New("no answer in time")
	errChanged  = errors.New("it has changed meanwhile; look at it again")
	errNoAnswer = errors.New("agentwatch web was started without --allow-answers: nothing is typed")
	errNoText   = errors.New("agentwatch web was started without --allow-text: only what it offers can be chosen")
	errNonce    = errors.New("this was sent already, or it took too long: look at it again")
)

// question is what a page can ask: one of its fields.
type question struct {
	Scrollback *struct {
		Agent string `json:"agent"`
		Rows  int    `json:"rows"`
		// Above is how many of the newest rows are left out.
		Above int `json:"above"`
	} `json:"scrollback"`
	Explain *struct {
		Agent string `json:"agent"`
	} `json:"explain"`
	Pasts *struct {
		Agents []string `json:"agents"`
	} `json:"pasts"`
	Seen *struct {
		Agent string `json:"agent"`
	} `json:"seen"`
	Search *struct {
		Agent string `json:"agent"`
		Text  string `json:"text"`
	} `json:"search"`
	Diff *struct {
		Agent string `json:"agent"`
		Base  bool   `json:"base"`
		// File is the number of the one whose rows are wanted, from 0; nil for those of
		// as many as have room.
		File *int `json:"file"`
	} `json:"diff"`
	Snooze *struct {
		Agent string `json:"agent"`
		// Until is in milliseconds since 1970; 0 for until there is something new.
		Until int64 `json:"until"`
	} `json:"snooze"`
	Wake *struct {
		Agent string `json:"agent"`
	} `json:"wake"`
	Plan *planAsked `json:"plan"`
	Give *struct {
		Nonce string `json:"nonce"`
	} `json:"give"`
}

// answer answers a question, unless the page withdraws it meanwhile.
func (p *page) answer(ctx context.Context, n uint64, q question) {
	wanted, done := p.answering(ctx, n)
	defer done()
	limit := askTime
	if q.Give != nil {
		limit = answerTime
	}
	asked, cancel := context.WithTimeoutCause(wanted, limit, errTooSlow)
	defer cancel()
	value, err := p.answerTo(asked, q)
	if wanted.Err() != nil {
		return // nobody waits for it
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(asked)
	}
	p.tell(ctx, n, value, err)
}

// tell sends the answer to a question, or why there is none.
func (p *page) tell(ctx context.Context, n uint64, value any, err error) {
	answer := map[string]any{"answer": n}
	if err != nil {
		answer["error"] = sanitize.Text(err.Error())
	} else {
		answer["value"] = value
	}
	// A page that is gone is noticed by its reader.
	_ = p.write(ctx, answer)
}

func (p *page) answerTo(ctx context.Context, q question) (any, error) {
	switch {
	case q.Scrollback != nil:
		return p.scrollback(ctx, q.Scrollback.Agent, q.Scrollback.Rows, q.Scrollback.Above)
	case q.Explain != nil:
		return p.explain(ctx, q.Explain.Agent)
	case q.Pasts != nil:
		return p.pasts(ctx, q.Pasts.Agents)
	case q.Seen != nil:
		return p.change(q.Seen.Agent, func(ref health.PaneRef) error { return p.server.options.Monitor.MarkSeen(ctx, ref) })
	case q.Snooze != nil:
		until := time.Time{}
		if q.Snooze.Until > 0 {
			until = time.UnixMilli(q.Snooze.Until)
		}
		return p.change(q.Snooze.Agent, func(ref health.PaneRef) error { return p.server.options.Monitor.Snooze(ctx, ref, until) })
	case q.Wake != nil:
		return p.change(q.Wake.Agent, func(ref health.PaneRef) error { return p.server.options.Monitor.Wake(ctx, ref) })
	case q.Search != nil:
		return p.search(ctx, q.Search.Agent, q.Search.Text)
	case q.Diff != nil:
		file := -1
		if q.Diff.File != nil {
			file = max(*q.Diff.File, 0)
		}
		return p.diff(ctx, q.Diff.Agent, q.Diff.Base, file)
	case q.Plan != nil:
		return p.plan(*q.Plan)
	case q.Give != nil:
		return p.give(ctx, q.Give.Nonce)
	default:
		return nil, errNothing
	}
}

// change changes what is known of an agent; nothing is typed.
func (p *page) change(id string, do func(health.PaneRef) error) (any, error) {
	a, known := p.server.hub.agent(id)
	if !known {
		return nil, errGone
	}
	return true, do(a.Ref)
}

// history is the scroll-back of a pane with its screen, oldest row first.
type history struct {
	Rows []json.RawMessage `json:"rows"`
	At   int64             `json:"at"`
}

// scrollback is what a pane has shown: so many rows, above so many that are left out.
func (p *page) scrollback(ctx context.Context, id string, rows, above int) (history, error) {
	a, known := p.server.hub.agent(id)
	if !known {
		return history{}, errGone
	}
	rows, above = min(max(rows, 0), maxScrollback), min(max(above, 0), searchedRows)
	h, err := p.server.options.Monitor.History(ctx, a.Ref, rows+above)
	text := strings.TrimRight(h.Text, "\n")
	if above > 0 {
		all := strings.Split(text, "\n")
		all = all[:max(len(all)-above, 0)]
		text = strings.Join(all[max(len(all)-rows, 0):], "\n")
	}
	return history{encodedRows(text), millis(h.At)}, err
}

// explained is why a pane is judged as it is.
type explained struct {
	Summary  string        `json:"summary"`
	Identity string        `json:"identity"`
	Profile  string        `json:"profile"`
	Areas    []health.Area `json:"areas"`
	Steps    []health.Step `json:"steps"`
	Title    string        `json:"title"`
	Evidence evidence      `json:"evidence"`
	Rows     []string      `json:"rows"`
	At       int64         `json:"at"`
}

func (p *page) explain(ctx context.Context, id string) (explained, error) {
	a, known := p.server.hub.agent(id)
	if !known {
		return explained{}, errGone
	}
	e, err := p.server.options.Monitor.Explain(ctx, a.Ref)
	if err != nil {
		return explained{}, err
	}
	shown := explained{
		Summary: sanitize.Text(e.Summary()), Profile: sanitize.Text(e.Profile), Areas: e.Areas, Title: sanitize.Text(e.Title),
		Evidence: evidenceOf(e.Verdict.Evidence), Rows: cleaned(e.Rows), At: millis(e.At),
		Identity: sanitize.Text(fmt.Sprintf("%s, by %s: %s", e.Identity.Kind, e.Identity.Source, e.Identity.Text)),
	}
	for _, s := range e.Steps {
		s.Rules, s.Text = cleaned(s.Rules), sanitize.Text(s.Text)
		shown.Steps = append(shown.Steps, s)
	}
	return shown, nil
}

// phase is one entry of an agent's past: when, in milliseconds, and what it became;
// "" where nobody watched.
type phase [2]any

// pasts are what agents were in the last day; of all agents when none is named.
func (p *page) pasts(ctx context.Context, ids []string) (map[string][]phase, error) {
	all, chosen := p.server.hub.agents(), make(map[string]engine.Agent)
	for id, a := range all {
		chosen[id] = a
	}
	if len(ids) > 0 {
		clear(chosen)
		for _, id := range ids {
			if a, known := all[id]; known {
				chosen[id] = a
			}
		}
	}
	agents := make([]engine.Agent, 0, len(chosen))
	for _, a := range chosen {
		agents = append(agents, a)
	}
	// What was recorded before is missing when it cannot be read; what is known of the
	// agents themselves is not.
	before, _ := p.server.options.Monitor.Phases(ctx, agents, p.server.options.Now().Add(-pastsFrom))
	pasts := make(map[string][]phase, len(chosen))
	for id, a := range chosen {
		whole := append(before[a.Ref][:len(before[a.Ref]):len(before[a.Ref])], a.Past...)
		whole = whole[max(len(whole)-maxPhases, 0):]
		sent := make([]phase, len(whole))
		for i, was := range whole {
			sent[i] = phase{millis(was.At), was.Urgency.String()}
			if was.Gap {
				sent[i][1] = ""
			}
		}
		pasts[id] = sent
	}
	return pasts, nil
}
