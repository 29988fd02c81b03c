package client

import (
	"maps"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// roster are the agents that a reader of transitions knows of.
type roster struct {
	// known are those that are there, missing those that another engine process
	// has not listed yet.
	known, missing map[health.PaneRef]engine.Agent
}

// note takes note of a transition; nil is where a list of all agents begins.
func (r *roster) note(t *engine.Transition) {
	switch {
	case t == nil:
		r.missing = maps.Clone(r.known)
		return
	case r.known == nil:
		r.known = make(map[health.PaneRef]engine.Agent)
	}
	delete(r.missing, t.Agent.Ref)
	if r.known[t.Agent.Ref] = t.Agent; t.Gone {
		delete(r.known, t.Agent.Ref)
	}
}

// farewell tells of the agents that went while no engine process looked.
func (r *roster) farewell(take func(*engine.Transition) error) error {
	for ref, a := range r.missing {
		delete(r.missing, ref)
		delete(r.known, ref)
		gone := engine.Transition{
			At: time.Now(), Agent: a, From: a.State, To: health.StateExited, Gone: true,
			Evidence: health.Evidence{Source: health.SourceProcess, Rule: "pane.gone", Text: "its pane has closed"},
		}
		if err := take(&gone); err != nil {
			return err
		}
	}
	return nil
}
