package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

// confirmTime is how long a plan can be confirmed, maxPlans how many of one page can
// be waiting for it.
const (
	confirmTime = 10 * time.Second
	maxPlans    = 8
)

// planAsked asks what an answer would type.
type planAsked struct {
	Agent  string `json:"agent"`
	Action string `json:"action"`
	// Option is for choose, counted from 0; Text for reply, Keys for keys.
	Option int      `json:"option"`
	Text   string   `json:"text"`
	Keys   []string `json:"keys"`
}

// planned is what an answer would type, and the nonce with which it is given.
type planned struct {
	Words  string `json:"words"`
	Text   string `json:"text,omitempty"`
	Nonce  string `json:"nonce"`
	Within int64  `json:"within"` // milliseconds
}

// nonces are the plans of one page that wait for a second tap. Each can be taken once.
type nonces struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[string]waiting
}

type waiting struct {
	request engine.Request
	until   time.Time
}

func newNonces(now func() time.Time) *nonces {
	return &nonces{now: now, kept: make(map[string]waiting)}
}

func (n *nonces) keep(r engine.Request) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for nonce, w := range n.kept {
		if n.now().After(w.until) {
			delete(n.kept, nonce)
		}
	}
	if len(n.kept) >= maxPlans {
		return "", errTooMany
	}
	nonce := rand.Text()
	n.kept[nonce] = waiting{r, n.now().Add(confirmTime)}
	return nonce, nil
}

func (n *nonces) take(nonce string) (engine.Request, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w, known := n.kept[nonce]
	delete(n.kept, nonce)
	if !known || n.now().After(w.until) {
		return engine.Request{}, errNonce
	}
	return w.request, nil
}

// request is what the engine is to be asked for. An agent of which the page does not
// show the newest state is not answered.
func (p *page) request(asked planAsked) (engine.Request, error) {
	if !p.server.options.AllowAnswers {
		return engine.Request{}, errNoAnswer
	}
	a, fresh := p.server.hub.seen(asked.Agent, p.shows())
	switch {
	case a.Ref == (health.PaneRef{}):
		return engine.Request{}, errGone
	case !fresh:
		return engine.Request{}, errChanged
	}
	r := engine.Request{Target: a.Ref, Option: asked.Option, Seen: engine.SeenOf(a), By: "web: " + p.device.Name}
	for action := engine.ActionApprove; action <= engine.ActionKeys; action++ {
		if action.String() == asked.Action {
			r.Action = action
		}
	}
	switch r.Action {
	case 0:
		return r, fmt.Errorf("no action is called %q", asked.Action)
	case engine.ActionReply, engine.ActionKeys:
		if !p.server.options.AllowText {
			return r, errNoText
		}
		r.Text = asked.Text
		for _, name := range asked.Keys {
			k, err := engine.ParseKey(name)
			if err != nil {
				return r, err
			}
			r.Keys = append(r.Keys, k)
		}
	}
	return r, nil
}

// plan says what an answer would type. Nothing is typed.
func (p *page) plan(asked planAsked) (planned, error) {
	r, err := p.request(asked)
	if err != nil {
		return planned{}, err
	}
	plan, err := p.server.options.Monitor.Plan(r)
	if err != nil {
		return planned{}, err
	}
	r.Shown = plan.Words
	nonce, err := p.nonces.keep(r)
	return planned{sanitize.Text(plan.Words), sanitize.Text(plan.Text), nonce, confirmTime.Milliseconds()}, err
}

// outcome is what came of an answer.
type outcome struct {
	// Word is confirmed, uncertain, refused, or failed: typed, and it is known that it
	// did not do what it should.
	Word    string `json:"word"`
	What    string `json:"what,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// give types what was planned, if the pane is still as the page has shown it.
func (p *page) give(ctx context.Context, nonce string) (outcome, error) {
	r, err := p.nonces.take(nonce)
	if err != nil {
		return outcome{}, err
	}
	// A page that goes does not leave half a text.
	o, err := p.server.options.Monitor.Answer(context.WithoutCancel(ctx), r)
	told := outcome{What: sanitize.Text(o.What())}
	switch {
	case err == nil:
		told.Word = "confirmed"
	case errors.Is(err, engine.ErrUnconfirmed) && !o.Uncertain:
		told.Word, told.Problem = "failed", sanitize.Text(err.Error())
	case errors.Is(err, engine.ErrUnconfirmed):
		told.Word, told.Problem = "uncertain", sanitize.Text(err.Error())
	default:
		told.Word, told.Problem = "refused", sanitize.Text(err.Error())
	}
	return told, nil
}
