package history

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Record gives entries to the writer and returns at once. The channel gets one
// value: nil when all of them have been committed and synced, together. An error
// from the disk leaves it open whether they are kept, which for transitions and
// runs does no harm: they can be given again.
func (s *Store) Record(entries ...Entry) <-chan error {
	done := make(chan error, 1)
	if err := s.submit(submission{entries: entries, done: done}); err != nil {
		done <- err
	}
	return done
}

// Append is Record and the wait for it, until ctx ends.
func (s *Store) Append(ctx context.Context, entries ...Entry) error {
	select {
	case err := <-s.Record(entries...):
		return err
	case <-ctx.Done():
		return explained("append to", s.options.Path, ctx.Err())
	}
}

// submit queues entries; it never waits.
func (s *Store) submit(sub submission) error {
	if len(sub.entries) == 0 {
		sub.done <- nil
		return nil
	}
	for _, e := range sub.entries {
		if err := e.check(); err != nil {
			return err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed || s.options.ReadOnly {
		return ErrClosed
	}
	n := int64(len(sub.entries))
	if s.queued.Add(n) > maxQueued {
		s.queued.Add(-n)
		s.dropped.Add(uint64(n))
		return ErrQueueFull
	}
	// Every submission has an entry: the channel has room.
	s.queue <- sub
	return nil
}

// work commits what is queued, and between two commits removes a little of what
// is too old. It ends when the queue is closed and empty.
func (s *Store) work() {
	defer close(s.ended)
	prune := time.NewTimer(firstPrune)
	defer prune.Stop()
	for {
		select {
		case first, ok := <-s.queue:
			if !ok {
				return
			}
			s.commit(s.collect(first))
		case <-prune.C:
			prune.Reset(s.prune())
		}
	}
}

// urgent tells whether somebody waits for the commit: a notification is sent only
// when it is known that it is being sent.
func urgent(sub submission) bool {
	_, is := sub.entries[0].(Notification)
	return is
}

// collect waits for more to commit together, unless it is urgent.
func (s *Store) collect(first submission) []submission {
	together, n := []submission{first}, len(first.entries)
	if urgent(first) {
		return together
	}
	timer := time.NewTimer(s.options.Delay)
	defer timer.Stop()
	for n < maxBatch {
		select {
		case next, ok := <-s.queue:
			if !ok {
				return together
			}
			if together, n = append(together, next), n+len(next.entries); urgent(next) {
				return together
			}
		case <-timer.C:
			return together
		}
	}
	return together
}

// commit writes submissions in one transaction and acknowledges them.
func (s *Store) commit(together []submission) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	err := s.inTransaction(ctx, func(b *batch) error {
		for _, sub := range together {
			for _, e := range sub.entries {
				if err := e.write(b); err != nil {
					return err
				}
			}
		}
		return nil
	})
	err = explained("write to", s.options.Path, err)
	for _, sub := range together {
		s.queued.Add(-int64(len(sub.entries)))
		sub.done <- err
	}
}

func (s *Store) inTransaction(ctx context.Context, do func(*batch) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	b := newBatch(ctx, tx, s.inserts)
	err = do(b)
	if err == nil {
		err = b.finish()
	}
	if err != nil {
		// SQLite may have rolled back by itself, as it does on a full disk.
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) && ctx.Err() == nil {
			err = errors.Join(err, undo)
		}
		return err
	}
	return tx.Commit()
}
