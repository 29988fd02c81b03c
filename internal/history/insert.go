package history

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// statements are the writer's prepared statements.
type statements struct {
	agent, runBegun, runSeen, transition, answer, notification, notified, frame *sql.Stmt
}

func prepareStatements(ctx context.Context, db *sql.DB) (*statements, error) {
	s := &statements{}
	for text, into := range map[string]**sql.Stmt{
		`INSERT INTO agents (socket, server, session, window, pane, pane_pid, pid, kind, last)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET last = max(last, excluded.last) RETURNING id`: &s.agent,
		`INSERT OR IGNORE INTO runs (id, socket, pid, started, seen, ended) VALUES (?, ?, ?, ?, ?, 0)`: &s.runBegun,
		`UPDATE runs SET seen = max(seen, ?), ended = max(ended, ?) WHERE id = ?`:                      &s.runSeen,
		`INSERT OR IGNORE INTO transitions (run, seq, at, since, agent, from_state, to_state, wait, source, rule, text,
			first, gone, carried) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`: &s.transition,
		`INSERT INTO answers (at, agent, action, text, outcome, reason, given_by) VALUES (?, ?, ?, ?, ?, ?, ?)`:                     &s.answer,
		`INSERT INTO notifications (at, agent, channel, outcome, error) VALUES (?, ?, ?, ?, ?)`:                                     &s.notification,
		`UPDATE notifications SET outcome = ?4, error = ?5 WHERE at = ?1 AND agent = ?2 AND channel = ?3 AND outcome = 'uncertain'`: &s.notified,
		// A segment that has been removed meanwhile is not gone on with.
		`INSERT INTO frames (segment, place, at, agent, data) SELECT ?1, ?2, ?3, ?4, ?5
			WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM frames WHERE segment = ?1 AND place = ?2 - 1)`: &s.frame,
	} {
		statement, err := db.PrepareContext(ctx, text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*into = statement
	}
	return s, nil
}

func (s *statements) close() error {
	var problems []error
	for _, statement := range []*sql.Stmt{s.agent, s.runBegun, s.runSeen, s.transition, s.answer, s.notification, s.notified, s.frame} {
		if statement != nil {
			problems = append(problems, statement.Close())
		}
	}
	return errors.Join(problems...)
}

// batch is one transaction.
type batch struct {
	ctx     context.Context
	tx      *sql.Tx
	inserts *statements
	// agents are those that this transaction has written, so that no other
	// process can have removed them.
	agents map[Agent]agentRow
	// seen is until when the runs of what was written have gone on at least.
	seen map[RunID]int64
}

type agentRow struct{ id, last int64 }

func newBatch(ctx context.Context, tx *sql.Tx, inserts *statements) *batch {
	return &batch{ctx: ctx, tx: tx, inserts: inserts, agents: make(map[Agent]agentRow), seen: make(map[RunID]int64)}
}

// finish writes what the entries tell together.
func (b *batch) finish() error {
	for run, at := range b.seen {
		if err := b.run(b.inserts.runSeen, at, 0, int64(run)); err != nil {
			return err
		}
	}
	return nil
}

// agent returns the row of an agent that has an entry at a time.
func (b *batch) agent(a Agent, at int64) (int64, error) {
	if row, ok := b.agents[a]; ok && row.last >= at {
		return row.id, nil
	}
	row := agentRow{last: at}
	err := b.tx.StmtContext(b.ctx, b.inserts.agent).QueryRowContext(b.ctx,
		a.Socket, a.Server, a.Session, a.Window, a.Pane, a.PanePID, a.PID, string(a.Kind), at).Scan(&row.id)
	if err != nil {
		return 0, err
	}
	b.agents[a] = row
	return row.id, nil
}

// run executes one of the prepared statements.
func (b *batch) run(statement *sql.Stmt, args ...any) error {
	_, err := b.tx.StmtContext(b.ctx, statement).ExecContext(b.ctx, args...)
	return err
}

func (e RunBegun) write(b *batch) error {
	return b.run(b.inserts.runBegun, int64(e.Run), e.Socket, e.PID, e.At.UnixNano(), e.At.UnixNano())
}

func (e RunSeen) write(b *batch) error {
	return b.run(b.inserts.runSeen, e.At.UnixNano(), 0, int64(e.Run))
}

func (e RunEnded) write(b *batch) error {
	return b.run(b.inserts.runSeen, e.At.UnixNano(), 1, int64(e.Run))
}

func (e Transition) write(b *batch) error {
	at := e.At.UnixNano()
	agent, err := b.agent(e.Agent, at)
	if err != nil {
		return err
	}
	b.seen[e.Run] = max(b.seen[e.Run], at)
	since := at
	if !e.Since.IsZero() && e.Since.Before(e.At) {
		since = e.Since.UnixNano()
	}
	return b.run(b.inserts.transition, int64(e.Run), int64(e.Seq), at, since, agent, e.From.String(), e.To.String(),
		e.Wait.String(), e.Source.String(), e.Rule, clipped(e.Text), e.First, e.Gone, e.Carried)
}

func (e Answer) write(b *batch) error {
	at := e.At.UnixNano()
	agent, err := b.agent(e.Agent, at)
	if err != nil {
		return err
	}
	return b.run(b.inserts.answer, at, agent, string(e.Action), clipped(e.Text), e.Outcome.String(), clipped(e.Reason), clipped(e.By))
}

func (e Notification) write(b *batch) error {
	at := e.At.UnixNano()
	agent, err := b.agent(e.Agent, at)
	if err != nil {
		return err
	}
	args := []any{at, agent, string(e.Channel), e.Outcome.String(), clipped(e.Error)}
	if e.Outcome != OutcomeUncertain {
		// It was noted when it began to be sent.
		result, err := b.tx.StmtContext(b.ctx, b.inserts.notified).ExecContext(b.ctx, args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
	}
	return b.run(b.inserts.notification, args...)
}

// clipped bounds a text, at the end of a character.
func clipped(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.ToValidUTF8(text[:end], "\uFFFD")
}

// timeOf is the inverse of time.Time.UnixNano, in local time.
func timeOf(nanos int64) time.Time { return time.Unix(0, nanos) }
