package engine

import "time"

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
