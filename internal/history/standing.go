package history

import (
	"context"
	"database/sql"
	"time"

	"agentwatch/engine"
)

// standing is what is recorded of a tmux server when a process takes it over.
type standing struct {
	// seen is until when it was recorded; zero when it never was.
	seen time.Time
	// urgencies are what the agents were then.
	urgencies map[lane]engine.Urgency
}

// standing reads what the last run of a tmux server has left.
func (s *Store) standing(ctx context.Context, socket string) (standing, error) {
	left := standing{urgencies: make(map[lane]engine.Urgency)}
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
			left.urgencies[l.agent.lane()] = l.to
		}
	}
	return left, nil
}
