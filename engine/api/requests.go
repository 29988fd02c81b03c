package api

import (
	"time"

	"agentwatch/engine"
)

// Strategy is the strategy in force, with all that can be picked.
type Strategy struct {
	Name engine.StrategyName   `json:"name"`
	All  []engine.StrategyInfo `json:"all,omitempty"`
}

// Leave asks an engine process to leave for a newer build; with Differs for one
// that was started in another way, whatever its build. It stays while it has faces,
// is held, or types an answer; with Force only while it types.
type Leave struct {
	Build
	Differs bool `json:"differs,omitempty"`
	Force   bool `json:"force,omitempty"`
}

// Leaving tells whether the process leaves.
type Leaving struct {
	Leaving bool `json:"leaving"`
}

// Notices are all that the user should know beside the agents.
type Notices struct {
	Notices []engine.Notice `json:"notices"`
}

// Sequence is a control sequence for the user's terminal; empty when the stream
// begins.
type Sequence struct {
	Text string `json:"text,omitempty"`
}

// Hello is what `serve --stdio` greets with.
type Hello struct {
	Build
	PID int `json:"pid"`
	// Host is the machine's name, Now its clock.
	Host string    `json:"host"`
	Now  time.Time `json:"now"`
	// ReadOnly is set when it passes no answers on.
	ReadOnly bool `json:"read_only,omitempty"`
}
