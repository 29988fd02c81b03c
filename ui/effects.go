package ui

import (
	"maps"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	glowTime = time.Second
	glowTick = 200 * time.Millisecond
)

// glow lights up agents whose state has just changed, for a second.
type glow struct {
	since   map[health.PaneRef]time.Time
	urgency map[health.PaneRef]engine.Urgency
	// step counts what was drawn; ticking is set while a tick is under way.
	step    uint64
	ticking bool
	// still is set when the user wants no animation: what has changed stands out
	// for a second and does not fade. paused is set while nobody looks.
	still, paused bool
}

// see compares the agents with those before. What is new does not glow.
func (g *glow) see(agents []engine.Agent, now time.Time) {
	for i := range agents {
		a := &agents[i]
		before, known := g.urgency[a.Ref]
		if known && before == a.Urgency() {
			continue
		}
		g.urgency[a.Ref] = a.Urgency()
		if known && !g.paused {
			g.since[a.Ref] = now
			g.step++
		}
	}
	if len(g.urgency) > len(agents) {
		g.forget(agents)
	}
	g.fade(now)
}

// forget drops the agents that are gone.
func (g *glow) forget(agents []engine.Agent) {
	here := make(map[health.PaneRef]bool, len(agents))
	for i := range agents {
		here[agents[i].Ref] = true
	}
	maps.DeleteFunc(g.urgency, func(ref health.PaneRef, _ engine.Urgency) bool { return !here[ref] })
}

// fade forgets what has ceased to glow.
func (g *glow) fade(now time.Time) {
	if len(g.since) == 0 {
		return
	}
	for ref, since := range g.since {
		if now.Sub(since) >= glowTime {
			delete(g.since, ref)
		}
	}
	g.step++
}

// next is the next step of what glows.
func (g *glow) next(now time.Time, c commands) tea.Cmd {
	g.ticking = false
	g.fade(now)
	return g.tick(c)
}

// pause ends all glowing until it is resumed: the terminal is not looked at.
func (g *glow) pause() {
	g.paused = true
	if len(g.since) > 0 {
		clear(g.since)
		g.step++
	}
}

func (g *glow) resume() { g.paused = false }

// strength is how strongly an agent glows now, 0 to 1.
func (g *glow) strength(ref health.PaneRef, now time.Time) float64 {
	since, lit := g.since[ref]
	switch {
	case !lit:
		return 0
	case g.still:
		return 1
	}
	return min(max(1-float64(now.Sub(since))/float64(glowTime), 0), 1)
}

// tick asks for the next step, when something glows and none is under way.
func (g *glow) tick(c commands) tea.Cmd {
	if g.ticking || len(g.since) == 0 {
		return nil
	}
	g.ticking = true
	if g.still {
		return c.after(glowTime, glowMsg{})
	}
	return c.after(glowTick, glowMsg{})
}

// awayTick is how often the clock ticks while the terminal has no focus: it may
// still be in sight.
const awayTick = 10 * time.Second

// clock ticks once a second while the terminal has the focus, and rarely while
// it has not.
type clock struct {
	run  uint64
	away bool
}

// start begins a new run of ticks; those of the one before are ignored. away is
// set when the terminal has no focus.
func (c *clock) start(now time.Time, away bool, by commands) tea.Cmd {
	c.run++
	c.away = away
	return c.tick(now, by)
}

// tick asks for the next full second, or the next of the rare ticks.
func (c *clock) tick(now time.Time, by commands) tea.Cmd {
	if c.away {
		return by.after(awayTick, clockMsg{c.run})
	}
	wait := now.Truncate(time.Second).Add(time.Second).Sub(now)
	return by.after(wait, clockMsg{c.run})
}
