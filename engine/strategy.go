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
