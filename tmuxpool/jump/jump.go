package jump

import (
	"context"
	"errors"
	"fmt"
	"os"

	"agentwatch/tmuxpool"
)

// Errors of a jump, beside those of tmuxpool: ErrPaneGone, ErrNoServer,
// ErrServerHung, ErrPermission, ErrTmuxMissing and ErrCommand.
var (
	// ErrNoClient: no terminal shows the place that is jumped from.
	ErrNoClient = errors.New("no terminal shows this window: attach one with \"tmux attach\"")
	// ErrUnsure: it cannot be told which of several terminals asked.
	ErrUnsure = errors.New("several terminals show this window and were used in the same second, so it is not sure which one asked: press the key again")
	// ErrWouldEnd: the session that is left would end.
	ErrWouldEnd = errors.New("the session would end when its only terminal leaves it, and its programs with it: see its option destroy-unattached")
	// ErrNotArrived: the terminal has left its server, and does not show up at
	// the other.
	ErrNotArrived = errors.New("the terminal did not arrive at the other tmux server")
)

// Place is a pane of a tmux server. The zero value is a place outside tmux.
type Place struct {
	// Socket is the path of the server's socket, Pane the pane's id ("%3").
	// A popup is a place without a pane.
	Socket, Pane string
}

// outside tells whether the place is outside tmux.
func (p Place) outside() bool { return p.Socket == "" }

// String names the place for messages.
func (p Place) String() string {
	switch {
	case p.outside():
		return "outside tmux"
	case p.Pane == "":
		return p.Socket
	default:
		return p.Pane + " on " + p.Socket
	}
}

// Done is what a jump came to.
type Done struct {
	// Attach is the command that takes a terminal there which is not inside
	// tmux; empty when the jump has been made.
	Attach []string
	// Back says how to come back: "C-b l comes back". Empty when nothing moved.
	Back string
	// Along are other clients that see another window or pane now, too.
	Along []string
}

// Jumper jumps from one place. It is safe for concurrent use.
type Jumper struct {
	// Tmux is the path of the tmux program.
	Tmux string
	// Home is where the user sits.
	Home Place
	// Client is the name of the tmux client that asks, where that is known, as in
	// a key binding (#{client_name}); empty to find it out.
	Client string
}

// To takes the user's client to a pane. It waits for tmux, some seconds at
// worst. Inside a popup, the popup stays over what is shown now until its
// program ends; a jump to another server ends it.
func (j Jumper) To(ctx context.Context, to Place) (Done, error) {
	if to.outside() {
		return Done{}, tmuxpool.ErrNoServer
	}
	there, err := j.look(ctx, to.Socket)
	if err != nil {
		return Done{}, err
	}
	if !there.has(to.Pane) {
		return Done{}, tmuxpool.ErrPaneGone
	}
	if j.Home.outside() {
		target := there.best(to.Pane, "")
		back := j.keys(ctx, there, target.session).hint(detach)
		return Done{
			Attach: append(append(j.attach(there, target), ";"), there.server.message(back)...), Along: there.along(target, ""),
			Back: back,
		}, nil
	}
	if sameFile(j.Home.Socket, to.Socket) {
		return j.within(ctx, there, j.Home, to)
	}
	here, err := j.look(ctx, j.Home.Socket)
	if err != nil {
		return Done{}, fmt.Errorf("from %s: %w", j.Home, err)
	}
	asker, err := j.asker(ctx, here, j.Home)
	if err != nil {
		return Done{}, err
	}
	if outer := there.paneOf(asker.tty); outer != "" {
		return j.within(ctx, there, Place{Socket: to.Socket, Pane: outer}, to)
	}
	return j.across(ctx, here, asker, there, to)
}

// within switches the client that shows a place to another on the same server.
func (j Jumper) within(ctx context.Context, s sight, from, to Place) (Done, error) {
	asker, err := j.asker(ctx, s, from)
	if err != nil {
		return Done{}, err
	}
	target := s.best(to.Pane, asker.session)
	if target.view == asker.view {
		return Done{}, nil
	}
	if target.session != asker.session && s.endsWithout(asker) {
		return Done{}, ErrWouldEnd
	}
	way := lastPane
	switch {
	case target.session != asker.session:
		way = lastSession
	case target.window != asker.window:
		way = lastWindow
	}
	done := Done{Back: j.keys(ctx, s, target.session).hint(way), Along: s.along(target, asker.name)}
	command := []string{"switchc", "-E", "-c", asker.name, "-t", target.String()}
	if target.zoomed {
		command = append(command, "-Z")
	}
	if _, err := j.run(ctx, s.server, command...); err != nil {
		return Done{}, err
	}
	j.tell(ctx, s.server, asker.name, done.Back)
	return done, nil
}

// tell says to a client how it comes back, in a message of tmux: the user looks
// there now. The jump is made whether that can be said or not.
func (j Jumper) tell(ctx context.Context, s server, client, back string) {
	command := s.message(back)
	_, _ = j.run(ctx, s, append([]string{command[0], "-c", client}, command[1:]...)...)
}

// sameFile tells whether two paths are the same file, by whatever way.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
