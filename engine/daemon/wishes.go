package daemon

import (
	"net/http"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

// wishRoutes serve what the user asks for that outlives a request: what is snoozed, and
// what waits to be typed.
func (s *Server) wishRoutes() {
	s.answer("POST /v1/snooze", func(r *http.Request) (any, error) {
		asked, err := body[api.Snooze](r)
		if err != nil {
			return nil, err
		}
		s.settled(r.Context(), asked.Target)
		if asked.End {
			return struct{}{}, s.options.Engine.Wake(r.Context(), asked.Target)
		}
		return struct{}{}, s.options.Engine.Snooze(r.Context(), asked.Target, asked.Until)
	})
	s.answer("POST /v1/go-on", func(r *http.Request) (any, error) {
		asked, err := body[api.GoOn](r)
		if err != nil {
			return nil, err
		}
		if s.info.Load().ReadOnly {
			return nil, engine.ErrReadOnly
		}
		s.settled(r.Context(), asked.Target)
		return struct{}{}, s.options.Engine.LetGoOn(r.Context(), asked.Target, asked.On)
	})
	s.answer("POST /v1/texts", func(r *http.Request) (any, error) {
		asked, err := body[api.Answer](r)
		if err != nil {
			return nil, err
		}
		if s.info.Load().ReadOnly {
			return nil, engine.ErrReadOnly
		}
		s.settled(r.Context(), asked.Target)
		return s.options.Engine.SendWhenIdle(r.Context(), asked.ID, engine.Request{Target: asked.Target, Text: asked.Text, Seen: engine.Seen(asked.Seen)})
	})
	s.answer("POST /v1/texts/take", func(r *http.Request) (any, error) {
		asked, err := body[api.TakeBack](r)
		if err != nil {
			return nil, err
		}
		return s.options.Engine.TakeBack(r.Context(), asked.Target, asked.ID)
	})
}
