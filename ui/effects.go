package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/style"
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
}

// see compares the agents with those before. What is new does not glow.
func (g *glow) see(agents []engine.Agent, now time.Time) {
	urgency := make(map[health.PaneRef]engine.Urgency, len(agents))
	for i := range agents {
		a := &agents[i]
		urgency[a.Ref] = a.Urgency()
		if before, known := g.urgency[a.Ref]; known && before != a.Urgency() {
			g.since[a.Ref] = now
		}
	}
	g.urgency = urgency
	g.fade(now)
}

// fade forgets what has ceased to glow.
func (g *glow) fade(now time.Time) {
	for ref, since := range g.since {
		if now.Sub(since) >= glowTime {
			delete(g.since, ref)
		}
	}
	g.step++
}

// strength is how strongly an agent glows now, 0 to 1.
func (g *glow) strength(ref health.PaneRef, now time.Time) float64 {
	since, lit := g.since[ref]
	if !lit {
		return 0
	}
	return min(max(1-float64(now.Sub(since))/float64(glowTime), 0), 1)
}

// tick asks for the next step, when something glows and none is under way.
func (g *glow) tick(c commands) tea.Cmd {
	if g.ticking || len(g.since) == 0 {
		return nil
	}
	g.ticking = true
	return c.after(glowTick, glowMsg{})
}

// clock ticks once a second while the terminal has the focus.
type clock struct {
	run     uint64
	stopped bool
}

// start begins a new run of ticks; those of the one before are ignored.
func (c *clock) start(now time.Time, by commands) tea.Cmd {
	c.run++
	c.stopped = false
	return c.tick(now, by)
}

// stop ends the ticks.
func (c *clock) stop() {
	c.run++
	c.stopped = true
}

// tick asks for the next full second.
func (c *clock) tick(now time.Time, by commands) tea.Cmd {
	wait := now.Truncate(time.Second).Add(time.Second).Sub(now)
	return by.after(wait, clockMsg{c.run})
}

// look is what the dashboard is drawn with, and who decided it.
type look struct {
	styles *style.Styles
	keys   keymap
	// fixed is set when the user chose, so that the terminal does not.
	fixed          bool
	noColor, ascii bool
}

func newLook(o Options) look {
	l := look{fixed: o.Theme != nil, noColor: o.NoColor, ascii: o.ASCII}
	theme := o.Theme
	if theme == nil {
		theme = themes.Default(true)
	}
	l.set(theme)
	return l
}

// set changes the theme.
func (l *look) set(theme *themes.Theme) {
	l.styles = style.New(style.Options{Theme: theme, NoColor: l.noColor, ASCII: l.ascii})
	l.keys = newKeymap(l.styles.Glyphs)
}

// background takes what the terminal says about its background.
func (l *look) background(dark bool) {
	if !l.fixed && dark != l.styles.Dark {
		l.set(themes.Default(dark))
	}
}

// toggle goes from dark to light and back.
func (l *look) toggle() {
	l.fixed = true
	l.set(themes.Default(!l.styles.Dark))
}
