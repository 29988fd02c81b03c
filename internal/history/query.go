package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Filter says which entries to read. What is empty does not filter.
type Filter struct {
	// Since and Until bound the time: Since <= At < Until.
	Since, Until time.Time
	Session      string
	Kind         health.Kind
	Pane         string
	// States are those that a transition leads to.
	States []engine.Urgency
	// Limit is how many entries to read at most; no bound when 0.
	Limit int
	// OldestFirst turns the order: the newest comes first without it. A limit
	// keeps the first in that order.
	OldestFirst bool
	// Carried also gives the transitions that tell no change.
	Carried bool
}

// query builds one SELECT.
type query struct {
	text     strings.Builder
	args     []any
	filtered bool
}

// and adds a condition.
func (q *query) and(condition string, args ...any) {
	joint := " AND "
	if !q.filtered {
		joint, q.filtered = " WHERE ", true
	}
	q.text.WriteString(joint + condition)
	q.args = append(q.args, args...)
}

const agentColumns = "a.socket, a.server, a.session, a.window, a.pane, a.pane_pid, a.pid, a.kind"

func (a *Agent) columns() []any {
	return []any{&a.Socket, &a.Server, &a.Session, &a.Window, &a.Pane, &a.PanePID, &a.PID, &a.Kind}
}

// selection is the SELECT of a table's columns with those of the agent, as the
// filter says.
func (f Filter) selection(table, columns string) *query {
	q := &query{}
	q.text.WriteString("SELECT " + columns + ", " + agentColumns + " FROM " + table + " t JOIN agents a ON a.id = t.agent")
	if !f.Since.IsZero() {
		q.and("t.at >= ?", f.Since.UnixNano())
	}
	if !f.Until.IsZero() {
		q.and("t.at < ?", f.Until.UnixNano())
	}
	if f.Session != "" {
		q.and("a.session = ?", f.Session)
	}
	if f.Kind != "" {
		q.and("a.kind = ?", string(f.Kind))
	}
	if f.Pane != "" {
		q.and("a.pane = ?", f.Pane)
	}
	return q
}

// order ends the query.
func (f Filter) order(q *query) {
	direction := " DESC"
	if f.OldestFirst {
		direction = ""
	}
	q.text.WriteString(" ORDER BY t.at" + direction + ", t.id" + direction)
	if f.Limit > 0 {
		q.text.WriteString(" LIMIT ?")
		q.args = append(q.args, f.Limit)
	}
}

// each runs a query and yields what scan reads of each row.
func each[T any](ctx context.Context, s *Store, q *query, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := s.read.QueryContext(ctx, q.text.String(), q.args...)
		if err != nil {
			yield(none, explained("read", s.options.Path, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			row, err := scan(rows)
			if !yield(row, explained("read", s.options.Path, err)) || err != nil {
				return
			}
		}
		if err := closed(rows); err != nil {
			yield(none, explained("read", s.options.Path, err))
		}
	}
}

// closed closes rows and returns what went wrong in reading them.
func closed(rows *sql.Rows) error { return errors.Join(rows.Close(), rows.Err()) }

// Transitions yields the transitions of a filter as they are read, in constant
// memory. An error is the last that is yielded.
func (s *Store) Transitions(ctx context.Context, f Filter) iter.Seq2[Transition, error] {
	q := f.selection("transitions", "t.run, t.seq, t.at, t.since, t.from_state, t.to_state, t.wait, t.source, t.rule, "+
		"t.text, t.first, t.gone, t.carried")
	if !f.Carried {
		q.and("NOT t.carried")
	}
	if len(f.States) > 0 {
		words := make([]any, len(f.States))
		for i, state := range f.States {
			words[i] = state.String()
		}
		q.and("t.to_state IN (?"+strings.Repeat(", ?", len(words)-1)+")", words...)
	}
	f.order(q)
	return each(ctx, s, q, scanTransition)
}

func scanTransition(rows *sql.Rows) (Transition, error) {
	var t Transition
	var at, since, seq int64
	var from, to, wait, source string
	columns := append([]any{
		&t.Run, &seq, &at, &since, &from, &to, &wait, &source, &t.Rule, &t.Text,
		&t.First, &t.Gone, &t.Carried,
	}, t.Agent.columns()...)
	if err := rows.Scan(columns...); err != nil {
		return t, err
	}
	t.Seq, t.At, t.Since = uint64(seq), timeOf(at), timeOf(since)
	var problems [4]error
	t.From, problems[0] = engine.ParseUrgency(from)
	t.To, problems[1] = engine.ParseUrgency(to)
	problems[2] = t.Wait.UnmarshalText([]byte(wait))
	t.Source, problems[3] = parseSource(source)
	return t, errors.Join(problems[:]...)
}

func parseSource(word string) (health.Source, error) {
	for source := health.SourceNone; source <= health.SourceSaid; source++ {
		if source.String() == word {
			return source, nil
		}
	}
	return health.SourceNone, fmt.Errorf("no source of evidence is called %q", word)
}

func parseOutcome(word string) (Outcome, error) {
	for outcome := OutcomeDone; outcome <= OutcomeUncertain; outcome++ {
		if outcome.String() == word {
			return outcome, nil
		}
	}
	return OutcomeDone, fmt.Errorf("no outcome is called %q", word)
}

// Answers yields the answers of a filter, as Transitions does.
func (s *Store) Answers(ctx context.Context, f Filter) iter.Seq2[Answer, error] {
	q := f.selection("answers", "t.at, t.action, t.text, t.outcome, t.reason, t.given_by")
	f.order(q)
	return each(ctx, s, q, func(rows *sql.Rows) (Answer, error) {
		var a Answer
		var at int64
		var outcome string
		err := rows.Scan(append([]any{&at, &a.Action, &a.Text, &outcome, &a.Reason, &a.By}, a.Agent.columns()...)...)
		if err != nil {
			return a, err
		}
		a.At = timeOf(at)
		a.Outcome, err = parseOutcome(outcome)
		return a, err
	})
}

// Notifications yields the notifications of a filter, as Transitions does.
func (s *Store) Notifications(ctx context.Context, f Filter) iter.Seq2[Notification, error] {
	q := f.selection("notifications", "t.at, t.channel, t.outcome, t.error")
	f.order(q)
	return each(ctx, s, q, func(rows *sql.Rows) (Notification, error) {
		var n Notification
		var at int64
		var outcome string
		err := rows.Scan(append([]any{&at, &n.Channel, &outcome, &n.Error}, n.Agent.columns()...)...)
		if err != nil {
			return n, err
		}
		n.At = timeOf(at)
		n.Outcome, err = parseOutcome(outcome)
		return n, err
	})
}
