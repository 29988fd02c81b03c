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
	// State is the agent's state as last seen.
	State health.State
	// Focused is set for the pane that the user looks at in the dashboard.
	Focused bool
	// CapturedAt is when it was last captured; zero for never.
	CapturedAt time.Time
}

// PlanInput is what a strategy plans from: one server's panes that matter.
type PlanInput struct {
	Now time.Time
	// Interval is the time between two rounds that the user asked for.
	Interval time.Duration
	Panes    []PaneView
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

// Strategy plans rounds. Plan must be pure: no I/O, no clock but in.Now, no
// memory of earlier calls, and safe for concurrent use, since one strategy
// serves all servers. It is exchanged only between two rounds.
type Strategy interface {
	// Name is the strategy's unique name.
	Name() StrategyName
	// Summary is one line for the picker.
	Summary() string
	Plan(in PlanInput) Plan
}

// Limits of concurrency and pace that the strategies share.
const (
	// maxChecks is how many checks run at once.
	maxChecks = 20
	// recheckAfter bounds how often a pane is captured again only because the
	// one-second grain of tmux's activity leaves a doubt.
	recheckAfter = 200 * time.Millisecond
)

// BuiltinStrategies returns the strategies that are always there, in the order
// in which a picker shows them.
func BuiltinStrategies() []Strategy {
	return []Strategy{
		push{},
		everything{
			name: StrategyPipelined, method: tmuxpool.MethodPipelined, limit: maxChecks,
			summary: "every pane each round, in one pipelined sweep",
		},
		everything{
			name: StrategyConcurrent, method: tmuxpool.MethodPooled, limit: maxChecks,
			summary: "every pane each round, up to 20 at once over the pool",
		},
		everything{
			name: StrategySequential, method: tmuxpool.MethodProcess, limit: 1,
			summary: "every pane each round, one tmux process after another (the reference)",
		},
	}
}

// everything recaptures all panes each round.
type everything struct {
	name    StrategyName
	summary string
	method  tmuxpool.Method
	limit   int
}

func (e everything) Name() StrategyName { return e.name }
func (e everything) Summary() string    { return e.summary }

func (e everything) Plan(in PlanInput) Plan {
	plan := Plan{Method: e.method, Limit: e.limit, NextIn: in.Interval}
	for _, p := range in.Panes {
		plan.Recapture = append(plan.Recapture, p.Ref)
	}
	return plan
}

// push recaptures only panes that may have changed, by the activity rule of
// fingerprint.go.
type push struct{}

func (push) Name() StrategyName { return StrategyPush }

func (push) Summary() string {
	return "only panes that may have changed; costs next to nothing at rest"
}

func (push) Plan(in PlanInput) Plan {
	plan := Plan{Method: tmuxpool.MethodPipelined, Limit: maxChecks, NextIn: in.Interval}
	for _, p := range in.Panes {
		switch p.Change {
		case ChangeNone:
		case ChangePossible:
			if in.Now.Sub(p.CapturedAt) >= recheckAfter {
				plan.Recapture = append(plan.Recapture, p.Ref)
			}
		case ChangeSeen, ChangeNew:
			plan.Recapture = append(plan.Recapture, p.Ref)
		}
	}
	return plan
}
