// Package history keeps what agents were, what the user answered and what they
// were told, in one SQLite file, and tells it again: as a list, as an agent's
// past across restarts, as a report per agent and day.
//
// What is acknowledged is committed and synced: it survives the end of the
// process at any moment. Any number of processes may have the file open. One
// goroutine per process writes, in batches; a lock beside the file settles which
// process records (see Recorder), so that nothing is recorded twice.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Options configure a store.
type Options struct {
	// Path is the file; Path gives the usual one.
	Path string
	// ReadOnly opens what is there, and ErrNone says that nothing is.
	ReadOnly bool
	// Retention is how long entries are kept: DefaultRetention when 0, for ever
	// when negative.
	Retention time.Duration
	// MaxBytes bounds the file; the oldest entries go first. DefaultMaxBytes
	// when 0, no bound when negative.
	MaxBytes int64
	// Delay is how long an entry may wait for others to be committed with it;
	// DefaultDelay when 0.
	Delay time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// What holds where nothing else is said.
const (
	DefaultRetention = 90 * 24 * time.Hour
	DefaultMaxBytes  = 256 << 20
	DefaultDelay     = 100 * time.Millisecond
)

const (
	// maxBatch is how many entries are committed together at most.
	maxBatch = 256
	// maxQueued is how many entries may wait for the writer.
	maxQueued = 8192
	// commitTimeout bounds one commit.
	commitTimeout = 10 * time.Second
	// busyMillis is how long SQLite waits for another process's transaction.
	busyMillis = 2000
	// readers is how many connections read at once.
	readers = 2
)

// Store is an open history. Its methods are safe for concurrent use.
type Store struct {
	options Options
	write   *sql.DB
	read    *sql.DB
	inserts *statements

	queue  chan submission
	queued atomic.Int64
	// dropped counts entries that were not taken.
	dropped atomic.Uint64
	// ended is closed when the writer has ended.
	ended chan struct{}

	// mu guards closed, and with it the sending to queue.
	mu     sync.RWMutex
	closed bool
}

// submission are entries that are committed together, with the way back for
// the acknowledgement.
type submission struct {
	entries []Entry
	done    chan<- error
}

// Open opens the history, and makes it where there is none. Errors say what to
// do: ErrNone, ErrNewer, ErrForeign, ErrDamaged, ErrFull, ErrReadOnly. A file
// that cannot be used is left as it is; the caller can go on without a history.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Path == "" {
		return nil, errors.New("history: open: no folder to keep it in is known: set HOME or XDG_STATE_HOME")
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, explained("open", o.Path, err)
	}
	o.Path = path
	s := newStore(o)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(explained("open", path, err), s.closeFiles())
	}
	if o.ReadOnly {
		close(s.ended)
		return s, nil
	}
	go s.work()
	return s, nil
}

func newStore(o Options) *Store {
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Delay <= 0 {
		o.Delay = DefaultDelay
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{options: o, queue: make(chan submission, maxQueued), ended: make(chan struct{})}
}

func (s *Store) open(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return err
	}
	var err error
	if s.write, err = connect(s.options.Path, "synchronous(FULL)", "journal_size_limit(4194304)"); err != nil {
		return err
	}
	// One connection: SQLite has one writer, and so have we.
	s.write.SetMaxOpenConns(1)
	if s.options.ReadOnly {
		if version, err := schemaOf(ctx, s.write); err != nil {
			return err
		} else if version == 0 {
			return ErrNone
		}
	}
	if err := setUp(ctx, s.options.Path, s.write); err != nil {
		return err
	}
	if s.inserts, err = prepareStatements(ctx, s.write); err != nil {
		return err
	}
	if s.read, err = connect(s.options.Path, "query_only(1)"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	return nil
}

func (s *Store) prepare() error {
	if !s.options.ReadOnly {
		return prepareFile(s.options.Path)
	}
	info, err := os.Stat(s.options.Path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return ErrNone
	}
	return err
}

// connect opens a pool of connections to a file that is there.
func connect(path string, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}
	values.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyMillis))
	for _, pragma := range pragmas {
		values.Add("_pragma", pragma)
	}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}).String())
}

// Path is the file that is open.
func (s *Store) Path() string { return s.options.Path }

// Dropped is how many entries have not been taken because the queue was full.
func (s *Store) Dropped() uint64 { return s.dropped.Load() }

// Close commits what is queued and closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.mu.Unlock()
	<-s.ended
	return explained("close", s.options.Path, s.closeFiles())
}

func (s *Store) closeFiles() error {
	var problems []error
	if s.inserts != nil {
		problems = append(problems, s.inserts.close())
	}
	// The writer goes last: who closes the last connection tidies the log up,
	// and those that read must not write.
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			problems = append(problems, db.Close())
		}
	}
	return errors.Join(problems...)
}
