package daemon

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

const (
	// keptAnswers is how many outcomes can be asked for again.
	keptAnswers = 256
	// maxAnswers bounds how many answers are under way at once.
	maxAnswers = 32
)

// answers gives each answer once, whoever asks for it how often. Safe for
// concurrent use.
type answers struct {
	engine Engine

	mu sync.Mutex
	// given are the answers by their IDs, order the IDs from the oldest on.
	given map[string]*given
	order []string
	// underWay counts those that are being typed, ended those before by outcome.
	underWay int
	ended    api.AnswerCounts
}

// given is an answer; done is closed when it has its outcome.
type given struct {
	done    chan struct{}
	outcome engine.Outcome
	err     error
}

func newAnswers(e Engine) *answers { return &answers{engine: e, given: make(map[string]*given)} }

func (a *answers) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.underWay > 0
}

// reserve finds the answer with that ID, or makes it; new is then set, and the
// caller has to give it.
func (a *answers) reserve(id string) (one *given, new bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.given[id]; one != nil {
		return one, false, nil
	}
	if a.underWay >= maxAnswers {
		return nil, false, fmt.Errorf("%w: %d answers are under way", api.ErrLimit, maxAnswers)
	}
	one = &given{done: make(chan struct{})}
	if id != "" {
		a.given[id] = one
		if a.order = append(a.order, id); len(a.order) > keptAnswers {
			delete(a.given, a.order[0])
			a.order = a.order[1:]
		}
	}
	a.underWay++
	return one, true, nil
}

// give types an answer to its end, also when whoever asked for it is gone: half a
// text helps nobody.
func (a *answers) give(ctx context.Context, one *given, r engine.Request) {
	one.outcome, one.err = a.engine.Answer(context.WithoutCancel(ctx), r)
	a.mu.Lock()
	a.underWay--
	switch {
	case one.outcome.Confirmed:
		a.ended.Confirmed++
	case one.outcome.Sent:
		a.ended.Unconfirmed++
	default:
		a.ended.Refused++
	}
	a.mu.Unlock()
	close(one.done)
}

func (a *answers) counts() api.AnswerCounts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended
}

func (a *answers) recall(id string) (*given, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.given[id]; one != nil {
		return one, nil
	}
	return nil, fmt.Errorf("%w: %q", api.ErrUnknownAnswer, id)
}

// planAnswer says what an answer would type.
func (s *Server) planAnswer(r *http.Request) (any, error) {
	asked, err := body[api.Answer](r)
	if err != nil {
		return nil, err
	}
	request, err := asked.Request()
	if err != nil {
		return nil, err
	}
	s.settled(r.Context(), request.Target)
	plan, err := s.options.Engine.Plan(request)
	return api.PlanOf(plan), err
}

// giveAnswer types an answer and tells what came of it.
func (s *Server) giveAnswer(w http.ResponseWriter, r *http.Request) {
	limit(w, r)
	asked, err := body[api.Answer](r)
	var request engine.Request
	if err == nil {
		request, err = asked.Request()
	}
	if err == nil && len(asked.ID) > maxID {
		err = fmt.Errorf("%w: an id of %d bytes", api.ErrLimit, len(asked.ID))
	}
	if err == nil && s.info.Load().ReadOnly {
		err = engine.ErrReadOnly
	}
	if err != nil {
		tellOutcome(w, r, nil, err)
		return
	}
	one, first, err := s.answers.reserve(asked.ID)
	if first {
		s.settled(r.Context(), request.Target)
		s.answers.give(engine.WithTraceParent(r.Context(), r.Header.Get(api.TraceParent)), one, request)
	}
	tellOutcome(w, r, one, err)
}

// recallAnswer tells what came of an answer whose connection was lost.
func (s *Server) recallAnswer(w http.ResponseWriter, r *http.Request) {
	limit(w, r)
	one, err := s.answers.recall(r.PathValue("id"))
	tellOutcome(w, r, one, err)
}

// tellOutcome waits for the outcome of an answer, which the engine bounds, and
// writes it.
func tellOutcome(w http.ResponseWriter, r *http.Request, one *given, err error) {
	var outcome engine.Outcome
	control := http.NewResponseController(w)
	if err == nil {
		_ = control.SetWriteDeadline(time.Now().Add(drainTime))
		select {
		case <-one.done:
			outcome, err = one.outcome, one.err
		case <-r.Context().Done():
			return
		}
	}
	_ = control.SetWriteDeadline(time.Now().Add(requestTime))
	value, status := api.OutcomeOf(outcome, err)
	write(w, status, value)
}
