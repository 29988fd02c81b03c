package fleet

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// staleBit in an agent's revision tells what is drawn as stale from what is not.
const staleBit = 1 << 63

// ours is an agent of a host as it is known here: it says where it is, whatever the
// host says of that, and its times are by this machine's clock.
func (l *link) ours(a engine.Agent, skew time.Duration) engine.Agent {
	a.Ref.Host = l.host.Name
	if skew == 0 {
		return a
	}
	for _, t := range []*time.Time{&a.Since, &a.ActiveAt, &a.CheckedAt} {
		*t = shifted(*t, -skew)
	}
	a.Past = slices.Clone(a.Past)
	for i := range a.Past {
		a.Past[i].At = shifted(a.Past[i].At, -skew)
	}
	return a
}

func shifted(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(by)
}

// stale is an agent as it was seen last, at a time.
func stale(a engine.Agent, heard time.Time) engine.Agent {
	a.Stale, a.Revision = true, a.Revision|staleBit
	if heard.After(a.CheckedAt) {
		a.CheckedAt = heard
	}
	return a
}

// theirs is a pane as its host knows it.
func theirs(ref health.PaneRef) health.PaneRef {
	ref.Host = ""
	return ref
}

// their is a request as the host's engine knows it.
func (l *link) their(r engine.Request) engine.Request {
	l.mu.Lock()
	skew := l.skew
	l.mu.Unlock()
	r.Target = theirs(r.Target)
	r.Seen.Since = shifted(r.Seen.Since, skew)
	r.Seen.Revision &^= staleBit
	// Its own tmux has no popup of ours.
	r.InPopup = false
	return r
}

// our is what came of a request.
func (l *link) our(o engine.Outcome, r engine.Request) engine.Outcome {
	l.mu.Lock()
	skew := l.skew
	l.mu.Unlock()
	o.Request, o.At = r, shifted(o.At, -skew)
	if o.Agent.Ref != (health.PaneRef{}) {
		o.Agent = l.ours(o.Agent, skew)
	}
	return o
}
