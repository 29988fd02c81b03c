package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Status asks for the sums.
func (c *Client) Status(ctx context.Context) (Status, error) {
	r, err := c.call(ctx, request{Do: opStatus})
	return part(r, err, func(r *reply) *Status { return r.Status })
}

// List asks for all agents.
func (c *Client) List(ctx context.Context) (List, error) {
	r, err := c.call(ctx, request{Do: opList})
	return part(r, err, func(r *reply) *List { return r.List })
}

// Wait waits until the condition is met, or cannot be any more. It returns
// ErrNoAnswer when the instance has stopped to answer meanwhile.
func (c *Client) Wait(ctx context.Context, wanted Condition) (Waited, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel(nil)
	asking.Go(func() {
		if err := c.answers(ctx); err != nil {
			cancel(err)
		}
	})
	r, err := c.call(ctx, request{Do: opWait, Wait: &wanted})
	if cause := context.Cause(ctx); errors.Is(cause, ErrNoAnswer) {
		err = cause
	}
	return part(r, err, func(r *reply) *Waited { return r.Waited })
}

// answers asks again and again, until ctx ends, the connection is lost, or an
// answer does not come: ErrNoAnswer.
func (c *Client) answers(ctx context.Context) error {
	for pause(ctx, c.quiet/2) == nil {
		asked, cancel := context.WithTimeout(ctx, c.quiet)
		_, err := c.Status(asked)
		cancel()
		switch {
		case ctx.Err() != nil || errors.Is(err, ErrLost):
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			return ErrNoAnswer
		}
	}
	return nil
}

// Explain says why a pane is judged as it is, from a fresh look.
func (c *Client) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	r, err := c.call(ctx, request{Do: opExplain, Pane: paneRefOf(ref)})
	return part(r, err, func(r *reply) *engine.Explained { return r.Explained })
}

// History returns the last rows that the pane has shown.
func (c *Client) History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	r, err := c.call(ctx, request{Do: opHistory, Pane: paneRefOf(ref), Rows: rows})
	return part(r, err, func(r *reply) *engine.History { return r.History })
}

// part is the part of a reply that was asked for.
func part[T any](r *reply, err error, of func(*reply) *T) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	if v := of(r); v != nil {
		return *v, nil
	}
	return none, ErrRequest
}

// SwitchStrategy changes how the instance plans its rounds.
func (c *Client) SwitchStrategy(ctx context.Context, name engine.StrategyName) error {
	_, err := c.call(ctx, request{Do: opSwitch, Strategy: name})
	return err
}

// MarkSeen says that the user has looked at a finished agent.
func (c *Client) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	_, err := c.call(ctx, request{Do: opSeen, Pane: paneRefOf(ref)})
	return err
}

// Answer types an answer into an agent's pane, as engine.Service.Answer does. When
// the instance is lost meanwhile, that may have been typed: the outcome is
// uncertain.
func (c *Client) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	got, err := c.call(ctx, request{Do: opAnswer, Answer: &r})
	switch {
	case got != nil && got.Answered != nil:
		return *got.Answered, err
	case got != nil && err == nil:
		return engine.Outcome{Request: r}, ErrRequest
	case got != nil, errors.Is(err, errUnasked):
		return engine.Outcome{Request: r}, err
	default:
		// Not as an ErrLost: who sees that asks again.
		outcome := engine.Outcome{Request: r, Sent: true, Uncertain: true, Problem: err.Error()}
		return outcome, fmt.Errorf("%w: %s", engine.ErrUnconfirmed, err)
	}
}

// Follow makes these panes those whose screens come with the snapshots to this
// client.
func (c *Client) Follow(ctx context.Context, refs []health.PaneRef) error {
	panes := make([]paneRef, 0, len(refs))
	for _, ref := range refs {
		panes = append(panes, *paneRefOf(ref))
	}
	_, err := c.call(ctx, request{Do: opFollow, Panes: panes})
	return err
}

// Refresh looks at every pane anew.
func (c *Client) Refresh(ctx context.Context) error {
	_, err := c.call(ctx, request{Do: opRefresh})
	return err
}

// Subscribe delivers snapshots, the latest one only, until cancel is called or
// the connection ends, which closes the channel.
func (c *Client) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	c.mu.Lock()
	box := newBox(c.last)
	first := !c.streaming
	c.streaming = true
	if c.closed {
		box.close()
	} else {
		c.boxes.add(box)
	}
	c.mu.Unlock()
	if first {
		c.subscribe()
	}
	return box.ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.boxes.remove(box)
	}
}

// subscribe asks for the stream, once. What fails ends the connection, and so
// the stream.
func (c *Client) subscribe() {
	_ = c.wire.conn.SetReadDeadline(time.Now().Add(c.quiet))
	if err := send(c.wire, &request{Do: opSubscribe}); err != nil {
		_ = c.wire.conn.Close()
	}
}
