package health

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// StartedAt is when a process was started, to the second; zero when that cannot be
// told.
func StartedAt(pid int) time.Time {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return time.Time{}
	}
	// The name in brackets can hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const start, ticksPerSecond = 19, 100
	if len(fields) <= start {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(string(fields[start]), 10, 64)
	if err != nil {
		return time.Time{}
	}
	machine, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}
	}
	_, rest, ok := bytes.Cut(machine, []byte("\nbtime "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	boot, err := strconv.ParseInt(string(line), 10, 64)
	if !ok || err != nil {
		return time.Time{}
	}
	return time.Unix(boot+ticks/ticksPerSecond, 0)
}
