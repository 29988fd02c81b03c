package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"agentwatch/health"
)

// GoOn says which agents go on by themselves when a limit has ended: those of its
// kinds, and those for which the user has said so. The zero value lets none.
type GoOn struct {
	Kinds []health.Kind
	// Text is what is sent, DefaultGoOnText when empty; AtMost how often a day and
	// agent, DefaultGoOnAtMost when zero.
	Text   string
	AtMost int
}

// The defaults of GoOn.
const (
	DefaultGoOnText   = "continue"
	DefaultGoOnAtMost = 5
)

// KeptLimit is what is written down of an agent that may go on after a limit.
type KeptLimit struct {
	Ref      health.PaneRef `json:"ref"`
	Identity Identity       `json:"agent"`
	// Choice is what the user has said of this agent; what its kind does counts where
	// they have said nothing.
	Choice GoOnChoice `json:"choice,omitempty"`
	// Until is when the limit ends that was seen last while it was in force, by its own
	// word; Asks stands for its words. Begun is set once the agent is told to go on
	// after it: it is told once for each limit, whatever comes of that.
	Until time.Time `json:"until,omitzero"`
	Asks  string    `json:"asks,omitempty"`
	Begun bool      `json:"begun,omitempty"`
	// Times are when the agent was told so in the last day.
	Times []time.Time `json:"times,omitempty"`
}

// GoOnChoice is what the user has said of one agent.
type GoOnChoice string

// The choices.
const (
	GoOnAsKind GoOnChoice = ""
	GoOnAlways GoOnChoice = "on"
	GoOnNever  GoOnChoice = "off"
)

const (
	// AfterReset is how long after the printed time an agent is told to go on: clocks
	// differ, and times are printed to the minute.
	AfterReset = time.Minute
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
const aboutLimits NoticeTopic = "limits"

// SetGoOn says which kinds go on from now on.
func (s *Service) SetGoOn(g GoOn) {
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
		return ErrReadOnly
	}
	a, known := s.agentNow(ref)
	if !known {
		return fmt.Errorf("%w: %s", ErrUnknownPane, ref)
	}
	if _, err := s.Plan(s.goOnRequest(a)); on && err != nil {
		return err
	}
	choice := GoOnNever
	if on {
		choice = GoOnAlways
	}
	s.wishes.changeLimit(ref, func(l *KeptLimit) {
		if _, same := l.Identity.On(&a); !same {
			*l = KeptLimit{Ref: ref}
		}
		l.Identity, l.Choice = IdentityOf(&a), choice
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
func (s *Service) goOnRequest(a Agent) Request {
	seen := SeenOf(a)
	// As it will be by then: at its prompt, under the words of the limit.
	seen.Composer, seen.Dialog, seen.Wait, seen.Shows = true, nil, health.WaitNone, a.Evidence.Text
	return Request{Target: a.Ref, Action: ActionReply, Text: cmp.Or(s.goOn().Text, DefaultGoOnText), Seen: seen, By: "limit"}
}

func (s *Service) goOn() GoOn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen.goOn
}

// goesOn tells whether an agent goes on by itself.
func (g GoOn) goesOn(a *Agent, kept KeptLimit) bool {
	if _, same := kept.Identity.On(a); same && kept.Choice != GoOnAsKind {
		return kept.Choice == GoOnAlways
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
	s.wishes.forgetLimits(func(l KeptLimit) bool {
		if _, there := s.agentNow(l.Ref); there || !s.looked(l.Ref.Server, now) {
			delete(missing, l.Ref)
			return l.Choice == GoOnAsKind && now.Sub(l.Until) > 24*time.Hour
		}
		if missing[l.Ref].IsZero() {
			missing[l.Ref] = now
		}
		return now.Sub(missing[l.Ref]) > goneFor
	})
}

// agentsNow are all agents as their watchers have told last.
func (s *Service) agentsNow() []Agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Agent
	for _, w := range s.watchers {
		if w.latest.failed == nil {
			all = append(all, w.latest.agents...)
		}
	}
	return all
}

// followLimit notes the limit of an agent while it is in force, and tells the agent to
// go on a minute after it has ended.
func (s *Service) followLimit(ctx context.Context, a Agent, g GoOn) {
	kept, now := s.wishes.limit(a.Ref), s.now()
	if a.Stale || !g.goesOn(&a, kept) {
		return
	}
	identity, same := kept.Identity.On(&a)
	switch {
	case a.State == health.StateLimited && a.LimitUntil.After(now) && (!same || a.LimitUntil.Sub(kept.Until).Abs() > sameLimit):
		// A limit that is as good as the one before is the one before: its text can be
		// read anew, and then says the same.
		next := KeptLimit{Ref: a.Ref, Identity: IdentityOf(&a), Until: a.LimitUntil, Asks: limitDigest(a)}
		if same {
			next.Identity, next.Choice, next.Times = identity, kept.Choice, kept.Times
		}
		s.wishes.changeLimit(a.Ref, func(l *KeptLimit) { *l = next })
		_ = s.saveWishes()
	case a.State == health.StateLimited && !a.LimitUntil.IsZero() && same && !kept.Begun && limitDigest(a) != kept.Asks:
		// Another row tells of the same limit.
		s.wishes.changeLimit(a.Ref, func(l *KeptLimit) { l.Asks = limitDigest(a) })
		_ = s.saveWishes()
	case same && mayGoOn(a, kept, now, cmp.Or(g.AtMost, DefaultGoOnAtMost)):
		s.tellToGoOn(ctx, a, now)
	}
}

// mayGoOn tells whether an agent is to be told to go on now: its screen still shows
// the limit that has ended, and it has not been told so.
func mayGoOn(a Agent, kept KeptLimit, now time.Time, atMost int) bool {
	late := now.Sub(kept.Until)
	today := 0
	for _, at := range kept.Times {
		if now.Sub(at) < 24*time.Hour {
			today++
		}
	}
	return !kept.Begun && !kept.Until.IsZero() && late >= AfterReset && late < goOnLate && today < atMost &&
		a.State == health.StateIdle && a.Evidence.Rule == limitOverRule && a.Dialog == nil && a.Composer > 0 && limitDigest(a) == kept.Asks
}

// tellToGoOn types what lets an agent go on. That it was begun is written down before:
// no limit is answered twice, not even by the next process.
func (s *Service) tellToGoOn(ctx context.Context, a Agent, now time.Time) {
	begun := func(is bool) error {
		s.wishes.changeLimit(a.Ref, func(l *KeptLimit) {
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
	said := Notice{Severity: SeverityInfo, Text: fmt.Sprintf("%s went on at %s, after its limit.", a.Name(), now.Format("15:04"))}
	switch {
	case err != nil && !outcome.Sent:
		// The user types, or it does something else: it is looked at again.
		_ = begun(false)
		return
	case err != nil:
		said = Notice{Severity: SeverityWarning, Text: fmt.Sprintf("It is uncertain whether %s goes on after its limit: look at it.", a.Name())}
	}
	s.Tell(aboutLimits, said)
}

// limitDigest stands for the words of a limit.
func limitDigest(a Agent) string {
	sum := sha256.Sum256([]byte(a.Evidence.Text))
	return hex.EncodeToString(sum[:12])
}

// takeGoOn gives each agent whether it goes on by itself, and reports whether that is
// news.
func (w *watcher) takeGoOn(g GoOn) (news bool) {
	for _, p := range w.order {
		if !p.tracked {
			continue
		}
		a := p.agent
		if on := g.goesOn(&a, w.wishes.limit(p.ref)); on != p.goOn {
			p.goOn, news = on, true
			w.touch(p)
		}
	}
	return news
}
