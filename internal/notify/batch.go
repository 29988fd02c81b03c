package notify

import (
	"maps"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// flush turns the batches that are ready into decisions, as far as the limit
// allows. The channel that has waited longest comes first.
func (d *Decider) flush(now time.Time) []Decision {
	for channel, waiting := range d.waiting {
		waiting = slices.DeleteFunc(waiting, func(p pending) bool {
			goesOn := d.lasts(p.episode) || !p.again && d.returning(p.episode, now)
			return !goesOn || d.looking[p.episode.agent.Ref]
		})
		if d.waiting[channel] = waiting; len(waiting) == 0 {
			delete(d.waiting, channel)
		}
	}
	channels := slices.Sorted(maps.Keys(d.waiting))
	slices.SortStableFunc(channels, func(a, b string) int {
		return oldest(d.waiting[a]).Compare(oldest(d.waiting[b]))
	})
	var decisions []Decision
	for _, channel := range channels {
		if len(d.sent) >= d.perMinute {
			break
		}
		if m, ok := d.take(channel, now); ok {
			d.sent = append(d.sent, now)
			decisions = append(decisions, Decision{Channel: channel, Message: m})
		}
	}
	return decisions
}

func oldest(waiting []pending) time.Time {
	return slices.MinFunc(waiting, func(a, b pending) int { return a.ready.Compare(b.ready) }).ready
}

// take makes one message of all that may be told on a channel now, once the
// first of it has waited long enough.
func (d *Decider) take(channel string, now time.Time) (Message, bool) {
	var told, held []pending
	ready := false
	for _, p := range d.waiting[channel] {
		if !d.lasts(p.episode) || d.quiet.clear(now, p.episode.state, channel).After(now) {
			held = append(held, p)
			continue
		}
		told = append(told, p)
		ready = ready || !p.ready.After(now)
	}
	if !ready {
		return Message{}, false
	}
	d.waiting[channel] = held
	if len(held) == 0 {
		delete(d.waiting, channel)
	}
	// An episode that was held back can be here with both levels.
	levels := make(map[health.PaneRef]Level, len(told))
	for _, p := range told {
		d.told[p.episode.telling(channel, p.level)] = now
		p.episode.told = append(p.episode.told, said{channel, p.level})
		levels[p.episode.agent.Ref] = max(levels[p.episode.agent.Ref], p.level)
	}
	m := Message{At: now}
	names := d.names()
	for _, p := range told {
		e := p.episode
		if level, ok := levels[e.agent.Ref]; ok {
			delete(levels, e.agent.Ref)
			m.Items = append(m.Items, Item{
				Agent: e.agent, Name: names[e.agent.Ref], From: e.from, State: e.state, Since: e.began, Level: level, Maybe: p.maybe,
			})
		}
	}
	byUrgency(m.Items)
	return m, true
}

// names are what those agents are called whose labels do not tell them apart.
func (d *Decider) names() map[health.PaneRef]engine.Name {
	agents := make([]engine.Agent, 0, len(d.episodes))
	for _, e := range d.episodes {
		agents = append(agents, e.agent)
	}
	return engine.NamesOf(agents, func(text string) string { return plain(text, maxName) })
}
