// Package hearing tells when the program of a pane has printed, without asking
// tmux.
//
// On Linux the kernel reports each write to a pane's terminal (inotify), and
// terminals that are made and closed. One goroutine reads the reports. A watch
// reports once and is armed again by Ear.Arm right before the pane is captured,
// so that the work is bounded by the captures and not by what is printed.
//
// The kernel does not report everything that changes a screen: what a terminal
// echoes by itself, writes through /dev/tty, resizes, tmux's own modes and moves
// of panes stay unheard. And a report comes before tmux has read what was
// written. Whoever listens must look again some time after the last report and
// keep asking tmux, seldom, for its own record of activity.
//
// On other systems Listen returns ErrUnsupported.
package hearing

import (
	"errors"
	"time"
)

// Errors of listening. ErrLimit and ErrUnreachable come with what the system
// said, wrapped.
var (
	// ErrUnsupported: this system does not report writes to terminals.
	ErrUnsupported = errors.New("this system does not report writes to terminals")
	// ErrDeaf: a write to a terminal of our own was not reported.
	ErrDeaf = errors.New("the kernel did not report a write to a terminal of our own")
	// ErrLimit: a limit of the system has been reached (fs.inotify in sysctl).
	ErrLimit = errors.New("a limit of inotify is reached")
	// ErrUnreachable: the pane's terminal is not one of those under our /dev/pts.
	ErrUnreachable = errors.New("its terminals are not the ones under /dev/pts here")
	// ErrClosed: the listener has been closed, or has failed.
	ErrClosed = errors.New("nobody listens any more")
)

// Pane is a pane to listen to.
type Pane struct {
	// ID is the pane's id in its server, TTY the path of its terminal, PID its
	// first process.
	ID, TTY string
	PID     int
}

// Print says that a pane has printed since it was armed.
type Print struct {
	Pane string
	// At is when the report was read.
	At time.Time
}

// Heard is what was heard since the last call of Ear.Take.
type Heard struct {
	// Printed has each pane at most once.
	Printed []Print
	// Everything is set when reports were lost: any pane may have printed, and
	// none is armed.
	Everything bool
	// Terminals is set when a terminal has been made, by whatever program, or nobody
	// knows; Closed when that of a followed pane has been closed.
	Terminals, Closed bool
}

// Status says how the panes of one server are heard.
type Status struct {
	// Heard and Unheard count the followed panes that the kernel reports on and
	// those that it does not.
	Heard, Unheard int
	// Reason says why panes are unheard; nil when none is. When several reasons
	// hold it is one of them.
	Reason error
	// Events counts the reports of writes; Merged those that were taken together
	// with an earlier one; Lost how often reports were lost.
	Events, Merged, Lost uint64
}

// Limits are what the system grants each user; zero where it does not tell.
type Limits struct {
	// Watches bounds the panes that can be heard, Instances the programs that
	// can listen (each agentwatch needs one).
	Watches, Instances int
}
