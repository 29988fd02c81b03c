package tmuxpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// The errors that callers may want to tell apart, with errors.Is. They arrive
// wrapped with the operation and the pane or socket.
var (
	// ErrTmuxMissing: there is no tmux program on this machine.
	ErrTmuxMissing = errors.New("tmux is not installed or not in PATH: install tmux 3.2 or newer, for example with \"apt install tmux\" or \"brew install tmux\"")
	// ErrTmuxTooOld: the server is older than tmux 3.0.
	ErrTmuxTooOld = errors.New("this tmux server is older than tmux 3.0 and cannot be watched; what runs in it is not touched, and new servers of a newer tmux are watched")
	// ErrOtherRelease: the server is of a release of tmux that this tmux program
	// cannot talk to, as after an upgrade. It runs on with all that is in it.
	ErrOtherRelease = errors.New("this tmux server is of another release than the tmux program, which cannot talk to it")
	// ErrNoServer: no tmux server listens on the socket.
	ErrNoServer = errors.New("no tmux server is running there")
	// ErrPermission: the socket belongs to somebody else.
	ErrPermission = errors.New("no permission to use this tmux socket")
	// ErrServerLost: the server went away while it was being watched.
	ErrServerLost = errors.New("the tmux server is gone")
	// ErrServerHung: the server is there and does not answer.
	ErrServerHung = errors.New("the tmux server does not answer")
	// ErrAcquireTimeout: no client became free in time.
	ErrAcquireTimeout = errors.New("no tmux client became free in time")
	// ErrPoolClosed: the pool or its server has been closed.
	ErrPoolClosed = errors.New("it has been closed")
	// ErrPaneGone: the pane does not exist (any more).
	ErrPaneGone = errors.New("the pane is gone")
	// ErrForbidden: the guard refused to send a command.
	ErrForbidden = errors.New("refused: not a command that only looks")
	// ErrProtocol: tmux sent what its control protocol does not allow.
	ErrProtocol = errors.New("tmux broke its control protocol")
	// ErrClientExited: the control client ended, or was ended by the server.
	ErrClientExited = errors.New("the tmux client has ended")
	// ErrCommand: tmux answered a command with an error of another sort.
	ErrCommand = errors.New("tmux reported an error")
)

// errManualSize: making a detached session would crash the server.
var errManualSize = errors.New("the option window-size is \"manual\", with which tmux 3.3 crashes when a session is made")

// errAlias: the server cannot read a command of ours, or it does something else.
var errAlias = fmt.Errorf("%w: its option command-alias may redefine a command that agentwatch needs", ErrCommand)

// errNotTmux: something else listens on the socket.
var errNotTmux = errors.New("not a tmux server")

// errClosed: we ended the client ourselves.
var errClosed = errors.New("closed")

// errMoved: our client was moved among the user's sessions.
var errMoved = errors.New("moved into another session")

// commandError turns the text of a failed command into an error.
func commandError(text string) error {
	text = strings.TrimSpace(text)
	switch {
	case strings.Contains(text, "protocol version mismatch"):
		// Before the others: "server exited unexpectedly" can follow it.
		return fmt.Errorf("%w (%s)", ErrOtherRelease, text)
	case strings.Contains(text, "can't find pane"), strings.Contains(text, "can't find window"):
		return fmt.Errorf("%w (%s)", ErrPaneGone, text)
	case strings.Contains(text, "no server running"), strings.Contains(text, "error connecting to"),
		strings.Contains(text, "lost server"), strings.Contains(text, "server exited"):
		return fmt.Errorf("%w (%s)", ErrNoServer, text)
	case strings.Contains(text, "unknown command"), strings.Contains(text, "unknown flag"),
		strings.Contains(text, "too many arguments"), strings.Contains(text, "usage: ") && !strings.Contains(text, "usage: tmux"):
		return fmt.Errorf("%w (%s)", errAlias, text)
	case text == "":
		return fmt.Errorf("%w, without a text", ErrCommand)
	default:
		return fmt.Errorf("%w: %s", ErrCommand, text)
	}
}

// keptOutput turns the error of a call that has ended and whose output stays open.
// A server before 3.2 never closes the output of a client from 3.2 on, so that each
// call would cost the server a file descriptor for good.
func keptOutput(err error) error {
	if errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("%w (it keeps the output of its clients)", ErrOtherRelease)
	}
	return err
}

// dialError turns the failure to connect to a socket into an error.
func dialError(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w (%w)", ErrPermission, err)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTSOCK):
		return fmt.Errorf("%w (%w)", ErrNoServer, err)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.EAGAIN):
		// A full backlog: the process is there and accepts nobody.
		return fmt.Errorf("%w (%w)", ErrServerHung, err)
	default:
		return fmt.Errorf("%w (%w)", ErrNoServer, err)
	}
}

// clientFailure tells whether an error is that of one client, and the same
// request may go better over another.
func clientFailure(err error) bool {
	return errors.Is(err, ErrClientExited) || errors.Is(err, ErrProtocol)
}

// linkFailure tells whether an error speaks against the connection, and not
// against one command or its caller's patience.
func linkFailure(err error) bool {
	return err != nil && !errors.Is(err, ErrPaneGone) && !errors.Is(err, ErrCommand) &&
		!errors.Is(err, ErrForbidden) && !errors.Is(err, ErrAcquireTimeout) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
