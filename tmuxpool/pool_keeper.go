package tmuxpool

import (
	"context"
	"time"
)

// keepEvery is how often a pool looks after its idle connections.
const keepEvery = time.Second

// checkAfter is how long an idle connection may be silent before it has to
// show that it lives.
const checkAfter = 10 * time.Second

// keep looks after the idle connections until the pool ends.
func (p *clientPool) keep() {
	every := min(keepEvery, max(p.config.ShrinkAfter/4, time.Millisecond))
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-ticker.C:
			p.sweep()
			p.checkOne()
		}
	}
}

// sweep drops idle connections that are dead, too old, or too many.
func (p *clientPool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	kept := p.idle[:0]
	for _, m := range p.idle {
		old := p.config.MaxAge > 0 && now.Sub(m.born) >= p.config.MaxAge
		spare := len(p.members) > p.config.Min && now.Sub(m.freed) >= p.config.ShrinkAfter
		if old {
			p.stats.Recycled++
		}
		if old || spare || !m.conn.alive() {
			p.dropLocked(m)
			continue
		}
		kept = append(kept, m)
	}
	clear(p.idle[len(kept):])
	p.idle = kept
}

// checkOne makes the connection that was idle longest show that it lives; one
// that does not is dropped.
func (p *clientPool) checkOne() {
	p.mu.Lock()
	if len(p.idle) == 0 || p.idle[0].conn.quiet() < checkAfter {
		p.mu.Unlock()
		return
	}
	m := p.idle[0]
	p.idle = p.idle[1:]
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, p.config.PingTimeout)
	err := m.conn.ping(ctx)
	cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.dropLocked(m)
		p.growLocked()
		return
	}
	freed := m.freed
	p.placeLocked(m)
	m.freed = freed // a health check is no use
}
