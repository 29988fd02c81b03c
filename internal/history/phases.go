package history

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// gapTolerance is how long nobody may have watched without it being a gap: the
// time between two runs that follow each other.
const gapTolerance = 3 * time.Second

// Phases returns what each agent was before its Past begins, from a time on and
// oldest first; append(phases, agent.Past...) is its whole timeline. Agents of
// which nothing more is known are left out. An agent is known by its pane, the
// pane's process and its kind, so that a pane of a tmux server that was
// restarted is not taken for the one that had its id before.
func (s *Store) Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error) {
	pasts := make(map[lane]*pastBuilder, len(agents))
	now := s.options.Now()
	for _, a := range agents {
		until := now
		if len(a.Past) > 0 {
			until = a.Past[0].At
		}
		pasts[AgentOf(a).lane()] = &pastBuilder{ref: a.Ref, since: since, until: until}
	}
	for sp, err := range spans(s.marks(ctx, since, now), func(mark) {}) {
		if err != nil {
			return nil, err
		}
		if past := pasts[sp.agent.lane()]; past != nil {
			past.add(sp)
		}
	}
	found := make(map[health.PaneRef][]engine.Phase)
	for _, past := range pasts {
		if phases := past.finish(); len(phases) > 0 {
			found[past.ref] = phases
		}
	}
	return found, nil
}

// pastBuilder puts an agent's spans together.
type pastBuilder struct {
	ref          health.PaneRef
	since, until time.Time
	phases       []engine.Phase
	end          time.Time
}

func (b *pastBuilder) add(s span) {
	if s.from.Before(b.since) {
		s.from = b.since
	}
	if s.to.After(b.until) {
		s.to = b.until
	}
	if !s.to.After(s.from) {
		return
	}
	n := len(b.phases)
	if n > 0 && s.from.Sub(b.end) > gapTolerance {
		b.phases = append(b.phases, engine.Phase{At: b.end, Urgency: engine.UrgencyUnknown, Gap: true})
		n++
	}
	if n == 0 || b.phases[n-1].Gap || b.phases[n-1].Urgency != s.urgency {
		b.phases = append(b.phases, engine.Phase{At: s.from, Urgency: s.urgency})
	}
	b.end = s.to
}

// finish tells whether the past reaches up to what is known without it.
func (b *pastBuilder) finish() []engine.Phase {
	if len(b.phases) > 0 && b.until.Sub(b.end) > gapTolerance {
		b.phases = append(b.phases, engine.Phase{At: b.end, Urgency: engine.UrgencyUnknown, Gap: true})
	}
	return b.phases
}
