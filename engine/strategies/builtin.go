// Package strategies has the strategies that are built in, and holds those of others
// to limits. They are pure: a plan is made of nothing but what a round knows.
package strategies

import (
	"cmp"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// Limits of concurrency and pace that the strategies share.
const (
	// recheckAfter bounds how often a pane is captured again only because the
	// one-second grain of tmux's activity leaves a doubt.
	recheckAfter = 200 * time.Millisecond
	// defaultBudget is how many captures a round of the priority strategy makes
	// when nobody has set it: about 5 ms of a tmux server's time.
	defaultBudget = 64
	// OverdueAfter is how long a changed pane waits at most behind others.
	OverdueAfter = 2 * time.Second
	// restAfter is how long all must be quiet before rounds become rarer.
	restAfter = time.Minute
	// restInterval is the longest time between two rounds at rest.
	restInterval = time.Second
	// The safety net's rounds: while something moves, and when all is quiet.
	// With many panes a list costs more, and comes rarer: by netPerPane while something
	// moves, and as rarely as restPerPane for each says when all is quiet.
	netWhileMoving = 2 * time.Second
	netPerPane     = 8 * time.Millisecond
	NetAtRest      = 10 * time.Second
	restPerPane    = 20 * time.Millisecond
	// movingLasts is how long after its last change a pane counts as moving.
	movingLasts = 10 * time.Second
)

// Builtin returns the strategies that are always there, in the order
// in which a picker shows them.
func Builtin() []engine.Strategy {
	return []engine.Strategy{
		push{},
		priority{},
		everything{
			name: engine.StrategyPipelined, method: tmuxpool.MethodPipelined, limit: health.MaxChecks,
			summary: "every pane each round, in one pipelined sweep",
		},
		everything{
			name: engine.StrategyConcurrent, method: tmuxpool.MethodPooled, limit: health.MaxChecks,
			summary: "every pane each round, up to 20 at once over the pool",
		},
		everything{
			name: engine.StrategySequential, method: tmuxpool.MethodProcess, limit: 1,
			summary: "every pane each round, one tmux process after another (the reference)",
		},
	}
}

// everything recaptures all panes each round.
type everything struct {
	name    engine.StrategyName
	summary string
	method  tmuxpool.Method
	limit   int
}

func (e everything) Name() engine.StrategyName { return e.name }
func (e everything) Summary() string           { return e.summary }

func (e everything) Plan(in engine.PlanInput) engine.Plan {
	plan := engine.Plan{Method: e.method, Limit: e.limit, NextIn: in.Interval}
	// Oldest first: when a round has to be cut short, the next one begins where
	// it ended.
	oldest := slices.Clone(in.Panes)
	slices.SortStableFunc(oldest, func(a, b engine.PaneView) int { return a.CapturedAt.Compare(b.CapturedAt) })
	for _, p := range oldest {
		plan.Recapture = append(plan.Recapture, p.Ref)
	}
	return plan
}

// push recaptures only panes that may have changed, by the activity rule of
// fingerprint.go.
type push struct{}

func (push) Name() engine.StrategyName { return engine.StrategyPush }

func (push) Summary() string {
	return "only panes that may have changed; costs next to nothing at rest"
}

func (push) Plan(in engine.PlanInput) engine.Plan {
	plan := engine.Plan{Method: tmuxpool.MethodPipelined, Limit: health.MaxChecks, NextIn: pace(in)}
	for _, p := range in.Panes {
		if due(p, in.Now) {
			plan.Recapture = append(plan.Recapture, p.Ref)
		}
	}
	return plan
}

// priority is push under a budget: what needs the user, what the user looks at
// and what moved first go first; the rest waits for the next round.
type priority struct{}

func (priority) Name() engine.StrategyName { return engine.StrategyPriority }

func (priority) Summary() string {
	return "like push, within a budget: what needs you and what you look at first"
}

func (priority) Plan(in engine.PlanInput) engine.Plan {
	plan := engine.Plan{Method: tmuxpool.MethodPipelined, Limit: health.MaxChecks, NextIn: pace(in)}
	budget := in.Budget
	if budget <= 0 {
		budget = defaultBudget
	}
	waiting := make([]engine.PaneView, 0, len(in.Panes))
	for _, p := range in.Panes {
		if due(p, in.Now) {
			waiting = append(waiting, p)
		}
	}
	slices.SortStableFunc(waiting, func(a, b engine.PaneView) int {
		if by := cmp.Compare(rank(a, in.Now), rank(b, in.Now)); by != 0 {
			return by
		}
		return a.CapturedAt.Compare(b.CapturedAt)
	})
	if len(waiting) > budget {
		waiting = waiting[:budget]
		plan.NextIn = min(plan.NextIn, in.Interval)
	}
	for _, p := range waiting {
		plan.Recapture = append(plan.Recapture, p.Ref)
	}
	return plan
}

// rank orders panes under a budget, lowest first. Nobody starves: a pane that
// has waited for OverdueAfter goes before all but the focused one.
func rank(p engine.PaneView, now time.Time) int {
	switch {
	case p.Focused:
		return 0
	case p.Change == engine.ChangeNew, now.Sub(p.CapturedAt) > OverdueAfter:
		return 1
	case p.State == health.StateWaiting, p.State == health.StateUnknown, p.State == health.StateStarting:
		return 2
	case p.State == health.StateWorking:
		return 3
	default:
		return 4
	}
}

// due tells whether a pane is to be captured by the activity rule. One that is
// only in doubt is captured again at a bounded rate.
func due(p engine.PaneView, now time.Time) bool {
	if p.Heard {
		return heardDue(p, now)
	}
	switch p.Change {
	case engine.ChangeSeen, engine.ChangeNew:
		return true
	case engine.ChangePossible:
		return now.Sub(p.CapturedAt) >= recheckAfter
	default:
		return false
	}
}

// heardDue is due for a pane whose output the kernel tells of. The doubt about a
// second ends with the first look after it.
func heardDue(p engine.PaneView, now time.Time) bool {
	switch {
	case p.Change == engine.ChangeNew, !p.DueAt.IsZero() && !p.DueAt.After(now):
		return true
	case p.Change == engine.ChangeSeen:
		// Only tmux knows of it: of an echo, a resize, another pane of its window.
		return p.DueAt.IsZero() && now.Sub(p.CapturedAt) >= recheckAfter
	default:
		return p.Change == engine.ChangePossible && now.Sub(p.CapturedAt) >= time.Second
	}
}

// netPace is the time until the next round where the kernel tells of all output.
func netPace(in engine.PlanInput) time.Duration {
	net := max(NetAtRest, time.Duration(len(in.Panes))*restPerPane)
	for _, p := range in.Panes {
		if p.Change != engine.ChangeNone || in.Now.Sub(p.ChangedAt) < movingLasts {
			net = min(NetAtRest, netWhileMoving+time.Duration(len(in.Panes))*netPerPane)
		}
	}
	return max(in.Interval, net)
}

// pace is the time until the next round: the interval while anything moves, and
// up to restInterval when all has been quiet for long. restInterval, or the
// interval if that is longer, bounds how late a change can be noticed.
//
// tmux could push activity instead (a format subscription), but only once a
// second, and that costs it as much as being asked once a second does.
func pace(in engine.PlanInput) time.Duration {
	if in.Heard && !slices.ContainsFunc(in.Panes, func(p engine.PaneView) bool { return !p.Heard }) {
		return netPace(in)
	}
	var moved time.Time
	for _, p := range in.Panes {
		if p.Change != engine.ChangeNone {
			return in.Interval
		}
		if p.ChangedAt.After(moved) {
			moved = p.ChangedAt
		}
	}
	quiet := in.Now.Sub(moved)
	if quiet < restAfter {
		return in.Interval
	}
	return max(in.Interval, min(restInterval, in.Interval*time.Duration(1+quiet/restAfter)))
}

// Foresee asks a strategy that is not in force what it would do; false when it
// does not know.
func Foresee(s engine.Strategy, in engine.PlanInput) (engine.Plan, bool) {
	if f, costly := As[engine.Forecaster](s); costly {
		plan, ok := f.Forecast(in)
		return guard(in, plan), ok
	}
	return s.Plan(in), true
}

type guarded struct{ engine.Strategy }

func (g guarded) Plan(in engine.PlanInput) engine.Plan { return guard(in, g.Strategy.Plan(in)) }

// As returns the strategy as one of the optional interfaces.
func As[T any](s engine.Strategy) (T, bool) {
	if g, ok := s.(guarded); ok {
		s = g.Strategy
	}
	t, ok := s.(T)
	return t, ok
}

// SourceOf says where a strategy comes from.
func SourceOf(s engine.Strategy) string {
	if sourced, ok := As[engine.Sourced](s); ok {
		return sourced.Source()
	}
	return engine.SourceBuiltin
}

// HealthOf says how a strategy is; of those that cannot fail, that it is well.
func HealthOf(s engine.Strategy) engine.StrategyHealth {
	if fallible, ok := As[engine.Fallible](s); ok {
		return fallible.Health()
	}
	return engine.StrategyHealth{}
}

// Fallback is the plan where a strategy has none: that of push.
func Fallback(in engine.PlanInput) engine.Plan { return push{}.Plan(in) }

// Push is the strategy of those who have picked none.
func Push() engine.Strategy { return push{} }

// Guarded is a strategy whose plans are held to limits.
func Guarded(s engine.Strategy) engine.Strategy { return guarded{s} }

// Heeds tells whether what is heard may wake rounds of a strategy: one that looks at
// everything in every round keeps its own time.
func Heeds(s engine.Strategy) bool {
	_, all := As[everything](s)
	return !all
}

// TakesAllDue tells whether a strategy is sure to look at all panes that are due.
// count counts them, where that matters.
func TakesAllDue(s engine.Strategy, count func() int) bool {
	_, all := As[push](s)
	_, some := As[priority](s)
	return all || some && count() <= defaultBudget
}
