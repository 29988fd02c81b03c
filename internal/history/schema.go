package history

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"agentwatch/internal/flock"
)

const (
	// schemaVersion is the newest schema that we know (PRAGMA user_version).
	schemaVersion = 3
	// applicationID marks our files (PRAGMA application_id): "agwt".
	applicationID = 0x61677774
	// setupPatience bounds the wait for another process that sets the file up.
	setupPatience = 5 * time.Second
)

// steps are the migrations: schema/N.sql brings a file from schema N-1 to N.
//
//go:embed schema
var steps embed.FS

// setUp brings the file to the newest schema. One process does it at a time:
// SQLite's own locks do not cover the switch to a write-ahead log.
func setUp(ctx context.Context, path string, db *sql.DB) error {
	version, err := schemaOf(ctx, db)
	if err != nil || version == schemaVersion {
		return err
	}
	patience, cancel := context.WithTimeout(ctx, setupPatience)
	defer cancel()
	lock, err := flock.Wait(patience, path+".setup.lock")
	if err != nil {
		return err
	}
	defer lock.Release()
	if version, err = schemaOf(ctx, db); err != nil || version == schemaVersion {
		return err
	}
	if version == 0 {
		// Both can be chosen only while the file is empty.
		for _, pragma := range []string{"PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL"} {
			if _, err := db.ExecContext(ctx, pragma); err != nil {
				return err
			}
		}
	}
	return migrate(ctx, db, version)
}

// migrate makes all steps from a version on in one transaction.
func migrate(ctx context.Context, db *sql.DB, version int) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	for next := version + 1; next <= schemaVersion; next++ {
		step, err := steps.ReadFile(fmt.Sprintf("schema/%d.sql", next))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(step)); err != nil {
			return err
		}
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, marks); err != nil {
		return err
	}
	return tx.Commit()
}

// schemaOf reads which schema a file has: 0 for an empty one.
func schemaOf(ctx context.Context, db *sql.DB) (int, error) {
	var version, application, objects int
	row := db.QueryRowContext(ctx, "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) "+
		"FROM pragma_user_version, pragma_application_id")
	if err := row.Scan(&version, &application, &objects); err != nil {
		return 0, err
	}
	switch {
	case objects == 0 && version == 0 && application == 0:
		return 0, nil
	case application != applicationID:
		return 0, ErrForeign
	case version > schemaVersion:
		return 0, fmt.Errorf("its schema is %d, the newest known here is %d: %w", version, schemaVersion, ErrNewer)
	case version < 1:
		return 0, ErrForeign
	}
	return version, nil
}
