package history

import (
	"context"
	"time"
)

const (
	// firstPrune is when old entries are first looked for, so that a short run
	// does not pay for it; pruneEvery how often after that.
	firstPrune = time.Minute
	pruneEvery = time.Hour
	// pruneMore is the pause between two steps while there is more to remove.
	pruneMore = 250 * time.Millisecond
	// pruneRows and prunePages bound one step, so that what is to be recorded
	// never waits for long.
	pruneRows  = 500
	prunePages = 256
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

// pruneStep removes at most pruneRows rows of each table and gives at most
// prunePages pages back to the file system. It tells whether there is more.
func (s *Store) pruneStep(ctx context.Context) (more bool, err error) {
	cutoff := int64(0)
	if s.options.Retention > 0 {
		cutoff = s.options.Now().Add(-s.options.Retention).UnixNano()
	}
	crowded, err := s.crowded(ctx)
	if err != nil {
		return false, err
	}
	if crowded {
		if cutoff, err = s.oldest(ctx, cutoff); err != nil {
			return false, err
		}
	}
	removed := int64(0)
	err = s.inTransaction(ctx, func(b *batch) error {
		// Runs and agents go after what refers to them: none of it is later.
		for _, from := range []string{
			"transitions WHERE id IN (SELECT id FROM transitions WHERE at < ? ORDER BY at LIMIT ?)",
			"answers WHERE id IN (SELECT id FROM answers WHERE at < ? ORDER BY at LIMIT ?)",
			"notifications WHERE id IN (SELECT id FROM notifications WHERE at < ? ORDER BY at LIMIT ?)",
		} {
			result, err := b.tx.ExecContext(ctx, "DELETE FROM "+from, cutoff, pruneRows)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			removed = max(removed, n)
		}
		if removed == pruneRows {
			return nil
		}
		_, err := b.tx.ExecContext(ctx, "DELETE FROM runs WHERE seen < ?1; DELETE FROM agents WHERE last < ?1", cutoff)
		return err
	})
	if err != nil {
		return false, err
	}
	free, err := s.giveBack(ctx)
	return removed == pruneRows || crowded && removed > 0 || free, err
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
