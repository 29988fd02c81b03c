package history

import (
	"context"
	"time"
)

const (
	// firstPrune is when old entries are first looked for, so that a short run
	// does not pay for it; pruneEvery how often after that.
	firstPrune = time.Minute
	pruneEvery = 10 * time.Minute
	// pruneMore is the pause between two steps while there is more to remove.
	pruneMore = 250 * time.Millisecond
	// pruneRows, pruneSegments and prunePages bound one step, so that what is to
	// be recorded never waits for long.
	pruneRows     = 500
	pruneSegments = 8
	prunePages    = 256
)

// prune makes one small step of removing what is too old or too much, and
// returns when the next is due.
func (s *Store) prune() time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	more, err := s.pruneStep(ctx)
	switch {
	case err != nil:
		// What fails here fails for entries, too, and is told there.
		return pruneEvery
	case more:
		return pruneMore
	default:
		return pruneEvery
	}
}

// pruneStep removes at most pruneRows rows of each table and pruneSegments
// segments of screens, and gives at most prunePages pages back to the file
// system. It tells whether there is more.
func (s *Store) pruneStep(ctx context.Context) (more bool, err error) {
	cutoff := int64(0)
	if s.options.Retention > 0 {
		cutoff = s.options.Now().Add(-s.options.Retention).UnixNano()
	}
	screens := cutoff
	crowded, err := s.crowded(ctx)
	if err != nil {
		return false, err
	}
	if crowded {
		// Screens go first: one day of them takes as much as years of the rest.
		var some bool
		if screens, some, err = s.oldestSegments(ctx, cutoff); err == nil && !some {
			cutoff, err = s.oldest(ctx, cutoff)
		}
		if err != nil {
			return false, err
		}
	}
	removed, frames := int64(0), int64(0)
	err = s.inTransaction(ctx, func(b *batch) (err error) {
		if frames, err = b.remove(removeSegments, screens, pruneSegments); err != nil {
			return err
		}
		if removed, err = b.removeEntries(cutoff); err != nil || removed == pruneRows || frames > 0 {
			return err
		}
		// Runs and agents go after what refers to them: none of it is later.
		_, err = b.tx.ExecContext(ctx, "DELETE FROM runs WHERE seen < ?1; DELETE FROM agents WHERE last < ?1", cutoff)
		return err
	})
	if err != nil {
		return false, err
	}
	free, err := s.giveBack(ctx)
	return removed == pruneRows || frames > 0 || crowded && removed > 0 || free, err
}

// removeSegments removes whole segments, as nothing is left of a part of one.
const removeSegments = "DELETE FROM frames WHERE segment IN (SELECT segment FROM frames WHERE place = 0 AND at < ? ORDER BY at LIMIT ?)"

// removeEntries removes what is before a time, and returns the most that it has
// removed from one table.
func (b *batch) removeEntries(cutoff int64) (most int64, err error) {
	for _, table := range []string{"transitions", "answers", "notifications"} {
		n, err := b.remove("DELETE FROM "+table+" WHERE id IN (SELECT id FROM "+table+" WHERE at < ? ORDER BY at LIMIT ?)", cutoff, pruneRows)
		if err != nil {
			return most, err
		}
		most = max(most, n)
	}
	return most, nil
}

// remove runs a statement that removes at most limit of what is before a time.
func (b *batch) remove(statement string, cutoff int64, limit int) (int64, error) {
	result, err := b.tx.ExecContext(b.ctx, statement, cutoff, limit)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// crowded tells whether more than the bound is in use. Free pages do not count:
// they are given back, a few at a time.
func (s *Store) crowded(ctx context.Context) (bool, error) {
	if s.options.MaxBytes < 0 {
		return false, nil
	}
	var used int64
	err := s.write.QueryRowContext(ctx, "SELECT (page_count - freelist_count) * page_size "+
		"FROM pragma_page_count, pragma_freelist_count, pragma_page_size").Scan(&used)
	return used > s.options.MaxBytes, err
}

// oldest returns a later cutoff, by which the pruneRows oldest entries go.
func (s *Store) oldest(ctx context.Context, cutoff int64) (int64, error) {
	var at int64
	err := s.write.QueryRowContext(ctx, `SELECT coalesce(max(at) + 1, 0) FROM (SELECT at FROM (
		SELECT * FROM (SELECT at FROM transitions ORDER BY at LIMIT ?1) UNION ALL
		SELECT * FROM (SELECT at FROM answers ORDER BY at LIMIT ?1) UNION ALL
		SELECT * FROM (SELECT at FROM notifications ORDER BY at LIMIT ?1)
	) ORDER BY at LIMIT ?1)`, pruneRows).Scan(&at)
	return max(at, cutoff), err
}

// oldestSegments returns a later cutoff, by which the pruneSegments oldest
// segments go, and whether there are some.
func (s *Store) oldestSegments(ctx context.Context, cutoff int64) (at int64, some bool, err error) {
	err = s.write.QueryRowContext(ctx, "SELECT coalesce(max(at) + 1, 0), count(*) > 0 FROM "+
		"(SELECT at FROM frames WHERE place = 0 ORDER BY at LIMIT ?)", pruneSegments).Scan(&at, &some)
	return max(at, cutoff), some, err
}

// giveBack returns free pages to the file system and tells whether more are left.
// A few stay: the next entries need them.
func (s *Store) giveBack(ctx context.Context) (bool, error) {
	var free int64
	if err := s.write.QueryRowContext(ctx, "SELECT freelist_count FROM pragma_freelist_count").Scan(&free); err != nil {
		return false, err
	}
	if free <= prunePages {
		return false, nil
	}
	rows, err := s.write.QueryContext(ctx, "PRAGMA incremental_vacuum(256)")
	if err != nil {
		return false, err
	}
	// Each row is a page given back: they must be read for it to happen.
	for rows.Next() {
	}
	return free > 2*prunePages, closed(rows)
}
