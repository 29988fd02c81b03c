package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// ErrNoFrame: no screen of the agent is kept from that time or before.
var ErrNoFrame = errors.New("no screen of it is stored")

// ofLane are the rows of the agents that are the same one.
const ofLane = "agent IN (SELECT id FROM agents WHERE socket = ? AND pane = ? AND pane_pid = ? AND kind = ?)"

func (l lane) arguments() []any { return []any{l.socket, l.pane, l.panePID, string(l.kind)} }

// Frames yields the screens of an agent with from <= At < to, in order. The agent
// is known by its pane, the pane's process and its kind. An error is the last
// that is yielded. After the clock was set back, what came after that comes
// where its time says.
func (s *Store) Frames(ctx context.Context, agent Agent, from, to time.Time) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		segments, err := s.segments(ctx, agent.lane(), from, to)
		if err != nil {
			yield(Frame{}, err)
			return
		}
		for _, segment := range segments {
			for frame, err := range s.framesOf(ctx, segment, to) {
				if err == nil && frame.At.Before(from) {
					continue
				}
				if !yield(frame, err) || err != nil {
					return
				}
			}
		}
	}
}

// FrameAt returns what an agent's screen showed at a time: the last one from then
// or before. ErrNoFrame says that none is kept.
func (s *Store) FrameAt(ctx context.Context, agent Agent, at time.Time) (Frame, error) {
	next := at.Add(1) // times are kept to the nanosecond
	segments, err := s.segments(ctx, agent.lane(), at, next)
	if err != nil {
		return Frame{}, err
	}
	var last Frame
	if len(segments) > 0 {
		last, err = s.lastOf(ctx, segments[0], next)
	}
	if err == nil && last.At.IsZero() {
		err = fmt.Errorf("history: %w", ErrNoFrame)
	}
	return last, err
}

// lastOf is the last screen of a segment before a time.
func (s *Store) lastOf(ctx context.Context, segment segmentID, to time.Time) (last Frame, err error) {
	for frame, err := range s.framesOf(ctx, segment, to) {
		if err != nil {
			return Frame{}, err
		}
		last = frame
	}
	return last, nil
}

// FrameTimes returns when the screens of an agent were captured, in order: the
// newest of them when there are more than most.
func (s *Store) FrameTimes(ctx context.Context, agent Agent, most int) ([]time.Time, error) {
	q := &query{args: append(agent.lane().arguments(), most)}
	q.text.WriteString("SELECT f.at FROM frames k JOIN frames f ON f.segment = k.segment WHERE k.place = 0 AND k." + ofLane +
		" ORDER BY f.at DESC LIMIT ?")
	var times []time.Time
	for at, err := range each(ctx, s, q, func(rows *sql.Rows) (at int64, err error) { return at, rows.Scan(&at) }) {
		if err != nil {
			return nil, err
		}
		times = append(times, timeOf(at))
	}
	slices.Reverse(times)
	return times, nil
}

// segments are those of an agent that can have screens between two times: those
// that begin then, and the last one before.
func (s *Store) segments(ctx context.Context, l lane, from, to time.Time) ([]segmentID, error) {
	q := &query{}
	q.text.WriteString("SELECT segment FROM frames WHERE place = 0 AND " + ofLane + " AND at < ? AND at >= coalesce(" +
		"(SELECT max(at) FROM frames WHERE place = 0 AND " + ofLane + " AND at <= ?), 0) ORDER BY at, segment")
	q.args = append(append(l.arguments(), to.UnixNano()), append(l.arguments(), from.UnixNano())...)
	var found []segmentID
	for segment, err := range each(ctx, s, q, func(rows *sql.Rows) (segment segmentID, err error) { return segment, rows.Scan(&segment) }) {
		if err != nil {
			return nil, err
		}
		found = append(found, segment)
	}
	return found, nil
}

// framesOf yields the screens of a segment before a time.
func (s *Store) framesOf(ctx context.Context, segment segmentID, to time.Time) iter.Seq2[Frame, error] {
	q := &query{args: []any{int64(segment), to.UnixNano()}}
	q.text.WriteString("SELECT place, at, data FROM frames WHERE segment = ? AND at < ? ORDER BY place")
	var rows []string
	expected := 0
	return each(ctx, s, q, func(row *sql.Rows) (Frame, error) {
		var place int
		var at int64
		var data sql.RawBytes
		if err := row.Scan(&place, &at, &data); err != nil {
			return Frame{}, err
		}
		if place != expected {
			return Frame{}, fmt.Errorf("screen %d of segment %d is missing: %w", expected, segment, ErrDamaged)
		}
		steps, err := decompressed(data)
		if err == nil {
			rows, err = applied(rows, steps)
		}
		if err != nil {
			return Frame{}, fmt.Errorf("screen %d of segment %d: %w (%w)", place, segment, err, ErrDamaged)
		}
		expected++
		return Frame{At: timeOf(at), Text: textOf(rows)}, nil
	})
}
