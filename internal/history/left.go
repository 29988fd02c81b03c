package history

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Left is what an engine process has left that ended a moment ago, however it
// ended.
type Left struct {
	// Seen is until when it recorded; zero when none did lately.
	Seen time.Time
	// Sockets are the tmux servers that it recorded.
	Sockets []string
	// Agents are those that there were, with their pasts.
	Agents []engine.Agent
	// Appeared are those of them that came while it recorded: they were not there
	// already when it began.
	Appeared map[health.PaneRef]bool
	// Told are the notifications of the last day, without those that were not tried.
	Told []Notification
}

// Left reads what a process has left that recorded until a time or later.
func (s *Store) Left(ctx context.Context, since time.Time) (Left, error) {
	left := Left{Appeared: make(map[health.PaneRef]bool)}
	q := &query{args: []any{since.UnixNano()}}
	q.text.WriteString("SELECT DISTINCT socket FROM runs WHERE seen >= ?")
	for socket, err := range each(ctx, s, q, func(rows *sql.Rows) (socket string, err error) { return socket, rows.Scan(&socket) }) {
		if err != nil {
			return left, err
		}
		left.Sockets = append(left.Sockets, socket)
	}
	for _, socket := range left.Sockets {
		if err := s.lastRun(ctx, socket, &left); err != nil {
			return left, err
		}
	}
	if len(left.Agents) == 0 {
		return left, nil
	}
	day := s.options.Now().Add(-24 * time.Hour)
	pasts, err := s.Phases(ctx, left.Agents, day)
	if err != nil {
		return left, err
	}
	for i := range left.Agents {
		a := &left.Agents[i]
		a.Past = pasts[a.Ref]
		if n := len(a.Past); n > 0 && a.Past[n-1].Gap {
			a.Past = a.Past[:n-1] // since nobody records
		}
		if n := len(a.Past); n > 0 {
			a.Since = a.Past[n-1].At
		}
	}
	for told, err := range s.Notifications(ctx, Filter{Since: day, OldestFirst: true}) {
		if err != nil {
			return left, err
		}
		if told.Outcome != OutcomeRefused {
			left.Told = append(left.Told, told)
		}
	}
	return left, nil
}

// appearing is how long after the beginning of a run agents are seen that were
// there before.
const appearing = 2 * time.Second

// lastRun adds until when a tmux server was recorded, and the agents that there
// were then.
func (s *Store) lastRun(ctx context.Context, socket string, left *Left) error {
	var run, started, seen int64
	err := s.read.QueryRowContext(ctx, "SELECT id, started, seen FROM runs WHERE socket = ? ORDER BY seen DESC, started DESC LIMIT 1", socket).
		Scan(&run, &started, &seen)
	if err != nil {
		return explained("read", s.options.Path, err)
	}
	left.Seen = later(left.Seen, timeOf(seen))
	q := &query{args: []any{run}}
	q.text.WriteString("SELECT t.at, t.to_state, t.first, t.gone, " + agentColumns +
		" FROM transitions t JOIN agents a ON a.id = t.agent WHERE t.run = ? ORDER BY t.seq")
	type change struct {
		at          int64
		agent       Agent
		to          engine.Urgency
		first, gone bool
	}
	agents := make(map[lane]engine.Agent)
	for c, err := range each(ctx, s, q, func(rows *sql.Rows) (c change, err error) {
		var word string
		if err := rows.Scan(append([]any{&c.at, &word, &c.first, &c.gone}, c.agent.columns()...)...); err != nil {
			return c, err
		}
		c.to, err = engine.ParseUrgency(word)
		return c, err
	}) {
		if err != nil {
			return err
		}
		if agents[c.agent.lane()] = c.agent.engineAgent(c.to); c.gone {
			delete(agents, c.agent.lane())
		}
		if c.first {
			left.Appeared[c.agent.Ref()] = timeOf(c.at).Sub(timeOf(started)) > appearing
		}
	}
	left.Agents = slices.AppendSeq(left.Agents, maps.Values(agents))
	return nil
}

// Ref is the pane that the agent was in.
func (a Agent) Ref() health.PaneRef { return health.PaneRef{Server: a.Socket, Pane: a.Pane} }

// engineAgent is the agent as the engine knows one.
func (a Agent) engineAgent(u engine.Urgency) engine.Agent {
	return engine.Agent{
		Ref: a.Ref(), Server: a.Server, Session: a.Session, Window: a.Window, PanePID: a.PanePID, PID: a.PID, Kind: a.Kind,
		State: stateBehind(u), Unseen: u == engine.UrgencyDone,
	}
}

// stateBehind is the state behind an urgency.
func stateBehind(u engine.Urgency) health.State {
	switch u {
	case engine.UrgencyDone:
		return health.StateIdle
	default:
		state, _ := health.ParseState(u.String())
		return state
	}
}
