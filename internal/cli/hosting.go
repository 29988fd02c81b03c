package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/monitor"
	"agentwatch/engine/socket"
	"agentwatch/internal/config"
	"agentwatch/internal/flock"
	"agentwatch/internal/history"
	"agentwatch/internal/notify"
	"agentwatch/internal/telemetry"
	"agentwatch/tmuxpool"
)

// linger is how long an engine process stays when its last face has left.
const linger = 3 * time.Second

// hosted is an engine with all that goes with one: it records, notifies, and
// follows the user's files.
type hosted struct {
	*monitor.Service
	process Process
	options watchOptions
	server  *daemon.Server
	past    *past
	// telemetry exports what the engine measures, where the configuration says so.
	telemetry *telemetry.Telemetry
	// left is what an engine process has left that ended a moment ago; zero when
	// there was none. abandoned is when one began that has not ended in good order;
	// zero when the last one has.
	left      notify.Left
	abandoned time.Time
	// notifying brings newer settings of the notifications.
	notifying chan notify.Config
}

// newHosted makes the engine that the options describe and the server of its API,
// neither of which runs. The caller closes its past.
func newHosted(p Process, o watchOptions, serve daemon.Options) (*hosted, error) {
	service, err := o.service(p, tmuxpool.Options{})
	if err != nil {
		return nil, err
	}
	flags := o.engineFlags()
	// service has taken over the file for itself only.
	file := loadQuietly(p)
	o.follow(p, file)
	h := &hosted{Service: service, process: p, options: o, past: newPast(history.Path(p.Getenv)), notifying: make(chan notify.Config, 1)}
	h.telemetry = telemetry.New(telemetry.Of(service), versionText(p.Version), h.telemetryFailed)
	settings := newConfiguration(p).History.In(file)
	serve.Engine, serve.Select, serve.Configured = service, h.selectServers, o.selection(p.Getenv)
	serve.Info.Build, serve.Info.ReadOnly, serve.Info.Flags = ownBuild(p), o.readOnly, flags
	// What has been recorded can be read also where nothing is added.
	serve.Archive, serve.Info.History = h.past, settings.Enabled && !o.noHistory
	serve.Spending = tokenReport{p, h.agents}
	h.server = daemon.New(serve)
	if len(h.WaitingServers()) > 0 {
		h.selectServers([]api.Selection{{}})
	}
	return h, nil
}

// agents are those that were seen last.
func (h *hosted) agents() []engine.Agent {
	snapshots, unsubscribe := h.Subscribe()
	defer unsubscribe()
	select {
	case snap, open := <-snapshots:
		if open {
			return snap.Agents
		}
	default:
	}
	return nil
}

// selectServers searches for the servers that the faces want.
func (h *hosted) selectServers(wanted []api.Selection) {
	var all []tmuxpool.DiscoverOptions
	for _, s := range wanted {
		if s.All() {
			s = h.options.selection(h.process.Getenv)
		}
		all = append(all, tmuxpool.DiscoverOptions{Names: s.Names, Paths: s.Sockets, Env: h.process.Getenv, UID: os.Getuid()})
	}
	if sockets := h.WaitingServers(); len(sockets) > 0 {
		// Nobody need look at it for a text to be typed there.
		all = append(all, tmuxpool.DiscoverOptions{Paths: sockets, Env: h.process.Getenv, UID: os.Getuid()})
	}
	h.Discover(all...)
}

// run watches until ctx ends.
func (h *hosted) run(ctx context.Context) error {
	settings := newConfiguration(h.process).History.In(loadQuietly(h.process))
	recording := !h.options.noHistory && settings.Enabled
	if recording {
		h.goOn(ctx)
	}
	recorder, recorded := record(h.process, h.Service, settings, recording, h.left.Agents)
	defer recorded()
	h.export(newConfiguration(h.process).Telemetry.In(loadQuietly(h.process)))
	// What cannot be sent at the end is lost: nobody is left to be told.
	defer func() { _ = h.telemetry.Close() }()
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beside.Go(func() { followFiles(ctx, h.process, h.Service, h.followers(ctx)...) })
	beside.Go(func() { h.notify(ctx, recorder) })
	beside.Go(func() { h.tellNewer(ctx) })
	if recording {
		beside.Go(func() { h.foresee(ctx) })
	}
	return h.Service.Run(ctx)
}

// followers are told of changes of the configuration file; the faces last.
func (h *hosted) followers(ctx context.Context) []follower {
	changes := 0
	return []follower{
		watching(ctx, h.process, h.options, h.Service),
		whenChanged(h.notifySettings, func(c notify.Config) { latest(h.notifying, c) }),
		whenChanged(newConfiguration(h.process).Telemetry.In, h.export),
		whenChanged(newConfiguration(h.process).Limits.In, func(c goOnConfig) { h.SetGoOn(c.engine()) }),
		whenChanged(newConfiguration(h.process).Tokens.In, func(c tokensConfig) { h.SetPrices(c.engine()) }),
		whenChanged(func(config.File) int { changes++; return changes }, func(n int) {
			h.server.Update(func(e *api.Engine) { e.Settings = uint64(n) })
		}),
	}
}

func (h *hosted) notifySettings(file config.File) notify.Config {
	return newConfiguration(h.process).Notify.In(file)
}

// goesOn is how long ago an engine process may have ended for this one to go on
// where it stopped: with the agents' ages and unseen marks, and with what has been
// told.
const goesOn = time.Minute

// goOn takes up what an engine process has left that ended a moment ago. What
// cannot be read is not known.
func (h *hosted) goOn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	store, err := h.past.opened(ctx)
	if err != nil {
		return
	}
	left, err := store.Left(ctx, time.Now().Add(-goesOn))
	if err != nil {
		return
	}
	h.Inherit(left.Agents)
	h.left = notify.Left{At: left.Seen, Servers: left.Sockets, Agents: left.Agents, Appeared: left.Appeared}
	if left.Seen.Before(h.abandoned) {
		// It was killed before it had recorded anything.
		h.left.Servers = nil
		if left.Seen.IsZero() {
			h.left.At = h.abandoned
		}
	}
	for _, n := range left.Told {
		h.left.Told = append(h.left.Told, notify.Told{
			Ref: n.Agent.Ref(), Channel: string(n.Channel), At: n.At, Uncertain: n.Outcome == history.OutcomeUncertain,
		})
	}
}

// ownBuild is this build of the program.
func ownBuild(p Process) api.Build {
	b := api.Build{Version: versionText(p.Version)}
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			b.Installed = info.ModTime()
		}
	}
	return b
}

// useMonitor lets use show a monitor of the user's engine process, which is
// started where none runs; with --alone, one of an engine of this process.
func useMonitor(ctx context.Context, p Process, o watchOptions, use func(context.Context, *client.Monitor) error) error {
	for ref := range ownPane(p.Getenv) {
		o.pane = ref
	}
	options := client.Options{Dial: dialEngine(p), Selection: o.selection(p.Getenv), Pane: o.pane, ReadOnly: o.readOnly}
	show := func(ctx context.Context) error {
		m := client.Open(ctx, options)
		defer m.Close()
		return use(ctx, m)
	}
	if !o.alone {
		if err := o.check(p); err != nil {
			return err
		}
		options.Start = func(ctx context.Context) error { return startEngine(ctx, p, o) }
		options.Greet = greeter{p, o}.greet
		makeRoom(ctx, p, o)
		return show(ctx)
	}
	h, err := newHosted(p, o, daemon.Options{})
	if err != nil {
		return err
	}
	err = usingPipe(ctx, h.server, h.run, func(ctx context.Context, dial client.Dial) error {
		options.Dial = dial
		return show(ctx)
	})
	return errors.Join(err, h.past.Close())
}

// check finds what is wrong with the flags before an engine process is started
// with them.
func (o watchOptions) check(p Process) error {
	_, err := o.service(p, tmuxpool.Options{})
	return err
}

// engineFlags are the flags with which the engine process is started: those that
// say how to watch.
func (o watchOptions) engineFlags() []string {
	var flags []string
	given := func(name, value string) {
		if o.given != nil && o.given(name) {
			flags = append(flags, "--"+name+"="+value)
		}
	}
	given("strategy", o.strategy)
	given("interval", o.interval.String())
	given("clients", o.clients.String())
	if o.given != nil && o.given("no-clients") {
		flags = append(flags, "--clients="+o.clients.String())
	}
	given("no-session-files", fmt.Sprint(o.noSessionFiles))
	if o.noHistory {
		flags = append(flags, "--no-history")
	}
	return flags
}

// maxLog is how large what an engine process writes at its end may grow.
const maxLog = 256 << 10

// startEngine starts an engine process in a session of its own, which nobody waits
// for: a shell that ends at once makes it a child of the system's. Of several that
// are started one stays.
func startEngine(ctx context.Context, p Process, o watchOptions) error {
	path := socket.Path(p.Getenv)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	log := path + ".log"
	if info, err := os.Stat(log); err == nil && info.Size() > maxLog {
		_ = os.Remove(log)
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	args := append([]string{"-c", `log=$1; shift; "$@" </dev/null >/dev/null 2>>"$log" &`, "sh", log, executable, "engine"}, o.engineFlags()...)
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.Dir = "/"
	cmd.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "TMUX=") || strings.HasPrefix(pair, "TMUX_PANE=")
	})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("start the engine process: %w", err)
	}
	return nil
}

// greeter says what differs from what the user has asked for in an engine process
// that ran before.
type greeter struct {
	process Process
	options watchOptions
}

func (g greeter) greet(ctx context.Context, c *client.Client, e api.Engine) []engine.Notice {
	var notices []engine.Notice
	say := func(format string, values ...any) {
		notices = append(notices, engine.Notice{Severity: engine.SeverityInfo, Text: fmt.Sprintf(format, values...)})
	}
	own := ownBuild(g.process)
	switch {
	case own.Newer(e.Build):
		say("The running engine process is of an older build (%s, this is %s). Quit all dashboards, and the next one starts the new build.", e.Version, own.Version)
	case e.Build.Newer(own):
		say("This dashboard is of an older build (%s) than the running engine process (%s). Start it again.", own.Version, e.Version)
	}
	if e.ReadOnly && !g.options.readOnly {
		say("The running engine process is read-only: it types no answers.")
	}
	if !e.History && !g.options.noHistory {
		say("The running engine process records no history.")
	}
	if idle := g.options.engineFlags(); len(idle) > 0 && !slices.Equal(idle, e.Flags) {
		say("An engine process was running already, so that %s has no effect. Quit all dashboards to use your own.", strings.Join(idle, ", "))
	}
	return notices
}

// roomTime bounds how long a face waits for an engine process to make room.
const roomTime = 2 * time.Second

// makeRoom ends the engine process that a dashboard has just left, where the one
// that we would start differs from it. It stays when another face has come, or
// serve runs: then greet says what differs.
func makeRoom(ctx context.Context, p Process, o watchOptions) {
	ctx, cancel := context.WithTimeout(ctx, roomTime)
	defer cancel()
	c := client.New(dialEngine(p), api.Selection{})
	defer c.Close()
	left, err := c.Health(ctx)
	if err != nil || left.Held {
		return // none runs, or it stays
	}
	asked := api.Leave{Build: ownBuild(p), Differs: !slices.Equal(left.Flags, o.engineFlags()) || changedSince(p, left.Started)}
	if !asked.Differs && !asked.Newer(left.Build) {
		return
	}
	if leaves, err := c.Leave(ctx, asked); err != nil || !leaves {
		return
	}
	for {
		if now, err := c.Health(ctx); err != nil || now.ID != left.ID {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// changedSince reports whether the configuration file was written after a time.
// What an engine process does not follow, it has from its start.
func changedSince(p Process, at time.Time) bool {
	info, err := os.Stat(config.Path(p.Getenv))
	return err == nil && info.ModTime().After(at)
}

// settleTime is how long an engine process that leaves may take until the next one
// serves: it types answers to their end.
const settleTime = 30 * time.Second

func newServe(p Process) *cobra.Command {
	var o watchOptions
	var overStdio bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keeps the engine process running without a dashboard",
		Long: "serve runs the engine process that dashboards and commands share, until it is interrupted. Without\n" +
			"it the first dashboard starts one, and the last one to close ends it. While serve runs, history is\n" +
			"recorded and you are notified also when no dashboard is open. With --stdio it speaks the API of\n" +
			"the engine process, which it starts where none runs, over its standard input and output: HTTP/2\n" +
			"after one line of greeting, for whoever runs it on another machine by ssh.",
		Example: "  agentwatch serve\n  systemctl --user enable --now agentwatch   # with packaging/agentwatch.service",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if overStdio {
				return serveStdio(cmd.Context(), p, o)
			}
			return runServe(cmd.Context(), p, o, false)
		},
	}
	o.addFlags(cmd)
	o.addHistory(cmd)
	o.addReadOnly(cmd)
	cmd.Flags().BoolVar(&o.alone, "alone", false, "with --stdio, run the engine in this process instead of sharing the user's engine process")
	cmd.Flags().BoolVar(&overStdio, "stdio", false, "pass the API of the engine process on over standard input and output, for another machine")
	return cmd
}

// newEngine is the engine process that a face starts.
func newEngine(p Process) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:    "engine",
		Short:  "Runs the engine process until its last face has left (used by dashboards)",
		Hidden: true,
		Args:   noArguments,
		RunE:   func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), p, o, true) },
	}
	o.addFlags(cmd)
	o.addHistory(cmd)
	return cmd
}

// errServing is returned when another process is held already.
var errServing = errors.New("another agentwatch serve is running")

// runServe runs the engine process. A transient one that finds another ends
// quietly; one that is to stay takes the place of a transient one.
func runServe(ctx context.Context, p Process, o watchOptions, transient bool) error {
	path := socket.Path(p.Getenv)
	lock, err := takePlace(ctx, p, path, transient)
	if lock == nil {
		return err
	}
	defer lock.Release()
	abandoned := socket.Abandoned(path)
	listener, err := socket.Listen(path)
	if err != nil {
		return err
	}
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	serve := daemon.Options{Leave: leave, Info: api.Engine{Held: !transient}}
	if transient {
		serve.Linger = linger
	}
	o.wishes = wishesOf(p)
	h, err := newHosted(p, o, serve)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	h.abandoned = abandoned
	return errors.Join(serving(ctx, h.server, listener, h.run), h.past.Close())
}

// takePlace takes the lock of the socket. It returns nil without an error when
// another process serves and that is well.
func takePlace(ctx context.Context, p Process, path string, transient bool) (*flock.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	c := client.New(dialEngine(p), api.Selection{})
	defer c.Close()
	for {
		lock, err := socket.TakeLock(path)
		if !errors.Is(err, flock.ErrTaken) {
			return lock, err
		}
		switch other, err := c.Health(ctx); {
		case ctx.Err() != nil:
			return nil, err
		case err != nil:
			// It begins or ends.
		case transient:
			return nil, nil
		case other.Held:
			return nil, fmt.Errorf("%w (process %d)", errServing, other.PID)
		default:
			if _, err := c.Leave(ctx, api.Leave{Build: ownBuild(p), Force: true}); err != nil && ctx.Err() != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the other engine process to end: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
