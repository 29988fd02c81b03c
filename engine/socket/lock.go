package socket

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTaken is returned while another process holds the lock.
var ErrTaken = errors.New("another agentwatch serves")

// Lock is the right to serve at a socket. The kernel takes it back when its process
// ends, however that ends.
type Lock struct{ file *os.File }

// TakeLock takes the right to serve at a socket; ErrTaken when somebody has it.
func TakeLock(path string) (*Lock, error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	// The file stays for ever: removing it could remove another process's.
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return &Lock{file}, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		err = ErrTaken
	default:
		err = fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	_ = file.Close()
	return nil, err
}

// lockEvery is how often a lock that is taken is tried again.
const lockEvery = 10 * time.Millisecond

// WaitForLock takes the lock as soon as it is free. It returns ErrTaken when ctx
// ends before.
func WaitForLock(ctx context.Context, path string) (*Lock, error) {
	ticker := time.NewTicker(lockEvery)
	defer ticker.Stop()
	for {
		lock, err := TakeLock(path)
		if !errors.Is(err, ErrTaken) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-ticker.C:
		}
	}
}

// Release gives the right back. It may be called more than once.
func (l *Lock) Release() {
	// Not by closing alone: a process that is being started has a copy of the
	// descriptor for a moment, and would hold the lock.
	_ = unix.Flock(int(l.file.Fd()), unix.LOCK_UN)
	_ = l.file.Close()
}
