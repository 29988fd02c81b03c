package roster

import (
	"maps"

	"agentwatch/engine"
	"agentwatch/health"
)

// Mark says which agent the user has marked: a pane can be that of another agent
// later, and another tmux server can give its number to another pane.
type Mark struct {
	// PanePID is the process that the pane was made for, PID the agent's own;
	// they are the same where the agent's is not known.
	PanePID, PID int
	Kind         health.Kind
	// Ended is set when the agent's process had ended already.
	Ended bool
}

// Marks are the marked agents by their panes. They are never changed.
type Marks map[health.PaneRef]Mark

// MarkOf is the mark of an agent.
func MarkOf(a *engine.Agent) Mark {
	return Mark{PanePID: a.PanePID, PID: a.PID, Kind: a.Kind, Ended: ended(a)}
}

func ended(a *engine.Agent) bool {
	return a.State == health.StateCrashed || a.State == health.StateExited
}

// On is the mark as it is on the agent that is in the pane now; false when that
// is another agent. One that has ended keeps its mark.
func (m Mark) On(a *engine.Agent) (Mark, bool) {
	switch {
	case a.PanePID != m.PanePID || a.Kind != m.Kind:
		return m, false
	case a.PID == m.PID || ended(a):
		return m, true
	case m.PID == m.PanePID && !m.Ended:
		// Its own process is known by now.
		return MarkOf(a), true
	default:
		return m, false
	}
}

// On are the marks of the agents that there are now, without those of agents
// that others have taken the place of, and whether any of them has changed. What
// is not seen now may come back.
func (m Marks) On(agents []engine.Agent) (on Marks, changed bool) {
	on = m
	for i := range agents {
		before, marked := m[agents[i].Ref]
		if !marked {
			continue
		}
		now, still := before.On(&agents[i])
		if still && now == before {
			continue
		}
		if !changed {
			on, changed = maps.Clone(m), true
		}
		if on[agents[i].Ref] = now; !still {
			delete(on, agents[i].Ref)
		}
	}
	return on, changed
}
