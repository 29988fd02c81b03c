package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"agentwatch/engine"
)

// ErrAmbiguous: a pane's id is on several servers.
var ErrAmbiguous = errors.New("serve: several tmux servers have the pane")

// Condition is what somebody waits for: that agents are in one of some states.
type Condition struct {
	// States are those that end the waiting. Idle includes done; done includes
	// an agent that became idle after the waiting began and was seen since.
	States []engine.Urgency `json:"states"`
	// Pane, Session, Window and Socket narrow the agents down; empty for all.
	Pane    string `json:"pane,omitempty"`
	Session string `json:"session,omitempty"`
	Window  string `json:"window,omitempty"`
	Socket  string `json:"socket,omitempty"`
	// All waits until all of the agents are in one of the states, not only any.
	All bool `json:"all,omitempty"`
	// Since is when the waiting began.
	Since time.Time `json:"since,omitzero"`
}

// Outcome is what has come of waiting.
type Outcome uint8

// The outcomes.
const (
	// OutcomePending: not yet.
	OutcomePending Outcome = iota
	// OutcomeReached: the condition is met.
	OutcomeReached
	// OutcomeGone: it cannot be met any more, because the pane or its agent is
	// gone.
	OutcomeGone
)

// String returns the outcome's word.
func (o Outcome) String() string {
	words := [...]string{"pending", "reached", "gone"}
	if int(o) < len(words) {
		return words[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText writes the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome's word.
func (o *Outcome) UnmarshalText(text []byte) error {
	for outcome := OutcomePending; outcome <= OutcomeGone; outcome++ {
		if outcome.String() == string(text) {
			*o = outcome
			return nil
		}
	}
	return fmt.Errorf("serve: no outcome is called %q", text)
}

// Waited is the end of waiting.
type Waited struct {
	Outcome Outcome `json:"outcome"`
	// Agents are those that are in one of the states, or those that are gone as
	// far as something is left of them.
	Agents []engine.Agent `json:"agents"`
}

// Check tells what a snapshot means for somebody who waits. It returns
// ErrAmbiguous for a pane that is on several servers, and ErrRequest for
// a condition without states.
func (c Condition) Check(s *engine.Snapshot) (Waited, error) {
	if len(c.States) == 0 {
		return Waited{}, fmt.Errorf("%w: wait for which states?", ErrRequest)
	}
	var chosen, there, over []engine.Agent
	for _, a := range s.Agents {
		if !c.means(a) {
			continue
		}
		if c.Pane != "" && len(there)+len(over) > 0 {
			return Waited{}, fmt.Errorf("%w: %s", ErrAmbiguous, c.Pane)
		}
		switch {
		case c.holds(a):
			chosen, there = append(chosen, a), append(there, a)
		case ended(a.Urgency()):
			over = append(over, a)
		default:
			there = append(there, a)
		}
	}
	switch {
	case len(chosen) > 0 && (!c.All || s.Ready && len(chosen) == len(there)):
		return Waited{OutcomeReached, chosen}, nil
	case len(there) == 0 && s.Ready && !c.anybody():
		return Waited{OutcomeGone, over}, nil
	default:
		return Waited{}, nil
	}
}

// anybody tells whether any agent will do, also one that has yet to come.
func (c Condition) anybody() bool {
	return !c.All && c.Pane == "" && c.Session == "" && c.Window == ""
}

// means tells whether the condition is about an agent.
func (c Condition) means(a engine.Agent) bool {
	return (c.Socket == "" || c.Socket == a.Ref.Server) && (c.Pane == "" || c.Pane == a.Ref.Pane) &&
		(c.Session == "" || c.Session == a.Session) && (c.Window == "" || c.Window == a.Window)
}

// holds tells whether an agent is in one of the states. What a server shows that
// does not answer is not known.
func (c Condition) holds(a engine.Agent) bool {
	if a.Stale {
		return false
	}
	u := a.Urgency()
	return slices.ContainsFunc(c.States, func(wanted engine.Urgency) bool {
		switch wanted {
		case engine.UrgencyIdle:
			return u == engine.UrgencyIdle || u == engine.UrgencyDone
		case engine.UrgencyDone:
			return u == engine.UrgencyDone || u == engine.UrgencyIdle && a.Since.After(c.Since)
		default:
			return u == wanted
		}
	})
}

// ended tells whether nothing more will come of an agent.
func ended(u engine.Urgency) bool { return u == engine.UrgencyExited || u == engine.UrgencyCrashed }

// Await waits for a condition on a stream of snapshots. It returns
// engine.ErrStopped when the stream ends, the error of ctx when that ends, and
// otherwise like Check.
func Await(ctx context.Context, snapshots <-chan *engine.Snapshot, c Condition) (Waited, error) {
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				return Waited{}, engine.ErrStopped
			}
			if w, err := c.Check(s); err != nil || w.Outcome != OutcomePending {
				return w, err
			}
		case <-ctx.Done():
			return Waited{}, ctx.Err()
		}
	}
}
