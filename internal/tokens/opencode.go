package tokens

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// database is opencode's, with all its sessions (seen: 1.18).
type database struct{ path string }

// opencodeDatabase is where opencode keeps it below its folder of data.
func opencodeDatabase(data string) database {
	return database{filepath.Join(data, "opencode", "opencode.db")}
}

// errUnknownFormat is returned for a database without the tables that are read.
var errUnknownFormat = errors.New("the format is not known")

// mostRows bounds how many messages are read at once.
const mostRows = 200_000

// open opens it for reading only: nothing is written, and opencode never waits for more
// than the one question that is under way.
func (d database) open() (*sql.DB, error) {
	if info, err := os.Stat(d.path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s", errNotRegular, d.path)
	}
	values := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "busy_timeout(200)"}}
	if _, err := os.Stat(d.path + "-wal"); errors.Is(err, os.ErrNotExist) {
		// Nobody has it open: read like this, no file is made beside it.
		values.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: d.path, RawQuery: values.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// opencodeMessage is a message's data.
type opencodeMessage struct {
	Role   string  `json:"role"`
	Model  string  `json:"modelID"`
	Cost   float64 `json:"cost"`
	Tokens *struct {
		Input     int64 `json:"input"`
		Output    int64 `json:"output"`
		Reasoning int64 `json:"reasoning"`
		Cache     struct {
			Read  int64 `json:"read"`
			Write int64 `json:"write"`
		} `json:"cache"`
	} `json:"tokens"`
}

// enterOpencode reads a message's data into a session and its book.
func enterOpencode(data []byte, id string, at time.Time, s *Session, b *book) {
	s.seenAt(at)
	var d opencodeMessage
	switch err := json.Unmarshal(data, &d); {
	case err != nil:
		s.Untold++
	case d.Role != "assistant":
	case d.Tokens == nil:
		s.Untold++
	default:
		t := d.Tokens
		count := Count{
			Input: t.Input, CacheRead: t.Cache.Read, CacheWrite: t.Cache.Write, Output: plus(max(t.Output, 0), max(t.Reasoning, 0)),
		}.cleaned()
		b.add(answer{key: id, at: at, model: d.Model, count: count, recorded: d.Cost})
		if count.Total() > 0 {
			s.context = count.Total()
		}
	}
}

// sessions reads the sessions that have changed since a time, of a folder or of all
// when it is empty, oldest first.
func (d database) sessions(ctx context.Context, folder string, since time.Time, location *time.Location) (all []Session, err error) {
	db, err := d.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT s.id, s.directory, s.version, m.id, m.time_created, m.data,
		CASE WHEN json_extract(m.data, '$.role') = 'user' THEN
			(SELECT substr(json_extract(p.data, '$.text'), 1, 1600) FROM part p WHERE p.message_id = m.id AND json_extract(p.data, '$.type') = 'text' ORDER BY p.id LIMIT 1)
		END
		FROM session s JOIN message m ON m.session_id = s.id
		WHERE s.time_updated >= ? AND (? = '' OR s.directory = ?) AND length(m.data) <= ?
		ORDER BY s.time_updated, s.id, m.time_created, m.id LIMIT ?`,
		since.UnixMilli(), folder, folder, longestLine, mostRows)
	if err != nil {
		return nil, inWords(ctx, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var s *Session
	var b *book
	end := func() {
		if s != nil {
			s.Uses = b.list()
			all = append(all, *s)
		}
	}
	for rows.Next() {
		var id, directory, version, message string
		var created int64
		var data []byte
		var asked sql.NullString
		if err := rows.Scan(&id, &directory, &version, &message, &created, &data, &asked); err != nil {
			return nil, inWords(ctx, err)
		}
		if s == nil || s.ID != plain(id) {
			end()
			s, b = &Session{ID: plain(id), Folder: directory, Version: plain(version)}, newBook(location, nil)
		}
		if asked.Valid {
			s.ask(asked.String)
		}
		enterOpencode(data, message, time.UnixMilli(created), s, b)
	}
	end()
	if err := inWords(ctx, rows.Err()); err != nil || folder == "" || len(all) == 0 {
		return all, err
	}
	return all, d.steps(ctx, db, &all[len(all)-1])
}

// mostSteps is how many of a session's last steps are read.
const mostSteps = 128

// steps reads what a session has done since its user has asked last.
func (d database) steps(ctx context.Context, db *sql.DB, s *Session) (err error) {
	rows, err := db.QueryContext(ctx, `SELECT data, time_updated FROM (
		SELECT p.id, p.data, p.time_updated FROM part p JOIN message m ON m.id = p.message_id
		WHERE p.session_id = ?1 AND length(p.data) <= ?2 AND json_extract(p.data, '$.type') = 'tool' AND m.time_created >= COALESCE(
			(SELECT max(u.time_created) FROM message u WHERE u.session_id = ?1 AND json_extract(u.data, '$.role') = 'user'), 0)
		ORDER BY p.id DESC LIMIT ?3) ORDER BY id`, s.ID, longestLine, mostSteps)
	if err != nil {
		return inWords(ctx, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var data []byte
		var at int64
		if err := rows.Scan(&data, &at); err != nil {
			return inWords(ctx, err)
		}
		s.opencodeStep(data, time.UnixMilli(at))
	}
	s.repeating = s.steps.Repeating()
	return inWords(ctx, rows.Err())
}

// inWords tells a database without the tables that are asked for from one that cannot
// be read.
func inWords(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	var coded interface{ Code() int }
	if errors.As(err, &coded) && coded.Code() == 1 { // SQLITE_ERROR: no such table or column
		return fmt.Errorf("%w: %w", errUnknownFormat, err)
	}
	return err
}
