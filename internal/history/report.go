package history

import (
	"cmp"
	"context"
	"slices"
	"time"

	"agentwatch/engine"
)

// Row is one agent on one day.
type Row struct {
	Day Day
	// Agent is as it was called last on that day.
	Agent Agent
	// Spent is how long it was watched being what. Time in which nobody watched
	// is in none of it.
	Spent engine.Durations
	// Crashes are those that were watched happening; Turns are how often it came
	// to its end working.
	Crashes, Turns int
	// LongestWait is the longest time on that day in which it waited without a
	// break.
	LongestWait time.Duration
}

// Idle is the time at the prompt, whether somebody had looked since or not.
func (r Row) Idle() time.Duration {
	return r.Spent.Of(engine.UrgencyIdle) + r.Spent.Of(engine.UrgencyDone)
}

// Watched is the time in which it was watched at all.
func (r Row) Watched() time.Duration {
	sum := time.Duration(0)
	for _, d := range r.Spent {
		sum += d
	}
	return sum
}

// Report sums what each agent was between two moments, per day of a place. Rows
// come by day, server, session, window and pane.
func (s *Store) Report(ctx context.Context, from, to time.Time, location *time.Location) ([]Row, error) {
	r := newReporter(from, to, location)
	for sp, err := range spans(s.marks(ctx, from, to), r.count) {
		if err != nil {
			return nil, err
		}
		r.add(sp)
	}
	return r.sorted(), nil
}

// reporter sums spans.
type reporter struct {
	from, to time.Time
	days     []dayBounds
	rows     map[dayOfLane]*Row
	waits    map[lane]wait
}

type dayBounds struct {
	day        Day
	begin, end time.Time
}

type dayOfLane struct {
	lane lane
	day  int
}

// wait is the time in which an agent has waited without a break.
type wait struct{ begin, end time.Time }

func newReporter(from, to time.Time, location *time.Location) *reporter {
	r := &reporter{from: from, to: to, rows: make(map[dayOfLane]*Row), waits: make(map[lane]wait)}
	for day := DayOf(from.In(location)); ; day = day.Next() {
		begin := day.Begin(location)
		if !begin.Before(to) {
			return r
		}
		r.days = append(r.days, dayBounds{day: day, begin: begin, end: day.Next().Begin(location)})
	}
}

// dayAt is the index of the day that a moment lies in; below 0 before the first.
func (r *reporter) dayAt(t time.Time) int {
	i, _ := slices.BinarySearchFunc(r.days, t, func(d dayBounds, t time.Time) int {
		if d.end.After(t) {
			return 1
		}
		return -1
	})
	if i == len(r.days) || t.Before(r.days[i].begin) {
		return -1
	}
	return i
}

func (r *reporter) row(a Agent, day int) *Row {
	key := dayOfLane{a.lane(), day}
	row := r.rows[key]
	if row == nil {
		row = &Row{Day: r.days[day].day}
		r.rows[key] = row
	}
	row.Agent = a
	return row
}

// count counts what a transition itself tells.
func (r *reporter) count(m mark) {
	if !m.news || m.at.Before(r.from) || !m.at.Before(r.to) {
		return
	}
	day := r.dayAt(m.at)
	switch {
	case day < 0 || m.gone:
	case m.to == engine.UrgencyCrashed:
		r.row(m.agent, day).Crashes++
	case m.from == engine.UrgencyWorking && (m.to == engine.UrgencyDone || m.to == engine.UrgencyIdle):
		r.row(m.agent, day).Turns++
	}
}

// add spreads a span over the days.
func (r *reporter) add(s span) {
	if s.from.Before(r.from) {
		s.from = r.from
	}
	if s.to.After(r.to) {
		s.to = r.to
	}
	if !s.to.After(s.from) {
		return
	}
	waited := wait{s.from, s.to}
	if s.urgency == engine.UrgencyWaiting {
		if before, ok := r.waits[s.agent.lane()]; ok && !s.from.After(before.end) {
			// Told anew: the agent was renamed, or another run goes on with it.
			waited.begin = before.begin
		}
		r.waits[s.agent.lane()] = waited
	}
	for day := max(r.dayAt(s.from), 0); day < len(r.days) && r.days[day].begin.Before(s.to); day++ {
		row := r.row(s.agent, day)
		row.Spent[s.urgency] += r.within(day, s.from, s.to)
		if s.urgency == engine.UrgencyWaiting {
			row.LongestWait = max(row.LongestWait, r.within(day, waited.begin, waited.end))
		}
	}
}

// within is how much of a time lies on a day.
func (r *reporter) within(day int, from, to time.Time) time.Duration {
	if from.Before(r.days[day].begin) {
		from = r.days[day].begin
	}
	if to.After(r.days[day].end) {
		to = r.days[day].end
	}
	return max(to.Sub(from), 0)
}

func (r *reporter) sorted() []Row {
	rows := make([]Row, 0, len(r.rows))
	for _, row := range r.rows {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		switch {
		case a.Day.Before(b.Day):
			return -1
		case b.Day.Before(a.Day):
			return 1
		}
		return cmp.Or(
			cmp.Compare(a.Agent.Server, b.Agent.Server), cmp.Compare(a.Agent.Session, b.Agent.Session),
			cmp.Compare(a.Agent.Window, b.Agent.Window), cmp.Compare(len(a.Agent.Pane), len(b.Agent.Pane)),
			cmp.Compare(a.Agent.Pane, b.Agent.Pane), cmp.Compare(a.Agent.PanePID, b.Agent.PanePID),
			cmp.Compare(a.Agent.Kind, b.Agent.Kind), cmp.Compare(a.Agent.Socket, b.Agent.Socket),
		)
	})
	return rows
}
