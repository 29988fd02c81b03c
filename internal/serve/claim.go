package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// errTaken says that another process serves.
var errTaken = errors.New("serve: another agentwatch serves")

// claim is the right to serve at a socket. The kernel takes it back when its
// process ends, however that ends.
type claim struct{ file *os.File }

// takeClaim takes the right to serve at a socket; errTaken when somebody has it.
func takeClaim(socket string) (*claim, error) {
	if err := makeFolder(filepath.Dir(socket)); err != nil {
		return nil, err
	}
	// The file stays for ever: who removes it could remove another one's.
	file, err := os.OpenFile(socket+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("serve: lock: %w", err)
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return &claim{file}, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		err = errTaken
	default:
		err = fmt.Errorf("serve: lock %s: %w", file.Name(), err)
	}
	_ = file.Close()
	return nil, err
}

// release gives the right back. It may be called more than once.
func (c *claim) release() {
	// Not by closing alone: a process that is being started has a copy of the
	// descriptor for a moment, and would hold the lock.
	_ = unix.Flock(int(c.file.Fd()), unix.LOCK_UN)
	_ = c.file.Close()
}
