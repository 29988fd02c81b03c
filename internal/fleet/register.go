package fleet

import (
	"context"

	"agentwatch/engine"
)

// Register has one of all who watch the same machines tell of their agents: a host
// that is reached by itself says who, and those that only a hub shows have their
// viewers agree there.
func (m *Monitor) Register() engine.Register { return register{m} }

type register struct{ m *Monitor }

// of is the register of an agent; nil for none.
func (r register) of(t engine.Telling) engine.Register {
	if r.m.teller != nil && r.m.isOfHub(t.Ref.Host) {
		return r.m.teller
	}
	return nil
}

// Ours implements engine.Register.
func (r register) Ours(t engine.Telling) bool {
	of := r.of(t)
	return of != nil && of.Ours(t)
}

// Claim implements engine.Register.
func (r register) Claim(ctx context.Context, t engine.Telling) (engine.Claim, error) {
	if of := r.of(t); of != nil {
		return of.Claim(ctx, t)
	}
	return engine.ClaimLater, nil
}

// Sent implements engine.Register.
func (r register) Sent(ctx context.Context, t engine.Telling) error {
	if of := r.of(t); of != nil {
		return of.Sent(ctx, t)
	}
	return nil
}

// isMarked reports whether it is known of a host's agents which have been told before we
// came. known is false while that has not been read.
func (m *Monitor) isMarked(host string) (marked, known bool) {
	if m.teller == nil || !m.isOfHub(host) {
		return false, true
	}
	return m.teller.Before()
}
