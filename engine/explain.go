package engine

import (
	"time"

	"agentwatch/health"
)

// Explained is why a pane is judged as it is.
type Explained struct {
	health.Explanation
	// Agent is the agent as the dashboard shows it, with what time adds (since,
	// motion, hysteresis); Tracked is false for a pane without an agent.
	Agent   Agent `json:"agent"`
	Tracked bool  `json:"tracked,omitempty"`
	// At is when the screen of the explanation was captured.
	At time.Time `json:"at,omitzero"`
	// Observation is what the detector was given.
	Observation health.Observation `json:"observation"`
}
