package roster

import (
	"maps"

	"agentwatch/engine"
	"agentwatch/health"
)

// Marks are the marked agents by their panes. They are never changed.
type Marks map[health.PaneRef]engine.Identity

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
