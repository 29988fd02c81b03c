package hearing

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// noWatch is the watch of a pane that is not armed.
const noWatch = 0

// watched is a followed pane. It is guarded by the listener's mu.
type watched struct {
	Pane
	ear *Ear
	// watch is the armed watch, or noWatch.
	watch int
	// printedAt is when it was last heard, pending is set while that waits to be
	// taken.
	printedAt time.Time
	pending   bool
	// failed is why the pane could not be armed; reachable is set once its terminal
	// was found to be the one that its path means to us.
	failed    error
	reachable bool
}

// Ear listens to the panes of one server. It is safe for concurrent use.
type Ear struct {
	listener *Listener
	// server is a process of the server's; 0 when it is not known.
	server int
	wake   chan struct{}

	// The following is guarded by the listener's mu.
	panes      map[string]*watched
	printed    []string
	everything bool
	terminals  bool
	closed     bool
	events     uint64
	merged     uint64
	lost       uint64
}

// Ear returns an ear for the server behind a socket, which follows no pane yet.
// Close it after use.
func (l *Listener) Ear(socket string) *Ear {
	e := &Ear{listener: l, server: ServerProcess(socket), wake: make(chan struct{}, 1), panes: make(map[string]*watched)}
	l.mu.Lock()
	l.ears[e] = struct{}{}
	l.mu.Unlock()
	return e
}

// ServerProcess is the process that listens on a socket; 0 when the system does
// not say, as of processes in a container that is not ours.
func ServerProcess(socket string) int {
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return 0
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}

// Children names the processes that the server has started and that live, each pane's
// program among them. Panes cannot have come or gone while it is the same. Empty when
// the system does not tell.
func (e *Ear) Children() string {
	if e.server == 0 {
		return ""
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", e.server, e.server))
	if err != nil {
		return ""
	}
	return string(children)
}

// Close ends all that the ear listens to.
func (e *Ear) Close() {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	delete(e.listener.ears, e)
	for id := range e.panes {
		e.drop(id)
	}
}

// Woken is signalled when there is something to take.
func (e *Ear) Woken() <-chan struct{} { return e.wake }

// Take returns what was heard since the last call.
func (e *Ear) Take() Heard {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	h := Heard{Everything: e.everything, Terminals: e.terminals, Closed: e.closed}
	for _, id := range e.printed {
		// A pane that has been armed since then, or is gone, has nothing pending.
		if p := e.panes[id]; p != nil && p.pending {
			p.pending = false
			h.Printed = append(h.Printed, Print{Pane: id, At: p.printedAt})
		}
	}
	e.merged += uint64(max(len(h.Printed)-1, 0))
	e.printed, e.everything, e.terminals, e.closed = e.printed[:0], false, false, false
	return h
}

// Follow listens to these panes and to no others.
func (e *Ear) Follow(panes []Pane) {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	keep := make(map[string]bool, len(panes))
	for _, pane := range panes {
		keep[pane.ID] = true
		p := e.panes[pane.ID]
		if p != nil && p.Pane != pane {
			e.drop(pane.ID)
			p = nil
		}
		if p == nil {
			p = &watched{Pane: pane, ear: e}
			e.panes[pane.ID] = p
			e.arm(p)
		}
	}
	for id := range e.panes {
		if !keep[id] {
			e.drop(id)
		}
	}
}

// drop forgets a pane. It is called under mu.
func (e *Ear) drop(id string) {
	p := e.panes[id]
	delete(e.panes, id)
	if p.watch == noWatch {
		return
	}
	delete(e.listener.panes, p.watch)
	if !e.listener.closed {
		_, _ = unix.InotifyRmWatch(e.listener.fd, uint32(p.watch))
	}
	p.watch = noWatch
}

// Arm asks for a report of the pane's next write, from this moment on, and tells
// whether there will be one. What was heard of it before is taken back: the
// caller looks at it now.
func (e *Ear) Arm(pane string) bool {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	p := e.panes[pane]
	return p != nil && e.arm(p)
}

// arm is Arm, under mu. A watch that is still armed is left alone: when it has
// been written to already, the report is on its way.
func (e *Ear) arm(p *watched) bool {
	p.pending = false
	if p.watch != noWatch {
		return true
	}
	p.failed = e.tryArm(p)
	return p.failed == nil
}

func (e *Ear) tryArm(p *watched) error {
	l := e.listener
	if l.closed {
		return ErrClosed
	}
	if !p.reachable {
		if err := e.reachable(p.Pane); err != nil {
			return err
		}
		p.reachable = true
	}
	watch, err := unix.InotifyAddWatch(l.fd, p.TTY, paneEvents)
	if err != nil {
		return fmt.Errorf("watch %s: %w", p.TTY, limitError(err))
	}
	if other := l.panes[watch]; other != nil {
		// Its terminal was closed and this pane has it now: the other's end is
		// told by tmux.
		other.watch = noWatch
	}
	p.watch = watch
	l.panes[watch] = p
	return nil
}

// reachable returns ErrUnreachable unless the pane's terminal is the one that
// the same path means to us: a server in a container has a /dev/pts of its own.
// The server's process tells, or, where we may not look at it, the pane's.
func (e *Ear) reachable(p Pane) error {
	if filepath.Dir(p.TTY) != terminalFolder {
		return fmt.Errorf("%w: %s", ErrUnreachable, p.TTY)
	}
	var ours, theirs unix.Stat_t
	if err := unix.Stat(terminalFolder, &ours); err != nil {
		return fmt.Errorf("look at %s: %w", terminalFolder, err)
	}
	err := error(unix.ESRCH)
	for _, pid := range []int{e.server, p.PID} {
		if pid <= 0 {
			continue
		}
		err = unix.Stat(fmt.Sprintf("/proc/%d/root%s", pid, terminalFolder), &theirs)
		if err == nil && theirs.Dev == ours.Dev {
			return nil
		}
		if err == nil {
			return ErrUnreachable
		}
	}
	return fmt.Errorf("%w (%w)", ErrUnreachable, err)
}

// Hears tells whether the kernel reports on the pane: it is armed, or has been
// heard and waits to be armed again.
func (e *Ear) Hears(pane string) bool {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	p := e.panes[pane]
	return p != nil && p.failed == nil && !e.listener.closed
}

// Status says how the followed panes are heard.
func (e *Ear) Status() Status {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	s := Status{Events: e.events, Merged: e.merged, Lost: e.lost}
	if e.listener.closed {
		s.Reason = ErrClosed // also where no pane is followed
	}
	for _, p := range e.panes {
		switch {
		case e.listener.closed:
			s.Unheard++
			s.Reason = ErrClosed
		case p.failed != nil:
			s.Unheard++
			s.Reason = p.failed
		default:
			s.Heard++
		}
	}
	return s
}

// hear takes a report on a pane, which is not armed any more. It is called under
// mu.
func (e *Ear) hear(p *watched, mask uint32, now time.Time) {
	if mask&unix.IN_MODIFY == 0 {
		// The terminal was closed.
		e.closed = true
		signal(e.wake)
		return
	}
	e.events++
	p.pending, p.printedAt = true, now
	e.printed = append(e.printed, p.ID)
	signal(e.wake)
}

// hearTerminal takes a report on the folder of all terminals. It is called under mu.
func (e *Ear) hearTerminal(mask uint32, path string) {
	if mask&unix.IN_DELETE != 0 {
		for _, p := range e.panes {
			if p.TTY == path {
				e.closed = true
				signal(e.wake)
				break
			}
		}
		return
	}
	e.terminals = true
	signal(e.wake)
}

// loseEverything marks all panes as not armed. It is called under mu.
func (e *Ear) loseEverything() {
	for _, p := range e.panes {
		p.watch = noWatch
	}
	e.everything = true
	signal(e.wake)
}

// ReadLimits returns the system's limits.
func ReadLimits() Limits {
	read := func(name string) (n int) {
		text, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
		if err == nil {
			_, err = fmt.Sscan(string(text), &n)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0
		}
		return n
	}
	return Limits{Watches: read("max_user_watches"), Instances: read("max_user_instances")}
}
