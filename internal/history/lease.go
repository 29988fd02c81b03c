package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lease is the right to record one tmux server. It is a lock on a file, held by
// at most one process, and falls with it however it ends.
type lease struct{ file *os.File }

// takeLease takes the lease of that name beside the database; ErrTaken when
// another process has it. It never waits.
func takeLease(database, name string) (*lease, error) {
	folder := filepath.Join(filepath.Dir(database), "leases")
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, fmt.Errorf("history: lease: %w", err)
	}
	// Names are paths of sockets; only their hash makes a file name of any path.
	sum := sha256.Sum256([]byte(filepath.Base(database) + "\x00" + name))
	path := filepath.Join(folder, hex.EncodeToString(sum[:12])+".lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("history: lease: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return &lease{file}, nil
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrTaken
	}
	return nil, fmt.Errorf("history: lease: lock %s: %w", path, err)
}

// release gives the lease up. The file stays: removing it would let two
// processes hold locks on two files of the same name.
func (l *lease) release() {
	if l != nil {
		// Not by closing alone: a process that is being started has a copy of the
		// descriptor for a moment, and would hold the lock.
		_ = unix.Flock(int(l.file.Fd()), unix.LOCK_UN)
		_ = l.file.Close()
	}
}

// waitForLease takes a lease, waiting until ctx ends.
func waitForLease(ctx context.Context, database, name string) (*lease, error) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		l, err := takeLease(database, name)
		if !errors.Is(err, ErrTaken) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-ticker.C:
		}
	}
}
