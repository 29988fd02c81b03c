package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	// greeting bounds the exchange of the first lines.
	greeting = 2 * time.Second
	// drainFor bounds the answers to one who has said all.
	drainFor = 5 * time.Second
	// maxRequests bounds how many requests of one client are worked on at once.
	maxRequests = 16
	// maxFollowed bounds how many panes one client follows.
	maxFollowed = 256
	// maxHistory bounds the rows of scroll-back of one answer.
	maxHistory = 50_000
)

// session is one client that is served. All its goroutines end before talk
// returns.
type session struct {
	wire     *wire
	follower *follower
	readOnly bool
	// stream is the subscription, once there is one.
	stream sync.Once
	work   sync.WaitGroup
	// answering are those of work that type.
	answering sync.WaitGroup
	// hangUp ends the session.
	hangUp context.CancelFunc

	mu       sync.Mutex
	followed []health.PaneRef
}

// talk serves one client until it hangs up, misbehaves, or ctx ends. An answer
// that is being typed then is typed to its end: half a text helps nobody, and who
// has asked for it hears what came of it. With an error it only says that.
func (s *server) talk(ctx context.Context, w *wire, full error) {
	// Nothing more is heard then.
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	shaped, err := s.greet(ctx, w, full)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	c := &session{wire: w, follower: s.hub.join(), readOnly: s.options.readOnly, hangUp: func() { cancel(); _ = w.conn.Close() }}
	defer func() {
		c.drain(&c.answering)
		c.hangUp()
		c.work.Wait()
		// What the client followed is nobody's any more.
		_ = c.follower.Follow(context.WithoutCancel(ctx), nil)
	}()
	slots := make(chan struct{}, maxRequests)
	for {
		r, err := receive[request](w)
		switch {
		case errors.Is(err, ErrRequest):
			c.answer(&reply{Error: remoteErrorOf(err)})
			continue
		case err != nil:
			if errors.Is(err, ErrTooLong) {
				c.answer(&reply{Error: remoteErrorOf(err)})
			}
			if errors.Is(err, io.EOF) && !shaped {
				c.drain(&c.work)
			}
			return
		}
		if r.Do == opSubscribe || r.Do == opFollow {
			// At once, and so in the order in which they came.
			c.handle(ctx, r, shaped)
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			c.answer(&reply{ID: r.ID, Error: remoteErrorOf(ErrBusy)})
			continue
		}
		typing := r.Do == opAnswer
		if typing {
			c.answering.Add(1)
		}
		c.work.Go(func() {
			defer func() { <-slots }()
			if typing {
				defer c.answering.Done()
			}
			c.handle(ctx, r, shaped)
		})
	}
}

// drain lets work come to its end, but not for ever: that of a script that says no
// more, as at the end of a pipe, or answers that are being typed.
func (c *session) drain(work *sync.WaitGroup) {
	late := time.AfterFunc(drainFor, c.hangUp)
	defer late.Stop()
	work.Wait()
}

// greet exchanges the first lines. shaped is set for a client that takes the
// engine's values. A client that is turned away is heard first: its line would
// otherwise meet a closed connection, and ours get lost.
func (s *server) greet(ctx context.Context, w *wire, full error) (shaped bool, err error) {
	if err := errors.Join(w.conn.SetReadDeadline(time.Now().Add(greeting)), ctx.Err()); err != nil {
		return false, err
	}
	ours := hello{Protocol: protocol, Version: s.options.version, Shape: shape(), PID: os.Getpid(), Terms: s.options.terms}
	theirs, err := receive[hello](w)
	switch {
	case errors.Is(err, ErrRequest), errors.Is(err, ErrTooLong):
		ours.Error = remoteErrorOf(err)
	case err != nil:
		return false, err
	case full != nil:
		err = full
		ours.Error = remoteErrorOf(err)
	case theirs.Protocol != ours.Protocol || theirs.Shape != "" && theirs.Shape != ours.Shape:
		err = fmt.Errorf("%w: it is %s, and not %s", ErrVersion, ours.Version, theirs.Version)
		ours.Error = remoteErrorOf(err)
	}
	if failed := send(w, &ours); failed != nil || err != nil {
		return false, errors.Join(failed, err)
	}
	// The end of ctx sets the deadline, and once only.
	return theirs.Shape != "", errors.Join(w.conn.SetReadDeadline(time.Time{}), ctx.Err())
}

// answer sends a message. A client that does not take it is dropped.
func (c *session) answer(r *reply) {
	if send(c.wire, r) != nil {
		c.hangUp()
	}
}

// handle works on one request and answers it.
func (c *session) handle(ctx context.Context, r *request, shaped bool) {
	if r.Do.needsShape() && !shaped {
		c.answer(&reply{ID: r.ID, Error: remoteErrorOf(fmt.Errorf("%w: %s needs the shape in the first line", ErrRequest, r.Do))})
		return
	}
	if r.Do == opSubscribe {
		c.answer(&reply{ID: r.ID})
		c.stream.Do(func() { c.work.Go(func() { c.send(ctx) }) })
		return
	}
	answer, err := c.result(ctx, r)
	answer.ID, answer.Error = r.ID, remoteErrorOf(err)
	if ctx.Err() == nil {
		c.answer(&answer)
	}
}

// result is the answer to a request but for its number and its error.
func (c *session) result(ctx context.Context, r *request) (answer reply, err error) {
	switch r.Do {
	case opStatus, opList:
		s, err := ready(ctx, c.follower)
		if err != nil {
			return answer, err
		}
		if r.Do == opStatus {
			status := StatusOf(s)
			return reply{Status: &status}, nil
		}
		list := ListOf(s)
		return reply{List: &list}, nil
	case opWait:
		waited, err := c.wait(ctx, r.Wait)
		return reply{Waited: &waited}, err
	case opFollow:
		return answer, c.follow(ctx, r.Panes)
	case opExplain:
		e, err := c.follower.Explain(ctx, r.Pane.ref())
		return reply{Explained: &e}, err
	case opHistory:
		h, err := c.follower.History(ctx, r.Pane.ref(), min(max(r.Rows, 0), maxHistory))
		return reply{History: &h}, err
	case opRefresh:
		return answer, c.follower.Refresh(ctx)
	case opSwitch:
		return answer, c.follower.SwitchStrategy(ctx, r.Strategy)
	case opSeen:
		return answer, c.follower.MarkSeen(ctx, r.Pane.ref())
	case opAnswer:
		outcome, err := c.typeAnswer(ctx, r.Answer)
		return reply{Answered: &outcome}, err
	default:
		return answer, fmt.Errorf("%w: it knows no %q", ErrRequest, r.Do)
	}
}

func (c *session) wait(ctx context.Context, wanted *Condition) (Waited, error) {
	if wanted == nil {
		return Waited{}, fmt.Errorf("%w: wait for what?", ErrRequest)
	}
	if wanted.Since.IsZero() {
		wanted.Since = time.Now()
	}
	snapshots, cancel := c.follower.Subscribe()
	defer cancel()
	waited, err := Await(ctx, snapshots, *wanted)
	waited.Agents = slices.Clone(waited.Agents)
	for i := range waited.Agents {
		waited.Agents[i].Past = nil
	}
	return waited, err
}

// typeAnswer types an answer of the client's.
func (c *session) typeAnswer(ctx context.Context, r *engine.Request) (engine.Outcome, error) {
	switch {
	case r == nil:
		return engine.Outcome{}, fmt.Errorf("%w: answer whom?", ErrRequest)
	case c.readOnly:
		return engine.Outcome{Request: *r}, ErrReadOnly
	}
	outcome, err := c.follower.Answer(ctx, *r)
	outcome.Agent.Past = nil
	return outcome, err
}

func (c *session) follow(ctx context.Context, panes []paneRef) error {
	if len(panes) > maxFollowed {
		return fmt.Errorf("%w: %d panes are more than the %d that can be followed", ErrRequest, len(panes), maxFollowed)
	}
	refs := make([]health.PaneRef, 0, len(panes))
	for _, p := range panes {
		refs = append(refs, p.ref())
	}
	c.mu.Lock()
	c.followed = refs
	c.mu.Unlock()
	return c.follower.Follow(ctx, refs)
}

// send sends snapshots, the newest one only, until the client does not take one
// or ctx ends.
func (c *session) send(ctx context.Context) {
	defer c.hangUp()
	snapshots, cancel := c.follower.Subscribe()
	defer cancel()
	var e encoder
	for {
		var s *engine.Snapshot
		select {
		case <-ctx.Done():
			return
		case s = <-snapshots:
		}
		if s == nil {
			return // the engine has stopped
		}
		c.mu.Lock()
		followed := c.followed
		c.mu.Unlock()
		f := e.encode(only(s, followed))
		if send(c.wire, &reply{Snapshot: &f}) != nil {
			return
		}
	}
}
