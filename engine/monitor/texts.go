package monitor

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

const (
	// maxTexts bounds how many texts wait for one agent.
	maxTexts = 20
	// textsEvery is how often the agents are compared with what waits for them.
	textsEvery = 500 * time.Millisecond
	// promptLasts is how long an agent must be at its prompt before a text is typed,
	// turnLasts how long it may take until a text that was typed shows as a turn.
	promptLasts = time.Second
	turnLasts   = 10 * time.Second
	// typeAgain is the pause after the pane was not as it had to be, so that nothing
	// was typed; goneFor how long an agent must be missing to be gone.
	typeAgain = 5 * time.Second
	goneFor   = 5 * time.Second
	// refusedShown is how long a notice tells of texts that could not be typed.
	refusedShown = 10 * time.Minute
)

// aboutTexts is the topic of notices on texts that could not be typed.
const aboutTexts engine.NoticeTopic = "texts"

// SendWhenIdle keeps a text until its agent is at its prompt, and types it then in
// the verified way; seen is the agent as the user has seen it. An ID is taken once,
// and made where it is empty. It returns ErrCannot where such a text could never be
// typed, ErrUnknownPane when the pane is not watched, and a ChangedError when another
// agent is there.
func (s *Service) SendWhenIdle(ctx context.Context, id string, r engine.Request) (engine.WaitingText, error) {
	if s.options.ReadOnly || s.typist == nil {
		return engine.WaitingText{}, engine.ErrReadOnly
	}
	a, known := s.agentNow(r.Target)
	switch {
	case !known:
		return engine.WaitingText{}, fmt.Errorf("%w: %s", engine.ErrUnknownPane, r.Target)
	case a.Kind != r.Seen.Kind:
		return engine.WaitingText{}, answer.Changed(answer.AspectKind, string(r.Seen.Kind), string(a.Kind))
	case r.Seen.PID != 0 && a.PID != r.Seen.PID:
		return engine.WaitingText{}, answer.Changed(answer.AspectProcess, fmt.Sprint(r.Seen.PID), fmt.Sprint(a.PID))
	}
	// What can be typed once it is at its prompt.
	later := engine.Request{Action: engine.ActionReply, Text: r.Text, Seen: engine.Seen{Kind: a.Kind, State: a.State, Composer: true}}
	plan, err := answer.PlanFor(later, s.detector.AnswerRules(a.Kind))
	if err != nil {
		return engine.WaitingText{}, err
	}
	if id == "" {
		id = rand.Text()
	}
	kept := engine.KeptText{WaitingText: engine.WaitingText{ID: id, Text: plan.Text, At: s.now()}, Ref: r.Target, Identity: engine.IdentityOf(&a)}
	if err := s.wishes.addText(kept); err != nil {
		return engine.WaitingText{}, err
	}
	return kept.WaitingText, s.textsChanged(ctx)
}

// TakeBack takes a waiting text away and returns it. It returns ErrBusy while it is
// being typed, and ErrCannot when there is none of that ID.
func (s *Service) TakeBack(ctx context.Context, ref health.PaneRef, id string) (engine.WaitingText, error) {
	s.mu.Lock()
	typing := s.typing[ref]
	s.mu.Unlock()
	all := s.wishes.texts(ref)
	i := slices.IndexFunc(all, func(t engine.KeptText) bool { return t.ID == id })
	switch {
	case i < 0:
		return engine.WaitingText{}, answer.Cannot("no such text waits any more")
	case typing && all[i].Begun:
		return engine.WaitingText{}, engine.ErrBusy
	}
	s.wishes.setTexts(ref, slices.Delete(slices.Clone(all), i, i+1))
	return all[i].WaitingText, s.textsChanged(ctx)
}

// textsChanged lets the agents show what waits, and saves it.
func (s *Service) textsChanged(context.Context) error {
	for _, w := range s.current() {
		signal(w.reread)
	}
	signal(s.textsWake)
	return s.saveWishes()
}

// Waiting tells whether texts wait for their agents, or agents for the end of a limit
// after which they go on.
func (s *Service) Waiting() bool { return len(s.WaitingServers()) > 0 }

// WaitingServers are the sockets of the servers with such agents.
func (s *Service) WaitingServers() []string {
	var sockets []string
	for _, ref := range append(s.wishes.recipients(), s.wishes.pendingLimits(s.now())...) {
		if !slices.Contains(sockets, ref.Server) {
			sockets = append(sockets, ref.Server)
		}
	}
	slices.Sort(sockets)
	return sockets
}

// agentNow is the agent of a pane as its watcher has told last.
func (s *Service) agentNow(ref health.PaneRef) (engine.Agent, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watchers[ref.Server]
	if w == nil {
		return engine.Agent{}, false
	}
	i := slices.IndexFunc(w.latest.agents, func(a engine.Agent) bool { return a.Ref == ref })
	if i < 0 {
		return engine.Agent{}, false
	}
	return w.latest.agents[i], true
}

// recipient is what is known of the agent of waiting texts beside what is written
// down. It belongs to the goroutine of typeTexts.
type recipient struct {
	// missing is when it was first not there, again when the next try is due, typed
	// when a text was typed last.
	missing, again, typed time.Time
}

// typeTexts types waiting texts until ctx ends, one at a time for each agent.
func (s *Service) typeTexts(ctx context.Context) error {
	ticker := time.NewTicker(textsEvery)
	defer ticker.Stop()
	known := make(map[health.PaneRef]*recipient)
	for {
		waiting := s.wishes.recipients()
		for _, ref := range waiting {
			if known[ref] == nil {
				known[ref] = new(recipient)
			}
			s.tryText(ctx, ref, known[ref])
		}
		s.tellRefused()
		if len(waiting)+len(s.refused) == 0 {
			clear(known)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-s.textsWake:
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// tryText types the first text of an agent if it is at its prompt, and gives up on all
// of them when the agent is gone.
func (s *Service) tryText(ctx context.Context, ref health.PaneRef, r *recipient) {
	all, now := s.wishes.texts(ref), s.now()
	if len(all) == 0 {
		return
	}
	first := all[0]
	a, there := s.agentNow(ref)
	if !there {
		if r.missing.IsZero() {
			r.missing = now
		}
		if now.Sub(r.missing) > goneFor && s.looked(ref.Server, now) {
			s.refuseTexts(ref, engine.Agent{Ref: ref, Kind: first.Identity.Kind, PanePID: first.Identity.PanePID, PID: first.Identity.PID}, "the agent is gone")
		}
		return
	}
	r.missing = time.Time{}
	identity, same := first.Identity.On(&a)
	switch {
	case a.Stale:
		return
	case !same:
		s.refuseTexts(ref, a, "another agent runs there now")
		return
	case a.State.Ended():
		s.refuseTexts(ref, a, "the agent has ended")
		return
	case identity != first.Identity:
		s.wishes.identify(ref, identity)
	}
	atPrompt := a.State == health.StateIdle && a.Dialog == nil && a.Composer > 0 && now.Sub(a.Since) >= promptLasts
	turned := r.typed.IsZero() || a.Since.After(r.typed) || now.Sub(r.typed) > turnLasts
	if first.Begun || !atPrompt || !turned || now.Before(r.again) {
		return
	}
	s.typeText(ctx, a, first, r)
}

// looked tells whether a server is watched and its panes are known, or it is gone for
// good.
func (s *Service) looked(server string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watchers[server]
	if w == nil {
		return s.searched && now.Sub(s.began) > forgetAfter
	}
	return w.latest.looked && w.latest.failed == nil
}

// typeText types one text. That it was begun is written down before: whoever comes
// after us must not type it again.
func (s *Service) typeText(ctx context.Context, a engine.Agent, t engine.KeptText, r *recipient) {
	s.mu.Lock()
	s.typing[a.Ref] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.typing, a.Ref)
		s.mu.Unlock()
		_ = s.textsChanged(ctx)
	}()
	if !s.wishes.mark(a.Ref, t.ID, true, false) {
		return // taken back
	}
	if err := s.textsChanged(ctx); err != nil {
		s.wishes.mark(a.Ref, t.ID, false, false)
		r.again = s.now().Add(typeAgain)
		return
	}
	outcome, err := s.Answer(ctx, engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: t.Text, Seen: engine.SeenOf(a)})
	r.typed = s.now()
	switch {
	case err == nil:
		s.wishes.removeText(a.Ref, t.ID)
	case outcome.Sent:
		// It stays, so that the user sees it.
		s.wishes.mark(a.Ref, t.ID, true, true)
		s.refused = append(s.refused, refusedText{r.typed, fmt.Sprintf(
			"It is uncertain whether the text that waited for %s was sent: look at it. What waits behind it goes on when you take it back.", a.Name())})
	default:
		r.typed, r.again = time.Time{}, s.now().Add(typeAgain)
		s.wishes.mark(a.Ref, t.ID, false, false)
	}
}

// refusedText is a notice on texts that could not be typed.
type refusedText struct {
	at   time.Time
	text string
}

// refuseTexts gives up on all texts of an agent. They are in the history, so that none
// is lost.
func (s *Service) refuseTexts(ref health.PaneRef, a engine.Agent, why string) {
	all, now := s.wishes.texts(ref), s.now()
	s.wishes.setTexts(ref, nil)
	for _, t := range all {
		problem := why
		if t.Begun {
			problem = "it was uncertain whether it was sent, and " + why
		}
		s.tell(engine.Outcome{
			Request: engine.Request{Target: ref, Action: engine.ActionReply, Text: t.Text}, Agent: a, At: now, Text: t.Text, Problem: problem, Uncertain: t.Begun, Sent: t.Begun,
		})
		s.refused = append(s.refused, refusedText{now, fmt.Sprintf("A text that waited for %s in %s was not typed: %s. It was: %s", a.Kind, ref.Pane, why, answer.OneLine(t.Text))})
	}
	_ = s.textsChanged(context.Background())
}

// tellRefused shows the notices that are not too old.
func (s *Service) tellRefused() {
	now := s.now()
	s.refused = slices.DeleteFunc(s.refused, func(r refusedText) bool { return now.Sub(r.at) > refusedShown })
	if len(s.refused) == s.refusedTold {
		return
	}
	s.refusedTold = len(s.refused)
	var notices []engine.Notice
	for _, r := range s.refused {
		notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: r.text})
	}
	s.Tell(aboutTexts, notices...)
}

// takeTexts gives each agent what waits for it, and reports whether that is news.
func (w *watcher) takeTexts() (news bool) {
	for _, p := range w.order {
		var texts []engine.WaitingText
		for _, t := range w.wishes.texts(p.ref) {
			texts = append(texts, t.WaitingText)
		}
		if !slices.Equal(texts, p.texts) {
			p.texts, news = texts, true
			w.touch(p)
		}
	}
	return news
}
