package fleet

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/stdio"
	"agentwatch/health"
)

// staleBit in an agent's revision tells what is drawn as stale from what is not.
const staleBit = 1 << 63

// skewOf is how far a host's clock is ahead of ours; 0 for what may be the way's.
func skewOf(c *stdio.Conn) time.Duration {
	skew := c.Hello.Now.Sub(c.Greeted).Round(time.Millisecond)
	if skew.Abs() < leastSkew {
		return 0
	}
	return skew
}

// ours is an agent of a host as it is known here: it says where it is, whatever the
// host says of that, and its times are by this machine's clock.
func ours(host string, a engine.Agent, skew time.Duration) engine.Agent {
	a.Ref.Host = host
	if skew == 0 {
		return a
	}
	for _, t := range []*time.Time{&a.Since, &a.ActiveAt, &a.CheckedAt} {
		*t = shifted(*t, -skew)
	}
	if a.Snooze != nil {
		a.Snooze = &engine.Snooze{At: shifted(a.Snooze.At, -skew), Until: shifted(a.Snooze.Until, -skew)}
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
func their(r engine.Request, skew time.Duration) engine.Request {
	r.Target = theirs(r.Target)
	r.Seen.Since = shifted(r.Seen.Since, skew)
	r.Seen.Revision &^= staleBit
	// Its own tmux has no popup of ours.
	r.InPopup = false
	return r
}

// our is what came of a request.
func our(host string, o engine.Outcome, r engine.Request, skew time.Duration) engine.Outcome {
	o.Request, o.At = r, shifted(o.At, -skew)
	if o.Agent.Ref != (health.PaneRef{}) {
		o.Agent = ours(host, o.Agent, skew)
	}
	return o
}
