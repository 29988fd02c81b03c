package history

import (
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	// flapShort is how soon an agent must be back in the state before last for a
	// change to count as flapping, and flapSwings how many such changes in a row
	// are recorded one by one.
	flapShort  = 3 * time.Second
	flapSwings = 6
	// flapCalm is how long a state must last for the flapping to be over.
	flapCalm = 5 * time.Second
)

// damper keeps an agent that flaps between two states from filling the history:
// after flapSwings changes the more urgent state stands until the agent is calm,
// and one entry then says how many changes were left out. The zero value is
// ready for use by one goroutine.
type damper struct {
	agents map[health.PaneRef]*swinging
}

// swinging is what is known of one agent's last changes.
type swinging struct {
	from, to engine.Urgency
	at       time.Time
	swings   int
	// held are the last two changes that were left out, the newer last; empty
	// while everything is recorded. began is when the first was, left how many.
	held  []engine.Transition
	began time.Time
	left  int
}

// holds tells whether something is held back that time alone brings out.
func (d *damper) holds() bool {
	for _, s := range d.agents {
		if len(s.held) > 0 {
			return true
		}
	}
	return false
}

// take returns what is to be recorded once t has happened.
func (d *damper) take(t engine.Transition) []engine.Transition {
	if d.agents == nil {
		d.agents = make(map[health.PaneRef]*swinging)
	}
	ref := t.Agent.Ref
	s := d.agents[ref]
	if t.Gone || t.First || s == nil {
		var out []engine.Transition
		if s != nil {
			out = s.release()
		}
		_, to := t.Urgencies()
		if d.agents[ref] = (&swinging{from: to, to: to, at: t.At}); t.Gone {
			delete(d.agents, ref)
		}
		return append(out, t)
	}
	from, to := t.Urgencies()
	back := from == s.to && to == s.from && t.At.Sub(s.at) < flapShort
	s.from, s.to, s.at = from, to, t.At
	if !back {
		s.swings = 0
		return append(s.release(), t)
	}
	s.swings++
	if len(s.held) == 0 && (s.swings < flapSwings || to < from) {
		return []engine.Transition{t}
	}
	if s.left == 0 {
		s.began = t.At
	}
	s.left++
	s.held = append(s.held[max(len(s.held)-1, 0):], t)
	return nil
}

// calm returns what is to be recorded of agents that flap no more.
func (d *damper) calm(now time.Time) []engine.Transition {
	var out []engine.Transition
	for _, s := range d.agents {
		if len(s.held) > 0 && now.Sub(s.at) >= flapCalm {
			s.swings = 0
			out = append(out, s.release()...)
		}
	}
	return out
}

// end returns all that has been held back.
func (d *damper) end() []engine.Transition {
	var out []engine.Transition
	for _, s := range d.agents {
		out = append(out, s.release()...)
	}
	return out
}

// release ends the holding back: what remains leads from the recorded state to
// the one that the agent is in.
func (s *swinging) release() []engine.Transition {
	out := s.held
	// An odd number of changes has left the recorded state, an even one has come
	// back to it: then the way there is told, too.
	if s.left%2 == 1 && len(out) == 2 {
		out = out[1:]
	}
	if omitted := s.left - len(out); omitted > 0 {
		last := &out[len(out)-1]
		from, to := last.Urgencies()
		last.Evidence.Text = fmt.Sprintf("%s (after %d more changes between %s and %s in %s)", last.Evidence.Text, omitted,
			min(from, to), max(from, to), last.At.Sub(s.began).Round(time.Second))
	}
	s.held, s.left = nil, 0
	return out
}
