package fleet

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
	"agentwatch/health"
)

// Visited is a host that is asked once, over one connection.
type Visited struct {
	*client.Client
	Host Host
	// Hello is what it has greeted with, after Took.
	Hello api.Hello
	Took  time.Duration
	skew  time.Duration
}

// Visit connects to a host, lets use ask its engine, and ends the connection. It
// returns an AwayError when the host cannot be reached.
func Visit(ctx context.Context, h Host, use func(context.Context, *Visited) error) error {
	conn, err := stdio.Command{Args: h.Args()}.Dial(ctx)
	if err != nil {
		return &AwayError{Host: h.Name, Problem: problem(h, err)}
	}
	defer conn.Close()
	var taken atomic.Bool
	c := client.NewMultiplexed(func(context.Context) (net.Conn, error) {
		if taken.Swap(true) {
			return nil, api.ErrLost
		}
		return conn, nil
	}, api.Selection{})
	defer c.Close()
	v := &Visited{Client: c, Host: h}
	if greeted, ok := conn.(*stdio.Conn); ok {
		v.Hello, v.Took, v.skew = greeted.Hello, greeted.Greeted.Sub(greeted.Asked), skewOf(greeted)
	}
	return use(ctx, v)
}

// VisitAll visits hosts side by side, and returns what came of each.
func VisitAll(ctx context.Context, hosts []Host, use func(context.Context, *Visited) error) []error {
	failures := make([]error, len(hosts))
	slots := make(chan struct{}, maxDials)
	var visits sync.WaitGroup
	for i, h := range hosts {
		visits.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failures[i] = Visit(ctx, h, use)
		})
	}
	visits.Wait()
	return failures
}

// Snapshot returns all that the host sees now, as it is known here.
func (v *Visited) Snapshot(ctx context.Context) (*engine.Snapshot, error) {
	s, err := v.Client.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	v.Localize(s)
	return s, nil
}

// Localize makes a snapshot of the host's what it is to this machine: agents say
// where they are, by this machine's clock.
func (v *Visited) Localize(s *engine.Snapshot) {
	s.At = shifted(s.At, -v.skew)
	for i := range s.Agents {
		s.Agents[i] = ours(v.Host.Name, s.Agents[i], v.skew)
	}
}

// Explain says why a pane of the host's is judged as it is.
func (v *Visited) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	e, err := v.Client.Explain(ctx, theirs(ref))
	e.Agent = ours(v.Host.Name, e.Agent, v.skew)
	return e, err
}

// PlanAnswer says what an answer would type.
func (v *Visited) PlanAnswer(ctx context.Context, r engine.Request) (engine.AnswerPlan, error) {
	return v.Client.PlanAnswer(ctx, their(r, v.skew))
}

// Answer types an answer into a pane of the host's, once.
func (v *Visited) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	o, err := v.Client.Answer(ctx, their(r, v.skew))
	return our(v.Host.Name, o, r, v.skew), err
}

// Ahead is how far the host's clock is ahead of ours, from a second on.
func (v *Visited) Ahead() time.Duration { return v.skew }
