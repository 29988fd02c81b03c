// Package flock has locks on files, which at most one process holds. The kernel
// takes one back when its process ends, however that ends.
package flock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTaken is returned while another process holds the lock.
var ErrTaken = errors.New("another agentwatch has it")

// Lock is held until Release.
type Lock struct{ file *os.File }

// Take locks a file, which is made where there is none; ErrTaken when somebody has
// it. The file stays for ever: removing it could let two processes hold locks on
// two files of one name.
func Take(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
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
		err = fmt.Errorf("lock %s: %w", path, err)
	}
	_ = file.Close()
	return nil, err
}

// every is how often a lock that is taken is tried again.
const every = 10 * time.Millisecond

// Wait locks a file as soon as it is free. It returns ErrTaken when ctx ends
// before.
func Wait(ctx context.Context, path string) (*Lock, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		lock, err := Take(path)
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

// Release gives the lock back. It may be called more than once, and on nil.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	// Not by closing alone: a process that is being started has a copy of the
	// descriptor for a moment, and would hold the lock.
	_ = unix.Flock(int(l.file.Fd()), unix.LOCK_UN)
	_ = l.file.Close()
}
