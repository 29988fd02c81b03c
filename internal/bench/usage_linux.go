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
	return tickedCPU(pid)
}

// tickedCPU is what a process with all its threads has used, in ticks.
func tickedCPU(pid int) (time.Duration, error) {
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

// threadsCPU returns the CPU time that the living threads of a process have used,
// in nanoseconds where the kernel tells; Go lets threads live.
func threadsCPU(pid int) (time.Duration, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: CPU time of process %d: %w", pid, err)
	}
	total := time.Duration(0)
	for _, thread := range threads {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, thread.Name()))
		if err != nil {
			return tickedCPU(pid)
		}
		ran, _, _ := bytes.Cut(stat, []byte{' '})
		ns, err := strconv.ParseInt(string(ran), 10, 64)
		if err != nil {
			return tickedCPU(pid)
		}
		total += time.Duration(ns)
	}
	if total == 0 {
		return tickedCPU(pid) // a kernel that does not count
	}
	return total, nil
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
