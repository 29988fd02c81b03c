package mcp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"agentwatch/engine"
	"agentwatch/engine/client"
)

// tickets are what the client has seen of agents, by a word that it cannot guess.
// Each is good for one answer; the oldest are forgotten. Safe for concurrent use.
type tickets struct {
	mu    sync.Mutex
	seen  map[string]engine.Agent
	order []string
}

func (t *tickets) issue(a engine.Agent) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = make(map[string]engine.Agent)
	}
	word := rand.Text()
	t.seen[word] = a
	t.order = append(t.order, word)
	if len(t.order) > maxTickets {
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
	return word
}

func (t *tickets) take(word string) (engine.Agent, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, known := t.seen[word]
	delete(t.seen, word)
	return a, known
}

type sendAsked struct {
	Ticket string `json:"ticket" jsonschema:"the agent's ticket from list or wait"`
	Action string `json:"action" jsonschema:"approve, deny, choose, reply or interrupt"`
	Option int    `json:"option,omitempty" jsonschema:"for choose: the option's number, counted from 1"`
	Text   string `json:"text,omitempty" jsonschema:"for reply: the text"`
}

// sent is what came of an answer.
type sent struct {
	// Outcome is confirmed, uncertain or refused.
	Outcome string `json:"outcome"`
	Typed   string `json:"typed,omitempty"`
	Problem string `json:"problem,omitempty"`
	// Changed is what is not as it was seen.
	Changed []string `json:"changed,omitempty"`
}

func (s *Server) send(ctx context.Context, request *sdk.CallToolRequest, in sendAsked) (*sdk.CallToolResult, sent, error) {
	r, err := s.request(in)
	if err != nil {
		return failed(), sent{Outcome: "refused", Problem: err.Error()}, nil
	}
	r.By = "mcp"
	if p := request.Session.InitializeParams(); p != nil && p.ClientInfo != nil {
		r.By += ": " + clean(p.ClientInfo.Name)
	}
	s.sending.Add(1)
	defer s.sending.Done()
	// Whoever has left meanwhile has asked for it all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	var outcome engine.Outcome
	err = s.options.Engine.Ask(ctx, func(ctx context.Context, c *client.Client) error {
		plan, err := c.PlanAnswer(ctx, r)
		if err != nil {
			return err
		}
		r.Shown = plan.Words
		outcome, err = c.Answer(ctx, r)
		return err
	})
	out := sent{Outcome: "confirmed", Typed: clean(outcome.What())}
	if outcome.Sent {
		if problem := s.options.Engine.Keep(ctx, outcome); problem != nil {
			out.Problem = "it is not in the history: " + problem.Error()
		}
	}
	if err == nil && outcome.Confirmed {
		return nil, out, nil
	}
	out.Outcome = "refused"
	if outcome.Sent {
		out.Outcome = "uncertain"
	}
	out.Problem = clean(fmt.Sprint(err))
	var changed *engine.ChangedError
	if errors.As(err, &changed) {
		for _, d := range changed.Differences {
			out.Changed = append(out.Changed, clean(d.String()))
		}
	}
	return failed(), out, nil
}

// failed marks a result as that of a call that has not done what it should.
func failed() *sdk.CallToolResult { return &sdk.CallToolResult{IsError: true} }

// errTicket is what is said of a ticket that was used, or never issued.
var errTicket = errors.New("the ticket is unknown or was used; look at the agent again with list, and at its screen if an answer was uncertain")

// request is what the engine is to be asked for.
func (s *Server) request(in sendAsked) (engine.Request, error) {
	a, known := s.tickets.take(in.Ticket)
	if !known {
		return engine.Request{}, errTicket
	}
	r := engine.Request{Target: a.Ref, Seen: engine.SeenOf(a)}
	switch in.Action {
	case engine.ActionApprove.String():
		r.Action = engine.ActionApprove
	case engine.ActionDeny.String():
		r.Action = engine.ActionDeny
	case engine.ActionInterrupt.String():
		r.Action = engine.ActionInterrupt
	case engine.ActionReply.String():
		r.Action, r.Text = engine.ActionReply, in.Text
	case engine.ActionChoose.String():
		r.Action, r.Option = engine.ActionChoose, in.Option-1
		if a.Dialog == nil || r.Option < 0 || r.Option >= len(a.Dialog.Options) {
			return r, fmt.Errorf("%s offers no option %d", a.Ref.Pane, in.Option)
		}
	default:
		return r, fmt.Errorf("there is no action %q: approve, deny, choose, reply, interrupt", clean(in.Action))
	}
	return r, nil
}
