package fleet

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/beat"
)

// lookEvery is how often it is looked what has become of the agents elsewhere.
const lookEvery = 500 * time.Millisecond

// Elsewhere tells what becomes of the agents of other machines, from what a Monitor
// shows of them, whichever way that has come. It belongs to one goroutine.
type Elsewhere struct {
	monitor   *Monitor
	snapshots <-chan *engine.Snapshot
	cancel    func()
	observe   func(*engine.Snapshot)
	known     map[health.PaneRef]engine.Agent
	// met is when hosts were first seen.
	met map[string]time.Time
	due []engine.Transition
	// last is the snapshot that was looked at last; again is set when it is to be looked at
	// once more, since it was not known what has been told of its hosts.
	last  *engine.Snapshot
	again bool
}

// Elsewhere begins to follow the agents of other machines; observe is given each
// snapshot that is looked at. Its Close ends it.
func (m *Monitor) Elsewhere(observe func(*engine.Snapshot)) *Elsewhere {
	e := &Elsewhere{monitor: m, observe: observe, known: make(map[health.PaneRef]engine.Agent), met: make(map[string]time.Time)}
	e.snapshots, e.cancel = m.Subscribe()
	return e
}

// Close ends it.
func (e *Elsewhere) Close() { e.cancel() }

// Next waits for the next transition. It returns engine.ErrStopped when there will be
// none.
func (e *Elsewhere) Next(ctx context.Context) (engine.Transition, error) {
	for len(e.due) == 0 {
		var again <-chan time.Time
		if e.again {
			again = time.After(lookEvery)
		}
		select {
		case <-ctx.Done():
			return engine.Transition{}, ctx.Err()
		case <-again:
			e.due = e.look(e.last, time.Now())
			continue
		case s, open := <-e.snapshots:
			if !open {
				return engine.Transition{}, engine.ErrStopped
			}
			e.due = e.look(s, time.Now())
			e.observe(s)
		}
		if len(e.due) == 0 {
			beat.Pause(ctx, lookEvery)
		}
	}
	t := e.due[0]
	e.due = e.due[1:]
	return t, nil
}

// look is what has changed. What an agent was already when its host was met is no
// change, unless it is known which of them have been told.
func (e *Elsewhere) look(s *engine.Snapshot, now time.Time) []engine.Transition {
	e.last, e.again = s, false
	var all []engine.Transition
	heard, away, marked := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, h := range s.Hosts {
		marks, known := e.monitor.isMarked(h.Name)
		switch {
		case h.State == engine.HostGone:
		case h.State.Away() || !known:
			away[h.Name], e.again = true, e.again || !known
		default:
			heard[h.Name], marked[h.Name] = true, marks
			if e.met[h.Name].IsZero() {
				e.met[h.Name] = now
			}
		}
	}
	there := make(map[health.PaneRef]bool, len(e.known))
	for i := range s.Agents {
		a := &s.Agents[i]
		host := a.Ref.Host
		if !heard[host] {
			continue
		}
		there[a.Ref] = true
		before, known := e.known[a.Ref]
		if known && before.Revision == a.Revision || a.Stale {
			continue
		}
		e.known[a.Ref] = *a
		if !known {
			old := a.Since.Before(e.monitor.newSince(host, e.met[host])) && !marked[host]
			all = append(all, engine.Transition{At: a.Since, Agent: *a, To: a.State, First: true, Preexisting: old, Evidence: a.Evidence})
		} else if t, changed := change(before, *a); changed {
			if away, left := meanwhile(before, *a); left {
				all = append(all, away)
				t.From = away.To
			}
			all = append(all, t)
		}
	}
	for ref, a := range e.known {
		if !there[ref] && !away[ref.Host] {
			delete(e.known, ref)
			all = append(all, engine.Transition{At: now, Agent: a, From: a.State, To: a.State, Gone: true})
		}
	}
	return all
}

// meanwhile is what an agent was between two looks that show it in the same state, as one
// that was answered and has asked again: the second question is another.
func meanwhile(before, now engine.Agent) (engine.Transition, bool) {
	if before.State != now.State || len(now.Past) < 2 {
		return engine.Transition{}, false
	}
	was := now.Past[len(now.Past)-2]
	if was.Gap || was.Urgency == now.Urgency() || !was.At.After(before.Since) {
		return engine.Transition{}, false
	}
	now.Since, now.Dialog = was.At, nil
	// That it was something else is all that counts.
	if now.State = health.StateUnknown; was.Urgency == engine.UrgencyWorking {
		now.State = health.StateWorking
	}
	return engine.Transition{At: was.At, Agent: now, From: before.State, To: now.State}, true
}

// change is how an agent differs, where that is worth a transition.
func change(before, now engine.Agent) (engine.Transition, bool) {
	t := engine.Transition{At: now.Since, Agent: now, From: before.State, To: now.State, Evidence: now.Evidence}
	switch {
	case before.State != now.State, !before.Since.Equal(now.Since), before.Kind != now.Kind, before.PanePID != now.PanePID:
	case before.Snooze == nil && now.Snooze != nil:
		t.At, t.Snooze = now.Snooze.At, engine.SnoozeBegun
	case before.Snooze != nil && now.Snooze == nil:
		t.At, t.Snooze = before.Snooze.Until, engine.SnoozeEnded
	default:
		return t, false
	}
	return t, true
}
