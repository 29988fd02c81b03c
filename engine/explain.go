package engine

import (
	"context"
	"fmt"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// explainTimeout bounds the capture for an explanation.
const explainTimeout = 5 * time.Second

// Explained is why a pane is judged as it is.
type Explained struct {
	health.Explanation
	// Agent is the agent as the dashboard shows it, with what time adds (since,
	// motion, hysteresis); Tracked is false for a pane without an agent.
	Agent   Agent `json:"agent"`
	Tracked bool  `json:"tracked,omitempty"`
	// At is when the screen of the explanation was captured.
	At time.Time `json:"at,omitzero"`
	// Observation is what the detector was given.
	Observation health.Observation `json:"observation"`
}

// Explain captures a pane anew and says how its verdict comes about. It returns
// ErrUnknownPane for a pane that is not watched.
func (s *Service) Explain(ctx context.Context, ref health.PaneRef) (Explained, error) {
	w, err := s.watcherOf(ref)
	if err != nil {
		return Explained{}, err
	}
	facts := make(chan Explained, 1)
	if err := s.send(ctx, w, tellFacts{ref: ref, facts: facts}); err != nil {
		return Explained{}, err
	}
	e := <-facts
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	var failed error
	request := []tmuxpool.CaptureRequest{{Pane: ref.Pane, Colours: true}}
	w.server.CaptureAll(ctx, request, tmuxpool.MethodPipelined, 1, func(_ int, c tmuxpool.Capture, err error) {
		e.Observation.Screen, failed = c.Text, err
	})
	if failed != nil {
		return Explained{}, fmt.Errorf("explain %s: %w", ref, failed)
	}
	e.At = s.now()
	e.Explanation = s.detector.Explain(e.Observation)
	return e, nil
}

// tellFacts asks a watcher for what it knows of a pane beside the screen.
type tellFacts struct {
	ref health.PaneRef
	// facts has room for one.
	facts chan<- Explained
}

func (c tellFacts) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknownPane, c.ref)
	}
	o := p.observation()
	o.Session, o.Said = w.ids.note(p), p.said(w.now())
	c.facts <- Explained{Agent: p.agent, Tracked: p.tracked, Observation: o}
	return nil
}

// SetDetector lets all panes be judged anew by another detector, from their next
// round on. problems are shown as notices until the next call: what is wrong
// with the user's profiles.
func (s *Service) SetDetector(d *health.Detector, problems []error) {
	if s.options.NoGeneric {
		d = d.WithoutGeneric()
	}
	s.detector.Replace(d)
	s.mu.Lock()
	s.profileProblems = problems
	s.mu.Unlock()
	for _, w := range s.current() {
		w.forgetAll.Store(true)
		signal(w.kick)
	}
	s.publish()
}
