package api

import (
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Recording is what is stored of an agent's screens.
type Recording struct {
	// Times are when they were captured, Past is what the agent was in that time;
	// both oldest first.
	Times []time.Time    `json:"times"`
	Past  []engine.Phase `json:"past"`
}

// StoredScreen is what an agent's screen showed at a time.
type StoredScreen struct {
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text"`
}

// PhasesRequest asks what the agents in some panes were before they were watched.
type PhasesRequest struct {
	Panes []health.PaneRef `json:"panes"`
	Since time.Time        `json:"since"`
}

// PanePhases is what the agent in a pane was, oldest first.
type PanePhases struct {
	Ref  health.PaneRef `json:"ref"`
	Past []engine.Phase `json:"past"`
}
