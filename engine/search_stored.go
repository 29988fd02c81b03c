package engine

import (
	"context"
	"iter"
	"strings"
	"time"
)

// StoredText is what an agent's screen showed at a time, row by row, without colours.
type StoredText struct {
	At   time.Time
	Text string
}

// InStored finds the rows that match in an agent's stored screens, oldest first: each row
// once as long as it stays on the screen, and none that one of found has, too. What is
// found before ctx ends is returned, and cut is set when it ended early.
func (q SearchQuery) InStored(ctx context.Context, screens iter.Seq2[StoredText, error], found Found) (stored Found, cut bool, err error) {
	matches, err := q.Compile()
	if err != nil {
		return Found{}, false, err
	}
	live := make(map[string]bool, len(found.Rows))
	for _, row := range found.Rows {
		live[row.Text] = row.Match
	}
	before := map[string]bool{}
	for screen, err := range screens {
		switch {
		case ctx.Err() != nil:
			return stored, true, nil
		case err != nil:
			return stored, false, err
		}
		rows := strings.Split(screen.Text, "\n")
		now := make(map[string]bool, len(rows))
		for i, row := range rows {
			row = strings.TrimRight(row, " ")
			if now[row] = true; before[row] || live[row] || !matches(row) {
				continue
			}
			stored.Matches++
			stored.Rows = append(stored.Rows, FoundRow{Row: i - len(rows), Text: strings.Clone(row), Match: true, At: screen.At})
			if q.Most > 0 && len(stored.Rows) > 2*q.Most {
				stored.Rows = append(stored.Rows[:0], stored.Rows[len(stored.Rows)-q.Most:]...)
			}
		}
		stored.Searched += len(rows)
		before = now
	}
	if q.Most > 0 && len(stored.Rows) > q.Most {
		stored.Rows = stored.Rows[len(stored.Rows)-q.Most:]
	}
	return stored, false, nil
}
