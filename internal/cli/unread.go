package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
	"agentwatch/ui/sanitize"
)

// unreadGrace is how long a command that stays gives the servers that it was told
// to watch: an engine process that runs has yet to look for them.
const unreadGrace = 5 * time.Second

// unread is an error for each server that -L and -S name and a snapshot does not
// show as it is now: what is said about its agents would be wrong. It is nil when
// there is none.
func (o watchOptions) unread(p Process, s *engine.Snapshot) error {
	if len(o.names)+len(o.sockets) == 0 {
		return nil
	}
	named := tmuxpool.DiscoverOptions{Names: o.names, Paths: o.sockets, Env: p.Getenv, UID: os.Getuid()}
	var problems []error
	for _, socket := range named.Selection() {
		i := slices.IndexFunc(s.Servers, func(server engine.ServerStatus) bool { return server.Socket == socket })
		why := "no tmux server is running there"
		if i >= 0 {
			why = unreadWhy(s.Servers[i], s.Ready)
		}
		if why != "" {
			problems = append(problems, fmt.Errorf("tmux server %s cannot be read: %s", sanitize.Text(filepath.Base(socket)), sanitize.Text(why)))
		}
	}
	return errors.Join(problems...)
}

// unreadWhy says why a server is not shown as it is now; "" when it is.
func unreadWhy(server engine.ServerStatus, ready bool) string {
	switch {
	case server.Link == engine.LinkLost && server.Reason != "":
		return server.Reason
	case server.Link == engine.LinkLost, server.Link == engine.LinkConnecting && !ready:
		return "it does not answer"
	default:
		return server.Problem
	}
}

// firstRead reports, from the snapshots that a command sees, that it will never see
// a server that it was told to watch. One that was seen and is lost may come back.
type firstRead struct {
	options watchOptions
	process Process
	// machines are those that the command is about.
	machines machines
	began    time.Time
	// done is set once every server and machine has been seen.
	done bool
}

// check returns an error when the time is over for a server that was never seen.
func (f *firstRead) check(s *engine.Snapshot, now time.Time) error {
	if f.done {
		return nil
	}
	err := errors.Join(f.machines.unread(f.process, f.options, s), f.machines.never(s))
	f.done = err == nil && s.Ready && f.machines.heard(s)
	if now.Sub(f.began) < unreadGrace {
		return nil
	}
	return err
}
