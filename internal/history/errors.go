package history

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of a store.
var (
	// ErrNone: no history has been recorded yet.
	ErrNone = errors.New("nothing has been recorded yet")
	// ErrNewer: the file was written by a newer version of this program.
	ErrNewer = errors.New("it was written by a newer agentwatch; update this one, or name another folder in XDG_STATE_HOME")
	// ErrForeign: the file is a database of another program.
	ErrForeign = errors.New("it is not a history of agentwatch; move it away, or name another folder in XDG_STATE_HOME")
	// ErrDamaged: the file is no database, or a broken one.
	ErrDamaged = errors.New("the file is damaged; it has been left as it is")
	// ErrFull: there is no room left for the file.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly: the file or its folder must not be written to.
	ErrReadOnly = errors.New("the file or its folder is read-only")
	// ErrQueueFull: the writer is behind by so much that nothing more is taken.
	ErrQueueFull = errors.New("history: the disk is too slow: the queue is full")
	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("history: closed")
	// ErrTaken: another process records here.
	ErrTaken = errors.New("another agentwatch, such as the engine process, records here")
)

// explained says what an error of the database or the file system means and
// what to do about it.
func explained(operation, path string, err error) error {
	if err == nil {
		return nil
	}
	meaning, remedy := meaningOf(err), ""
	switch meaning {
	case nil:
		return fmt.Errorf("history: %s %s: %w", operation, path, err)
	case ErrDamaged:
		remedy = fmt.Sprintf("; to save what can be read: sqlite3 %[1]s .recover | sqlite3 saved.db; to begin anew, move %[1]s, %[1]s-wal and %[1]s-shm away", quoted(path))
	case ErrFull:
		remedy = "; make room, and recording goes on"
	case ErrReadOnly:
		remedy = "; make it writable, or name another folder in XDG_STATE_HOME"
	}
	if errors.Is(err, meaning) {
		return fmt.Errorf("history: %s %s: %w%s", operation, path, err, remedy)
	}
	return fmt.Errorf("history: %s %s: %w%s (%w)", operation, path, meaning, remedy, err)
}

// meaningOf returns the sentinel that an error amounts to; nil when there is
// none.
func meaningOf(err error) error {
	for _, known := range []error{ErrDamaged, ErrFull, ErrReadOnly} {
		if errors.Is(err, known) {
			return known
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return ErrReadOnly
	}
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return nil
	}
	// The lower byte is the primary code, the rest refines it.
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return ErrDamaged
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return ErrReadOnly
	}
	return nil
}

// quoted makes a path safe to paste into a shell.
func quoted(path string) string {
	if !strings.ContainsAny(path, " '\"$`\\*?[](){}<>|&;#~!\t\n") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
