package history

import (
	"context"
	"database/sql"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// standing is what is recorded of a tmux server when a process takes it over.
type standing struct {
	// seen is until when it was recorded; zero when it never was.
	seen time.Time
	// urgencies are what the agents were then, agents who they were.
	urgencies map[lane]engine.Urgency
	agents    map[lane]Agent
}

// standing reads what the last run of a tmux server has left.
func (s *Store) standing(ctx context.Context, socket string) (standing, error) {
	left := standing{urgencies: make(map[lane]engine.Urgency), agents: make(map[lane]Agent)}
	var run, seen int64
	err := s.read.QueryRowContext(ctx, "SELECT id, seen FROM runs WHERE socket = ? ORDER BY seen DESC, started DESC LIMIT 1", socket).
		Scan(&run, &seen)
	if err == sql.ErrNoRows {
		return left, nil
	}
	if err != nil {
		return left, explained("read", s.options.Path, err)
	}
	left.seen = timeOf(seen)
	q := &query{args: []any{run}}
	q.text.WriteString("SELECT t.to_state, t.gone, " + agentColumns +
		" FROM transitions t JOIN agents a ON a.id = t.agent WHERE t.run = ? ORDER BY t.seq")
	type last struct {
		agent Agent
		to    engine.Urgency
		gone  bool
	}
	for l, err := range each(ctx, s, q, func(rows *sql.Rows) (l last, err error) {
		var word string
		if err := rows.Scan(append([]any{&word, &l.gone}, l.agent.columns()...)...); err != nil {
			return l, err
		}
		l.to, err = engine.ParseUrgency(word)
		return l, err
	}) {
		if err != nil {
			return left, err
		}
		if l.gone {
			delete(left.urgencies, l.agent.lane())
		} else {
			left.urgencies[l.agent.lane()], left.agents[l.agent.lane()] = l.to, l.agent
		}
	}
	return left, nil
}

// Left is what an engine process has left that ended a moment ago, however it
// ended.
type Left struct {
	// Seen is until when it recorded; zero when none did lately.
	Seen time.Time
	// Agents are those that there were, with their pasts.
	Agents []engine.Agent
	// Told are the notifications of the last day that arrived.
	Told []Notification
}

// Left reads what a process has left that recorded until a time or later.
func (s *Store) Left(ctx context.Context, since time.Time) (Left, error) {
	var left Left
	q := &query{args: []any{since.UnixNano()}}
	q.text.WriteString("SELECT DISTINCT socket FROM runs WHERE seen >= ?")
	var sockets []string
	for socket, err := range each(ctx, s, q, func(rows *sql.Rows) (socket string, err error) { return socket, rows.Scan(&socket) }) {
		if err != nil {
			return left, err
		}
		sockets = append(sockets, socket)
	}
	for _, socket := range sockets {
		one, err := s.standing(ctx, socket)
		if err != nil {
			return left, err
		}
		if one.seen.After(left.Seen) {
			left.Seen = one.seen
		}
		for _, a := range one.agents {
			left.Agents = append(left.Agents, a.engineAgent(one.urgencies[a.lane()]))
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
		if told.Outcome == OutcomeDone {
			left.Told = append(left.Told, told)
		}
	}
	return left, nil
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
