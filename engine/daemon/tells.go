package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

const (
	// usualPassOn is Options.PassOn where that is not set.
	usualPassOn = 10 * time.Second
	// toldLasts is how long it is known what has been told, mostTold of how much.
	toldLasts = 24 * time.Hour
	mostTold  = 20_000
	// maxTeller bounds the name of one who tells, in bytes.
	maxTeller = 64
)

// tells decide who tells the user of the engine's agents: the first face that asks for
// it, then the next; while none does, and at first, the engine process itself. What has
// been told is marked, and nobody tells it again. Safe for concurrent use.
type tells struct {
	// passOn is how long after the end of one who told the next one may.
	passOn time.Duration

	mu sync.Mutex
	// askers are those who ask now, the first come first.
	askers []*teller
	// granted is who tells, or has told until a moment ago; empty for the engine
	// process. left is when its stream has ended; zero while it lasts.
	granted string
	left    time.Time
	// ever counts those to whom it was granted.
	ever int
	// changed is closed when granted may have changed, and replaced.
	changed chan struct{}
	marks   map[markKey]*mark
}

// teller is one face that asks.
type teller struct{ as string }

// markKey is what is told, comparable: times are not.
type markKey struct {
	what  engine.Telling
	since int64
}

func keyOf(t engine.Telling) markKey {
	key := markKey{t, t.Since.UnixNano()}
	key.what.Since = time.Time{}
	return key
}

// mark says by whom something is told.
type mark struct {
	by          string
	at          time.Time
	sent, maybe bool
}

func newTells(passOn time.Duration) *tells {
	return &tells{passOn: cmp.Or(passOn, usualPassOn), changed: make(chan struct{}), marks: make(map[markKey]*mark)}
}

// settle grants it to the next one where that is due. It is called under mu.
func (t *tells) settle(now time.Time) {
	isGranted := func(a *teller) bool { return a.as == t.granted }
	switch {
	case t.granted != "" && slices.ContainsFunc(t.askers, isGranted):
		t.left = time.Time{}
		return
	case t.granted != "" && t.left.IsZero():
		t.left = now
		return
	case t.granted != "" && now.Sub(t.left) < t.passOn:
		return
	}
	next := ""
	if len(t.askers) > 0 {
		next = t.askers[0].as
	}
	if next == t.granted {
		return
	}
	t.granted, t.left = next, time.Time{}
	if next != "" {
		t.ever++
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *tells) join(as string) *teller {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &teller{as}
	t.askers = append(t.askers, a)
	t.settle(time.Now())
	return a
}

func (t *tells) leave(a *teller) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.askers = slices.DeleteFunc(t.askers, func(other *teller) bool { return other == a })
	t.settle(time.Now())
	// Those who wait have to count from now on.
	close(t.changed)
	t.changed = make(chan struct{})
}

// state is what one who asks is to know, until changed is closed or due is over; due is
// 0 for no time.
func (t *tells) state(as string) (line api.Tells, changed <-chan struct{}, due time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.settle(now)
	if !t.left.IsZero() {
		due = max(t.passOn-now.Sub(t.left), time.Millisecond)
	}
	line.Granted = t.granted == as
	line.Before = t.ever > 1 || t.ever == 1 && !line.Granted
	return line, t.changed, due
}

// claim notes that somebody is about to tell something; as is empty for the engine
// process.
func (t *tells) claim(as string, what engine.Telling) engine.Claim {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.settle(now); t.granted != as {
		return engine.ClaimLater
	}
	m := t.marks[keyOf(what)]
	switch {
	case m == nil:
		t.forget(now)
		m = new(mark)
		t.marks[keyOf(what)] = m
	case m.by == as:
	case m.sent:
		return engine.ClaimTold
	case now.Sub(m.at) < engine.TrialLasts:
		return engine.ClaimLater
	default:
		m.maybe = true
	}
	m.by, m.at = as, now
	if m.maybe {
		return engine.ClaimMaybe
	}
	return engine.ClaimFirst
}

// forget drops marks that count no longer, or all that are too many. It is called under
// mu.
func (t *tells) forget(now time.Time) {
	if len(t.marks) < mostTold {
		return
	}
	maps.DeleteFunc(t.marks, func(_ markKey, m *mark) bool { return now.Sub(m.at) > toldLasts })
	for key := range t.marks {
		if len(t.marks) < mostTold {
			return
		}
		delete(t.marks, key)
	}
}

// sent notes that something has been told.
func (t *tells) sent(as string, what engine.Telling) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.marks[keyOf(what)]
	if m == nil {
		t.forget(time.Now())
		m = &mark{by: as}
		t.marks[keyOf(what)] = m
	}
	m.sent, m.at = true, time.Now()
}

// failed notes that something has not arrived: another one may tell it.
func (t *tells) failed(as string, what engine.Telling) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := t.marks[keyOf(what)]; m != nil && m.by == as && !m.sent {
		delete(t.marks, keyOf(what))
	}
}

// Register is the part of the engine process in telling the user of its agents, which
// faces may have taken over.
func (s *Server) Register() engine.Register { return ownRegister{s.tells} }

type ownRegister struct{ tells *tells }

// Ours implements engine.Register.
func (r ownRegister) Ours(engine.Telling) bool {
	r.tells.mu.Lock()
	defer r.tells.mu.Unlock()
	r.tells.settle(time.Now())
	return r.tells.granted == ""
}

// Claim implements engine.Register.
func (r ownRegister) Claim(_ context.Context, what engine.Telling) (engine.Claim, error) {
	return r.tells.claim("", what), nil
}

// Sent implements engine.Register.
func (r ownRegister) Sent(_ context.Context, what engine.Telling) error {
	r.tells.sent("", what)
	return nil
}

// Failed implements engine.Register.
func (r ownRegister) Failed(_ context.Context, what engine.Telling) error {
	r.tells.failed("", what)
	return nil
}

// nameOf checks the name of one who tells.
func nameOf(as string) error {
	if as == "" || len(as) > maxTeller {
		return fmt.Errorf("%w: as= is a name of 1 to %d bytes", api.ErrRequest, maxTeller)
	}
	return nil
}

// streamTells says whether the reader is to tell the user. As long as the stream lasts
// it can be.
func (s *Server) streamTells(ctx context.Context, r *http.Request, send line) error {
	as := r.URL.Query().Get("as")
	if err := nameOf(as); err != nil {
		return err
	}
	defer s.tells.leave(s.tells.join(as))
	var last *api.Tells
	for {
		line, changed, due := s.tells.state(as)
		if last == nil || line != *last {
			if err := send(line); err != nil {
				return err
			}
			last = &line
		}
		var over <-chan time.Time
		if due > 0 {
			over = time.After(due)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-over:
		}
	}
}

func (s *Server) noteTold(r *http.Request) (any, error) {
	t, err := body[api.Told](r)
	if err != nil {
		return nil, err
	}
	if err := nameOf(t.As); err != nil {
		return nil, err
	}
	switch t.Step {
	case api.StepClaim:
		return api.Claimed{Claim: s.tells.claim(t.As, t.What)}, nil
	case api.StepSent:
		s.tells.sent(t.As, t.What)
	case api.StepFailed:
		s.tells.failed(t.As, t.What)
	default:
		return nil, fmt.Errorf("%w: step is claim, sent or failed", api.ErrRequest)
	}
	return struct{}{}, nil
}
