package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/health"
)

// Client is a tmux client with a terminal, that is, a user's.
type Client struct {
	// Server is the path of the server's socket, Name the client's name.
	Server string
	Name   string
	// Pane is the active pane that it shows; empty when unknown.
	Pane string
	// ActiveAt is when a key was last pressed in it; zero when unknown.
	ActiveAt time.Time
}

// Format is text in tmux's format language in which every character stands for
// itself: nothing in it is expanded, no command in it runs.
type Format string

// FormatOf makes untrusted text safe where tmux expands formats: "#(...)" would
// run a command. A style ("#[") cannot be escaped, so it is broken up.
func FormatOf(text string) Format {
	return Format(strings.NewReplacer("#[", "## [", "#", "##", "%", "%%").Replace(plain(text, maxTitle+maxBody)))
}

// Tmux reaches the user's tmux clients. Its methods are safe for concurrent use
// and end with ctx.
type Tmux interface {
	// Clients returns the clients of all watched servers that have a terminal,
	// never one in control mode.
	Clients(ctx context.Context) ([]Client, error)
	// Show shows a message in a client's status line.
	Show(ctx context.Context, c Client, message Format, d time.Duration) error
}

// status shows a message in the status lines of tmux.
type status struct {
	tmux Tmux
	show time.Duration
}

func (s status) send(ctx context.Context, m Message) error {
	if s.tmux == nil {
		return refused("no tmux is watched", "use a channel of another type")
	}
	clients, err := s.tmux.Clients(ctx)
	if err != nil {
		return failed("tmux does not tell its clients: "+plain(err.Error(), maxNote), "", err)
	}
	if len(clients) == 0 {
		return refused("nobody is attached to tmux", "attach a client, or add a channel that reaches you elsewhere")
	}
	message := FormatOf(m.Text())
	var errs []error
	for _, c := range clients {
		if err := s.tmux.Show(ctx, c, message, s.show); err != nil {
			errs = append(errs, fmt.Errorf("client %s: %w", c.Name, err))
		}
	}
	if len(errs) == len(clients) {
		err := errors.Join(errs...)
		return failed("tmux shows no message: "+plain(err.Error(), maxNote), "", err)
	}
	return nil
}

// lookingWithin is how long after the last key a user is taken to look at the
// screen.
const lookingWithin = 5 * time.Minute

// lookedAt returns the panes that somebody looks at.
func lookedAt(clients []Client, now time.Time) []health.PaneRef {
	var panes []health.PaneRef
	for _, c := range clients {
		if c.Pane != "" && (c.ActiveAt.IsZero() || now.Sub(c.ActiveAt) < lookingWithin) {
			panes = append(panes, health.PaneRef{Server: c.Server, Pane: c.Pane})
		}
	}
	return panes
}
