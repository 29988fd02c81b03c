package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"agentwatch/engine"
)

const (
	// settlePause is the time between two tries to find out who serves.
	settlePause = 20 * time.Millisecond
	// settlePatience is how long one who has taken the claim may take to listen.
	settlePatience = 3 * time.Second
	// claimEvery is how often one who watches alone tries to serve.
	claimEvery = 2 * time.Second
	// startEvery is how often an engine that does not start is tried again.
	startEvery = time.Second
)

// post is from where a Monitor watches: as a client of another instance, or with
// an engine of its own, which it serves when it has the claim.
type post struct {
	client *Client

	claim    *claim
	listener *net.UnixListener
	// alone says why there is no claim.
	alone error
	local Local
}

// leave gives up what was taken.
func (p post) leave() {
	if p.client != nil {
		p.client.Close()
	}
	if p.listener != nil {
		_ = p.listener.Close()
	}
	if p.claim != nil {
		p.claim.release()
	}
}

// join finds a post: that of the one who serves, if nobody does, else that of a
// client, else one alone. An error is that of ctx.
func (m *Monitor) join(ctx context.Context) (post, error) {
	until := time.Now().Add(settlePatience)
	for {
		at, err := occupy(m.options.Path)
		if !errors.Is(err, errTaken) {
			return at, nil
		}
		client, err := dialFor(ctx, m.options.Path, m.options.Version, joinPatience)
		if err == nil {
			return post{client: client}, nil
		}
		// One who has just taken the claim is about to listen; one who ends is
		// about to give it back.
		settling := errors.Is(err, ErrNobody) || errors.Is(err, ErrLost)
		if ctx.Err() == nil && (!settling || time.Now().After(until)) {
			return post{alone: err}, nil
		}
		if err := pause(ctx, settlePause); err != nil {
			return post{}, err
		}
	}
}

// occupy takes the claim and listens. It returns errTaken when somebody else has
// it; what else goes wrong makes a post alone.
func occupy(path string) (post, error) {
	claim, err := takeClaim(path)
	switch {
	case errors.Is(err, errTaken):
		return post{}, err
	case err != nil:
		return post{alone: err}, nil
	}
	listener, err := listen(path)
	if err != nil {
		claim.release()
		return post{alone: err}, nil
	}
	return post{claim: claim, listener: listener}, nil
}

// next finds the next post after one as a client, with an engine that has been
// made where one is needed. An error is that of ctx.
func (m *Monitor) next(ctx context.Context, fruitful bool) (post, error) {
	for {
		at := post{alone: ErrNoAnswer}
		if fruitful {
			var err error
			if at, err = m.join(ctx); err != nil {
				return post{}, err
			}
		}
		if at.client != nil {
			return at, nil
		}
		var err error
		if at.local, err = m.options.Start(m.seen()); err == nil {
			return at, nil
		}
		at.leave()
		m.tell(fmt.Errorf("serve: take over: %w", err))
		// Meanwhile another instance may have taken over.
		fruitful = true
		if err := pause(ctx, startEvery); err != nil {
			return post{}, err
		}
	}
}

// seen is what was shown last.
func (m *Monitor) seen() *engine.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.screen.last
}

func (m *Monitor) tell(err error) {
	if m.options.Verbose != nil {
		m.options.Verbose(err)
	}
}

// lead runs an engine of our own, and serves it if that is possible, until ctx
// ends or the engine fails. It returns a client when another instance turns out to
// serve, to be used from then on.
func (m *Monitor) lead(ctx context.Context, at post) (other *Client, err error) {
	m.notice(nil)
	if at.alone != nil {
		m.tell(at.alone)
		m.notice(aloneNotice(at.alone))
	}
	h := newHub(at.local)
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	// The engine outlives those whom it serves: what they have asked for comes to
	// its end.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var work sync.WaitGroup
	work.Go(func() {
		defer stop()
		other = m.serve(serving, h, at)
	})
	m.enter(ctx, h.join())
	work.Go(func() { m.relay(serving, h) })
	err = at.local.Run(running)
	cancel()
	work.Wait()
	return other, err
}

// serve serves an engine until ctx ends. One who cannot tries to from time to
// time, and returns a client when another one serves by then.
func (m *Monitor) serve(ctx context.Context, h *hub, at post) *Client {
	for ctx.Err() == nil {
		if at.claim != nil {
			newServer(h, at.listener, serverOptions{version: m.options.Version, readOnly: m.options.ReadOnly, terms: m.options.Terms}).serve(ctx)
			at.claim.release()
			at = post{}
			continue
		}
		var err error
		if at, err = occupy(m.options.Path); errors.Is(err, errTaken) {
			if client, err := Dial(ctx, m.options.Path, m.options.Version); err == nil {
				return client
			}
		}
		if at.claim == nil {
			if at.alone != nil {
				m.notice(aloneNotice(at.alone))
			}
			_ = pause(ctx, claimEvery)
			continue
		}
		m.notice(nil)
	}
	if at.claim != nil {
		_ = at.listener.Close()
		at.claim.release()
	}
	return nil
}

// aloneNotice says what it means that this instance watches by itself; nil when
// that is nobody's business.
func aloneNotice(why error) *engine.Notice {
	switch {
	case errors.Is(why, ErrVersion):
		return nil
	case errors.Is(why, ErrNoAnswer):
		return &engine.Notice{Severity: engine.SeverityInfo, Text: "Another agentwatch runs and does not answer: this one watches by itself."}
	default:
		return &engine.Notice{
			Severity: engine.SeverityWarning,
			// What to mend comes first: a narrow screen has room for no more.
			Text: strings.TrimPrefix(why.Error(), "serve: ") + ". Until then every dashboard and command looks by itself, and each dashboard notifies.",
		}
	}
}

// pause waits, and returns the error of ctx when that ends meanwhile.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
