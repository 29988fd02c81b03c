package tmuxpool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// connection is what a pool keeps; *client is one.
type connection interface {
	alive() bool
	quiet() time.Duration
	ping(ctx context.Context) error
	close()
}

// poolConfig says how a pool behaves.
type poolConfig struct {
	// Min and Max bound the number of clients; 1 to 20.
	Min, Max int
	// AcquireTimeout is how long Acquire waits at most.
	AcquireTimeout time.Duration
	// MaxAge is the age at which a client is replaced once it is free.
	MaxAge time.Duration
	// GrowAfter is how long the queue must stand still before a client more is
	// opened that the forecast does not ask for; ShrinkAfter how long fewer
	// clients must have been enough before one is closed.
	GrowAfter   time.Duration
	ShrinkAfter time.Duration
	// PingTimeout bounds a health check.
	PingTimeout time.Duration
	// Closing is called before connections that live are closed, and what it
	// returns afterwards; nil for nothing.
	Closing func() (closed func())
}

// clientPool keeps connections to one server: as many as the forecast of demand
// calls for (see demandMeter and size), opened one after the other. Acquire
// takes one, poolLease.Release gives it back. It is safe for concurrent use.
// Close ends it.
type clientPool struct {
	config poolConfig
	open   func(ctx context.Context) (connection, error)

	ctx     context.Context // ends the openers and the keeper
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	epoch   uint64 // grows with kill; what was being opened then is not kept
	idle    []*member
	members map[*member]struct{}
	opening int
	waiters []chan offer
	stats   Stats

	demand demandMeter
	needed neededSize
	moved  time.Time     // when a connection was last given to anybody
	paused time.Time     // until when only the first connection is opened
	asked  uint64        // how often Acquire has ended
	waited time.Duration // for how long in all
}

// member is a connection with what the pool knows of it.
type member struct {
	conn  connection
	born  time.Time
	epoch uint64
	used  bool
	lent  time.Time // while it is leased
}

// offer is what a waiter gets: a member, or why there is none.
type offer struct {
	member *member
	err    error
}

// poolLease is a connection taken from a pool, until Release.
type poolLease struct {
	pool   *clientPool
	member *member
}

// newPool returns an empty pool; nothing is opened before the first Acquire.
func newPool(config poolConfig, open func(context.Context) (connection, error)) *clientPool {
	ctx, cancel := context.WithCancel(context.Background())
	p := &clientPool{config: config, open: open, ctx: ctx, cancel: cancel, members: make(map[*member]struct{})}
	p.workers.Go(p.keep)
	return p
}

// Acquire takes a connection, and waits for one if it must: not longer than
// the configured timeout (ErrAcquireTimeout) or than ctx. A failure to open one
// is returned to the one who waits longest.
func (p *clientPool) Acquire(ctx context.Context) (*poolLease, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, fmt.Errorf("tmuxpool: acquire: %w", ErrPoolClosed)
	}
	began := time.Now()
	p.learnLocked(began)
	if m := p.takeIdleLocked(); m != nil {
		p.stats.Reused++
		p.asked++
		p.lendLocked(m, began)
		p.mu.Unlock()
		return &poolLease{p, m}, nil
	}
	wait := make(chan offer, 1)
	p.waiters = append(p.waiters, wait)
	p.stats.Waits++
	p.requireLocked(p.demand.current(began), began)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked++
		p.waited += time.Since(began)
	}()
	return p.queue(ctx, wait)
}

// queue waits for an offer.
func (p *clientPool) queue(ctx context.Context, wait chan offer) (*poolLease, error) {
	deadline := time.NewTimer(p.config.AcquireTimeout)
	defer deadline.Stop()
	look := time.NewTimer(p.config.GrowAfter)
	defer look.Stop()
	for {
		select {
		case got := <-wait:
			return p.accept(got)
		case <-look.C:
			look.Reset(p.unblock())
		case <-ctx.Done():
			p.giveUp(wait, false)
			return nil, fmt.Errorf("tmuxpool: acquire: %w", ctx.Err())
		case <-deadline.C:
			p.giveUp(wait, true)
			return nil, fmt.Errorf("tmuxpool: acquire: %w (%s, %s)", ErrAcquireTimeout, p.config.AcquireTimeout, p.describe())
		}
	}
}

// accept turns an offer into a lease.
func (p *clientPool) accept(got offer) (*poolLease, error) {
	if got.err != nil {
		return nil, fmt.Errorf("tmuxpool: acquire: %w", got.err)
	}
	return &poolLease{p, got.member}, nil
}

// giveUp takes a waiter out of the queue; what it was offered meanwhile goes
// to the next.
func (p *clientPool) giveUp(wait chan offer, timedOut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if timedOut {
		p.stats.Timeouts++
	}
	for i, w := range p.waiters {
		if w == wait {
			p.waiters = append(p.waiters[:i], p.waiters[i+1:]...)
			return
		}
	}
	if got := <-wait; got.member != nil {
		p.returnLocked(got.member, false)
	}
}

// lendLocked notes that a member is given to somebody.
func (p *clientPool) lendLocked(m *member, now time.Time) {
	p.demand.lend(now, len(p.waiters))
	m.lent = now
	p.moved = now
}

// returnLocked takes a leased member back; served says whether it was of use.
func (p *clientPool) returnLocked(m *member, served bool) {
	now := time.Now()
	p.demand.giveBack(m.lent, now, served && m.conn.alive())
	p.placeLocked(m)
	p.learnLocked(now)
}

func (p *clientPool) describe() string {
	s := p.Stats()
	return fmt.Sprintf("%d of %d clients busy", s.Busy, s.Open)
}

// takeIdleLocked returns the member that was free for the shortest time, so
// that those not needed become idle for long.
func (p *clientPool) takeIdleLocked() *member {
	for len(p.idle) > 0 {
		last := len(p.idle) - 1
		m := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		if m.conn.alive() {
			m.used = true
			return m
		}
		p.dropLocked(m)
	}
	return nil
}

// refuseLocked tells the one who waits longest why there is nothing; while
// there are other connections he goes on waiting for those.
func (p *clientPool) refuseLocked(err error) {
	if len(p.waiters) == 0 || len(p.members) > 0 {
		return
	}
	first := p.waiters[0]
	p.waiters = p.waiters[1:]
	first <- offer{err: err}
}

// placeLocked gives a member that is nobody's to a waiter, or keeps it, or
// drops it when its time is over.
func (p *clientPool) placeLocked(m *member) {
	switch {
	case !m.conn.alive() || m.epoch != p.epoch || p.closed:
		p.dropLocked(m)
		p.growLocked(time.Now())
	case p.config.MaxAge > 0 && time.Since(m.born) >= p.config.MaxAge:
		p.stats.Recycled++
		p.dropLocked(m)
		p.growLocked(time.Now())
	case len(p.waiters) > 0:
		first := p.waiters[0]
		p.waiters = p.waiters[1:]
		if m.used {
			p.stats.Reused++
		}
		m.used = true
		p.lendLocked(m, time.Now())
		first <- offer{member: m}
	default:
		p.idle = append(p.idle, m)
	}
}

// dropLocked forgets a member and closes it aside: reaping a process may take
// a moment, and nobody should wait for it.
func (p *clientPool) dropLocked(m *member) {
	if _, ok := p.members[m]; !ok {
		return
	}
	delete(p.members, m)
	p.workers.Go(func() { p.closeAll(m) })
}

// closeAll closes members that are nobody's any more.
func (p *clientPool) closeAll(members ...*member) {
	living := slices.ContainsFunc(members, func(m *member) bool { return m.conn.alive() })
	if p.config.Closing != nil && living {
		defer p.config.Closing()()
	}
	for _, m := range members {
		m.conn.close()
	}
}

// Release gives the connection back. Only the first call counts.
func (l *poolLease) Release() {
	p := l.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.member != nil {
		p.returnLocked(l.member, true)
		l.member = nil
	}
}

// client returns the leased connection as the client it is.
func (l *poolLease) client() *client {
	c, _ := l.member.conn.(*client)
	return c
}

// kill closes all connections, also those that are in use: their users get
// errors. It returns when they are reaped.
func (p *clientPool) kill() {
	p.mu.Lock()
	p.epoch++
	members := p.members
	p.members, p.idle = make(map[*member]struct{}), nil
	p.mu.Unlock()
	p.closeAll(slices.Collect(maps.Keys(members))...)
}

// Close ends the pool: who waits gets ErrPoolClosed, every connection is
// closed and reaped before it returns. It may be called many times.
func (p *clientPool) Close() error {
	p.mu.Lock()
	p.closed = true
	waiters := p.waiters
	p.waiters = nil
	p.mu.Unlock()
	p.cancel()
	for _, w := range waiters {
		w <- offer{err: ErrPoolClosed}
	}
	p.kill()
	p.workers.Wait()
	return nil
}
