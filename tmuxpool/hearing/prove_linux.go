package hearing

import (
	"fmt"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// proofTimeout bounds the wait for the report of our own write, which takes less
// than a millisecond.
const proofTimeout = time.Second

// prove writes to a terminal of our own and returns ErrDeaf unless that is
// reported.
func prove(inotify int) error {
	master, terminal, err := pty.Open()
	if err != nil {
		return fmt.Errorf("open a terminal: %w", err)
	}
	defer master.Close()
	defer terminal.Close()
	watch, err := unix.InotifyAddWatch(inotify, terminal.Name(), paneEvents)
	if err != nil {
		return fmt.Errorf("watch %s: %w", terminal.Name(), limitError(err))
	}
	if _, err := terminal.WriteString("x"); err != nil {
		return fmt.Errorf("write to %s: %w", terminal.Name(), err)
	}
	buffer := make([]byte, readSize)
	for deadline := time.Now().Add(proofTimeout); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return ErrDeaf
		}
		ready := []unix.PollFd{{Fd: int32(inotify), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, int(left.Milliseconds())+1); n == 0 || err != nil {
			continue
		}
		n, err := unix.Read(inotify, buffer)
		if err != nil {
			continue
		}
		for reports := buffer[:n]; len(reports) >= unix.SizeofInotifyEvent; {
			var r report
			if r, reports = nextReport(reports); r.watch == watch && r.mask&unix.IN_MODIFY != 0 {
				return nil
			}
		}
	}
}
