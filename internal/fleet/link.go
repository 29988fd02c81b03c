package fleet

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
	"agentwatch/health"
)

const (
	// maxDials is how many hosts are connected to at once.
	maxDials = 8
	// leastPause and mostPause bound the time between two tries to connect.
	leastPause = time.Second
	mostPause  = 30 * time.Second
	// figuresEvery is how often a host is heard of at least while it is well.
	figuresEvery = 3 * time.Second
	// lateAfter and staleAfter are the silence after which what a host shows is
	// late and stale while its link stands, lostAfter that when it is broken.
	lateAfter  = 10 * time.Second
	staleAfter = 15 * time.Second
	lostAfter  = 4 * time.Second
	// goneAfter is how long a stale host's agents are shown.
	goneAfter = time.Hour
	// leastSkew is the least difference of clocks that is made up for.
	leastSkew = time.Second
	// maxAgents is how many agents of one host are shown, maxNotices how many of its
	// notices.
	maxAgents  = 5000
	maxNotices = 8
)

// Dial is one try to connect to a host: from the start of its command until that has
// greeted, or has failed.
type Dial struct {
	Began time.Time
	Took  time.Duration
	Err   error
}

// Kind is the kind of its error in a word of ours; empty for none. The error's own
// words name a host.
func (d Dial) Kind() string {
	var ended *stdio.CommandError
	switch {
	case d.Err == nil:
		return ""
	case errors.As(d.Err, &ended):
		return "ended"
	case errors.Is(d.Err, context.DeadlineExceeded), errors.Is(d.Err, os.ErrDeadlineExceeded):
		return "timeout"
	default:
		return "other"
	}
}

// link is the way to one host. It is made anew whenever it is broken.
type link struct {
	host Host
	// monitor reads the host's engine.
	monitor *client.Monitor
	ctx     context.Context
	// slots are shared by all links: one for each dial under way.
	slots chan struct{}
	// changed is called, without mu, when what status or seen return may have
	// changed.
	changed func()
	// dials are those under way; wake lets one that pauses begin.
	dials sync.WaitGroup
	// dialled is told of each try to connect; nil for nobody.
	dialled func(Dial)
	wake    chan struct{}
	// wanted is closed when the host is to be connected to.
	wanted chan struct{}
	want   func()

	mu    sync.Mutex
	ended bool
	conn  *stdio.Conn
	// up is set while a connection stands; failures counts the tries since the host
	// was last heard.
	up bool
	// bye is set while the host has said goodbye and was not heard since.
	bye bool
	// fault is why the connection that stands has to end; empty for nothing.
	fault    string
	failures int
	status   engine.HostStatus
	// tells is whether we are to tell of its agents; answered is set when that has been
	// asked.
	tells    api.Tells
	answered bool
	skew     time.Duration
	// agents are those seen last, as this machine knows them; last is the snapshot
	// that they are of.
	agents []engine.Agent
	last   *engine.Snapshot
}

func newLink(h Host, slots chan struct{}, changed func()) *link {
	wanted := make(chan struct{})
	return &link{
		host: h, slots: slots, changed: changed, wake: make(chan struct{}, 1), wanted: wanted, want: sync.OnceFunc(func() { close(wanted) }),
		status: engine.HostStatus{Name: h.Name, Way: h.Way(), Since: time.Now()},
	}
}

// open begins to read the host's engine, until ctx ends.
func (l *link) open(ctx context.Context, readOnly bool) {
	l.ctx = ctx
	l.monitor = client.Open(ctx, client.Options{
		Dial: l.dial, Multiplexed: true, ReadOnly: readOnly, Figures: figuresEvery, Lost: l.refuse,
		Greet: func(_ context.Context, _ *client.Client, e api.Engine) []engine.Notice {
			l.mu.Lock()
			l.status.Version = e.Version
			l.mu.Unlock()
			return nil
		},
	})
}

// run takes what the host shows until its monitor is closed.
func (l *link) run() {
	snapshots, cancel := l.monitor.Subscribe()
	defer cancel()
	for s := range snapshots {
		l.take(s)
	}
}

// close ends the link, and its command.
func (l *link) close() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.monitor.Close()
	l.dials.Wait()
	l.drop()
}

// refuse ends the connection to a host that sends what cannot be taken.
func (l *link) refuse(err error) {
	if !errors.Is(err, client.ErrGarbled) {
		return
	}
	l.mu.Lock()
	l.fault = err.Error()
	l.mu.Unlock()
	l.drop()
}

// drop ends the connection that stands, if any, and its command.
func (l *link) drop() {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}

// hurry lets the next try to connect begin at once.
func (l *link) hurry() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// dial implements client.Dial: it waits until the next try is due and there is room
// for it. It lasts until it is done or the link is closed, whoever waits for it.
func (l *link) dial(context.Context) (net.Conn, error) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return nil, net.ErrClosed
	}
	l.dials.Add(1)
	pause := time.Until(l.status.RetryAt)
	l.mu.Unlock()
	defer l.dials.Done()
	select {
	case <-l.wanted:
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
	if err := l.await(pause); err != nil {
		return nil, err
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
	began := time.Now()
	c, err := stdio.Command{Args: l.host.Args()}.Dial(l.ctx)
	if l.dialled != nil && l.ctx.Err() == nil {
		l.dialled(Dial{began, time.Since(began), err})
	}
	if err != nil {
		if l.ctx.Err() == nil {
			l.failed(err)
		}
		return nil, err
	}
	conn, _ := c.(*stdio.Conn)
	l.connected(conn)
	return &linkConn{conn, l}, nil
}

// await waits for a time, until hurry is called, or until the link is closed, which
// is net.ErrClosed.
func (l *link) await(pause time.Duration) error {
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.wake:
	case <-l.ctx.Done():
		return net.ErrClosed
	}
	return nil
}

// pauseAfter is the pause before the next try, which grows with each failure.
func pauseAfter(failures int) time.Duration {
	d := mostPause
	if failures < 5 {
		d = min(leastPause<<failures, mostPause)
	}
	return d - time.Duration(rand.Int64N(int64(d/4)))
}

// again says when the next try is due. It is called under mu.
func (l *link) again() {
	l.status.RetryAt = time.Now().Add(pauseAfter(l.failures))
	l.failures++
}

func (l *link) failed(err error) {
	l.mu.Lock()
	l.status.Problem = problem(l.host, err)
	l.again()
	l.mu.Unlock()
	l.changed()
}

func (l *link) connected(c *stdio.Conn) {
	skew := skewOf(c)
	l.mu.Lock()
	l.conn, l.up, l.fault = c, true, ""
	// Small differences are those of the way: times that were shown stay.
	if (skew - l.skew).Abs() >= leastSkew {
		l.skew = skew
	}
	l.status.Skew, l.status.Version = l.skew, c.Hello.Version
	l.status.Problem, l.status.RetryAt = "", time.Time{}
	l.mu.Unlock()
	l.changed()
}

// linkConn tells its link when the connection ends.
type linkConn struct {
	*stdio.Conn
	link *link
}

// Close implements net.Conn.
func (c *linkConn) Close() error {
	l := c.link
	l.mu.Lock()
	mine := l.up && (l.conn == c.Conn || l.conn == nil)
	if mine {
		l.conn, l.up = nil, false
		l.status.Problem = cmp.Or(l.fault, "the connection has been lost")
		l.again()
	}
	l.mu.Unlock()
	if mine {
		l.changed()
	}
	// A command that is frozen takes a second to end.
	err := c.Conn.Close()
	if mine {
		l.parted(c.Farewell())
	}
	return err
}

// parted takes how the command of a lost connection has ended.
func (l *link) parted(bye bool, said string) {
	l.mu.Lock()
	lost := !l.up
	switch {
	case !lost:
	case bye:
		l.bye, l.status.Problem = true, "agentwatch has ended there"
	case said != "" && l.failures <= 1:
		l.status.Problem = "the connection has been lost: " + printable(said)
	}
	l.mu.Unlock()
	if lost {
		l.changed()
	}
}

// take takes what the host's engine has seen.
func (l *link) take(s *engine.Snapshot) {
	l.mu.Lock()
	skew, heard := l.skew, l.last == nil || !s.At.Equal(l.last.At)
	l.mu.Unlock()
	agents := make([]engine.Agent, 0, min(len(s.Agents), maxAgents))
	known := make(map[health.PaneRef]bool, cap(agents))
	for i := range s.Agents {
		a := ours(l.host.Name, s.Agents[i], skew)
		if known[a.Ref] || len(agents) == maxAgents {
			continue // whatever a host says, a pane is one, and they are not endless
		}
		known[a.Ref] = true
		agents = append(agents, a)
	}
	l.mu.Lock()
	l.agents, l.last = agents, s
	if heard && s.Ready {
		l.status.Heard, l.failures, l.bye = time.Now(), 0, false
	}
	l.status.Panes, l.status.Agents, l.status.NeedUser = s.Panes, len(agents), api.StatusOf(s).NeedUser()
	l.mu.Unlock()
	l.changed()
}

// ahead is how far the host's clock is ahead of ours.
func (l *link) ahead() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.skew
}

// live reports whether the host can be asked now; else why not.
func (l *link) live() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up && !l.status.State.Away() {
		return nil
	}
	return &AwayError{Host: l.host.Name, Problem: l.status.Problem}
}

// AwayError is returned for what a host cannot be asked now. Nothing has been sent.
type AwayError struct{ Host, Problem string }

// Error says why.
func (e *AwayError) Error() string {
	if e.Problem == "" {
		return e.Host + " does not answer"
	}
	return e.Host + " cannot be reached: " + e.Problem
}

// Unwrap makes it an api.ErrUnreachable.
func (e *AwayError) Unwrap() error { return api.ErrUnreachable }

// stateAt is what the host is at a time. It is called under mu.
func (l *link) stateAt(now time.Time) engine.HostState {
	silence := now.Sub(l.status.Heard)
	late, stale := lateAfter, staleAfter
	if !l.up {
		late, stale = 0, lostAfter
	}
	switch {
	case l.status.Heard.IsZero() && l.status.Problem == "":
		return engine.HostConnecting
	case l.status.Heard.IsZero():
		return engine.HostStale
	case silence >= goneAfter:
		return engine.HostGone
	case l.bye:
		return engine.HostEnded
	case silence >= stale:
		return engine.HostStale
	case silence >= late:
		return engine.HostLate
	default:
		return engine.HostLive
	}
}

// age brings the state up to date and reports whether it has changed.
func (l *link) age(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.stateAt(now)
	if next == l.status.State {
		return false
	}
	l.status.State, l.status.Since = next, now
	return true
}
