package socket

import (
	"context"
	"path/filepath"

	"agentwatch/internal/flock"
)

// TakeLock takes the right to serve at a socket; flock.ErrTaken when somebody has
// it.
func TakeLock(path string) (*flock.Lock, error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return flock.Take(path + ".lock")
}

// WaitForLock takes the lock as soon as it is free. It returns flock.ErrTaken when
// ctx ends before.
func WaitForLock(ctx context.Context, path string) (*flock.Lock, error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return flock.Wait(ctx, path+".lock")
}
