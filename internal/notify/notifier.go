package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
)

// ErrUnknownChannel is returned for a channel that the configuration does not
// have.
var ErrUnknownChannel = errors.New("notify: no such channel")

// Options are what a Notifier needs from its caller. All functions must be safe
// for concurrent use.
type Options struct {
	Config Config
	// Left is what an engine process has left that ran right before, after which
	// ours goes on; zero when there was none.
	Left Left
	// Changed brings newer configurations, which Run puts in force; nil for none.
	Changed <-chan Config
	// Terminal writes a control sequence to the user's terminal; nil when there
	// is none.
	Terminal func(sequence string) error
	// Reaches says how a sequence reaches the terminal: a tmux in between passes
	// it on when its option allow-passthrough is on and the pane in sight. nil when
	// there is no tmux in between.
	Reaches func(ctx context.Context) (Reach, error)
	// Tmux reaches the user's tmux clients; nil when none is watched.
	Tmux Tmux
	// Act does what the user has chosen on a notification of the desktop; nil offers
	// nothing there.
	Act func(context.Context, Act)
	// Getenv reads the environment; os.Getenv when nil.
	Getenv func(string) string
	// Begin is told of each message before it is sent, and may wait until that is
	// written down; nil when nobody does. Report is told how it ended, and must not
	// wait.
	Begin  func(ctx context.Context, channel string, m Message)
	Report func(Result)
	// Register is shared with others who would tell of the same agents; nil where
	// there are none.
	Register engine.Register
}

// Source is a stream of transitions, such as engine.TransitionStream.
type Source interface {
	// Next waits for the next transition. It returns engine.ErrStopped when
	// there will be none.
	Next(ctx context.Context) (engine.Transition, error)
}

// Notifier decides and delivers. All methods are safe for concurrent use.
type Notifier struct {
	options Options
	decider *Decider
	// lanes are the ways of the channels in force. Run changes them.
	lanes  map[string]*lane
	client *http.Client
	latest atomic.Pointer[engine.Snapshot]
	// budgets is set while a rule has one: then snapshots are looked at as they come.
	budgets atomic.Bool

	mu       sync.Mutex
	failures map[string]Result
	// held is what others are to tell, or are telling; kept has a value when something
	// has been added.
	held []heldItem
	kept chan struct{}
}

// New returns a Notifier, or ErrConfig when the configuration is not valid.
func New(o Options) (*Notifier, error) {
	decider, err := NewDecider(o.Config)
	if err != nil {
		return nil, err
	}
	decider.Resume(o.Left)
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	n := &Notifier{
		options: o, decider: decider, lanes: make(map[string]*lane), client: newClient(),
		failures: make(map[string]Result), kept: make(chan struct{}, 1),
	}
	n.budgets.Store(decider.budgets())
	for name, channel := range o.Config.Channels {
		n.lanes[name] = newLane(name, channel, n.sender(channel))
	}
	return n, nil
}

// sender builds what a channel sends with.
func (n *Notifier) sender(c Channel) sender {
	line := status{tmux: n.options.Tmux, show: time.Duration(c.Show)}
	if line.show == 0 {
		line.show = defaultShow
	}
	switch c.Type {
	case TypeBell:
		return bell{n.options.Terminal}
	case TypeOSC9, TypeOSC99, TypeOSC777:
		return osc{c.Type, n.options.Terminal, n.options.Reaches}
	case TypeTerminal:
		return nearest{osc{TypeOSC9, n.options.Terminal, n.options.Reaches}, line}
	case TypeTmux:
		return line
	case TypeDesktop:
		return newDesktop(n.options.Getenv, n.options.Act, c.Answers)
	case TypeCommand:
		return program{argv: c.Command, shell: c.Shell}
	default:
		return web{kind: c.Type, channel: c, client: n.client, getenv: n.options.Getenv}
	}
}

// Observe gives the newest snapshot; it never waits. From it come the words of
// what is told, and that somebody has seen what is done.
func (n *Notifier) Observe(s *engine.Snapshot) {
	n.latest.Store(s)
	if n.budgets.Load() {
		select {
		case n.kept <- struct{}{}:
		default:
		}
	}
}

// Run tells what is to be told until ctx ends or the source has. It must run
// only once. When it returns, nothing of it is left.
func (n *Notifier) Run(ctx context.Context, source Source) error {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer n.client.CloseIdleConnections()
	defer working.Wait()
	defer cancel()
	for _, l := range n.lanes {
		l.start(ctx, &working, n)
	}
	transitions := make(chan engine.Transition)
	ended := make(chan error, 1)
	working.Go(func() { ended <- forward(ctx, source, transitions) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case t := <-transitions:
			n.decider.Transition(t)
		case <-timer.C:
		case <-n.kept:
		case c := <-n.options.Changed:
			n.configure(ctx, &working, c)
		case err := <-ended:
			return err
		}
		if wait, planned := n.tell(ctx); planned {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
	}
}

// configure puts another configuration in force. The channels that stay as they
// are go on with what they have. A configuration that is not valid changes
// nothing; whoever has read it has said so.
func (n *Notifier) configure(ctx context.Context, working *sync.WaitGroup, c Config) {
	if n.decider.Configure(c) != nil {
		return
	}
	n.budgets.Store(n.decider.budgets())
	for name, l := range n.lanes {
		if channel, stays := c.Channels[name]; stays && reflect.DeepEqual(channel, l.channel) {
			continue
		}
		l.stop()
		delete(n.lanes, name)
		n.mu.Lock()
		delete(n.failures, name)
		n.mu.Unlock()
	}
	for name, channel := range c.Channels {
		if n.lanes[name] == nil {
			l := newLane(name, channel, n.sender(channel))
			n.lanes[name] = l
			l.start(ctx, working, n)
		}
	}
}

// forward hands transitions on until there are no more. That ctx has ended is
// no error.
func forward(ctx context.Context, source Source, to chan<- engine.Transition) error {
	for {
		t, err := source.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, engine.ErrStopped) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("notify: read transitions: %w", err)
		}
		select {
		case to <- t:
		case <-ctx.Done():
			return nil
		}
	}
}

// tell hands what is due to the lanes, and returns how long to wait for the
// next.
func (n *Notifier) tell(ctx context.Context) (wait time.Duration, planned bool) {
	now := time.Now()
	at, planned := n.decider.Next(now)
	if planned && !at.After(now) {
		n.observe()
		n.look(ctx, now)
		for _, d := range n.decider.Tick(now) {
			n.deliver(n.divide(d))
		}
		at, planned = n.decider.Next(now)
	}
	if n.holds() {
		n.observe()
		for _, d := range n.release(now) {
			n.deliver(d)
		}
		if again := now.Add(askAgain); n.holds() && (!planned || again.Before(at)) {
			at, planned = again, true
		}
	}
	if next := n.tellBudgets(now); !next.IsZero() && (!planned || next.Before(at)) {
		at, planned = next, true
	}
	return at.Sub(now), planned
}

// tellBudgets hands on what is to be told of budgets, as far as that is ours to tell, and
// returns when there is more; zero for never.
func (n *Notifier) tellBudgets(now time.Time) (next time.Time) {
	if s := n.latest.Load(); s != nil && n.budgets.Load() {
		n.decider.Spent(s.Agents, now)
	}
	decisions, next := n.decider.Overspent(now)
	for _, d := range decisions {
		d.Message.Items = slices.DeleteFunc(d.Message.Items, func(i Item) bool {
			return n.options.Register != nil && !n.options.Register.Ours(i.telling())
		})
		n.deliver(d)
	}
	return next
}

// deliver gives a decision to the lane of its channel.
func (n *Notifier) deliver(d Decision) {
	if l := n.lanes[d.Channel]; len(d.Message.Items) > 0 && !l.put(d.Message) {
		n.report(l.result(d.Message, time.Now(), 0, refused("too many messages wait for this channel", "")))
	}
}

// observe takes what the newest snapshot knows.
func (n *Notifier) observe() {
	s := n.latest.Load()
	if s == nil {
		return
	}
	if s.Ready {
		n.decider.Missing(s.Agents)
	}
	n.decider.Observe(s.Agents)
}

// lookTimeout bounds the question which panes the user looks at.
const lookTimeout = time.Second

// look asks which panes the user looks at. Where that is not to be known,
// nobody looks.
func (n *Notifier) look(ctx context.Context, now time.Time) {
	if n.options.Tmux == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	clients, err := n.options.Tmux.Clients(ctx)
	if err != nil {
		clients = nil
	}
	n.decider.Look(lookedAt(clients, now))
}

// report keeps what failed last and passes the result on.
func (n *Notifier) report(r Result) {
	n.mu.Lock()
	if r.Outcome == OutcomeFailed {
		n.failures[r.Channel] = r
	} else {
		delete(n.failures, r.Channel)
	}
	n.mu.Unlock()
	if n.options.Report != nil {
		n.options.Report(r)
	}
}

// Notices says which channels do not work: those whose last delivery failed.
func (n *Notifier) Notices() []engine.Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	var notices []engine.Notice
	for _, name := range slices.Sorted(maps.Keys(n.failures)) {
		r := n.failures[name]
		text := fmt.Sprintf("notification over %s failed at %s: %s", plain(name, maxName), r.At.Format("15:04"), r.Reason)
		if r.Hint != "" {
			text += "; " + r.Hint
		}
		notices = append(notices, engine.Notice{Severity: engine.SeverityWarning, Text: text})
	}
	return notices
}

// Channels returns the names of all channels, in order.
func (n *Notifier) Channels() []string { return slices.Sorted(maps.Keys(n.lanes)) }

// Test sends a test message over one channel, or over all when the name is
// empty, each once, and returns the results by name. It does not need Run.
func (n *Notifier) Test(ctx context.Context, channel string) ([]Result, error) {
	names := n.Channels()
	if channel != "" {
		if n.lanes[channel] == nil {
			return nil, fmt.Errorf("%w: %q", ErrUnknownChannel, channel)
		}
		names = []string{channel}
	}
	defer n.client.CloseIdleConnections()
	results := make([]Result, len(names))
	var working sync.WaitGroup
	for i, name := range names {
		working.Go(func() { results[i] = n.lanes[name].deliver(ctx, Message{At: time.Now()}, 1) })
	}
	working.Wait()
	return results, nil
}
