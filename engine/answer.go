package engine

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine/answer"
	"agentwatch/health"
)

// What an answer is, by the names that the faces know it by; see package answer.
type (
	Request      = answer.Request
	Action       = answer.Action
	Key          = answer.Key
	Seen         = answer.Seen
	AnswerPlan   = answer.Plan
	Aspect       = answer.Aspect
	Difference   = answer.Difference
	ChangedError = answer.ChangedError
)

// The actions.
const (
	ActionApprove   = answer.ActionApprove
	ActionDeny      = answer.ActionDeny
	ActionChoose    = answer.ActionChoose
	ActionReply     = answer.ActionReply
	ActionInterrupt = answer.ActionInterrupt
	ActionKeys      = answer.ActionKeys
	ActionResume    = answer.ActionResume
)

// Errors of an answer.
var (
	ErrReadOnly    = answer.ErrReadOnly
	ErrChanged     = answer.ErrChanged
	ErrBusy        = answer.ErrBusy
	ErrCannot      = answer.ErrCannot
	ErrUnconfirmed = answer.ErrUnconfirmed
)

// ParseKey reads a key's name, such as "Escape", "C-c" or "y".
func ParseKey(name string) (Key, error) { return answer.ParseKey(name) }

// SeenOf is what a user sees who is shown the agent.
func SeenOf(a Agent) Seen {
	return Seen{
		PID: a.PID, Kind: a.Kind, State: a.State, Wait: a.Wait, Since: a.Since, Dialog: a.Dialog,
		Composer: a.Composer > 0, Resume: a.Resume, Revision: a.Revision,
	}
}

// Outcome is what came of an answer.
type Outcome struct {
	Request Request
	// Agent is the agent as it was known when it was answered.
	Agent Agent
	// At is when the answer began, Took how long it took with its confirmation.
	At   time.Time
	Took time.Duration
	// Sent is set when anything was typed, or may have been. Confirmed is set when
	// the screen shows that it did what it should, Uncertain when nothing shows
	// whether it was typed, read or took effect: then the user decides.
	Sent, Uncertain, Confirmed bool
	// Keys are all that were typed, in their order; Text is what was pasted.
	Keys []Key
	Text string
	// Before and After are the screens around it, with colours. Untrusted.
	Before, After string
	// Problem is why it was not confirmed; empty otherwise.
	Problem string
}

// What says in words what was typed.
func (o Outcome) What() string { return answer.Words(o.Keys, o.Text) }

// answerTimeout bounds one answer with its confirmation.
const answerTimeout = 40 * time.Second

// Answer types an answer into an agent's pane, if that is still as the user saw
// it: the pane is looked at anew, and the keys go only with a condition that the
// tmux server checks in the same moment (see package typing). Then the screen
// must show that the answer has done what it should. Nothing is ever typed twice:
// while the screen does not show that a step was read, no other follows, and in
// the end ErrUnconfirmed says that no sign came (Outcome.Uncertain). One answer at a
// time goes to a pane, whoever sends it: ErrBusy. Every answer of which anything was
// typed is in the streams of Answers.
func (s *Service) Answer(ctx context.Context, r Request) (Outcome, error) {
	trace := AnswerTrace{Action: r.Action, Began: s.now(), Parent: TraceParent(ctx)}
	outcome, err := s.answer(ctx, r, &trace)
	if o := s.meter.observing(); o != nil {
		trace.Outcome, trace.Err, trace.Ended = outcome, err, s.now()
		o.Answer(trace)
	}
	return outcome, err
}

// answer gives an answer, and notes when its parts were done.
func (s *Service) answer(ctx context.Context, r Request, trace *AnswerTrace) (Outcome, error) {
	if s.options.ReadOnly || s.typist == nil {
		return Outcome{Request: r}, ErrReadOnly
	}
	w, err := s.watcherOf(r.Target)
	if err != nil {
		return Outcome{Request: r}, err
	}
	p, err := answer.PlanFor(r, s.detector.AnswerRules(r.Seen.Kind))
	if err != nil {
		return Outcome{Request: r}, err
	}
	if r.Shown != "" && p.Words != r.Shown {
		return Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, answer.Changed(answer.AspectAnswer, r.Shown, p.Words))
	}
	if !s.reserve(r.Target) {
		return Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, ErrBusy)
	}
	defer s.release(r.Target)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	outcome, err := s.give(ctx, w, r, p, trace)
	if outcome.Sent {
		s.tell(outcome)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, err)
	}
	return outcome, err
}

// give gives an answer as it was planned.
func (s *Service) give(ctx context.Context, w *watcher, r Request, p AnswerPlan, trace *AnswerTrace) (Outcome, error) {
	outcome := Outcome{Request: r, At: s.now()}
	var known Agent
	a := answer.New(s.answerTools(w, r, &known), r, p, s.detector.AnswerRules(r.Seen.Kind))
	release, err := a.Begin(ctx)
	defer release()
	if err != nil {
		return outcome, err
	}
	outcome.Agent = known
	result, err := a.Type(ctx)
	trace.Compared, trace.Typed = result.Compared, result.Typed
	outcome.Sent, outcome.Uncertain, outcome.Confirmed = result.Sent, result.Uncertain, result.Sent && err == nil
	outcome.Keys, outcome.Text, outcome.Before, outcome.After = result.Keys, result.Text, result.Before, result.After
	outcome.Took = s.now().Sub(outcome.At)
	if err != nil {
		outcome.Problem = err.Error()
	}
	return outcome, err
}

// answerTools are what an answer to a pane looks and types with. known becomes the
// agent as its watcher knows it.
func (s *Service) answerTools(w *watcher, r Request, known *Agent) answer.Tools {
	return answer.Tools{
		Typist: s.typist(r.Target.Server, r.InPopup), Detector: s.detector, Processes: s.processes, Unread: s.unread, Now: s.now,
		Facts: func(ctx context.Context) (answer.Facts, error) {
			facts := make(chan Explained, 1)
			if err := s.send(ctx, w, tellFacts{ref: r.Target, facts: facts}); err != nil {
				return answer.Facts{}, err
			}
			e := <-facts
			*known = e.Agent
			return answer.Facts{Observation: e.Observation, State: e.Agent.State, Since: e.Agent.Since}, nil
		},
	}
}

// Plan says what Answer would type for a request. It looks at nothing but the
// request, and fails with ErrCannot where Answer would.
func (s *Service) Plan(r Request) (AnswerPlan, error) {
	return answer.PlanFor(r, s.detector.AnswerRules(r.Seen.Kind))
}

// reserve reserves a pane for one answer.
func (s *Service) reserve(ref health.PaneRef) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answering[ref] {
		return false
	}
	s.answering[ref] = true
	return true
}

func (s *Service) release(ref health.PaneRef) {
	s.mu.Lock()
	delete(s.answering, ref)
	s.mu.Unlock()
}

// Answers returns a stream of all answers that are sent from now on.
func (s *Service) Answers() *AnswerStream {
	stream := newStream[Outcome]()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		stream.end()
		return stream
	}
	s.answers = append(s.answers, stream)
	return stream
}

// tell hands an answer to every stream.
func (s *Service) tell(o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.answers[:0]
	for _, stream := range s.answers {
		if !stream.isClosed() {
			open = append(open, stream)
			stream.push(o)
		}
	}
	s.answers = open
}
