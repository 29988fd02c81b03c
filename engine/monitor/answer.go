package monitor

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

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
func (s *Service) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	trace := engine.AnswerTrace{Action: r.Action, Began: s.now(), Parent: engine.TraceParent(ctx)}
	outcome, err := s.answer(ctx, r, &trace)
	if o := s.meter.observing(); o != nil {
		trace.Outcome, trace.Err, trace.Ended = outcome, err, s.now()
		o.Answer(trace)
	}
	return outcome, err
}

// answer gives an answer, and notes when its parts were done.
func (s *Service) answer(ctx context.Context, r engine.Request, trace *engine.AnswerTrace) (engine.Outcome, error) {
	if s.options.ReadOnly || s.typist == nil {
		return engine.Outcome{Request: r}, engine.ErrReadOnly
	}
	w, err := s.watcherOf(r.Target)
	if err != nil {
		return engine.Outcome{Request: r}, err
	}
	p, err := answer.PlanFor(r, s.detector.AnswerRules(r.Seen.Kind))
	if err != nil {
		return engine.Outcome{Request: r}, err
	}
	if r.Shown != "" && p.Words != r.Shown {
		return engine.Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, answer.Changed(answer.AspectAnswer, r.Shown, p.Words))
	}
	if !s.reserve(r.Target) {
		return engine.Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, engine.ErrBusy)
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
func (s *Service) give(ctx context.Context, w *watcher, r engine.Request, p engine.AnswerPlan, trace *engine.AnswerTrace) (engine.Outcome, error) {
	outcome := engine.Outcome{Request: r, At: s.now()}
	var known engine.Agent
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
func (s *Service) answerTools(w *watcher, r engine.Request, known *engine.Agent) answer.Tools {
	return answer.Tools{
		Typist: s.typist(r.Target.Server, r.InPopup), Detector: s.detector, Processes: s.processes, Unread: s.unread, Now: s.now,
		Facts: func(ctx context.Context) (answer.Facts, error) {
			facts := make(chan engine.Explained, 1)
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
func (s *Service) Plan(r engine.Request) (engine.AnswerPlan, error) {
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
func (s *Service) Answers() *engine.AnswerStream {
	stream := engine.NewStream[engine.Outcome](nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		stream.End()
		return stream
	}
	s.answers = append(s.answers, stream)
	return stream
}

// tell hands an answer to every stream.
func (s *Service) tell(o engine.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.answers[:0]
	for _, stream := range s.answers {
		if !stream.Closed() {
			open = append(open, stream)
			stream.Push(o)
		}
	}
	s.answers = open
}
