package fleet

import (
	"context"
	"sync"

	"agentwatch/engine"
)

// Transitions calls take with every transition of every machine from now on, one at a
// time, until ctx ends or take fails. Each machine begins as client.Monitor.Transitions
// does; one that cannot be reached is tried again.
func (m *Monitor) Transitions(ctx context.Context, take func(*engine.Transition) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	one := func(t *engine.Transition) error {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := take(t)
		if err != nil {
			cancel(err)
		}
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() { _ = m.Monitor.Transitions(ctx, one) })
	for _, l := range m.links {
		reading.Go(func() {
			_ = l.monitor.Transitions(ctx, func(t *engine.Transition) error { return one(l.ours(t)) })
		})
	}
	if m.hub != nil {
		reading.Go(func() { m.hubTransitions(ctx, one) })
	}
	reading.Wait()
	return context.Cause(ctx)
}

// ours is a transition of the host's as it is known here.
func (l *link) ours(t *engine.Transition) *engine.Transition {
	if t == nil {
		return nil
	}
	here := *t
	skew := l.ahead()
	here.Agent, here.At = ours(l.host.Name, t.Agent, skew), shifted(t.At, -skew)
	return &here
}

// hubTransitions calls take with what becomes of the agents that the hub shows, until ctx
// ends or take fails.
func (m *Monitor) hubTransitions(ctx context.Context, take func(*engine.Transition) error) {
	e := m.Elsewhere(func(*engine.Snapshot) {})
	defer e.Close()
	for {
		t, err := e.Next(ctx)
		if err != nil {
			return
		}
		if m.isOfHub(t.Agent.Ref.Host) && take(&t) != nil {
			return
		}
	}
}
