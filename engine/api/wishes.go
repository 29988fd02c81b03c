package api

import (
	"time"

	"agentwatch/health"
)

// Snooze asks to let the user hear nothing of what an agent needs now: until a time
// or, without one, until it needs them for something new, which ends every snooze.
// With End it ends the one that there is.
type Snooze struct {
	Target health.PaneRef `json:"target"`
	Until  time.Time      `json:"until,omitzero"`
	End    bool           `json:"end,omitempty"`
}

// GoOn says of an agent whether it goes on by itself when a limit has ended.
type GoOn struct {
	Target health.PaneRef `json:"target"`
	On     bool           `json:"on"`
}

// TakeBack asks for a text that waits for an agent, so that it is not typed.
type TakeBack struct {
	Target health.PaneRef `json:"target"`
	ID     string         `json:"id"`
}
