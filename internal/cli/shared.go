package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/socket"
	"agentwatch/tmuxpool"
)

// selection are the servers that the flags name, and the one that a process with
// this environment runs in.
func (o watchOptions) selection(getenv func(string) string) api.Selection {
	s := api.Selection{Names: o.names, Here: ownServer(getenv)}
	for _, path := range o.sockets {
		s.Sockets = append(s.Sockets, resolvedSocket(path))
	}
	return s
}

// resolvedSocket is a socket's path as servers are known by it: without symbolic
// links.
func resolvedSocket(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// dialEngine connects to the user's engine process.
func dialEngine(p Process) client.Dial {
	path := socket.Path(p.Getenv)
	return func(ctx context.Context) (net.Conn, error) { return socket.Dial(ctx, path) }
}

// askTimeout bounds one question to the engine process, which can have begun to
// look only now.
const askTimeout = 8 * time.Second

// source says who has answered.
type source string

// The sources of an answer.
const (
	sourceInstance source = "instance"
	sourceLook     source = "look"
)

// asking is how commands ask that look once.
type asking struct {
	process Process
	options watchOptions
	// verbose says on standard error who was asked, and why.
	verbose bool
}

// asked runs a command's questions against the engine process, or without one
// against an engine of this process, which leaves no trace on the servers. Both
// are asked by the same API.
func asked(ctx context.Context, a asking, question func(context.Context, *client.Client) error) (source, error) {
	c := client.New(dialEngine(a.process), a.options.selection(a.process.Getenv))
	defer c.Close()
	answered, cancel := context.WithTimeout(ctx, askTimeout)
	// Whoever answers is asked everything: what is wrong later is an answer.
	_, err := c.Status(answered)
	cancel()
	switch {
	case err == nil:
		return sourceInstance, question(ctx, c)
	case ctx.Err() != nil:
		return sourceInstance, ctx.Err()
	case a.verbose:
		fmt.Fprintf(a.process.Stderr, "agentwatch: looking by itself: %v\n", err)
	}
	service, err := a.options.service(a.process, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	if err != nil {
		return sourceLook, err
	}
	return sourceLook, within(ctx, daemon.Options{Engine: service}, service.Run, func(ctx context.Context, dial client.Dial) error {
		c := client.New(dial, api.Selection{})
		defer c.Close()
		return question(ctx, c)
	})
}

// serving serves an engine to a listener and runs it, until ctx ends. First the
// faces are left, and answers typed to their end; then the engine ends.
func serving(ctx context.Context, server *daemon.Server, listener net.Listener, run func(context.Context) error) error {
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		// An engine that fails leaves nothing to serve.
		defer cancel()
		ended <- run(running)
	}()
	err := server.Serve(ctx, listener)
	end()
	return errors.Join(err, <-ended)
}

// within serves an engine over a pipe in memory while use uses it.
func within(ctx context.Context, o daemon.Options, run func(context.Context) error, use func(context.Context, client.Dial) error) error {
	return usingPipe(ctx, daemon.New(o), run, use)
}

func usingPipe(ctx context.Context, server *daemon.Server, run func(context.Context) error, use func(context.Context, client.Dial) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pipe := daemon.NewPipe()
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- serving(ctx, server, pipe, run)
	}()
	err := use(ctx, pipe.Dial)
	cancel()
	return errors.Join(err, <-ended)
}

// errPaneOnSeveral is said of a pane id that several servers have.
func errPaneOnSeveral(pane string) error {
	return usageError(fmt.Errorf("%s is on several servers; name one with -L", pane))
}
