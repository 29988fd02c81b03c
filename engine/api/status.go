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
	Counts map[engine.Urgency]int `json:"counts"`
	// Snoozed are those that need the user, who does not want to hear of it: they are
	// in none of the counts.
	Snoozed int `json:"snoozed,omitempty"`
	Agents  int `json:"agents"`
	Panes   int `json:"panes"`
	Servers int `json:"servers"`
}

// StatusOf sums up a snapshot.
func StatusOf(s *engine.Snapshot) Status {
	status := Status{
		At: s.At, Ready: s.Ready, Snoozed: s.Snoozed, Counts: make(map[engine.Urgency]int), Agents: len(s.Agents), Panes: s.Panes, Servers: len(s.Servers),
	}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if n := s.Counts.Of(u); n > 0 {
			status.Counts[u] = n
		}
	}
	return status
}

// Metrics are what an engine process does and costs.
type Metrics struct {
	At       time.Time           `json:"at"`
	Ready    bool                `json:"ready"`
	Counts   engine.Counts       `json:"counts"`
	Panes    int                 `json:"panes"`
	Strategy engine.StrategyName `json:"strategy"`
	// Streams are those that are read, Transitions the changes of agents since the
	// process began.
	Streams     int          `json:"streams"`
	Transitions uint64       `json:"transitions"`
	Answers     AnswerCounts `json:"answers"`
	Figures
}

// AnswerCounts are the answers of an engine process by what came of them. Those
// that are refused have typed nothing.
type AnswerCounts struct {
	Confirmed   uint64 `json:"confirmed"`
	Unconfirmed uint64 `json:"unconfirmed"`
	Refused     uint64 `json:"refused"`
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
