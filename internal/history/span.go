package history

import (
	"context"
	"database/sql"
	"errors"
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
	return func(yield func(mark, error) bool) {
		// One view of the file for all that is read.
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(mark{}, explained("read", s.options.Path, err))
			return
		}
		defer func() { _ = tx.Rollback() }()
		v := view{ctx: ctx, tx: tx, from: from.UnixNano(), to: to.UnixNano()}
		if err := errors.Join(v.readAgents(), v.readRuns()); err != nil {
			yield(mark{}, explained("read", s.options.Path, err))
			return
		}
		if err := v.readMarks(yield); err != nil {
			yield(mark{}, explained("read", s.options.Path, err))
		}
	}
}

// view reads the marks of a time. Agents and runs are few and read first: to
// join them costs eight times as much.
type view struct {
	ctx      context.Context
	tx       *sql.Tx
	from, to int64
	agents   map[int64]Agent
	ends     map[RunID]time.Time
	// begin is when the first of the runs began: a state that was there at from
	// can be as old.
	begin int64
}

func (v *view) readAgents() error {
	v.agents = make(map[int64]Agent)
	rows, err := v.tx.QueryContext(v.ctx, "SELECT a.id, "+agentColumns+" FROM agents a WHERE a.last >= "+
		"(SELECT coalesce(min(started), 0) FROM runs WHERE seen >= ? AND started < ?)", v.from, v.to)
	if err != nil {
		return err
	}
	for rows.Next() {
		var id int64
		var a Agent
		if err := rows.Scan(append([]any{&id}, a.columns()...)...); err != nil {
			return errors.Join(err, rows.Close())
		}
		v.agents[id] = a
	}
	return closed(rows)
}

func (v *view) readRuns() error {
	v.ends, v.begin = make(map[RunID]time.Time), v.from
	rows, err := v.tx.QueryContext(v.ctx, "SELECT id, started, seen FROM runs WHERE seen >= ? AND started < ?", v.from, v.to)
	if err != nil {
		return err
	}
	for rows.Next() {
		var run RunID
		var started, seen int64
		if err := rows.Scan(&run, &started, &seen); err != nil {
			return errors.Join(err, rows.Close())
		}
		v.ends[run], v.begin = timeOf(seen), min(v.begin, started)
	}
	return closed(rows)
}

// readMarks yields until there is no more, or nobody wants more.
func (v *view) readMarks(yield func(mark, error) bool) error {
	rows, err := v.tx.QueryContext(v.ctx, "SELECT run, agent, at, from_state, to_state, NOT first AND NOT carried, gone "+
		"FROM transitions WHERE at >= ? AND at < ? ORDER BY at, id", v.begin, v.to)
	if err != nil {
		return err
	}
	for rows.Next() {
		m, agent, err := scanMark(rows)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		end, overlaps := v.ends[m.run]
		if !overlaps {
			continue
		}
		m.agent, m.runEndsAt = v.agents[agent], end
		if !yield(m, nil) {
			return rows.Close()
		}
	}
	return closed(rows)
}

func scanMark(rows *sql.Rows) (m mark, agent int64, err error) {
	var at int64
	var was, is string
	if err = rows.Scan(&m.run, &agent, &at, &was, &is, &m.news, &m.gone); err != nil {
		return m, agent, err
	}
	m.at = timeOf(at)
	if m.from, err = engine.ParseUrgency(was); err == nil {
		m.to, err = engine.ParseUrgency(is)
	}
	return m, agent, err
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
