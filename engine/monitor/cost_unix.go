package monitor

import (
	"time"

	"golang.org/x/sys/unix"
)

// ownTime is the processor time that this process has used so far; its
// children that still run (control clients) are not in it.
func ownTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
