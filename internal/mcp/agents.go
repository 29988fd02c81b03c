package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/ui/explain"
	"agentwatch/ui/sanitize"
)

// agent is one agent as the tools show it.
type agent struct {
	Pane    string `json:"pane"`
	Server  string `json:"server"`
	Session string `json:"session"`
	Window  string `json:"window"`
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Wait    string `json:"wait,omitempty"`
	// Since is in RFC 3339.
	Since    string  `json:"since"`
	Activity string  `json:"activity,omitempty"`
	Dialog   *dialog `json:"dialog,omitempty"`
	CWD      string  `json:"cwd,omitempty"`
	Repo     string  `json:"repo,omitempty"`
	Branch   string  `json:"branch,omitempty"`
	Snoozed  bool    `json:"snoozed,omitempty"`
	// TokensToday and CostToday are what it has used today, as its session files tell.
	TokensToday int64   `json:"tokens_today,omitempty"`
	CostToday   float64 `json:"cost_today,omitempty"`
	// Stale is set when its tmux server does not answer.
	Stale bool `json:"stale,omitempty"`
	Self  bool `json:"self,omitempty"`
	// Ticket is good for one send; only where that is allowed.
	Ticket string `json:"ticket,omitempty"`
}

type dialog struct {
	Question string   `json:"question"`
	Body     []string `json:"body,omitempty"`
	Options  []option `json:"options"`
}

type option struct {
	// Number counts from 1.
	Number   int    `json:"number"`
	Label    string `json:"label"`
	Selected bool   `json:"selected,omitempty"`
}

// clean is a text of a pane without what terminals would obey, of a bounded length.
func clean(text string) string {
	text = sanitize.Text(text)
	if len(text) > maxFieldSize {
		text = strings.ToValidUTF8(text[:maxFieldSize], "") + "…"
	}
	return text
}

// shown is an agent for the client, with a ticket where it may be answered.
func (s *Server) shown(a engine.Agent) agent {
	is := agent{
		Pane: a.Ref.Pane, Server: clean(a.Server), Session: clean(a.Session), Window: clean(a.Window), Kind: kindWord(a.Kind),
		State: a.Urgency().String(), Wait: a.Wait.String(), Since: a.Since.Format(time.RFC3339), Activity: clean(a.Activity),
		CWD: clean(a.CWD), Snoozed: a.Snoozed(), Stale: a.Stale, Self: s.self(a),
	}
	if a.Repo != nil {
		is.Repo, is.Branch = clean(a.Repo.Name), clean(a.Repo.Branch)
	}
	if t := a.Tokens; t != nil && t.Day == time.Now().Format(time.DateOnly) {
		is.TokensToday, is.CostToday = t.Today.Total(), t.Today.Cost
	}
	if a.Dialog != nil {
		is.Dialog = &dialog{Question: clean(a.Dialog.Question), Options: []option{}}
		for _, row := range a.Dialog.Body {
			is.Dialog.Body = append(is.Dialog.Body, clean(row))
		}
		for i, o := range a.Dialog.Options {
			is.Dialog.Options = append(is.Dialog.Options, option{i + 1, clean(o.Label), o.Selected})
		}
	}
	if s.options.AllowSend && !is.Self && !a.Stale {
		is.Ticket = s.tickets.issue(a)
	}
	return is
}

func kindWord(k health.Kind) string {
	if k == health.KindNone {
		return "none"
	}
	return string(k)
}

// self tells whether an agent is the one that asks.
func (s *Server) self(a engine.Agent) bool {
	return a.Ref == s.options.Own || s.options.Parent > 1 && a.PID == s.options.Parent && a.Ref.Host == ""
}

type listAsked struct {
	States []string `json:"states,omitempty" jsonschema:"only agents in one of these states"`
}

type listed struct {
	Agents []agent `json:"agents"`
	// Problems are what keeps agents from being seen.
	Problems []string `json:"problems,omitempty"`
}

func (s *Server) list(ctx context.Context, _ *sdk.CallToolRequest, in listAsked) (*sdk.CallToolResult, listed, error) {
	states, err := parseStates(in.States)
	if err != nil {
		return nil, listed{}, err
	}
	out := listed{Agents: []agent{}}
	err = s.ask(ctx, func(ctx context.Context, c *client.Client) error {
		snap, err := c.SnapshotWithRepositories(ctx)
		if err != nil {
			return err
		}
		for _, a := range snap.Agents {
			if len(states) == 0 || inStates(a, states) {
				out.Agents = append(out.Agents, s.shown(a))
			}
		}
		for _, n := range snap.Notices {
			if n.Severity != engine.SeverityInfo {
				out.Problems = append(out.Problems, clean(n.Text))
			}
		}
		return nil
	})
	return nil, out, err
}

// ask is Engine.Ask within a bounded time.
func (s *Server) ask(ctx context.Context, question func(context.Context, *client.Client) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, errors.New("agentwatch does not answer in time"))
	defer cancel()
	err := s.options.Engine.Ask(ctx, question)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func parseStates(words []string) ([]engine.Urgency, error) {
	var states []engine.Urgency
	for _, word := range words {
		u, err := engine.ParseUrgency(word)
		if err != nil {
			return nil, err
		}
		states = append(states, u)
	}
	return states, nil
}

// inStates tells whether an agent is in one of the states; done is idle, too.
func inStates(a engine.Agent, states []engine.Urgency) bool {
	u := a.Urgency()
	return slices.Contains(states, u) || u == engine.UrgencyDone && slices.Contains(states, engine.UrgencyIdle)
}

type paneAsked struct {
	Pane   string `json:"pane" jsonschema:"the pane's id, such as %3"`
	Server string `json:"server,omitempty" jsonschema:"the tmux server's name from list; needed only where several have the pane"`
}

// find is the agent in a pane.
func find(ctx context.Context, c *client.Client, in paneAsked) (engine.Agent, error) {
	snap, err := c.Snapshot(ctx)
	if err != nil {
		return engine.Agent{}, err
	}
	var found []engine.Agent
	for _, a := range snap.Agents {
		if a.Ref.Pane == in.Pane && (in.Server == "" || in.Server == a.Server) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return engine.Agent{}, fmt.Errorf("there is no agent in %s; list shows where they are", clean(in.Pane))
	case 1:
		return found[0], nil
	default:
		return engine.Agent{}, fmt.Errorf("%s is on several tmux servers; say which one", clean(in.Pane))
	}
}

type textShown struct {
	Pane string `json:"pane"`
	Text string `json:"text"`
	// Cut is set when rows at the top were left out.
	Cut bool `json:"cut,omitempty"`
}

// explain says why an agent is judged as it is. Panes without one are left alone: what
// the user does there is no agent's business.
func (s *Server) explain(ctx context.Context, _ *sdk.CallToolRequest, in paneAsked) (*sdk.CallToolResult, textShown, error) {
	out := textShown{Pane: in.Pane}
	err := s.ask(ctx, func(ctx context.Context, c *client.Client) error {
		a, err := find(ctx, c, in)
		if err != nil {
			return err
		}
		e, err := c.Explain(ctx, a.Ref)
		if err != nil {
			return err
		}
		plain := func(text string) string { return text }
		out.Text, out.Cut = bounded(explain.Lines(e, explain.Paint{Heading: plain, Strong: plain, Faint: plain, Mark: plain}))
		return nil
	})
	return nil, out, err
}

type screenAsked struct {
	paneAsked
	Rows int `json:"rows,omitempty" jsonschema:"rows of the scroll-back above the screen, at most 2000"`
}

func (s *Server) screen(ctx context.Context, _ *sdk.CallToolRequest, in screenAsked) (*sdk.CallToolResult, textShown, error) {
	if in.Rows < 0 || in.Rows > maxRows {
		return nil, textShown{}, fmt.Errorf("rows %d is not between 0 and %d", in.Rows, maxRows)
	}
	out := textShown{Pane: in.Pane}
	err := s.ask(ctx, func(ctx context.Context, c *client.Client) error {
		a, err := find(ctx, c, in.paneAsked)
		if err != nil {
			return err
		}
		history, err := c.PlainHistory(ctx, a.Ref, in.Rows)
		if err != nil {
			return err
		}
		rows := strings.Split(history.Text, "\n")
		for i := range rows {
			rows[i] = strings.TrimRight(sanitize.Text(rows[i]), " ")
		}
		out.Text, out.Cut = bounded(rows)
		return nil
	})
	return nil, out, err
}

// bounded joins the last rows that are not too much together.
func bounded(rows []string) (text string, cut bool) {
	size, from := 0, len(rows)
	for from > 0 && size+len(rows[from-1])+1 <= maxScreen {
		from--
		size += len(rows[from]) + 1
	}
	return strings.Join(rows[from:], "\n"), from > 0
}

type waitAsked struct {
	Pane    string   `json:"pane,omitempty" jsonschema:"the agent in this pane, such as %3"`
	Server  string   `json:"server,omitempty" jsonschema:"the tmux server's name from list; needed only where several have the pane"`
	Session string   `json:"session,omitempty" jsonschema:"the agents of this tmux session"`
	States  []string `json:"states,omitempty" jsonschema:"the states to wait for; idle by default"`
	All     bool     `json:"all,omitempty" jsonschema:"wait until all of them are in one of the states"`
	Timeout int      `json:"timeout_seconds,omitempty" jsonschema:"how long to wait at most; your client may give up earlier"`
}

type waitedFor struct {
	// Outcome is reached, timeout or gone.
	Outcome string  `json:"outcome"`
	Agents  []agent `json:"agents"`
}

// errWaited is why waiting ends whose time is over.
var errWaited = errors.New("the time is over")

func (s *Server) wait(ctx context.Context, _ *sdk.CallToolRequest, in waitAsked) (*sdk.CallToolResult, waitedFor, error) {
	out := waitedFor{Agents: []agent{}}
	if len(in.States) == 0 {
		in.States = []string{engine.UrgencyIdle.String()}
	}
	states, err := parseStates(in.States)
	if err != nil {
		return nil, out, err
	}
	timeout := time.Duration(in.Timeout) * time.Second
	switch {
	case timeout == 0:
		timeout = waitTime
	case timeout < 0 || timeout > maxWait:
		return nil, out, fmt.Errorf("timeout_seconds %d is not between 1 and %d", in.Timeout, int(maxWait.Seconds()))
	}
	wish := Wish{States: states, Pane: in.Pane, Session: in.Session, All: in.All}
	if in.Pane != "" {
		// Who is meant is settled first: waiting itself asks no questions back.
		err := s.ask(ctx, func(ctx context.Context, c *client.Client) error {
			a, err := find(ctx, c, paneAsked{in.Pane, in.Server})
			wish.Socket = a.Ref.Server
			return err
		})
		if err != nil {
			return nil, out, err
		}
	} else {
		wish.Except = s.options.Own
	}
	waiting, cancel := context.WithTimeoutCause(ctx, timeout, errWaited)
	defer cancel()
	waited, err := s.options.Engine.Wait(waiting, wish)
	switch {
	case errors.Is(context.Cause(waiting), errWaited):
		out.Outcome = "timeout"
		return nil, out, nil
	case err != nil:
		return nil, out, err
	case waited.Gone:
		out.Outcome = "gone"
	default:
		out.Outcome = "reached"
	}
	for _, a := range waited.Agents {
		out.Agents = append(out.Agents, s.shown(a))
	}
	return nil, out, nil
}
