package monitor

import (
	"context"
	"errors"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

const (
	// checkTimeout and checkTimePerPane bound the checks of one round: a sweep
	// of many panes takes its time, and a server that answers nothing at all is
	// noticed by tmuxpool long before.
	checkTimeout     = 5 * time.Second
	checkTimePerPane = 30 * time.Millisecond
)

// candidates are the panes whose screens matter: those with an agent, those
// that had one, those that only the screen can tell of, and those that are followed.
func (w *watcher) candidates(follow followed) []*pane {
	var list []*pane
	now := w.now()
	for _, p := range w.order {
		if p.kind != health.KindNone || p.before != health.KindNone || p.tracked || p.foreground == health.ProcessUnknown ||
			p.foreground == health.ProcessBackground || !p.looked || follow.has(p.ref) || p.considered(now) {
			list = append(list, p)
		}
	}
	return list
}

func (w *watcher) planInput(candidates []*pane, set settings, now time.Time) engine.PlanInput {
	in := engine.PlanInput{Heard: w.ear != nil, Now: now, Interval: set.interval, Panes: make([]engine.PaneView, 0, len(candidates))}
	for _, p := range candidates {
		change := p.change()
		if p.heard && change < engine.ChangeSeen {
			change = engine.ChangeSeen
		}
		if change == engine.ChangeSeen || change == engine.ChangeNew {
			p.changedAt = now
		}
		if change == engine.ChangeSeen && p.unchanged.IsZero() {
			p.unchanged = w.scannedBefore
		}
		switch {
		case change == engine.ChangeNone:
			p.dirtySince = time.Time{}
		case p.dirtySince.IsZero():
			p.dirtySince = now
		}
		in.Panes = append(in.Panes, engine.PaneView{
			Ref: p.ref, Change: change, Kind: p.kind, State: p.track.state, Focused: set.follow.has(p.ref),
			CapturedAt: p.captured.at, ChangedAt: p.changedAt, DirtySince: p.dirtySince,
			Heard: p.hears, DueAt: p.dueAt,
		})
	}
	return in
}

// look carries the plan out and leaves each candidate's verdict in place. It
// returns how many panes were captured.
func (w *watcher) look(ctx context.Context, candidates []*pane, plan engine.Plan, follow followed) int {
	now := w.now()
	for p := range w.ahead {
		p.noteLook(now, p.pace(follow.has(p.ref)))
	}
	for _, ref := range plan.Recapture {
		if p, ok := w.panes[ref.Pane]; ok && !w.isAhead(p) {
			p.noteLook(now, p.pace(follow.has(p.ref)))
			p.lookedAt = now
			w.outdate(p)
		}
	}
	var targets []health.Target
	var asked []*pane
	for _, p := range w.inPlannedOrder(candidates, plan) {
		v, _, ok := w.layers.verdicts.Get(key(p.ref))
		if ok && p.looked {
			p.verdict = v
			if w.stands(p, now) {
				w.layers.verdicts.Put(key(p.ref), v, p.generation)
			}
			continue
		}
		facts := p.observation()
		facts.Session, facts.Said = w.ids.note(p), p.said(now)
		targets = append(targets, health.Target{Ref: p.ref, Facts: facts})
		asked = append(asked, p)
	}
	o := w.newOrders(asked, plan.Method, follow)
	for p, screen := range w.ahead {
		if w.panes[p.ref.Pane] == p {
			o.made[p.ref] = screen
		}
	}
	batch := health.NewBatch(w.ids.detector, targets, plan.Limit)
	ctx, cancel := context.WithTimeout(ctx, checkTimeout+time.Duration(len(targets))*checkTimePerPane)
	defer cancel()
	w.source.screens(ctx, o, batch.Panes(), plan.Limit, batch.Deliver)
	w.unreadable = nil
	for i, r := range batch.Results() {
		w.take(asked[i], r)
	}
	return int(o.captures.Load())
}

// outdate makes what is cached of a pane's screen worthless: it is captured anew,
// and what it prints from now on is heard.
func (w *watcher) outdate(p *pane) {
	if w.ear != nil {
		p.hears = w.ear.Arm(p.ref.Pane)
	}
	w.generation++
	p.generation = w.generation
	w.layers.screens.Invalidate(key(p.ref))
	w.layers.verdicts.Invalidate(key(p.ref))
}

// isAhead tells whether the pane has been captured in this round already.
func (w *watcher) isAhead(p *pane) bool {
	_, is := w.ahead[p]
	return is
}

// needsNoList tells whether a round can do with what the kernel has told, and need
// not ask the server which panes have printed: where the strategy is sure to want
// the screens of those that were heard.
func (w *watcher) needsNoList(set settings, now time.Time) bool {
	if w.ear == nil || w.failed != nil || w.rescanAt.IsZero() {
		return false
	}
	return strategies.TakesAllDue(set.strategy, func() int { return len(w.dueAgents(set, now)) })
}

// dueAgents are the panes with an agent that are due for what they have printed.
func (w *watcher) dueAgents(set settings, now time.Time) []*pane {
	var due []*pane
	for _, p := range w.order {
		agent := p.kind != health.KindNone || p.tracked || set.follow.has(p.ref)
		if agent && p.isDue(now) {
			due = append(due, p)
		}
	}
	return due
}

// captureHeard captures the panes that have printed, each with its facts, in one
// exchange with the server.
func (w *watcher) captureHeard(ctx context.Context, set settings, now time.Time) {
	due := w.dueAgents(set, now)
	if len(due) == 0 {
		return
	}
	requests := make([]tmuxpool.CaptureRequest, len(due))
	o := w.newOrders(due, tmuxpool.MethodPipelined, set.follow)
	for i, p := range due {
		p.lookedAt = now
		w.outdate(p)
		o.versions[p.ref] = p.generation
		w.layers.screens.Get(key(p.ref)) // the question that these captures answer
		requests[i] = tmuxpool.CaptureRequest{Pane: p.ref.Pane, Colours: o.wantsColours(p.ref), Facts: true}
	}
	w.server.CaptureAll(ctx, requests, o.method, health.MaxChecks, func(i int, c tmuxpool.Capture, err error) {
		p := due[i]
		if err != nil || c.Pane.PID != p.meta.PID {
			return // it is captured by plan, and fails there
		}
		p.seeAlone(c.Pane, c.ServerSecond)
		w.ahead[p] = w.source.store(p.ref, c, requests[i].Colours, o)
	})
}

// inPlannedOrder are the candidates with those that the plan names first, in the
// plan's order.
func (w *watcher) inPlannedOrder(candidates []*pane, plan engine.Plan) []*pane {
	ordered := make([]*pane, 0, len(candidates))
	planned := make(map[*pane]bool, len(plan.Recapture))
	for _, ref := range plan.Recapture {
		if p, ok := w.panes[ref.Pane]; ok && !planned[p] {
			planned[p] = true
			ordered = append(ordered, p)
		}
	}
	for _, p := range candidates {
		if !planned[p] {
			ordered = append(ordered, p)
		}
	}
	return ordered
}

// newOrders says how the panes are to be captured.
func (w *watcher) newOrders(panes []*pane, method tmuxpool.Method, follow followed) *orders {
	o := &orders{
		method: method, colours: w.colours(panes, follow), allColours: w.allColours, likely: follow.likely,
		versions: make(map[health.PaneRef]cache.Version, len(panes)), made: make(map[health.PaneRef]health.Screen),
	}
	for _, p := range panes {
		o.versions[p.ref] = p.generation
	}
	return o
}

// take stores one check's result in its pane.
func (w *watcher) take(p *pane, r health.Result) {
	if r.Err != nil {
		w.meter.failure()
		if p.hears {
			p.heard = true
			p.dueBy(w.now().Add(lastLookAfter))
		}
		w.rescan()
		if errors.Is(r.Err, tmuxpool.ErrPaneGone) {
			return
		}
		w.unreadable = append(w.unreadable, r.Err)
		return
	}
	p.looked, p.fresh = true, true
	seen := compare(p.input, r.Screen.Text)
	if p.verdict.State != r.Verdict.State || p.verdict.Wait != r.Verdict.Wait {
		p.repay(r.Screen.At)
		if since := p.changedSince(); seen == screenDiffers && !since.IsZero() {
			w.meter.verdict(w.settings().strategy.Name(), r.Screen.At.Sub(since))
		}
	}
	p.unchanged = time.Time{}
	p.verdict, p.input = r.Verdict, r.Screen.Text
	p.captured = sighting{at: r.Screen.At, second: int64(r.Screen.Version), print: p.print}
	p.checked, p.dirtySince = r.Screen.At, time.Time{}
	w.looksAgain(p, seen)
	w.layers.verdicts.Put(key(p.ref), r.Verdict, p.generation)
}
