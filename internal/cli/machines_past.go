package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/engine/api"
	"agentwatch/engine/client"
)

// pastOf calls take with the entries of the history of each machine, newest first:
// of one machine as they come, of several when all have answered. found is false when
// nothing has been recorded anywhere.
func pastOf(ctx context.Context, p Process, m machines, f api.PastFilter, take func(api.PastEntry) error) (found bool, away, err error) {
	if len(m.words) == 0 {
		found, err = askPast(ctx, p, func(ctx context.Context, c *client.Client) error { return c.Past(ctx, f, take) })
		return found, nil, err
	}
	var mu sync.Mutex
	var all []api.PastEntry
	found, away, err = onPasts(ctx, p, m, func(ctx context.Context, on machine) error {
		there := f
		there.Since, there.Until = on.theirs(f.Since), on.theirs(f.Until)
		return on.Past(ctx, there, func(e api.PastEntry) error {
			at, agent := placeOf(&e)
			if at == nil {
				return nil
			}
			*at = on.ours(*at)
			agent.Host = on.name()
			mu.Lock()
			defer mu.Unlock()
			all = append(all, e)
			return nil
		})
	})
	if err != nil {
		return found, away, err
	}
	slices.SortStableFunc(all, func(a, b api.PastEntry) int {
		x, _ := placeOf(&a)
		y, _ := placeOf(&b)
		return y.Compare(*x)
	})
	if f.Limit > 0 && len(all) > f.Limit {
		all = all[:f.Limit]
	}
	for _, e := range all {
		if err := take(e); err != nil {
			return found, away, err
		}
	}
	return found, away, nil
}

// placeOf is when and where an entry was; nil for one that only a newer build knows.
func placeOf(e *api.PastEntry) (*time.Time, *api.PastAgent) {
	switch {
	case e.Answer != nil:
		return &e.Answer.Time, &e.Answer.PastAgent
	case e.Notification != nil:
		return &e.Notification.Time, &e.Notification.PastAgent
	case e.Change != nil:
		return &e.Change.Time, &e.Change.PastAgent
	default:
		return nil, nil
	}
}

// reportOf is the report of the machines, by day, and within a day in the order in
// which the machines were named. Each counts days in the time zone.
func reportOf(ctx context.Context, p Process, m machines, from, to time.Time, zone string) (rows []api.ReportRow, found bool, away, err error) {
	if len(m.words) == 0 {
		found, err = askPast(ctx, p, func(ctx context.Context, c *client.Client) (err error) {
			rows, err = c.Report(ctx, from, to, zone)
			return err
		})
		return rows, found, nil, err
	}
	_, hosts, err := m.chosen(p)
	if err != nil {
		return nil, false, nil, err
	}
	var mu sync.Mutex
	parts := make(map[string][]api.ReportRow)
	found, away, err = onPasts(ctx, p, m, func(ctx context.Context, on machine) error {
		part, err := on.Report(ctx, on.theirs(from), on.theirs(to), zone)
		for i := range part {
			part[i].Host = on.name()
		}
		mu.Lock()
		defer mu.Unlock()
		parts[on.name()] = part
		return err
	})
	for _, name := range append([]string{""}, hostNames(hosts)...) {
		rows = append(rows, parts[name]...)
	}
	slices.SortStableFunc(rows, func(a, b api.ReportRow) int { return strings.Compare(a.Day, b.Day) })
	return rows, found, away, err
}

// onPasts asks the machines what they have recorded. That one has recorded nothing
// is no failure.
func onPasts(ctx context.Context, p Process, m machines, question func(context.Context, machine) error) (found bool, away, err error) {
	here, hosts, err := m.chosen(p)
	if err != nil {
		return false, nil, err
	}
	var mu sync.Mutex
	if here {
		found, err = askPast(ctx, p, func(ctx context.Context, c *client.Client) error { return question(ctx, machine{Client: c}) })
		if err != nil {
			return found, nil, err
		}
	}
	away = visited(ctx, hosts, func(ctx context.Context, on machine) error {
		err := question(ctx, on)
		if errors.Is(err, api.ErrNoHistory) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		found = true
		return err
	})
	return found, away, nil
}

// theirs and ours translate times between this machine's clock and the asked one's.
func (m machine) theirs(at time.Time) time.Time { return m.shifted(at, 1) }
func (m machine) ours(at time.Time) time.Time   { return m.shifted(at, -1) }

func (m machine) shifted(at time.Time, times time.Duration) time.Time {
	if at.IsZero() || m.visited == nil {
		return at
	}
	return at.Add(times * m.visited.Ahead())
}
