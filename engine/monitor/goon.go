package monitor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	// goOnLate is how late it still is told so, by an engine process that was not there
	// at that time.
	goOnLate = 12 * time.Hour
	// limitsEvery is how often agents are compared with their limits.
	limitsEvery = 2 * time.Second
	// sameLimit is by how much two readings of one printed time can differ.
	sameLimit = 2 * time.Minute
	// limitOverRule is the rule of an agent whose limit is on its screen and has ended.
	limitOverRule = "time.limit.over"
)

// aboutLimits is the topic of notices on agents that went on.
const aboutLimits engine.NoticeTopic = "limits"

// SetGoOn says which kinds go on from now on.
func (s *Service) SetGoOn(g engine.GoOn) {
	s.mu.Lock()
	s.chosen.goOn = g
	s.mu.Unlock()
	s.limitsChanged()
}

// LetGoOn says of one agent whether it goes on by itself when a limit has ended,
// whatever its kind does. It returns ErrReadOnly in a service that types nothing,
// ErrUnknownPane when the pane is not watched, and ErrCannot where nobody knows how a
// text is sent to its kind.
func (s *Service) LetGoOn(_ context.Context, ref health.PaneRef, on bool) error {
	if s.options.ReadOnly || s.typist == nil {
		return engine.ErrReadOnly
	}
	a, known := s.agentNow(ref)
	if !known {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, ref)
	}
	if _, err := s.Plan(s.goOnRequest(a)); on && err != nil {
		return err
	}
	choice := engine.GoOnNever
	if on {
		choice = engine.GoOnAlways
	}
	s.wishes.changeLimit(ref, func(l *engine.KeptLimit) {
		if _, same := l.Identity.On(&a); !same {
			*l = engine.KeptLimit{Ref: ref}
		}
		l.Identity, l.Choice = engine.IdentityOf(&a), choice
	})
	s.limitsChanged()
	return s.saveWishes()
}

// limitsChanged lets the agents show who goes on, and looks for limits again.
func (s *Service) limitsChanged() {
	for _, w := range s.current() {
		signal(w.reread)
	}
	signal(s.limitsWake)
}

// goOnRequest is what is asked for to let an agent go on.
func (s *Service) goOnRequest(a engine.Agent) engine.Request {
	seen := engine.SeenOf(a)
	// As it will be by then: at its prompt, under the words of the limit.
	seen.Composer, seen.Dialog, seen.Wait, seen.Shows = true, nil, health.WaitNone, a.Evidence.Text
	return engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: cmp.Or(s.goOn().Text, engine.DefaultGoOnText), Seen: seen, By: "limit"}
}

func (s *Service) goOn() engine.GoOn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen.goOn
}

// goesOn tells whether an agent goes on by itself.
func goesOn(g engine.GoOn, a *engine.Agent, kept engine.KeptLimit) bool {
	if _, same := kept.Identity.On(a); same && kept.Choice != engine.GoOnAsKind {
		return kept.Choice == engine.GoOnAlways
	}
	return slices.Contains(g.Kinds, a.Kind)
}

// followLimits tells agents to go on until ctx ends, those that may.
func (s *Service) followLimits(ctx context.Context) error {
	ticker := time.NewTicker(limitsEvery)
	defer ticker.Stop()
	missing := make(map[health.PaneRef]time.Time)
	for {
		g := s.goOn()
		if len(g.Kinds)+s.wishes.limited() == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-s.limitsWake:
			}
			continue
		}
		for _, a := range s.agentsNow() {
			s.followLimit(ctx, a, g)
		}
		s.forgetLimits(missing)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// forgetLimits forgets agents that are gone, and limits of which nothing can come any
// more. missing has since when agents are not there; it is the caller's.
func (s *Service) forgetLimits(missing map[health.PaneRef]time.Time) {
	now := s.now()
	s.wishes.forgetLimits(func(l engine.KeptLimit) bool {
		if _, there := s.agentNow(l.Ref); there || !s.looked(l.Ref.Server, now) {
			delete(missing, l.Ref)
			return l.Choice == engine.GoOnAsKind && now.Sub(l.Until) > 24*time.Hour
		}
		if missing[l.Ref].IsZero() {
			missing[l.Ref] = now
		}
		return now.Sub(missing[l.Ref]) > goneFor
	})
}

// agentsNow are all agents as their watchers have told last.
func (s *Service) agentsNow() []engine.Agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []engine.Agent
	for _, w := range s.watchers {
		if w.latest.failed == nil {
			all = append(all, w.latest.agents...)
		}
	}
	return all
}

// followLimit notes the limit of an agent while it is in force, and tells the agent to
// go on a minute after it has ended.
func (s *Service) followLimit(ctx context.Context, a engine.Agent, g engine.GoOn) {
	kept, now := s.wishes.limit(a.Ref), s.now()
	if a.Stale || !goesOn(g, &a, kept) {
		return
	}
	identity, same := kept.Identity.On(&a)
	switch {
	case a.State == health.StateLimited && a.LimitUntil.After(now) && (!same || a.LimitUntil.Sub(kept.Until).Abs() > sameLimit):
		// A limit that is as good as the one before is the one before: its text can be
		// read anew, and then says the same.
		next := engine.KeptLimit{Ref: a.Ref, Identity: engine.IdentityOf(&a), Until: a.LimitUntil, Asks: limitDigest(a)}
		if same {
			next.Identity, next.Choice, next.Times = identity, kept.Choice, kept.Times
		}
		s.wishes.changeLimit(a.Ref, func(l *engine.KeptLimit) { *l = next })
		_ = s.saveWishes()
	case a.State == health.StateLimited && !a.LimitUntil.IsZero() && same && !kept.Begun && limitDigest(a) != kept.Asks:
		// Another row tells of the same limit.
		s.wishes.changeLimit(a.Ref, func(l *engine.KeptLimit) { l.Asks = limitDigest(a) })
		_ = s.saveWishes()
	case same && mayGoOn(a, kept, now, cmp.Or(g.AtMost, engine.DefaultGoOnAtMost)):
		s.tellToGoOn(ctx, a, now)
	}
}

// mayGoOn tells whether an agent is to be told to go on now: its screen still shows
// the limit that has ended, and it has not been told so.
func mayGoOn(a engine.Agent, kept engine.KeptLimit, now time.Time, atMost int) bool {
	late := now.Sub(kept.Until)
	today := 0
	for _, at := range kept.Times {
		if now.Sub(at) < 24*time.Hour {
			today++
		}
	}
	return !kept.Begun && !kept.Until.IsZero() && late >= engine.AfterReset && late < goOnLate && today < atMost &&
		a.State == health.StateIdle && a.Evidence.Rule == limitOverRule && a.Dialog == nil && a.Composer > 0 && limitDigest(a) == kept.Asks
}

// tellToGoOn types what lets an agent go on. That it was begun is written down before:
// no limit is answered twice, not even by the next process.
func (s *Service) tellToGoOn(ctx context.Context, a engine.Agent, now time.Time) {
	begun := func(is bool) error {
		s.wishes.changeLimit(a.Ref, func(l *engine.KeptLimit) {
			l.Begun = is
			l.Times = slices.DeleteFunc(slices.Clone(l.Times), func(at time.Time) bool { return at.Equal(now) || now.Sub(at) >= 24*time.Hour })
			if is {
				l.Times = append(l.Times, now)
			}
		})
		return s.saveWishes()
	}
	if begun(true) != nil {
		_ = begun(false)
		return
	}
	outcome, err := s.Answer(ctx, s.goOnRequest(a))
	said := engine.Notice{Severity: engine.SeverityInfo, Text: fmt.Sprintf("%s went on at %s, after its limit.", a.Name(), now.Format("15:04"))}
	switch {
	case err != nil && !outcome.Sent:
		// The user types, or it does something else: it is looked at again.
		_ = begun(false)
		return
	case err != nil:
		said = engine.Notice{Severity: engine.SeverityWarning, Text: fmt.Sprintf("It is uncertain whether %s goes on after its limit: look at it.", a.Name())}
	}
	s.Tell(aboutLimits, said)
}

// limitDigest stands for the words of a limit.
func limitDigest(a engine.Agent) string {
	sum := sha256.Sum256([]byte(a.Evidence.Text))
	return hex.EncodeToString(sum[:12])
}

// takeGoOn gives each agent whether it goes on by itself, and reports whether that is
// news.
func (w *watcher) takeGoOn(g engine.GoOn) (news bool) {
	for _, p := range w.order {
		if !p.tracked {
			continue
		}
		a := p.agent
		if on := goesOn(g, &a, w.wishes.limit(p.ref)); on != p.goOn {
			p.goOn, news = on, true
			w.touch(p)
		}
	}
	return news
}
