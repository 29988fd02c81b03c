package engine

import (
	"cmp"
	"slices"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// Limits of concurrency and pace that the strategies share.
const (
	// maxChecks is how many captures and checks run at once.
	maxChecks = health.MaxChecks
	// recheckAfter bounds how often a pane is captured again only because the
	// one-second grain of tmux's activity leaves a doubt.
	recheckAfter = 200 * time.Millisecond
	// defaultBudget is how many captures a round of the priority strategy makes
	// when nobody has set it: about 5 ms of a tmux server's time.
	defaultBudget = 64
	// overdueAfter is how long a changed pane waits at most behind others.
	overdueAfter = 2 * time.Second
	// restAfter is how long all must be quiet before rounds become rarer.
	restAfter = time.Minute
	// restInterval is the longest time between two rounds at rest.
	restInterval = time.Second
)

// BuiltinStrategies returns the strategies that are always there, in the order
// in which a picker shows them.
func BuiltinStrategies() []Strategy {
	return []Strategy{
		push{},
		priority{},
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
	// Oldest first: when a round has to be cut short, the next one begins where
	// it ended.
	oldest := slices.Clone(in.Panes)
	slices.SortStableFunc(oldest, func(a, b PaneView) int { return a.CapturedAt.Compare(b.CapturedAt) })
	for _, p := range oldest {
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
	plan := Plan{Method: tmuxpool.MethodPipelined, Limit: maxChecks, NextIn: pace(in)}
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

func (priority) Name() StrategyName { return StrategyPriority }

func (priority) Summary() string {
	return "like push, within a budget: what needs you and what you look at first"
}

func (priority) Plan(in PlanInput) Plan {
	plan := Plan{Method: tmuxpool.MethodPipelined, Limit: maxChecks, NextIn: pace(in)}
	budget := in.Budget
	if budget <= 0 {
		budget = defaultBudget
	}
	waiting := make([]PaneView, 0, len(in.Panes))
	for _, p := range in.Panes {
		if due(p, in.Now) {
			waiting = append(waiting, p)
		}
	}
	slices.SortStableFunc(waiting, func(a, b PaneView) int {
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
// has waited for overdueAfter goes before all but the focused one.
func rank(p PaneView, now time.Time) int {
	switch {
	case p.Focused:
		return 0
	case p.Change == ChangeNew, now.Sub(p.CapturedAt) > overdueAfter:
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
func due(p PaneView, now time.Time) bool {
	if p.Heard {
		return heardDue(p, now)
	}
	switch p.Change {
	case ChangeSeen, ChangeNew:
		return true
	case ChangePossible:
		return now.Sub(p.CapturedAt) >= recheckAfter
	default:
		return false
	}
}

// heardDue is due for a pane whose output the kernel tells of. The doubt about a
// second ends with the first look after it.
func heardDue(p PaneView, now time.Time) bool {
	switch {
	case p.Change == ChangeNew, !p.DueAt.IsZero() && !p.DueAt.After(now):
		return true
	case p.Change == ChangeSeen:
		// Only tmux knows of it: of an echo, a resize, another pane of its window.
		return p.DueAt.IsZero() && now.Sub(p.CapturedAt) >= recheckAfter
	default:
		return p.Change == ChangePossible && now.Sub(p.CapturedAt) >= time.Second
	}
}

// netPace is the time until the next round where the kernel tells of all output.
func netPace(in PlanInput) time.Duration {
	net := max(netAtRest, time.Duration(len(in.Panes))*restPerPane)
	for _, p := range in.Panes {
		if p.Change != ChangeNone || in.Now.Sub(p.ChangedAt) < movingLasts {
			net = min(netAtRest, netWhileMoving+time.Duration(len(in.Panes))*netPerPane)
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
func pace(in PlanInput) time.Duration {
	if in.Heard && !slices.ContainsFunc(in.Panes, func(p PaneView) bool { return !p.Heard }) {
		return netPace(in)
	}
	var moved time.Time
	for _, p := range in.Panes {
		if p.Change != ChangeNone {
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
