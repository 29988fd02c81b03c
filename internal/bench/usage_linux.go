package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every
// platform that Go runs on.
const clockTick = 10 * time.Millisecond

// processCPU returns the CPU time that a process with one thread has used:
// in nanoseconds where the kernel tells (/proc/PID/schedstat), else in ticks.
func processCPU(pid int) (time.Duration, error) {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid)); err == nil {
		ran, _, _ := bytes.Cut(stat, []byte{' '})
		if ns, err := strconv.ParseInt(string(ran), 10, 64); err == nil && ns > 0 {
			return time.Duration(ns), nil
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: CPU time of process %d: %w", pid, err)
	}
	// Field 2, the name, stands in brackets and may hold anything; 14 and 15
	// are the times.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int64
	for _, i := range []int{14 - 3, 15 - 3} {
		if i >= len(fields) {
			return 0, fmt.Errorf("bench: CPU time of process %d: /proc tells too little", pid)
		}
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("bench: CPU time of process %d: %w", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// processRSS returns the resident memory of a process, in bytes.
func processRSS(pid int) (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: memory of process %d: %w", pid, err)
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("bench: memory of process %d: /proc tells too little", pid)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("bench: memory of process %d: %w", pid, err)
	}
	return pages * int64(os.Getpagesize()), nil
}
