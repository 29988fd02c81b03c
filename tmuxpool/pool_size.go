package tmuxpool

import "time"

const (
	// mostClients bounds every pool.
	mostClients = 20
	// standsStill is after how many forecast service times without any movement
	// a queue counts as standing still. A server with much to do is slow for
	// all: there, one client more makes nothing quicker. For the same reason the
	// time doubles with every client that there is.
	standsStill = 4
	// pauseAfterFailure is for how long no client is opened beside those there
	// are when one could not be: a server that refuses clients must not be
	// asked at every round.
	pauseAfterFailure = 10 * time.Second
)

// neededSize remembers how many connections were needed when. It grows at once
// and shrinks after calm: a connection that was needed a moment ago will be
// needed again, and attaching is what costs and what is a risk.
type neededSize struct {
	last [mostClients + 1]time.Time // when so many were needed last
}

// need notes that n connections are needed now.
func (s *neededSize) need(n int, now time.Time) {
	for i := range s.last[:min(n, mostClients)+1] {
		s.last[i] = now
	}
}

// within returns how many were needed at most in the time before now.
func (s *neededSize) within(calm time.Duration, now time.Time) int {
	for n := mostClients; n > 0; n-- {
		if !s.last[n].IsZero() && now.Sub(s.last[n]) < calm {
			return n
		}
	}
	return 0
}

// learnLocked makes the pool as large as the demand calls for, when a window of
// it is over: what was asked for counts at once, and the forecast can only add.
func (p *clientPool) learnLocked(now time.Time) {
	if seen, over := p.demand.settle(now); over {
		p.requireLocked(seen, now)
		p.requireLocked(p.demand.forecast(), now)
	}
}

// requireLocked makes the pool no smaller than the demand calls for.
func (p *clientPool) requireLocked(d demand, now time.Time) {
	p.needed.need(size(d, p.config.Min, p.config.Max), now)
	p.growLocked(now)
}

// unblock opens a connection more when the queue stands still: somebody holds
// all that there are for long, which the forecast learns only when he is done.
// It returns when to look again.
func (p *clientPool) unblock() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	patience := max(p.config.GrowAfter, standsStill*p.demand.forecast().service) << max(len(p.members)-1, 0)
	if still := now.Sub(p.moved); still < patience {
		return patience - still
	}
	p.needed.need(min(len(p.members)+1, p.config.Max), now)
	p.growLocked(now)
	return patience
}

// targetLocked is how many connections there should be: the most that were
// needed within the time after which the pool may shrink.
func (p *clientPool) targetLocked(now time.Time) int {
	return min(max(p.needed.within(p.config.ShrinkAfter, now), p.config.Min), p.config.Max)
}

// growLocked opens a connection when there are fewer than there should be: one
// at a time, since attaching is the risky moment, and the next when that is
// there. Without any and with nobody waiting, nothing is opened: the server may
// be gone.
func (p *clientPool) growLocked(now time.Time) {
	switch have := len(p.members); {
	case p.closed || p.opening > 0 || have >= p.targetLocked(now):
		return
	case have == 0 && len(p.waiters) == 0:
		return
	case have > 0 && now.Before(p.paused):
		return
	}
	p.opening++
	epoch := p.epoch
	p.workers.Go(func() {
		conn, err := p.open(p.ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.opening--
		now := time.Now()
		if err != nil {
			p.paused = now.Add(pauseAfterFailure)
			p.refuseLocked(err)
		} else {
			m := &member{conn: conn, born: now, epoch: epoch}
			p.members[m] = struct{}{}
			p.stats.Created++
			p.placeLocked(m)
		}
		p.growLocked(now)
	})
}

// Stats returns the pool's figures; the server's own are zero.
func (p *clientPool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Open, s.Max = len(p.members), p.config.Max
	s.Busy = s.Open - len(p.idle)
	if all := s.Reused + s.Created; all > 0 {
		s.ReuseRate = float64(s.Reused) / float64(all)
	}
	next := p.demand.forecast()
	s.ForecastRate, s.ForecastService = next.rate, next.service
	s.Target = p.targetLocked(time.Now())
	if p.asked > 0 {
		s.MeanWait = p.waited / time.Duration(p.asked)
	}
	return s
}
