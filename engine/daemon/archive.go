package daemon

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// archiveRoutes serve what has been recorded.
func (s *Server) archiveRoutes() {
	recorded := func(pattern string, handle func(Archive, *http.Request) (any, error)) {
		s.answer(pattern, func(r *http.Request) (any, error) {
			if s.options.Archive == nil {
				return nil, api.ErrNoHistory
			}
			return handle(s.options.Archive, r)
		})
	}
	recorded("POST /v1/phases", s.phases)
	recorded("GET /v1/spent", func(a Archive, r *http.Request) (any, error) {
		since, err := moment(r, "since")
		if err != nil {
			return nil, err
		}
		return a.Spent(r.Context(), since)
	})
	recorded("GET /v1/recording", func(a Archive, r *http.Request) (any, error) {
		agent, err := s.agent(paneOf(r))
		if err != nil {
			return nil, err
		}
		return a.Recording(r.Context(), agent)
	})
	recorded("GET /v1/recording/screen", func(a Archive, r *http.Request) (any, error) {
		agent, err := s.agent(paneOf(r))
		if err != nil {
			return nil, err
		}
		at, err := moment(r, "at")
		if err != nil {
			return nil, err
		}
		return a.Screen(r.Context(), agent, at)
	})
}

// moment reads a parameter with a time as RFC 3339 writes it.
func moment(r *http.Request, name string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get(name))
	if err != nil {
		return at, fmt.Errorf("%w: %s: %w", api.ErrRequest, name, err)
	}
	return at.Local(), nil
}

// agents are those that the engine has seen last.
func (s *Server) agents() []engine.Agent {
	snapshots, unsubscribe := s.options.Engine.Subscribe()
	defer unsubscribe()
	select {
	case snap, open := <-snapshots:
		if open {
			return snap.Agents
		}
	default:
	}
	return nil
}

func (s *Server) agent(ref health.PaneRef) (engine.Agent, error) {
	all := s.agents()
	if i := slices.IndexFunc(all, func(a engine.Agent) bool { return a.Ref == ref }); i >= 0 {
		return all[i], nil
	}
	return engine.Agent{}, fmt.Errorf("%w: %s", engine.ErrUnknownPane, ref)
}

// phases tells what agents were before the engine has seen them.
func (s *Server) phases(a Archive, r *http.Request) (any, error) {
	asked, err := body[api.PhasesRequest](r)
	if err != nil {
		return nil, err
	}
	agents := slices.DeleteFunc(slices.Clone(s.agents()), func(a engine.Agent) bool { return !slices.Contains(asked.Panes, a.Ref) })
	found, err := a.Phases(r.Context(), agents, asked.Since.Local())
	if err != nil {
		return nil, err
	}
	all := make([]api.PanePhases, 0, len(found))
	for ref, past := range found {
		all = append(all, api.PanePhases{Ref: ref, Past: past})
	}
	return all, nil
}
