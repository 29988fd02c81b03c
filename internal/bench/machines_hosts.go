package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/hub"
)

// Played is a host whose engine is played: its agents change as they are told to, and
// its snapshots are those of an engine. It is safe for concurrent use.
type Played struct {
	mu     sync.Mutex
	agents []engine.Agent
	seq    uint64
	boxes  map[chan *engine.Snapshot]struct{}
}

// NewPlayed returns a host with so many agents at rest, which are called by their numbers
// from first on.
func NewPlayed(first, agents int) *Played {
	p := &Played{boxes: make(map[chan *engine.Snapshot]struct{})}
	now := time.Now()
	for i := range agents {
		p.agents = append(p.agents, scriptAgent(first+i, now))
	}
	return p
}

// Subscribe delivers snapshots, the latest one only, until cancel is called.
func (p *Played) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	box := make(chan *engine.Snapshot, 1)
	p.boxes[box] = struct{}{}
	box <- p.snapshot()
	return box, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if _, open := p.boxes[box]; open {
			delete(p.boxes, box)
			close(box)
		}
	}
}

// snapshot is what its engine sees. It is called under mu.
func (p *Played) snapshot() *engine.Snapshot {
	p.seq++
	s := &engine.Snapshot{Seq: p.seq, At: time.Now(), Ready: true, Panes: len(p.agents), Agents: append([]engine.Agent{}, p.agents...)}
	s.Counts, s.Snoozed = engine.CountsOf(s.Agents)
	return s
}

// Turn lets one agent become what it is not: what waits works, what works waits, one of
// five, or is idle, what is idle works.
func (p *Played) Turn(random *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &p.agents[random.IntN(len(p.agents))]
	a.Wait, a.Dialog, a.Unseen = health.WaitNone, nil, false
	switch {
	case a.State != health.StateWorking:
		a.State, a.Activity = health.StateWorking, spinnerText(random.IntN(1000))
	case random.IntN(5) == 0:
		ask(a)
	default:
		a.State, a.Unseen, a.Activity = health.StateIdle, true, ""
	}
	a.Since = time.Now()
	a.ActiveAt, a.CheckedAt, a.Revision = a.Since, a.Since, a.Revision+1
	past := a.Past[max(len(a.Past)-20, 0):]
	a.Past = append(past[:len(past):len(past)], engine.Phase{At: a.Since, Urgency: a.Urgency()})
	s := p.snapshot()
	for box := range p.boxes {
		select {
		case <-box:
		default:
		}
		box <- s
	}
}

// ask lets an agent wait for an answer.
func ask(a *engine.Agent) {
	a.State, a.Wait, a.Activity = health.StateWaiting, health.WaitPermission, "Do you want to proceed?"
	a.Dialog = &health.Dialog{Question: a.Activity, Options: []health.Option{{Key: "1", Label: "Yes", Selected: true}, {Key: "2", Label: "No"}}}
}

// askedLongAgo is since when the agents of a host wait that are to stay at the top of
// the list.
const askedLongAgo = 2 * time.Hour

// newWaiting returns a host all of whose agents have waited for long.
func newWaiting(agents int) *Played {
	p := NewPlayed(0, agents)
	for i := range p.agents {
		a := &p.agents[i]
		ask(a)
		a.Since = time.Now().Add(-askedLongAgo - time.Duration(agents-i)*time.Second)
		a.Past = []engine.Phase{{At: a.Since, Urgency: a.Urgency()}}
	}
	return p
}

// errHosts is what a number of hosts or agents comes to that cannot be played.
var errHosts = errors.New("bench: not so many hosts, or agents")

// ServeHosts plays hosts that write to a hub, in this process. The agents of the first
// one wait, and go on waiting: they are those that a dashboard lists first. It is told by lines on orders how many agents change each second
// (orderChanges), and ends with them.
func ServeHosts(ctx context.Context, o hub.Options, hosts, agents int, orders io.Reader, answers io.Writer) error {
	if hosts < 2 || agents < 1 {
		return errHosts
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	played := make([]*Played, hosts)
	failed := make(chan error, hosts)
	for n := range played {
		if played[n] = NewPlayed(n*agents, agents); n == 0 {
			played[n] = newWaiting(agents)
		}
		work.Go(func() {
			snapshots, leave := played[n].Subscribe()
			defer leave()
			name := fmt.Sprintf("host%03d", n)
			err := hub.Collect(ctx, hub.CollectOptions{Options: o, ID: hub.PulledID(o.Fleet, name), Name: name, Build: "bench", Share: hub.ShareLines}, snapshots)
			if err != nil {
				failed <- err
				cancel()
			}
		})
	}
	var perSecond atomic.Int64
	work.Go(func() { turn(ctx, played[1:], &perSecond) })
	err := obeyed(orders, answers, func(word, rest string) (string, error) {
		n, err := strconv.Atoi(rest)
		if word != orderChanges || err != nil || n < 0 {
			return "", errOrder
		}
		perSecond.Store(int64(n))
		return "", nil
	})
	select {
	case broken := <-failed:
		return errors.Join(broken, err)
	default:
		return err
	}
}

// turnEvery is how often it is looked how many changes are due.
const turnEvery = 2 * time.Millisecond

// turn lets so many agents change each second, one after the other, until ctx ends.
func turn(ctx context.Context, hosts []*Played, perSecond *atomic.Int64) {
	random := rand.New(rand.NewPCG(3, 5))
	ticks := time.NewTicker(turnEvery)
	defer ticks.Stop()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticks.C:
			due += now.Sub(last).Seconds() * float64(perSecond.Load())
			last = now
		}
		for ; due >= 1; due-- {
			hosts[random.IntN(len(hosts))].Turn(random)
		}
	}
}

// PlayHost lets the agents of one host change until ctx ends.
func PlayHost(ctx context.Context, p *Played, perSecond int) {
	var rate atomic.Int64
	rate.Store(int64(perSecond))
	turn(ctx, []*Played{p}, &rate)
}
