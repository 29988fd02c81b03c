package cli

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// runTokens prints what agents have used.
func (o reportOptions) runTokens(ctx context.Context, p Process, w io.Writer, from, to time.Time) error {
	rows, problems, away, err := tokensOf(ctx, p, o.machines, from, to, ownZone(p.Getenv))
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, problem := range problems {
		fmt.Fprintf(p.Stderr, "agentwatch: %s\n", sanitize.Text(problem))
	}
	switch {
	case o.json:
		err = writeTokensJSON(w, rows)
	case o.csv:
		err = writeTokensCSV(w, rows)
	default:
		err = writeTokensTable(w, rows)
		if err == nil && len(rows) == 0 {
			fmt.Fprintf(p.Stderr, "agentwatch: no session file tells of tokens from %s to %s; --since looks further back\n", momentText(from), momentText(to))
		}
	}
	return errors.Join(err, away)
}

// tokensOf are the rows of the machines, by day, and what could not be read.
func tokensOf(ctx context.Context, p Process, m machines, from, to time.Time, zone string) (rows []api.TokenRow, problems []string, away, err error) {
	var mu sync.Mutex
	take := func(host string) func(api.TokenLine) error {
		return func(l api.TokenLine) error {
			mu.Lock()
			defer mu.Unlock()
			if l.Row != nil {
				l.Row.Host = host
				rows = append(rows, *l.Row)
			}
			if l.Problem != "" {
				problems = append(problems, l.Problem)
			}
			return nil
		}
	}
	if len(m.words) == 0 {
		_, err = askPast(ctx, p, func(ctx context.Context, c *client.Client) error {
			return c.Tokens(ctx, from, to, zone, take(""))
		})
	} else {
		_, away, err = onPasts(ctx, p, m, func(ctx context.Context, on machine) error {
			return on.Tokens(ctx, on.theirs(from), on.theirs(to), zone, take(on.name()))
		})
	}
	slices.SortStableFunc(rows, func(a, b api.TokenRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Folder, b.Folder),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Session, b.Session))
	})
	return rows, problems, away, err
}

func writeTokensJSON(w io.Writer, rows []api.TokenRow) error {
	out := &arrayWriter{w: w}
	for _, row := range rows {
		if err := out.value(row); err != nil {
			return err
		}
	}
	return out.end()
}

func writeTokensCSV(w io.Writer, rows []api.TokenRow) error {
	records := [][]string{{
		"day", "host", "kind", "folder", "session", "version", "model", "input", "cache_read", "cache_write", "output", "cost", "currency", "untold",
	}}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, r := range rows {
		cost := ""
		if r.Priced {
			cost = strconv.FormatFloat(r.Cost, 'f', -1, 64)
		}
		records = append(records, []string{
			r.Day, r.Host, r.Kind, r.Folder, r.Session, r.Version, r.Model, number(r.Input), number(r.CacheRead), number(r.CacheWrite),
			number(r.Output), cost, r.Currency, strconv.Itoa(r.Untold),
		})
	}
	return csv.NewWriter(w).WriteAll(records)
}

// tokenSum is one line of the table.
type tokenSum struct {
	engine.TokenTotals
	currency string
	sessions map[string]bool
	untold   int
}

func (s *tokenSum) add(r api.TokenRow) {
	s.Count = s.Count.Plus(r.Count)
	if s.sessions == nil {
		s.sessions = map[string]bool{}
	}
	s.sessions[r.Host+"\x00"+r.Kind+"\x00"+r.Session] = true
	if s.untold += r.Untold; r.Priced {
		s.Cost, s.currency = s.Cost+r.Cost, r.Currency
	} else {
		s.Unpriced += r.Total()
	}
}

// cells are its figures; what is nothing is a dash. A sum that is not whole ends with "+".
func (s *tokenSum) cells() []string {
	short := func(n int64) string { return orNothing(format.Short(uint64(max(n, 0))), n == 0) }
	cost := orNothing(format.Money(s.Cost, s.currency), s.Cost == 0)
	if s.Cost > 0 && s.Unpriced > 0 {
		cost += "+"
	}
	total := short(s.Total())
	if s.untold > 0 {
		total += "+"
	}
	return []string{
		strconv.Itoa(len(s.sessions)), short(s.Input), short(s.CacheRead), short(s.CacheWrite), short(s.Output), total, sanitize.Text(cost),
	}
}

// writeTokensTable writes a table for people: a line per day, folder, program and model,
// the sum of each day and that of all.
func writeTokensTable(w io.Writer, rows []api.TokenRow) error {
	if len(rows) == 0 {
		return nil
	}
	t := plainTable(4, "DAY", "KIND", "FOLDER", "MODEL", "SESSIONS", "INPUT", "CACHED", "TO CACHE", "OUTPUT", "TOTAL", "COST")
	var all tokenSum
	days := 0
	for rest := rows; len(rest) > 0; days++ {
		n := 1
		for n < len(rest) && rest[n].Day == rest[0].Day {
			n++
		}
		addTokensOfDay(t, rest[:n], &all)
		rest = rest[n:]
	}
	if days > 1 {
		t.Row(append([]string{"all days", "", "", ""}, all.cells()...)...)
	}
	_, err := lipgloss.Fprint(w, trimmed(t))
	return err
}

// addTokensOfDay adds the rows of one day, and their sum where there are several lines.
func addTokensOfDay(t *table.Table, day []api.TokenRow, all *tokenSum) {
	word, lines := day[0].Day, 0
	var sum tokenSum
	for len(day) > 0 {
		first, line, n := day[0], tokenSum{}, 0
		for n < len(day) && day[n].Host == first.Host && day[n].Folder == first.Folder && day[n].Kind == first.Kind && day[n].Model == first.Model {
			line.add(day[n])
			sum.add(day[n])
			all.add(day[n])
			n++
		}
		folder := sanitize.Text(first.Folder)
		if first.Host != "" {
			folder = first.Host + ":" + folder
		}
		t.Row(append([]string{word, sanitize.Text(first.Kind), folder, orNothing(sanitize.Text(first.Model), first.Model == "")}, line.cells()...)...)
		word, day = "", day[n:]
		lines++
	}
	if lines > 1 {
		t.Row(append([]string{"", "all", "", ""}, sum.cells()...)...)
	}
}
