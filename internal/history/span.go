package history

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"agentwatch/engine"
)

// span is a time in which an agent was watched and was one thing.
type span struct {
	agent    Agent
	from, to time.Time
	urgency  engine.Urgency
}

// mark is one transition with what bounds the state that it leads to.
type mark struct {
	agent     Agent
	run       RunID
	at        time.Time
	from, to  engine.Urgency
	news      bool // it tells a change that was watched
	gone      bool
	runEndsAt time.Time
}

// marks yields what tells of the time between two moments, in order: all
// transitions of the runs that overlap it, before its end.
func (s *Store) marks(ctx context.Context, from, to time.Time) iter.Seq2[mark, error] {
	q := &query{}
	// A state that was there at the beginning can have begun with its run.
	q.text.WriteString("SELECT t.run, t.at, t.from_state, t.to_state, NOT t.first AND NOT t.carried, t.gone, r.seen, " + agentColumns +
		" FROM transitions t JOIN runs r ON r.id = t.run JOIN agents a ON a.id = t.agent" +
		" WHERE r.seen >= ?1 AND t.at < ?2" +
		" AND t.at >= (SELECT coalesce(min(started), ?1) FROM runs WHERE seen >= ?1 AND started < ?2) ORDER BY t.at, t.id")
	q.args = []any{from.UnixNano(), to.UnixNano()}
	return each(ctx, s, q, func(rows *sql.Rows) (mark, error) {
		var m mark
		var at, seen int64
		var was, is string
		err := rows.Scan(append([]any{&m.run, &at, &was, &is, &m.news, &m.gone, &seen}, m.agent.columns()...)...)
		if err != nil {
			return m, err
		}
		m.at, m.runEndsAt = timeOf(at), timeOf(seen)
		if m.from, err = engine.ParseUrgency(was); err != nil {
			return m, err
		}
		m.to, err = engine.ParseUrgency(is)
		return m, err
	})
}

// spans turns marks into spans: a state lasts until the agent's next mark in the
// same run, or until the run ends. changed is called for each mark, after the
// span that it ends has been yielded.
func spans(marks iter.Seq2[mark, error], changed func(mark)) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		open := make(map[lane]mark)
		ended := func(m mark, at time.Time, sameRun bool) bool {
			end := m.runEndsAt
			if sameRun || at.Before(end) {
				end = at
			}
			if !end.After(m.at) {
				return true
			}
			return yield(span{agent: m.agent, from: m.at, to: end, urgency: m.to}, nil)
		}
		for m, err := range marks {
			if err != nil {
				yield(span{}, err)
				return
			}
			key := m.agent.lane()
			if before, ok := open[key]; ok && !ended(before, m.at, before.run == m.run) {
				return
			}
			delete(open, key)
			if !m.gone {
				open[key] = m
			}
			changed(m)
		}
		for _, m := range open {
			if !ended(m, m.runEndsAt, true) {
				return
			}
		}
	}
}
