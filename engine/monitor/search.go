package monitor

import (
	"context"

	"agentwatch/engine"
	"agentwatch/health"
)

// Search searches an agent's screen and scroll-back. It returns ErrUnknownPane when
// the pane is not watched.
func (s *Service) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	if _, err := q.Compile(); err != nil {
		return engine.Found{}, err
	}
	h, err := s.PlainHistory(ctx, ref, q.Rows)
	if err != nil {
		return engine.Found{}, err
	}
	return q.In(h.Text)
}
