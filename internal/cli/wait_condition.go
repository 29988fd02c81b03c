package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// condition is what somebody waits for: that agents are in one of some states.
type condition struct {
	// States are those that end the waiting. Idle includes done; done includes
	// an agent that became idle after the waiting began and was seen since.
	States []engine.Urgency
	// Pane, Session, Window and Socket narrow the agents down; empty for all.
	Pane    string
	Session string
	Window  string
	Socket  string
	// Except is a pane that is not meant; zero for none.
	Except health.PaneRef
	// Machines are those that are meant, "" being this one; nil for all.
	Machines map[string]bool
	// All waits until all of the agents are in one of the states, not only any.
	All bool
	// Since is when the waiting began.
	Since time.Time
}

// waitOutcome is what has come of waiting.
type waitOutcome uint8

// The outcomes.
const (
	// outcomePending: not yet.
	outcomePending waitOutcome = iota
	// outcomeReached: the condition is met.
	outcomeReached
	// outcomeGone: it cannot be met any more, because the pane or its agent is
	// gone.
	outcomeGone
)

// waited is the end of waiting.
type waited struct {
	outcome waitOutcome
	// Agents are those that are in one of the states, or those that are gone as
	// far as something is left of them.
	agents []engine.Agent
}

// check tells what a snapshot means for somebody who waits. It returns
// api.ErrAmbiguous for a pane that is on several servers, and api.ErrRequest for
// a condition without states.
func (c condition) check(s *engine.Snapshot) (waited, error) {
	if len(c.States) == 0 {
		return waited{}, fmt.Errorf("%w: wait for which states?", api.ErrRequest)
	}
	var chosen, there, over []engine.Agent
	for _, a := range s.Agents {
		if !c.means(a) {
			continue
		}
		if c.Pane != "" && len(there)+len(over) > 0 {
			return waited{}, fmt.Errorf("%w: %s", api.ErrAmbiguous, c.Pane)
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
		return waited{outcomeReached, chosen}, nil
	case len(there) == 0 && s.Ready && !c.anybody() && c.read(s):
		return waited{outcomeGone, over}, nil
	default:
		return waited{}, nil
	}
}

// read reports whether every server and host on which an agent may be is shown as it
// is now: what is not seen on another need not be gone.
func (c condition) read(s *engine.Snapshot) bool {
	for _, h := range s.Hosts {
		if c.Machines[h.Name] && h.State != engine.HostLive {
			return false
		}
	}
	if c.Machines != nil && !c.Machines[""] {
		return true
	}
	return !slices.ContainsFunc(s.Servers, func(server engine.ServerStatus) bool {
		return (c.Socket == "" || c.Socket == server.Socket) && unreadWhy(server, s.Ready) != ""
	})
}

// anybody tells whether any agent will do, also one that has yet to come.
func (c condition) anybody() bool {
	return !c.All && c.Pane == "" && c.Session == "" && c.Window == ""
}

// means tells whether the condition is about an agent.
func (c condition) means(a engine.Agent) bool {
	return a.Ref != c.Except && (c.Machines == nil || c.Machines[a.Ref.Host]) && (c.Socket == "" || c.Socket == a.Ref.Server) && (c.Pane == "" || c.Pane == a.Ref.Pane) &&
		(c.Session == "" || c.Session == a.Session) && (c.Window == "" || c.Window == a.Window)
}

// holds tells whether an agent is in one of the states. What a server shows that
// does not answer is not known.
func (c condition) holds(a engine.Agent) bool {
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

// await waits for a condition on a stream of snapshots. It returns
// engine.ErrStopped when the stream ends, the error of ctx when that ends, that of
// vain, which says of the latest snapshot at a time that waiting is in vain, and
// otherwise like check.
func (c condition) await(ctx context.Context, snapshots <-chan *engine.Snapshot, vain func(*engine.Snapshot, time.Time) error) (waited, error) {
	var latest *engine.Snapshot
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				return waited{}, engine.ErrStopped
			}
			w, err := c.check(s)
			if err == nil && w.outcome == outcomePending {
				err = vain(s, time.Now())
			}
			if err != nil || w.outcome != outcomePending {
				return w, err
			}
			latest = s
		case now := <-again.C:
			if latest == nil {
				continue
			}
			if err := vain(latest, now); err != nil {
				return waited{}, err
			}
		case <-ctx.Done():
			return waited{}, ctx.Err()
		}
	}
}
