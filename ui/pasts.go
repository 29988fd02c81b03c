package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	// pastsBack is how far back the dashboard looks into what is kept.
	pastsBack = 24 * time.Hour
	// pastsAgain is how soon it asks again, for new agents or after a failure.
	pastsAgain = 5 * time.Second
	// spentAgain is how soon it asks anew what was spent before.
	spentAgain = 10 * time.Minute
)

// pasts are what agents were before the monitor began, and what they are now.
type pasts struct {
	// earlier has an entry for each agent that was asked for.
	earlier map[health.PaneRef]earlier
	busy    bool
	askedAt time.Time
	// joined keeps whole pasts until they grow.
	joined map[health.PaneRef]joined
	spent  spentBefore
}

// spentBefore is what all agents have spent on a day in which the monitor has not
// seen them: before it began, and those that were gone by then.
type spentBefore struct {
	midnight time.Time
	sums     engine.Durations
	known    bool
	busy     bool
	askedAt  time.Time
}

// earlier is what an agent was before the monitor began. The program's process
// tells it from another agent in the same pane.
type earlier struct {
	pid    int
	phases []engine.Phase
}

type joined struct {
	own, earlier int
	phases       []engine.Phase
}

// past is all that is known of what an agent was, oldest first.
func (d *desk) past(a *engine.Agent) []engine.Phase {
	before, known := d.pasts.earlier[a.Ref]
	if !known || before.pid != a.PanePID || len(before.phases) == 0 {
		return a.Past
	}
	kept := d.pasts.joined[a.Ref]
	if kept.own != len(a.Past) || kept.earlier != len(before.phases) {
		phases := make([]engine.Phase, 0, len(before.phases)+len(a.Past))
		kept = joined{len(a.Past), len(before.phases), append(append(phases, before.phases...), a.Past...)}
		d.pasts.joined[a.Ref] = kept
	}
	return kept.phases
}

// today is what all agents have spent since midnight: what the monitor has seen,
// and what was before.
func (d *desk) today() engine.Durations {
	sums := d.snap.Today
	midnight := engine.Midnight(d.now)
	if before := &d.pasts.spent; before.known && before.midnight.Equal(midnight) {
		return sums.Plus(before.sums)
	}
	for i := range d.snap.Agents {
		a := &d.snap.Agents[i]
		before, known := d.pasts.earlier[a.Ref]
		if known && before.pid == a.PanePID && len(before.phases) > 0 && len(a.Past) > 0 {
			sums = sums.Plus(engine.Spent(before.phases, midnight, a.Past[0].At))
		}
	}
	return sums
}

// syncSpent asks what was spent on this day before the monitor began.
func (m *Model) syncSpent() tea.Cmd {
	s := &m.pasts.spent
	if m.options.Pasts == nil || m.snap == nil || !m.snap.Ready || s.busy {
		return nil
	}
	midnight, again := engine.Midnight(m.now), pastsAgain
	if s.known && s.midnight.Equal(midnight) {
		again = spentAgain
	}
	if m.now.Sub(s.askedAt) < again {
		return nil
	}
	s.busy, s.askedAt = true, m.now
	return m.commands.spent(m.options.Pasts, midnight)
}

// takeSpent takes what was spent on a day in all, less what the monitor has seen
// of it. What is recorded lags behind that by seconds.
func (m *Model) takeSpent(msg spentMsg) {
	s := &m.pasts.spent
	s.busy = false
	if msg.err != nil || !msg.midnight.Equal(engine.Midnight(m.now)) {
		return
	}
	s.midnight, s.known = msg.midnight, true
	for u := range msg.spent {
		s.sums[u] = max(0, msg.spent[u]-m.snap.Today[u])
	}
}

// syncPasts asks for what agents were that have not been asked for.
func (m *Model) syncPasts() tea.Cmd {
	p := &m.pasts
	if m.options.Pasts == nil || m.snap == nil || !m.snap.Ready || p.busy || m.now.Sub(p.askedAt) < pastsAgain {
		return nil
	}
	var missing []engine.Agent
	for i := range m.snap.Agents {
		a := &m.snap.Agents[i]
		if known, asked := p.earlier[a.Ref]; !asked || known.pid != a.PanePID {
			missing = append(missing, *a)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	p.busy, p.askedAt = true, m.now
	return m.commands.pasts(m.options.Pasts, missing, m.now.Add(-pastsBack))
}

// takePasts takes what was found. A failure is not said here: whoever keeps the
// history says it, and it is asked for again.
func (m *Model) takePasts(msg pastsMsg) {
	m.pasts.busy = false
	if msg.err != nil {
		return
	}
	for _, ref := range msg.asked {
		if a, found := m.find(ref); found {
			m.pasts.earlier[ref] = earlier{a.PanePID, msg.pasts[ref]}
		}
	}
	for ref := range m.pasts.earlier {
		if _, there := m.find(ref); !there {
			delete(m.pasts.earlier, ref)
			delete(m.pasts.joined, ref)
		}
	}
}
