package typing

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Lock reserves a terminal among all agentwatch processes; false when another
// has it. The lock is advisory, on the terminal's own file, so that it leaves no
// trace and falls with its holder; a terminal that cannot be opened is not
// locked, and nobody is kept from it. The returned function unlocks; it is never
// nil.
func Lock(tty string) (unlock func(), ok bool) {
	fd, err := unix.Open(tty, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return func() {}, true
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		_ = unix.Close(fd)
		return func() {}, false
	}
	return func() {
		// Not by closing alone: a process that is being started has a copy of the
		// descriptor for a moment, and would hold the lock.
		_ = unix.Flock(fd, unix.LOCK_UN)
		_ = unix.Close(fd)
	}, true
}
