package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The bounds of one walk over processes.
const (
	// maxVisits bounds the processes looked at.
	maxVisits = 64
	// maxDepth bounds the generations below the leader and below the pane's own
	// process.
	maxDepth = 4
	// maxThreads bounds the threads of one process that are asked for children:
	// the kernel keeps the children of each thread apart.
	maxThreads = 32
)

// NewProcessTable returns the process table of this machine, read from /proc.
func NewProcessTable() ProcessTable { return procTable{root: "/proc"} }

// procTable reads the files of proc(5) below root.
type procTable struct{ root string }

// procStat is what we use of /proc/PID/stat. Fields are numbered in proc(5).
type procStat struct {
	pid       int
	comm      string // field 2
	state     byte   // field 3
	ppid      int    // field 4
	group     int    // field 5
	terminal  int    // field 7, the device
	termGroup int    // field 8
	start     uint64 // field 22, in clock ticks since boot
}

// ended tells whether the process has ended and waits to be reaped.
func (s procStat) ended() bool { return s.state == 'Z' || s.state == 'X' }

// Fingerprint implements ProcessTable.
func (t procTable) Fingerprint(panePID int) (ProcessFingerprint, error) {
	print, _, err := t.leader(panePID)
	return print, err
}

// Foreground implements ProcessTable.
func (t procTable) Foreground(ctx context.Context, panePID int) (ForegroundInfo, error) {
	// A pane is often read in the moment in which a program starts; the second
	// try then meets it at rest.
	for range 2 {
		before, leader, err := t.leader(panePID)
		if err != nil {
			return ForegroundInfo{}, err
		}
		walk := procWalk{table: t, group: before.Group, found: []Process{}, seen: make(map[int]bool)}
		if leader.pid != 0 {
			walk.below(ctx, leader.pid, true)
		}
		// The members of a pipeline are no children of its leader but of the
		// shell, which is the pane's own process or below it.
		walk.below(ctx, panePID, false)
		if err := ctx.Err(); err != nil {
			return ForegroundInfo{}, fmt.Errorf("health: foreground of process %d: %w", panePID, err)
		}
		after, _, err := t.leader(panePID)
		if err != nil {
			return ForegroundInfo{}, err
		}
		if before == after {
			return ForegroundInfo{Fingerprint: after, Processes: walk.found, Raw: t.raw(panePID)}, nil
		}
	}
	return ForegroundInfo{}, fmt.Errorf("health: foreground of process %d: %w", panePID, ErrProcessChanged)
}

// leader finds the foreground group of a process's terminal and the group's
// leader, whose pid is 0 when it has ended.
func (t procTable) leader(panePID int) (ProcessFingerprint, procStat, error) {
	var none procStat
	own, err := t.stat(panePID)
	if err == nil && own.ended() {
		err = ErrProcessGone
	}
	// The kernel gives -1 without a terminal, and 0 for a group that our pid
	// namespace does not see.
	if err == nil && own.termGroup <= 0 {
		err = ErrNoTerminal
	}
	if err != nil {
		return ProcessFingerprint{}, none, fmt.Errorf("health: foreground of process %d: %w", panePID, err)
	}
	leader := own
	if own.termGroup != panePID {
		leader, err = t.stat(own.termGroup)
	}
	switch {
	case errors.Is(err, ErrProcessGone), err == nil && (leader.ended() || leader.group != own.termGroup):
		return ProcessFingerprint{Group: own.termGroup}, none, nil
	case err != nil:
		return ProcessFingerprint{}, none, fmt.Errorf("health: foreground group %d of process %d: %w", own.termGroup, panePID, err)
	}
	return ProcessFingerprint{Group: own.termGroup, Start: leader.start, Comm: leader.comm}, leader, nil
}

// procWalk collects the processes of one foreground group, with bounds on what
// it lists and on what it looks at.
type procWalk struct {
	table  procTable
	group  int
	found  []Process
	seen   map[int]bool
	visits int
}

// step is a process to look at, the parent it must have (0: any), how far below
// the start of the walk it is, and whether its parent was listed.
type step struct {
	pid, ppid, depth int
	listed           bool
}

// below looks at a process and its descendants, nearest first. Members of the
// group are listed with all their descendants; the rest is only passed through.
// listed is set to list the first one in any case.
func (w *procWalk) below(ctx context.Context, pid int, listed bool) {
	queue := []step{{pid: pid, listed: listed}}
	for len(queue) > 0 && ctx.Err() == nil && len(w.found) < maxProcesses && w.visits < maxVisits {
		next := queue[0]
		queue = queue[1:]
		if w.seen[next.pid] {
			continue
		}
		w.seen[next.pid] = true
		w.visits++
		stat, err := w.table.stat(next.pid)
		// A parent other than the expected one means that the pid was reused
		// or the process orphaned since the children were listed.
		if err != nil || stat.ended() || next.ppid != 0 && stat.ppid != next.ppid {
			continue
		}
		member := stat.group == w.group
		if member || next.listed {
			w.found = append(w.found, Process{
				PID: stat.pid, PPID: stat.ppid, Comm: stat.comm, Args: w.table.args(stat.pid), Foreground: member,
			})
		}
		if next.depth == maxDepth {
			continue
		}
		for _, child := range w.table.children(next.pid) {
			queue = append(queue, step{child, next.pid, next.depth + 1, member || next.listed})
		}
	}
}

// stat reads /proc/PID/stat.
func (t procTable) stat(pid int) (procStat, error) {
	if pid <= 0 {
		return procStat{}, ErrProcessGone
	}
	raw, err := t.read(1024, strconv.Itoa(pid), "stat")
	if err != nil {
		return procStat{}, err
	}
	return parseProcStat(raw)
}

// parseProcStat reads the text of /proc/PID/stat. The name stands in parentheses
// and may have any character in it, parentheses too, so the last one ends it.
func parseProcStat(raw []byte) (procStat, error) {
	open, end := bytes.IndexByte(raw, '('), bytes.LastIndexByte(raw, ')')
	if open < 0 || end < open {
		return procStat{}, ErrProcessFormat
	}
	// fields[0] is field 3 of proc(5).
	fields := strings.Fields(string(raw[end+1:]))
	if len(fields) < 20 || len(fields[0]) != 1 || !isLetter(fields[0][0]) {
		return procStat{}, ErrProcessFormat
	}
	s := procStat{comm: string(raw[open+1 : end]), state: fields[0][0]}
	var errs [6]error
	s.pid, errs[0] = strconv.Atoi(strings.TrimSpace(string(raw[:open])))
	s.ppid, errs[1] = strconv.Atoi(fields[1])
	s.group, errs[2] = strconv.Atoi(fields[2])
	s.termGroup, errs[3] = strconv.Atoi(fields[5])
	s.start, errs[4] = strconv.ParseUint(fields[19], 10, 64)
	s.terminal, errs[5] = strconv.Atoi(fields[4])
	if err := errors.Join(errs[:]...); err != nil {
		return procStat{}, fmt.Errorf("%w: %w", ErrProcessFormat, err)
	}
	return s, nil
}

// raw tells whether the terminal of a pane's process is known to be in raw mode.
// Asking changes nothing: the terminal is opened without becoming anybody's, and
// only its settings are read.
func (t procTable) raw(panePID int) bool {
	own, err := t.stat(panePID)
	if err != nil {
		return false
	}
	device := uint64(uint32(own.terminal)) //nolint:gosec // proc(5): a device number of 32 bits
	if major := unix.Major(device); major < firstPTSMajor || major > lastPTSMajor {
		return false
	}
	number := (unix.Major(device)-firstPTSMajor)<<8 + unix.Minor(device)
	fd, err := unix.Open(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil && settings.Lflag&(unix.ICANON|unix.ECHO) == 0
}

// The major device numbers of pseudo terminals.
const (
	firstPTSMajor = 136
	lastPTSMajor  = 143
)

// args reads a command line. nil stands for one that cannot be read or that is
// empty: the name and the place in the tree tell something without it.
func (t procTable) args(pid int) []string {
	raw, err := t.read(maxCommandLine, strconv.Itoa(pid), "cmdline")
	if err != nil {
		return nil
	}
	return splitArgs(string(raw))
}

// children lists the children of all threads of a process; none when it has
// gone, or when the kernel was built without these lists (CONFIG_PROC_CHILDREN).
func (t procTable) children(pid int) []int {
	tasks, err := os.Open(filepath.Join(t.root, strconv.Itoa(pid), "task"))
	if err != nil {
		return nil
	}
	defer func() { _ = tasks.Close() }()
	threads, err := tasks.Readdirnames(maxThreads)
	if err != nil {
		return nil
	}
	var pids []int
	for _, thread := range threads {
		raw, err := t.read(4096, strconv.Itoa(pid), "task", thread, "children")
		if err != nil {
			continue
		}
		// Without the last number if the list was cut within it.
		list := raw[:bytes.LastIndexByte(raw, ' ')+1]
		for _, word := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// read returns the first bytes of a file of /proc, up to limit.
func (t procTable) read(limit int64, path ...string) ([]byte, error) {
	file, err := os.Open(filepath.Join(append([]string{t.root}, path...)...))
	if err != nil {
		return nil, procError(err)
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil, procError(err)
	}
	return raw, nil
}

// procError names what is wrong in our words. A process that goes between open
// and read gives ESRCH.
func procError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return fmt.Errorf("%w: %w", ErrProcessGone, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrProcessAccess, err)
	default:
		return err
	}
}
