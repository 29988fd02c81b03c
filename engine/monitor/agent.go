package monitor

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// exitedStays is how long an agent that ended by itself stays listed.
const exitedStays = 5 * time.Minute

// settle lets each candidate's track take the round's verdict and tells
// whether anything that is drawn has changed.
func (w *watcher) settle(candidates []*pane) bool {
	changed, now := false, w.now()
	for _, p := range candidates {
		if p.looked && w.advance(p, now) {
			changed = true
		}
		if p.looked && !p.tracked {
			p.preexisting = false
		}
		w.tellScreen(p)
		if p.fresh {
			p.resized, p.fresh = false, false
		}
	}
	return changed
}

// advance moves one pane's track on and records the transition, if any.
func (w *watcher) advance(p *pane, now time.Time) bool {
	p.recognise()
	l := look{now: now, resets: w.ids.resets, fresh: p.fresh, resized: p.resized, visible: p.visible(), heard: p.hears, lastOutput: p.lastOutput()}
	if p.kind != health.KindNone {
		l.pid = p.pid
	}
	if p.print.activity > 0 {
		l.quietSince = time.Unix(p.print.activity, 0)
	}
	if p.kind != health.KindNone || (p.foreground == health.ProcessUnknown && alive(p.verdict.State)) {
		p.dismissed = false
	}
	if p.verdict.Kind == health.KindNone || p.dismissed || p.over(now) {
		return w.dismiss(p, now)
	}
	if p.tracked && p.verdict.Kind != p.track.kind && !p.verdict.Hold {
		// Another program has taken the pane over: another agent.
		w.dismiss(p, now)
		p.dismissed = false
	}
	before := p.agent
	from, first := p.track.state, !p.tracked
	repeated := p.repeating()
	if first {
		p.track, p.tracked = startTrack(p.verdict, l), true
		w.inherit(p, l.visible)
		from = health.StateUnknown
	} else {
		p.track = p.track.next(p.verdict, l)
	}
	p.before = p.track.kind
	p.unsettled(now)
	woken := w.reviewSnooze(p, now)
	p.agent = p.agentNow(w.socket.Name)
	p.remember(now)
	if first || p.track.state != from {
		w.outbox = append(w.outbox, engine.Transition{
			At: now, Agent: p.agent, From: from, To: p.track.state, First: first, Preexisting: first && p.preexisting,
			Evidence: p.track.verdict.Evidence, Repeated: repeated,
		})
	}
	if woken && !first && p.track.state == from {
		w.outbox = append(w.outbox, engine.Transition{
			At: now, Agent: p.agent, From: from, To: from, Snooze: engine.SnoozeEnded, Evidence: p.track.verdict.Evidence,
		})
	}
	p.preexisting = false
	if first || drawnOf(before) != drawnOf(p.agent) || !before.Dialog.Equal(p.agent.Dialog) ||
		!slices.Equal(before.Facts, p.agent.Facts) {
		w.touch(p)
		p.agent.Revision = p.revision
		return true
	}
	return false
}

// alive tells whether a state is that of a program that runs.
func alive(s health.State) bool { return s != health.StateUnknown && !s.Ended() }

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
	w.outbox = append(w.outbox, engine.Transition{
		At: now, Agent: p.agent, From: p.track.state, To: health.StateExited, Gone: true, Evidence: p.verdict.Evidence,
	})
	p.tracked, p.track, p.before, p.past, p.tokens, p.repeated = false, track{}, health.KindNone, nil, nil, nil
	if p.snooze != nil {
		w.endSnooze(p)
	}
	p.dismissed = p.kind == health.KindNone
	return true
}

// drawn are an agent's fields that are drawn, in a form that can be compared.
type drawn struct {
	session, window, title, cwd, command, activity, rule, text, resume string
	windowIndex, paneIndex, pid, width, height, line                   int
	kind                                                               health.Kind
	state                                                              health.State
	wait                                                               health.WaitReason
	since, limitUntil                                                  time.Time
	unseen, stale                                                      bool
	snooze                                                             engine.Snooze
	confidence                                                         float64
}

func drawnOf(a engine.Agent) drawn {
	snooze := engine.Snooze{}
	if a.Snooze != nil {
		snooze = *a.Snooze
	}
	return drawn{
		snooze: snooze, resume: a.Resume, limitUntil: a.LimitUntil,
		session: a.Session, window: a.Window, title: a.Title, cwd: a.CWD, command: a.Command, activity: a.Activity,
		rule: a.Evidence.Rule, text: a.Evidence.Text, line: a.Evidence.Line,
		windowIndex: a.WindowIndex, paneIndex: a.PaneIndex, pid: a.PID, width: a.Width, height: a.Height,
		kind: a.Kind, state: a.State, wait: a.Wait, since: a.Since, unseen: a.Unseen, stale: a.Stale,
		confidence: a.Confidence,
	}
}
