package fleet

import (
	"context"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

// Register has one of all who watch the same machines tell of their agents: a host
// that is reached by itself says who, and those that a hub shows have their viewers
// agree there. Where Options.Notify is not set nothing is ours to tell.
func (m *Monitor) Register() engine.Register { return register{m} }

// none is the register of what is not ours to tell.
type none struct{}

func (none) Ours(engine.Telling) bool { return false }
func (none) Claim(context.Context, engine.Telling) (engine.Claim, error) {
	return engine.ClaimLater, nil
}
func (none) Sent(context.Context, engine.Telling) error   { return nil }
func (none) Failed(context.Context, engine.Telling) error { return nil }

type register struct{ m *Monitor }

// of is the register of an agent's host.
func (r register) of(t engine.Telling) engine.Register {
	if r.m.isOfHub(t.Ref.Host) {
		if r.m.teller == nil {
			return none{}
		}
		return r.m.teller
	}
	for _, l := range r.m.links {
		if l.host.Name == t.Ref.Host {
			return linkRegister{l, r.m.name}
		}
	}
	return none{}
}

// Ours implements engine.Register.
func (r register) Ours(t engine.Telling) bool { return r.of(t).Ours(t) }

// Claim implements engine.Register.
func (r register) Claim(ctx context.Context, t engine.Telling) (engine.Claim, error) {
	return r.of(t).Claim(ctx, t)
}

// Sent implements engine.Register.
func (r register) Sent(ctx context.Context, t engine.Telling) error { return r.of(t).Sent(ctx, t) }

// Failed implements engine.Register.
func (r register) Failed(ctx context.Context, t engine.Telling) error { return r.of(t).Failed(ctx, t) }

// linkRegister has a host say who tells of its agents, by the name of this face.
type linkRegister struct {
	link *link
	as   string
}

// Ours implements engine.Register. Of a host that is not heard nothing is told.
func (r linkRegister) Ours(engine.Telling) bool {
	r.link.mu.Lock()
	defer r.link.mu.Unlock()
	return r.link.tells.Granted && !r.link.status.State.Away()
}

func (r linkRegister) told(ctx context.Context, step api.Step, t engine.Telling) (engine.Claim, error) {
	t.Ref, t.Since = theirs(t.Ref), shifted(t.Since, r.link.ahead())
	return r.link.monitor.Told(ctx, api.Told{As: r.as, Step: step, What: t})
}

// Claim implements engine.Register.
func (r linkRegister) Claim(ctx context.Context, t engine.Telling) (engine.Claim, error) {
	return r.told(ctx, api.StepClaim, t)
}

// Sent implements engine.Register.
func (r linkRegister) Sent(ctx context.Context, t engine.Telling) error {
	_, err := r.told(ctx, api.StepSent, t)
	return err
}

// Failed implements engine.Register.
func (r linkRegister) Failed(ctx context.Context, t engine.Telling) error {
	_, err := r.told(ctx, api.StepFailed, t)
	return err
}

// wantTells asks the host to be the one who tells of its agents, until ctx ends.
func (l *link) wantTells(ctx context.Context, as string) {
	l.monitor.Tells(ctx, as, func(t api.Tells) {
		l.mu.Lock()
		l.tells, l.answered = t, true
		l.mu.Unlock()
	})
}

// handover is how long before we began to tell a question may have come that its host has
// not told yet: most rules wait for some seconds.
const handover = 15 * time.Second

// newSince is from when on what an agent has become is told, on a host that was met then:
// one of the hub's leaves that to us from the moment in which we began to tell, which can
// be before we have looked at it.
func (m *Monitor) newSince(host string, met time.Time) time.Time {
	if m.teller == nil || !m.isHubs(host) {
		return met
	}
	if began := m.teller.Since(); !began.IsZero() && began.Add(-handover).Before(met) {
		return began.Add(-handover)
	}
	return met
}

// isHubs reports whether a host is the hub's to tell of: also one that the hub does not
// hear of now, if it is none of our own links.
func (m *Monitor) isHubs(host string) bool {
	return m.isOfHub(host) || !slices.ContainsFunc(m.links, func(l *link) bool { return l.host.Name == host })
}

// isMarked reports whether it is known of a host's agents which have been told before we
// came. known is false while that has not been read. Taking a host of the hub for one of
// which nothing was told would silence what waits there.
func (m *Monitor) isMarked(host string) (marked, known bool) {
	if !m.notify {
		return false, true
	}
	if m.isHubs(host) {
		if m.teller == nil {
			return false, true
		}
		return m.teller.Before()
	}
	l := m.links[slices.IndexFunc(m.links, func(l *link) bool { return l.host.Name == host })]
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tells.Before, l.answered
}
