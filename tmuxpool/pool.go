package tmuxpool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"agentwatch/internal/beat"
)

// The pool's rules. They are simple because the server does one thing at a time:
// more workers than a few make nothing quicker. They end waits behind a long
// job, and that is what the pool grows by.
const (
	// mostWorkers bounds every pool.
	mostWorkers = 20
	// growAfter is how long somebody must have waited before the pool gets one
	// worker more. It is many captures long, because each control client that
	// attaches makes our session the one that was active last.
	growAfter = 25 * time.Millisecond
	// shrinkAfter is how long a worker must have been idle before it is closed.
	// The last one is kept.
	shrinkAfter = time.Minute
	// keepEvery is how often the idle workers are looked after.
	keepEvery = time.Second
	// checkAfter is how long an idle worker may be silent before it has to show
	// that it is alive.
	checkAfter = 10 * time.Second
	// pauseAfterFailure is how long no worker is opened beside others after one
	// could not be: a server that refuses clients must not be asked every round.
	pauseAfterFailure = 10 * time.Second
)

// worker is what a pool keeps: a control client, or a batchSlot.
type worker interface {
	alive() bool
	// quiet is for how long nothing has been heard of it.
	quiet() time.Duration
	ping(ctx context.Context) error
	close()
}

// poolConfig says how a pool behaves.
type poolConfig struct {
	// Max bounds the number of workers; 1 to 20.
	Max int
	// AcquireTimeout is how long Acquire waits at most.
	AcquireTimeout time.Duration
	// MaxAge is the age at which a worker is replaced once it is free; 0 for never.
	MaxAge time.Duration
	// PingTimeout bounds a health check.
	PingTimeout time.Duration
	// Closing is called before workers that are alive are closed, and what it
	// returns afterwards; nil for nothing.
	Closing func() (closed func())
	// Waited is told how long each Acquire has taken; nil for nobody.
	Waited func(wait time.Duration, err error)
}

// pool keeps the workers for captures on one server. The first Acquire opens one;
// one more is opened whenever somebody has waited for growAfter, and one that has
// been idle for shrinkAfter is closed. Who waits is served in turn. It is safe
// for concurrent use; Close ends it.
type pool struct {
	config poolConfig
	open   func(ctx context.Context) (worker, error)

	ctx    context.Context // ends the opener and the keeper
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	epoch   uint64 // grows with kill; what was being opened then is not kept
	members map[*member]struct{}
	idle    []*member // the one that was free last at the end
	waiters []*waiter // the one that has waited longest first
	opening bool
	grown   time.Time // when a worker was last opened
	paused  time.Time // until when no worker is opened beside others
	stats   Stats
	asked   uint64        // how often Acquire has ended
	waited  time.Duration // for how long in all
}

// member is a worker with what the pool knows of it.
type member struct {
	worker worker
	born   time.Time
	epoch  uint64
	freed  time.Time // when it was last given back
	used   bool      // a capture has been made over its connection
	slot   bool      // it is a batchSlot: its processes count as connections
}

// waiter is somebody in Acquire.
type waiter struct {
	since time.Time
	offer chan offer // has room for one
}

// offer is what a waiter gets: a member, or why there is none.
type offer struct {
	member *member
	err    error
}

// lease is a worker taken from a pool, until Release.
type lease struct {
	pool   *pool
	member *member
}

// newPool returns an empty pool; nothing is opened before the first Acquire.
func newPool(config poolConfig, open func(context.Context) (worker, error)) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	p := &pool{config: config, open: open, ctx: ctx, cancel: cancel, members: make(map[*member]struct{})}
	p.tasks.Go(p.keep)
	return p
}

// Acquire takes a worker, and waits for one if it must: not longer than the
// configured timeout (ErrAcquireTimeout) or than ctx. A failure to open the only
// worker is returned to the one who has waited longest.
func (p *pool) Acquire(ctx context.Context) (*lease, error) {
	began := time.Now()
	l, err := p.acquire(ctx, began)
	if p.config.Waited != nil {
		p.config.Waited(time.Since(began), err)
	}
	return l, err
}

func (p *pool) acquire(ctx context.Context, began time.Time) (*lease, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, fmt.Errorf("tmuxpool: acquire: %w", ErrPoolClosed)
	}
	if m := p.takeIdleLocked(); m != nil {
		p.asked++
		p.mu.Unlock()
		return &lease{p, m}, nil
	}
	w := &waiter{since: began, offer: make(chan offer, 1)}
	p.waiters = append(p.waiters, w)
	p.stats.Waits++
	p.growLocked()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked++
		p.waited += time.Since(began)
	}()
	deadline := time.NewTimer(p.config.AcquireTimeout)
	defer deadline.Stop()
	patience := time.NewTicker(growAfter)
	defer patience.Stop()
	for {
		select {
		case got := <-w.offer:
			if got.err != nil {
				return nil, fmt.Errorf("tmuxpool: acquire: %w", got.err)
			}
			return &lease{p, got.member}, nil
		case <-patience.C:
			p.mu.Lock()
			p.growLocked()
			p.mu.Unlock()
		case <-ctx.Done():
			p.leave(w, false)
			return nil, fmt.Errorf("tmuxpool: acquire: %w", ctx.Err())
		case <-deadline.C:
			p.leave(w, true)
			s := p.Stats()
			return nil, fmt.Errorf("tmuxpool: acquire: %w (%s, %d of %d busy)", ErrAcquireTimeout, p.config.AcquireTimeout, s.Busy, s.Open)
		}
	}
}

// leave takes a waiter out of the queue; what it was offered meanwhile goes to
// the next.
func (p *pool) leave(w *waiter, timedOut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if timedOut {
		p.stats.Timeouts++
	}
	if i := slices.Index(p.waiters, w); i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
	} else if got := <-w.offer; got.member != nil {
		p.placeLocked(got.member)
	}
}

// Release gives the worker back. Only the first call counts.
func (l *lease) Release() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if l.member != nil {
		l.member.freed = time.Now()
		l.pool.placeLocked(l.member)
		l.member = nil
	}
}

// client returns the leased worker if it is a control client.
func (l *lease) client() (*client, bool) {
	c, ok := l.member.worker.(*client)
	return c, ok
}

// use notes a capture over the leased control client: the first one after it was
// opened is on account of Created, every other one a reuse.
func (l *lease) use() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if l.member.used {
		l.pool.stats.Reused++
	}
	l.member.used = true
}

// useBatch notes a process that makes n captures over its one connection.
func (l *lease) useBatch(n int) {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.pool.stats.Created++
	l.pool.stats.Reused += uint64(max(n-1, 0))
}

// takeIdleLocked returns the member that has been free for the shortest time, so
// that those not needed stay idle.
func (p *pool) takeIdleLocked() *member {
	for len(p.idle) > 0 {
		last := len(p.idle) - 1
		m := p.idle[last]
		p.idle = slices.Delete(p.idle, last, last+1)
		if m.worker.alive() {
			return m
		}
		p.dropLocked(m)
	}
	return nil
}

// placeLocked gives a member that is nobody's to the one who has waited longest,
// or keeps it, or drops it when its time is over.
func (p *pool) placeLocked(m *member) {
	switch {
	case p.closed || m.epoch != p.epoch || !m.worker.alive():
		p.dropLocked(m)
		p.growLocked()
	case p.oldLocked(m):
		p.stats.Recycled++
		p.dropLocked(m)
		p.growLocked()
	case len(p.waiters) > 0:
		p.nextLocked() <- offer{member: m}
	default:
		// In the order of being freed: one that has only shown that it is alive is not
		// the next to be used, or none would ever be idle for long.
		i := len(p.idle)
		for i > 0 && p.idle[i-1].freed.After(m.freed) {
			i--
		}
		p.idle = slices.Insert(p.idle, i, m)
	}
}

func (p *pool) oldLocked(m *member) bool {
	return !m.slot && p.config.MaxAge > 0 && time.Since(m.born) >= p.config.MaxAge
}

// nextLocked takes the first waiter out of the queue.
func (p *pool) nextLocked() chan<- offer {
	first := p.waiters[0]
	p.waiters = slices.Delete(p.waiters, 0, 1)
	return first.offer
}

// growLocked opens a worker if somebody waits and there is none, or if the first
// in the queue has waited for growAfter: one at a time, and the next only when the
// queue has had as long again to get shorter.
func (p *pool) growLocked() {
	switch {
	case p.closed || p.opening || len(p.waiters) == 0 || len(p.members) >= p.config.Max:
		return
	case len(p.members) > 0 && (time.Since(p.waiters[0].since) < growAfter || time.Since(p.grown) < growAfter || time.Now().Before(p.paused)):
		return
	}
	p.opening = true
	epoch := p.epoch
	p.tasks.Go(func() {
		opened, err := p.open(p.ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.opening = false
		if err == nil {
			now := time.Now()
			m := &member{worker: opened, born: now, freed: now, epoch: epoch}
			p.members[m], p.grown = struct{}{}, now
			if _, m.slot = opened.(*batchSlot); !m.slot {
				p.stats.Created++
			}
			p.placeLocked(m)
		} else {
			p.paused = time.Now().Add(pauseAfterFailure)
			// Beside other workers, those are waited for.
			if len(p.members) == 0 && len(p.waiters) > 0 {
				p.nextLocked() <- offer{err: err}
			}
		}
		p.growLocked()
	})
}

// dropLocked forgets a member and closes it aside: reaping a process may take a
// moment, and nobody should wait for it.
func (p *pool) dropLocked(m *member) {
	if _, ok := p.members[m]; !ok {
		return
	}
	delete(p.members, m)
	p.tasks.Go(func() { p.closeAll(m) })
}

// closeAll closes members that are nobody's any more.
func (p *pool) closeAll(members ...*member) {
	living := slices.ContainsFunc(members, func(m *member) bool { return m.worker.alive() })
	if p.config.Closing != nil && living {
		defer p.config.Closing()()
	}
	for _, m := range members {
		m.worker.close()
	}
}

// keep looks after the idle workers until the pool ends.
func (p *pool) keep() {
	ticker := beat.NewTicker(keepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-ticker.Next():
			p.shrink()
			p.checkOne()
		}
	}
}

// shrink drops the idle workers that are dead, too old, or have been idle for
// too long; of the last it drops one at a time, and never the last worker.
func (p *pool) shrink() {
	p.mu.Lock()
	defer p.mu.Unlock()
	spare := len(p.members) > 1
	p.idle = slices.DeleteFunc(p.idle, func(m *member) bool {
		unused := spare && time.Since(m.freed) >= shrinkAfter
		switch {
		case p.oldLocked(m):
			p.stats.Recycled++
		case unused:
			spare = false
		case m.worker.alive():
			return false
		}
		p.dropLocked(m)
		return true
	})
}

// checkOne makes the idle worker of which nothing has been heard for longest show
// that it is alive.
func (p *pool) checkOne() {
	p.mu.Lock()
	longest, at := time.Duration(0), -1
	for i, m := range p.idle {
		if quiet := m.worker.quiet(); quiet >= checkAfter && quiet > longest {
			longest, at = quiet, i
		}
	}
	if at < 0 {
		p.mu.Unlock()
		return
	}
	m := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, p.config.PingTimeout)
	err := m.worker.ping(ctx)
	cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.dropLocked(m)
		p.growLocked()
		return
	}
	p.placeLocked(m)
}

// Stats returns the pool's figures; those of the captures are zero.
func (p *pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Open, s.Max = len(p.members), p.config.Max
	s.Busy = s.Open - len(p.idle)
	if all := s.Reused + s.Created; all > 0 {
		s.ReuseRate = float64(s.Reused) / float64(all)
	}
	if p.asked > 0 {
		s.MeanWait = p.waited / time.Duration(p.asked)
	}
	return s
}

// kill closes all workers, also those that are in use: their users get errors. It
// returns when they are closed.
func (p *pool) kill() {
	p.mu.Lock()
	p.epoch++
	members := p.members
	p.members, p.idle = make(map[*member]struct{}), nil
	p.mu.Unlock()
	p.closeAll(slices.Collect(maps.Keys(members))...)
}

// Close ends the pool: who waits gets ErrPoolClosed, and every worker is closed
// before it returns. It may be called many times.
func (p *pool) Close() error {
	p.mu.Lock()
	p.closed = true
	waiters := p.waiters
	p.waiters = nil
	p.mu.Unlock()
	p.cancel()
	for _, w := range waiters {
		w.offer <- offer{err: ErrPoolClosed}
	}
	p.kill()
	p.tasks.Wait()
	return nil
}
