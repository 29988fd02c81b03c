package health

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What can be wrong with a question about a pane's processes. The errors of a
// ProcessTable wrap one of these, or the context's error.
var (
	// ErrProcessGone: the pane's process does not exist any more.
	ErrProcessGone = errors.New("process is gone")
	// ErrProcessAccess: the system does not let us look at it.
	ErrProcessAccess = errors.New("no access to process")
	// ErrProcessChanged: the foreground changed while it was being read, twice
	// in a row. Asking again later is right.
	ErrProcessChanged = errors.New("foreground changed while it was read")
	// ErrProcessFormat: the system's answer could not be understood.
	ErrProcessFormat = errors.New("process facts not understood")
	// ErrNoTerminal: the process has no controlling terminal, or one without a
	// foreground group.
	ErrNoTerminal = errors.New("process has no terminal")
	// ErrProcessUnsupported: this system offers no facts about foreground
	// groups.
	ErrProcessUnsupported = errors.New("process facts are not supported on this system")
)

// The bounds of one answer. An agent is its group's leader or a few launchers
// below it; the tools that it runs can be many.
const (
	// maxProcesses bounds the processes listed.
	maxProcesses = 16
	// maxCommandLine bounds the bytes read of one command line.
	maxCommandLine = 16 << 10
)

// ProcessTable answers what runs in the foreground of a terminal. The cost of an
// answer depends on that terminal alone, never on how many processes the machine
// has. Its methods are safe for concurrent use.
type ProcessTable interface {
	// Fingerprint identifies what is in the foreground of the terminal of the
	// pane's own process (tmux's pane_pid). It costs one or two small reads.
	Fingerprint(panePID int) (ProcessFingerprint, error)
	// Foreground lists the processes that are worth knowing. A process that
	// vanishes meanwhile is left out.
	Foreground(ctx context.Context, panePID int) (ForegroundInfo, error)
}

// ProcessFingerprint tells one foreground program from another. It is
// comparable, and the same for as long as the group's leader is the same process
// running the same program. It does not tell of children: a script that is the
// leader keeps its fingerprint whatever it starts, so an answer kept under a
// fingerprint needs a time to live as well.
type ProcessFingerprint struct {
	// Group is the id of the terminal's foreground process group.
	Group int
	// Start is when the group's leader was started, in the system's own unit;
	// it tells a reused process id. 0 when the leader has ended before the
	// group, as in "echo question | agent".
	Start uint64
	// Comm is the leader's short name, which changes when it becomes another
	// program; empty when the leader has ended.
	Comm string
}

// ForegroundInfo is what a terminal runs in the foreground.
type ForegroundInfo struct {
	Fingerprint ProcessFingerprint
	// Processes has the group's leader first, then (on Linux) its descendants,
	// nearest first, then the other members of the group. Descendants outside
	// the group have Foreground unset. It is never nil, has at most 16
	// processes, and leaves zombies out.
	Processes []Process
	// Raw is set when the terminal is known to be in raw mode.
	Raw bool
}

// ParseProcessLine reads the text form "pid ppid stat cpu comm | args", such as
//
//	1554 1508 Sl+ 7.9 claude | claude --permission-mode default
//
// The arguments are separated by single spaces, so one that has spaces in it
// reads as several. A "+" in stat sets Foreground, as ps has it. A zombie has no
// arguments: ps shows its bracketed name instead.
func ParseProcessLine(line string) (Process, error) {
	fail := func(what string) (Process, error) {
		return Process{}, fmt.Errorf("health: process line %.80q: %w: %s", line, ErrProcessFormat, what)
	}
	var fields [4]string
	rest := line
	for i := range fields {
		field, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
		if !ok {
			return fail("wants pid ppid stat cpu comm | args")
		}
		fields[i], rest = field, after
	}
	pid, err := strconv.Atoi(fields[0])
	if err != nil || pid <= 0 {
		return fail("bad pid")
	}
	ppid, err := strconv.Atoi(fields[1])
	if err != nil || ppid < 0 {
		return fail("bad ppid")
	}
	stat := fields[2]
	if _, err := strconv.ParseFloat(fields[3], 64); err != nil {
		return fail("bad cpu")
	}
	// A program may be called anything; what stands behind the first bar is the
	// command line, which may have bars of its own.
	comm, args, ok := strings.Cut(rest+" ", " | ")
	if !ok {
		return fail("no bar before the arguments")
	}
	comm = strings.TrimSpace(comm)
	if comm == "" {
		return fail("no name")
	}
	p := Process{PID: pid, PPID: ppid, Comm: comm, Foreground: strings.Contains(stat, "+")}
	if args = strings.TrimSpace(args); args != "" && !strings.HasPrefix(stat, "Z") {
		p.Args = strings.Split(args, " ")
	}
	return p, nil
}
