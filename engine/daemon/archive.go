package daemon

import (
	"context"
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
	s.lines("GET /v1/history", s.history)
	recorded("GET /v1/report", s.report)
	s.lines("GET /v1/tokens", s.tokens)
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

// moment reads a time that must be there.
func moment(r *http.Request, name string) (time.Time, error) {
	at, err := api.ParseMoment(r.URL.Query(), name)
	if err == nil && at.IsZero() {
		err = fmt.Errorf("%w: %s= is missing", api.ErrRequest, name)
	}
	return at, err
}

// history sends entries, one a line, in constant memory.
func (s *Server) history(ctx context.Context, r *http.Request, send line) error {
	if s.options.Archive == nil {
		return api.ErrNoHistory
	}
	filter, err := api.ParsePastFilter(r.URL.Query())
	if err != nil {
		return err
	}
	for entry, err := range s.options.Archive.History(ctx, filter) {
		if err != nil {
			return err
		}
		if err := send(entry); err != nil {
			return err
		}
	}
	return nil
}

// span reads since=, until= (now, when it is missing) and zone= (that of this process).
func span(r *http.Request) (from, to time.Time, location *time.Location, err error) {
	if from, err = moment(r, "since"); err != nil {
		return from, to, nil, err
	}
	if to, err = api.ParseMoment(r.URL.Query(), "until"); err != nil {
		return from, to, nil, err
	}
	if to.IsZero() {
		to = time.Now()
	}
	location = time.Local
	if zone := r.URL.Query().Get("zone"); zone != "" {
		if location, err = time.LoadLocation(zone); err != nil {
			return from, to, nil, fmt.Errorf("%w: zone: %w", api.ErrRequest, err)
		}
	}
	return from, to, location, nil
}

// tokens sends what agents have used, one row a line.
func (s *Server) tokens(ctx context.Context, r *http.Request, send line) error {
	from, to, location, err := span(r)
	switch {
	case err != nil:
		return err
	case s.options.Spending == nil:
		return fmt.Errorf("%w: session files are not read here", api.ErrUnknownRequest)
	}
	return s.options.Spending.Tokens(ctx, from, to, location, func(l api.TokenLine) error { return send(l) })
}

// report sums what was recorded. Days are those of zone=, else of this process.
func (s *Server) report(a Archive, r *http.Request) (any, error) {
	from, to, location, err := span(r)
	if err != nil {
		return nil, err
	}
	rows, err := a.Report(r.Context(), from, to, location)
	return append([]api.ReportRow{}, rows...), err
}

// agents are those that the engine has seen last.
func (s *Server) agents() []engine.Agent {
	if s.options.Engine == nil {
		return nil
	}
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
