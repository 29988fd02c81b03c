package engine

import (
	"fmt"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// Change says what is known about a pane since its last capture.
type Change uint8

const (
	// ChangeNone: it has provably not changed.
	ChangeNone Change = iota
	// ChangePossible: it printed in the very second of its last capture, so
	// that nothing tells whether the capture saw all of it.
	ChangePossible
	// ChangeSeen: it printed, was resized or changed its process since.
	ChangeSeen
	// ChangeNew: it has never been captured.
	ChangeNew
)

// String returns the change's word.
func (c Change) String() string {
	words := [...]string{"none", "possible", "seen", "new"}
	if int(c) < len(words) {
		return words[c]
	}
	return fmt.Sprintf("change(%d)", uint8(c))
}

// PaneView is what a strategy may know of one pane.
type PaneView struct {
	Ref    health.PaneRef
	Change Change
	// Kind is the program that runs there; empty where none is known.
	Kind health.Kind
	// State is the agent's state as last seen.
	State health.State
	// Focused is set for the panes that the user looks at in the dashboard.
	Focused bool
	// CapturedAt is when it was last captured; zero for never.
	CapturedAt time.Time
	// ChangedAt is when it was last seen to change; zero for never.
	ChangedAt time.Time
	// Heard is set when the kernel tells of the pane's output. Such a pane is due
	// for a look at DueAt, which is zero while nothing calls for one: a pane that
	// keeps printing is not due at once.
	Heard bool
	DueAt time.Time
	// DirtySince is since when Change has not been ChangeNone without a capture;
	// zero while it is.
	DirtySince time.Time
}

// PlanInput is what a strategy plans from: one server's panes that matter.
type PlanInput struct {
	Now time.Time
	// Heard is set when what the kernel tells wakes rounds, so that panes that are
	// Heard need none in between but as a safety net.
	Heard bool
	// Interval is the time between two rounds that the user asked for.
	Interval time.Duration
	// Budget is how many captures a round should not exceed; 0 for no limit.
	Budget int
	Panes  []PaneView
}

// Plan is one round, as a value.
type Plan struct {
	// Recapture are the panes to look at anew, in this order. All others keep
	// their cached verdict for as long as the cache holds it.
	Recapture []health.PaneRef
	// Method says how to capture.
	Method tmuxpool.Method
	// Limit bounds how many captures are under way at once, 1 to 20.
	Limit int
	// NextIn is when the next round is due, unless something calls for one
	// earlier.
	NextIn time.Duration
}

// Strategy plans rounds.
//
// For authors: Plan must be pure. It does no I/O, knows no clock but in.Now, has
// no memory of earlier calls, and is safe for concurrent use, since one strategy
// serves all servers. It must plan every pane with ChangeNew, ChangeSeen or
// ChangePossible within a bounded number of rounds: what is never recaptured is
// served from the cache until its TTL ends. A pane that in.Panes does not name
// is ignored, one named twice is captured once. NextIn below zero counts as 0.
// A strategy is exchanged only between two rounds, and nothing is lost by that:
// what is known of a pane's changes belongs to the engine and not to it.
//
// A strategy that is not built in is held to limits (guard.go), may fail, and may
// implement the interfaces of strategy_extra.go.
type Strategy interface {
	// Name is the strategy's unique name.
	Name() StrategyName
	// Summary is one line for the picker.
	Summary() string
	Plan(in PlanInput) Plan
}

// StrategyName names a way of planning rounds. It is a string and no enum,
// because users can add strategies of their own.
type StrategyName string

// The strategies that are always there.
const (
	// StrategySequential captures every pane with one process after another.
	StrategySequential StrategyName = "sequential"
	// StrategyConcurrent captures every pane, up to 20 at once, over the pool.
	StrategyConcurrent StrategyName = "concurrent"
	// StrategyPipelined captures every pane in one pipelined sweep.
	StrategyPipelined StrategyName = "pipelined"
	// StrategyPush captures only panes that may have changed.
	StrategyPush StrategyName = "push"
	// StrategyPriority is push under a budget of captures per round.
	StrategyPriority StrategyName = "priority"
)

// StrategyInfo describes a strategy for a picker.
type StrategyInfo struct {
	Name StrategyName `json:"name"`
	// Summary is one line on what it does and what it costs.
	Summary string `json:"summary,omitempty"`
	// Source says where it comes from: SourceBuiltin, "config", or a file's path.
	Source string `json:"source,omitempty"`
	// Health tells whether it can be relied on.
	Health StrategyHealth `json:"health"`
	// Rounds, P50, Captures and Late are what was measured when it was in force the
	// last time: rounds made, median duration, captures per round, and the 99th
	// percentile of how late changes reached their verdicts, at most. Zero when
	// never used.
	Rounds   uint64        `json:"rounds,omitempty"`
	P50      time.Duration `json:"p50_ns"`
	Captures float64       `json:"captures,omitempty"`
	Late     time.Duration `json:"late_ns"`
	// Rate is how many captures a second it would make on the panes as they
	// change now: what it plans for them, whether it is in force or not. It is
	// known only when Foreseen is set.
	Rate     float64 `json:"rate,omitempty"`
	Foreseen bool    `json:"foreseen,omitempty"`
}

// StrategyStatus tells whether a strategy can be relied on.
type StrategyStatus uint8

// The statuses, best first. A strategy that is not StrategyOK can be picked all
// the same: rounds are planned as by push until it can be relied on.
const (
	// StrategyOK: it plans.
	StrategyOK StrategyStatus = iota
	// StrategyStarting: nothing has been heard of it yet.
	StrategyStarting
	// StrategyFailing: it has failed and is tried again.
	StrategyFailing
	// StrategyQuarantined: it has failed too often and is left alone, until it
	// is changed or picked again.
	StrategyQuarantined
)

// String returns the status's word.
func (s StrategyStatus) String() string {
	words := [...]string{"ok", "starting", "failing", "quarantined"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText writes the status's word.
func (s StrategyStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status's word.
func (s *StrategyStatus) UnmarshalText(text []byte) error {
	for status := StrategyOK; status <= StrategyQuarantined; status++ {
		if status.String() == string(text) {
			*s = status
			return nil
		}
	}
	return fmt.Errorf("no status of a strategy is called %q", text)
}

// StrategyHealth is a status with its reason, which is empty for StrategyOK. The
// reason may quote what a foreign program wrote.
type StrategyHealth struct {
	Status StrategyStatus `json:"status"`
	Reason string         `json:"reason,omitempty"`
}

// SourceBuiltin is the source of the strategies that are always there.
const SourceBuiltin = "built in"

// The following are what a strategy may implement beside Strategy. All methods
// must be safe for concurrent use, return at once and do no I/O.
type (
	// Sourced says where the strategy comes from: "config", or a file's path.
	Sourced interface{ Source() string }
	// Fallible can fail.
	Fallible interface{ Health() StrategyHealth }
	// Revivable is told when the user picks it, so that one in quarantine gets
	// another chance.
	Revivable interface{ Revive() }
	// Forecaster has a Plan that costs something: it is asked for it only while
	// it is in force. Otherwise this is asked, once a second, what it would do;
	// false when that is not known.
	Forecaster interface {
		Forecast(in PlanInput) (Plan, bool)
	}
)
