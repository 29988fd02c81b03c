package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"agentwatch/cache"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

const (
	// reidentifyEvery is the safety net for a process that changes without any
	// output.
	reidentifyEvery = 30 * time.Second
	// rereadWrapperAfter is how long the processes behind a wrapper are believed
	// while the pane prints: the fingerprint knows the group's leader only, and
	// an agent that a wrapper starts or loses leaves it as it was.
	rereadWrapperAfter = 2 * time.Second
	// exitedStays is how long an agent that ended by itself stays listed.
	exitedStays = 5 * time.Minute
)

// identifier tells which agent program runs in a pane from its processes.
type identifier struct {
	table    health.ProcessTable
	detector *health.Detector
}

// identify brings the processes of those panes up to date that may have
// changed: the cost follows the change, never the number of processes.
func (w *watcher) identify(ctx context.Context) {
	w.readVersion(ctx)
	if w.detailsMissing() {
		w.readDetails(ctx)
	}
	now := w.now()
	for _, p := range w.order {
		if p.identified.change(p.print) == ChangeNone && now.Sub(p.identified.at) < reidentifyEvery {
			continue
		}
		w.readProcesses(ctx, p)
		p.identified = sighting{at: now, second: w.scanned, print: p.print}
	}
}

// readVersion keeps the server's version at hand, which changes only when
// another tmux takes the socket over.
func (w *watcher) readVersion(ctx context.Context) {
	k := cache.Key{Server: w.socket.Path, Item: itemVersion}
	version, err := w.layers.versions.GetOrCompute(ctx, k, func(ctx context.Context) (string, cache.Version, error) {
		v, err := w.server.Version(ctx)
		return v.Raw, 0, err
	})
	if err == nil {
		w.version = version
	}
}

// detailsMissing tells whether a pane's costly facts are not cached.
func (w *watcher) detailsMissing() bool {
	missing := false
	for _, p := range w.order {
		d, _, ok := w.layers.details.Get(key(p.ref, itemDetails))
		if !ok {
			missing = true
			continue
		}
		if d != p.details {
			p.details = d
			w.touch(p)
		}
	}
	return missing
}

// readDetails lists the costly facts of all panes, in one go.
func (w *watcher) readDetails(ctx context.Context) {
	all, second, err := w.server.ListPanes(ctx, tmuxpool.DetailFull)
	if err != nil {
		return
	}
	for _, meta := range all {
		p, ok := w.panes[meta.ID]
		if !ok {
			continue
		}
		d := details{command: meta.CurrentCommand, path: meta.CurrentPath}
		w.layers.details.Put(key(p.ref, itemDetails), d, cache.Version(second))
		if d != p.details {
			p.details = d
			w.touch(p)
		}
	}
}

// readProcesses identifies what runs in a pane's foreground.
func (w *watcher) readProcesses(ctx context.Context, p *pane) {
	print, err := w.ids.table.Fingerprint(p.meta.PID)
	if err != nil {
		p.setProcesses(nil, w.ids.detector)
		return
	}
	k := key(p.ref, itemProcesses)
	kept, _, ok := w.layers.processes.Get(k)
	if ok && kept.print == print && (p.direct || w.now().Sub(kept.at) < rereadWrapperAfter) {
		p.setProcesses(kept.list, w.ids.detector)
		return
	}
	info, err := w.ids.table.Foreground(ctx, p.meta.PID)
	if err != nil {
		p.setProcesses(nil, w.ids.detector)
		return
	}
	w.layers.processes.Invalidate(k)
	w.layers.details.Invalidate(key(p.ref, itemDetails))
	w.layers.processes.Put(k, processes{print: print, list: info.Processes, at: w.now()}, cache.Version(w.scanned))
	if !ok || kept.print != print {
		p.looked = false
	}
	p.setProcesses(info.Processes, w.ids.detector)
}

// setProcesses takes over the foreground processes and what they tell.
func (p *pane) setProcesses(list []health.Process, detector *health.Detector) {
	p.processes = list
	o := p.observation()
	o.Before = health.KindNone
	id := detector.Identify(o)
	kind := health.KindNone
	if id.Process == health.ProcessAlive {
		kind = id.Kind
	}
	if kind != p.kind || id.Process != p.foreground {
		p.looked = false
	}
	if p.kind != health.KindNone && kind != p.kind {
		p.before = p.kind
	}
	p.kind, p.foreground = kind, id.Process
	p.direct = id.Process == health.ProcessShell
	p.pid = p.meta.PID
	for i, process := range list {
		alone := detector.Identify(health.Observation{Processes: []health.Process{process}})
		if alone.Process == health.ProcessAlive {
			p.pid, p.direct = process.PID, i == 0
			break
		}
	}
}

// candidates are the panes whose screens matter: those with an agent, those
// that had one, those that only the screen can tell of, and the focused one.
func (w *watcher) candidates(focus health.PaneRef) []*pane {
	var list []*pane
	for _, p := range w.order {
		if p.kind != health.KindNone || p.before != health.KindNone || p.tracked || p.foreground == health.ProcessUnknown ||
			!p.looked || p.ref == focus {
			list = append(list, p)
		}
	}
	return list
}

func (w *watcher) planInput(candidates []*pane, set settings, now time.Time) PlanInput {
	in := PlanInput{Now: now, Interval: set.interval, Panes: make([]PaneView, 0, len(candidates))}
	for _, p := range candidates {
		change := p.change()
		if change == ChangeSeen || change == ChangeNew {
			p.changedAt = now
		}
		if change == ChangeSeen && p.unchanged.IsZero() {
			p.unchanged = w.scannedBefore
		}
		in.Panes = append(in.Panes, PaneView{
			Ref: p.ref, Change: change, State: p.track.state,
			Focused: p.ref == set.focus, CapturedAt: p.captured.at, ChangedAt: p.changedAt,
		})
	}
	return in
}

// look carries the plan out and leaves each candidate's verdict in place. It
// returns how many panes were captured.
func (w *watcher) look(ctx context.Context, candidates []*pane, plan Plan, focus health.PaneRef) int {
	for _, ref := range plan.Recapture {
		if p, ok := w.panes[ref.Pane]; ok {
			p.generation++
			w.layers.screens.Invalidate(key(ref, itemScreen))
			w.layers.verdicts.Invalidate(key(ref, itemVerdict))
		}
	}
	var targets []health.Target
	var asked []*pane
	for _, p := range candidates {
		v, _, ok := w.layers.verdicts.Get(key(p.ref, itemVerdict))
		if ok && p.looked {
			p.verdict = v
			continue
		}
		targets = append(targets, health.Target{Ref: p.ref, Facts: p.observation()})
		asked = append(asked, p)
	}
	var captures atomic.Int64
	w.source.method, w.source.colours = plan.Method, focus
	w.source.version = func(ref health.PaneRef) cache.Version { return w.panes[ref.Pane].generation }
	w.source.count = func(_ health.PaneRef, bytes int) {
		captures.Add(1)
		w.meter.capture(bytes)
	}
	results := w.checker.CheckBatch(ctx, targets, health.BatchOptions{
		Limit: plan.Limit, Sweep: w.sweeps(plan.Method),
	})
	for i, r := range results {
		w.take(asked[i], r)
	}
	return int(captures.Load())
}

// sweeps tells whether a batch's captures go out together: pipelined, or, when
// there are no clients, in one process for all.
func (w *watcher) sweeps(m tmuxpool.Method) bool {
	batched := w.server.Status().Link == tmuxpool.LinkBatch
	return m == tmuxpool.MethodPipelined || (batched && m != tmuxpool.MethodProcess)
}

// take stores one check's result in its pane.
func (w *watcher) take(p *pane, r health.Result) {
	if r.Err != nil {
		if errors.Is(r.Err, tmuxpool.ErrPaneGone) {
			w.rescan()
		}
		w.meter.failure()
		return
	}
	p.looked = true
	if !p.unchanged.IsZero() {
		w.meter.verdict(r.Screen.At.Sub(p.unchanged))
		p.unchanged = time.Time{}
	}
	p.verdict, p.input = r.Verdict, r.Screen.Text
	p.captured = sighting{at: r.Screen.At, second: int64(r.Screen.Version), print: p.print}
	p.checked = r.Screen.At
	w.layers.verdicts.Put(key(p.ref, itemVerdict), r.Verdict, p.generation)
}

// settle lets each candidate's track take the round's verdict and tells
// whether anything that is drawn has changed.
func (w *watcher) settle(candidates []*pane) bool {
	changed, now := false, w.now()
	for _, p := range candidates {
		if p.looked && w.advance(p, now) {
			changed = true
		}
		p.resized = false
	}
	return changed
}

// advance moves one pane's track on and records the transition, if any.
func (w *watcher) advance(p *pane, now time.Time) bool {
	l := look{now: now, resized: p.resized, visible: p.visible()}
	if p.print.activity > 0 {
		l.quietSince = time.Unix(p.print.activity, 0)
	}
	if p.kind != health.KindNone {
		p.dismissed = false
	}
	if p.verdict.Kind == health.KindNone || p.dismissed || p.over(now) {
		return w.dismiss(p, now)
	}
	before := p.agent
	from, first := p.track.state, !p.tracked
	if first {
		p.track, p.tracked = startTrack(p.verdict, l), true
		from = health.StateUnknown
	} else {
		p.track = p.track.next(p.verdict, l)
	}
	p.before = p.track.kind
	p.agent = p.agentNow(w.socket.Name)
	if first || p.track.state != from {
		w.outbox = append(w.outbox, Transition{
			At: now, Agent: p.agent, From: from, To: p.track.state, First: first, Evidence: p.track.verdict.Evidence,
		})
	}
	if first || drawnOf(before) != drawnOf(p.agent) {
		w.touch(p)
		p.agent.Revision = p.revision
		return true
	}
	return false
}

// over tells whether the pane's agent has ended and is no longer worth a line:
// it left by itself some time ago, or the user runs another program there.
func (p *pane) over(now time.Time) bool {
	if !p.tracked || p.kind != health.KindNone {
		return false
	}
	switch p.track.state {
	case health.StateExited:
		return p.foreground == health.ProcessOther || now.Sub(p.track.since) > exitedStays
	case health.StateCrashed:
		return p.foreground == health.ProcessOther
	default:
		return false
	}
}

// dismiss ends a pane's agent when nothing of it is left.
func (w *watcher) dismiss(p *pane, now time.Time) bool {
	if !p.tracked {
		return false
	}
	w.outbox = append(w.outbox, Transition{
		At: now, Agent: p.agent, From: p.track.state, To: health.StateExited, Gone: true, Evidence: p.verdict.Evidence,
	})
	p.tracked, p.track, p.before = false, track{}, health.KindNone
	p.dismissed = p.kind == health.KindNone
	return true
}

// drawn are an agent's fields that are drawn, in a form that can be compared.
type drawn struct {
	session, window, title, cwd, command, activity, rule, text string
	windowIndex, paneIndex, pid, width, height, line           int
	kind                                                       health.Kind
	state                                                      health.State
	wait                                                       health.WaitReason
	since                                                      time.Time
	unseen, stale                                              bool
	confidence                                                 float64
}

func drawnOf(a Agent) drawn {
	return drawn{
		session: a.Session, window: a.Window, title: a.Title, cwd: a.CWD, command: a.Command, activity: a.Activity,
		rule: a.Evidence.Rule, text: a.Evidence.Text, line: a.Evidence.Line,
		windowIndex: a.WindowIndex, paneIndex: a.PaneIndex, pid: a.PID, width: a.Width, height: a.Height,
		kind: a.Kind, state: a.State, wait: a.Wait, since: a.Since, unseen: a.Unseen, stale: a.Stale,
		confidence: a.Confidence,
	}
}
