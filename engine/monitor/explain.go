package monitor

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// explainTimeout bounds the capture for an explanation.
const explainTimeout = 5 * time.Second

// Explain captures a pane anew and says how its verdict comes about. It returns
// ErrUnknownPane for a pane that is not watched.
func (s *Service) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	w, err := s.watcherOf(ref)
	if err != nil {
		return engine.Explained{}, err
	}
	facts := make(chan engine.Explained, 1)
	if err := s.send(ctx, w, tellFacts{ref: ref, facts: facts}); err != nil {
		return engine.Explained{}, err
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
		return engine.Explained{}, fmt.Errorf("explain %s: %w", ref, failed)
	}
	e.At = s.now()
	e.Explanation = s.detector.Explain(e.Observation)
	return e, nil
}

// tellFacts asks a watcher for what it knows of a pane beside the screen.
type tellFacts struct {
	ref health.PaneRef
	// facts has room for one.
	facts chan<- engine.Explained
}

func (c tellFacts) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, c.ref)
	}
	o := p.observation()
	o.Session, o.Said = w.ids.note(p), p.said(w.now())
	c.facts <- engine.Explained{Agent: p.agent, Tracked: p.tracked, Observation: o}
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
