package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/serve"
	"agentwatch/tmuxpool"
)

// codedError ends the program with a code of its own.
type codedError struct {
	error
	code int
}

func (e codedError) Unwrap() error { return e.error }

// meetingPoint is the socket at which instances meet that watch what the options
// name. What the file says has been taken over already.
func (o watchOptions) meetingPoint(p Process) string {
	discover := tmuxpool.DiscoverOptions{Names: o.names, Paths: o.sockets, Env: p.Getenv, UID: os.Getuid()}
	return serve.Path(p.Getenv, discover.Selection())
}

// openShared opens a monitor that uses the engine of a running instance, or runs
// one and serves it. It ends with ctx. terminal writes a control sequence to the
// user's terminal.
func openShared(ctx context.Context, p Process, o watchOptions, terminal func(context.Context, string) error) (*serve.Monitor, error) {
	// Made in any case, so that a wrong flag is a mistake for everybody.
	service, err := o.service(p, tmuxpool.Options{})
	if err != nil {
		return nil, err
	}
	// service has taken over the file for itself only.
	o.follow(p, loadQuietly(p))
	unused := service
	return serve.Open(ctx, serve.Options{
		Path: o.meetingPoint(p), Version: versionText(p.Version), ReadOnly: o.readOnly, Plan: service.Plan,
		Terms: o.terms(), Guest: o.guest,
		Start: func(before *engine.Snapshot) (serve.Local, error) {
			// A service runs once.
			service := unused
			if unused = nil; service == nil {
				var err error
				if service, err = o.service(p, tmuxpool.Options{}); err != nil {
					return nil, err
				}
			}
			if before != nil {
				service.Inherit(before.Agents)
			}
			return ownEngine{service, p, o, terminal, before}, nil
		},
	})
}

// What the engine of one instance can mean for others that use it.
const (
	termReadOnly  = "is read-only"
	termNoHistory = "records no history"
)

// terms are those of an engine with these options.
func (o watchOptions) terms() []string {
	var terms []string
	if o.readOnly {
		terms = append(terms, termReadOnly)
	}
	if o.noHistory {
		terms = append(terms, termNoHistory)
	}
	return terms
}

// guest says what differs from what the user has asked for where another
// instance's engine is used; nil when nothing does.
func (o watchOptions) guest(terms []string) *engine.Notice {
	own := o.terms()
	says := slices.DeleteFunc(slices.Clone(terms), func(t string) bool { return slices.Contains(own, t) })
	var idle []string
	for _, flag := range []string{"strategy", "interval", "clients", "no-clients", "no-session-files"} {
		if o.given != nil && o.given(flag) {
			idle = append(idle, "--"+flag)
		}
	}
	if o.noHistory && !slices.Contains(terms, termNoHistory) {
		idle = append(idle, "--no-history")
	}
	if len(idle) > 0 {
		says = append(says, "knows nothing of "+strings.Join(idle, ", "))
	}
	if len(says) == 0 {
		return nil
	}
	return &engine.Notice{
		Severity: engine.SeverityInfo, Text: "The agentwatch that ran before watches for all: it " + strings.Join(says, ", ") + ". End it, and this one takes over.",
	}
}

// ownEngine is an engine of this process, with all that goes with one: it records,
// notifies, and follows the user's files.
type ownEngine struct {
	*engine.Service
	process  Process
	options  watchOptions
	terminal func(context.Context, string) error
	// before is what was last seen through another instance; nil when there was
	// none.
	before *engine.Snapshot
}

// Run watches until ctx ends.
func (e ownEngine) Run(ctx context.Context) error {
	settings := newConfiguration(e.process).History.In(loadQuietly(e.process))
	recorder, recorded := record(e.process, e.Service, settings, !e.options.noHistory && settings.Enabled)
	defer recorded()
	return runFollowing(ctx, e.process, e.options, e.Service, func(ctx context.Context) { e.notify(ctx, recorder) })
}

// runFollowing runs a service, kept up to date with the user's files, and beside
// it what else is to run as long.
func runFollowing(ctx context.Context, p Process, o watchOptions, service *engine.Service, beside ...func(context.Context)) error {
	var following sync.WaitGroup
	defer following.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	following.Go(func() { followFiles(ctx, p, service) })
	following.Go(func() { followConfiguration(ctx, p, o, service) })
	for _, work := range beside {
		following.Go(func() { work(ctx) })
	}
	return service.Run(ctx)
}

// askTimeout bounds one question to a running instance, which can have begun to
// look only now.
const askTimeout = 3 * time.Second

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

// say tells who wants to know why this process looks by itself.
func (a asking) say(w io.Writer, err error) {
	if a.verbose {
		fmt.Fprintf(w, "agentwatch: looking by itself: %v\n", err)
	}
}

// instance connects to the running instance that watches what the options name.
func (a asking) instance(ctx context.Context) (*serve.Client, error) {
	return serve.Dial(ctx, a.options.meetingPoint(a.process), versionText(a.process.Version))
}

// ask gets an answer from the running instance, and without one from a look of
// our own, which leaves no trace on the servers.
func ask[T any](ctx context.Context, a asking, fromInstance func(context.Context, *serve.Client) (T, error),
	fromLook func(*engine.Snapshot) T,
) (T, source, error) {
	a.options.follow(a.process, loadConfiguration(a.process))
	answer, err := askInstance(ctx, a, fromInstance)
	if err == nil || ctx.Err() != nil {
		return answer, sourceInstance, err
	}
	a.say(a.process.Stderr, err)
	service, err := a.options.service(a.process, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	if err != nil {
		return answer, sourceLook, err
	}
	snapshot, err := firstSnapshot(ctx, service)
	if err != nil {
		return answer, sourceLook, err
	}
	return fromLook(snapshot), sourceLook, nil
}

func askInstance[T any](ctx context.Context, a asking, question func(context.Context, *serve.Client) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client, err := a.instance(ctx)
	if err != nil {
		var none T
		return none, err
	}
	defer client.Close()
	return question(ctx, client)
}

// isLost tells whether an instance has ended while it was asked.
func isLost(err error) bool {
	return errors.Is(err, serve.ErrLost) || errors.Is(err, serve.ErrNoAnswer) || errors.Is(err, engine.ErrStopped)
}
