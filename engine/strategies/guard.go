package strategies

import (
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// Limits of the plans of strategies that are not built in.
const (
	// NeglectedAfter is how long a pane that may have changed can be left out.
	NeglectedAfter = 5 * time.Second
	// minNextIn and maxNextIn bound the time between two rounds.
	minNextIn = 50 * time.Millisecond
	maxNextIn = time.Minute
)

// guard makes a plan of a strategy that nobody vouches for one that loses no
// agent: panes that do not exist and repetitions are dropped, method, limit and
// pace are brought into their bounds, and a pane that may have changed and has
// been left out for NeglectedAfter is captured anyway.
func guard(in engine.PlanInput, plan engine.Plan) engine.Plan {
	left := make(map[health.PaneRef]struct{}, len(in.Panes))
	for _, p := range in.Panes {
		left[p.Ref] = struct{}{}
	}
	recapture := make([]health.PaneRef, 0, min(len(plan.Recapture), len(in.Panes)))
	for _, ref := range plan.Recapture {
		if len(left) == 0 {
			break
		}
		if _, ok := left[ref]; ok {
			delete(left, ref)
			recapture = append(recapture, ref)
		}
	}
	next := min(max(plan.NextIn, minNextIn), maxNextIn)
	for _, p := range in.Panes {
		if _, leftOut := left[p.Ref]; !leftOut || p.Change == engine.ChangeNone {
			continue
		}
		wait := p.DirtySince.Add(NeglectedAfter).Sub(in.Now)
		if wait <= 0 {
			recapture = append(recapture, p.Ref)
			continue
		}
		next = min(next, max(wait, minNextIn))
	}
	plan.Recapture, plan.NextIn = recapture, next
	plan.Limit = min(max(plan.Limit, 1), health.MaxChecks)
	if plan.Method > tmuxpool.MethodProcess {
		plan.Method = tmuxpool.MethodPipelined
	}
	return plan
}
