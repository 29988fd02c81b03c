package bench

import (
	"bytes"
	"fmt"
	"os"
	"slices"
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

// Where /proc/PID/stat has the user's and the system's time of a process, and those of
// its children that have ended, counted from the field after its name, from 0.
var ownTimes, childrenTimes = [...]int{14 - 3, 15 - 3}, [...]int{16 - 3, 17 - 3}

// tickedCPU is what a process with all its threads has used, in ticks.
func tickedCPU(pid int) (time.Duration, error) { return ticked(pid, ownTimes) }

// ticked is the sum of two times of /proc/PID/stat, which are in ticks.
func ticked(pid int, times [2]int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: CPU time of process %d: %w", pid, err)
	}
	// Field 2, the name, stands in brackets and may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int64
	for _, i := range times {
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

// family returns the processes of a program that was started with home as its state
// folder: what it has started takes that over. (The processes that live for a moment
// only count with those that wait for them.)
func family(pid int, home string) []int {
	pids := []int{pid}
	folders, err := os.ReadDir("/proc")
	if err != nil {
		return pids
	}
	wanted := []byte("XDG_STATE_HOME=" + home)
	for _, folder := range folders {
		other, err := strconv.Atoi(folder.Name())
		if err != nil || other == pid {
			continue
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", other))
		if err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(pair []byte) bool { return bytes.Equal(pair, wanted) }) {
			pids = append(pids, other)
		}
	}
	return pids
}

// processAndChildrenCPU is what the living threads of a process have used, and its
// children that have ended, those in ticks.
func processAndChildrenCPU(pid int) (time.Duration, error) {
	own, err := threadsCPU(pid)
	if err != nil {
		return 0, err
	}
	children, err := ticked(pid, childrenTimes)
	return own + children, err
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

// processShare returns a process's share of the memory that it uses: what it shares
// with n others, as the program's text, counts an nth. Where the kernel does not tell,
// it is the resident memory.
func processShare(pid int) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return processRSS(pid)
	}
	for line := range bytes.Lines(rollup) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == "Pss:" {
			if kib, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				return kib << 10, nil
			}
		}
	}
	return processRSS(pid)
}
