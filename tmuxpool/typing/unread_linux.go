package typing

import "golang.org/x/sys/unix"

// Unread returns how many bytes that were typed at a terminal its program has
// not read yet; false when that cannot be told. A program that has not read a
// key has not ignored it.
func Unread(tty string) (int, bool) {
	fd, err := unix.Open(tty, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	return n, err == nil
}
