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

// keep looks after the idle connections and the demand until the pool ends.
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

// sweep drops idle connections that are dead or too old, and one that is too
// many.
func (p *clientPool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.learnLocked(now)
	tooMany := len(p.members) > p.targetLocked(now)
	kept := p.idle[:0]
	for _, m := range p.idle {
		old := p.config.MaxAge > 0 && now.Sub(m.born) >= p.config.MaxAge
		if old {
			p.stats.Recycled++
		}
		if old || tooMany || !m.conn.alive() {
			tooMany = false
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
		p.growLocked(time.Now())
		return
	}
	p.placeLocked(m)
}
