package api

import (
	"slices"
	"time"

	"agentwatch/engine"
)

// Status is what a status line needs.
type Status struct {
	// At is when it was seen; Ready is false until every server has been captured
	// once.
	At    time.Time `json:"at"`
	Ready bool      `json:"ready"`
	// Counts are the agents by urgency.
	Counts  map[engine.Urgency]int `json:"counts"`
	Agents  int                    `json:"agents"`
	Panes   int                    `json:"panes"`
	Servers int                    `json:"servers"`
}

// StatusOf sums up a snapshot.
func StatusOf(s *engine.Snapshot) Status {
	status := Status{
		At: s.At, Ready: s.Ready, Counts: make(map[engine.Urgency]int), Agents: len(s.Agents), Panes: s.Panes, Servers: len(s.Servers),
	}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if n := s.Counts.Of(u); n > 0 {
			status.Counts[u] = n
		}
	}
	return status
}

// NeedUser is how many agents stand still until the user acts: those that wait,
// have crashed or failed, as the dashboard's header counts.
func (s Status) NeedUser() int {
	sum := 0
	for u, n := range s.Counts {
		if u <= engine.UrgencyError {
			sum += n
		}
	}
	return sum
}

// WithoutPasts is a snapshot whose agents have no pasts, which are long.
func WithoutPasts(s *engine.Snapshot) *engine.Snapshot {
	short := *s
	short.Agents = slices.Clone(s.Agents)
	for i := range short.Agents {
		short.Agents[i].Past = nil
	}
	return &short
}
