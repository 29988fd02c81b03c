package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/tmuxpool"
)

// LiveOptions say what to measure of the running monitor.
type LiveOptions struct {
	// Agents is the number of panes, 1 to MaxAgents.
	Agents int
	// Changes is how many times a pane's agent changes its state.
	Changes int
	// Quiet is how long nothing changes while the cost at rest is measured. It
	// begins when the pace has come down.
	Quiet time.Duration
	// Soak is how many rounds are made for the growth of the tmux server.
	Soak int
	// TmuxPath and Progress are as in Options.
	TmuxPath string
	// Clients says by which link the server is watched.
	Clients  tmuxpool.Clients
	Progress func(Progress)
}

// Check returns ErrOptions for what RunLive would refuse.
func (o LiveOptions) Check() error {
	switch {
	case o.Agents < 1 || o.Agents > MaxAgents:
		return fmt.Errorf("%w: %d agents (1 to %d)", ErrOptions, o.Agents, MaxAgents)
	case o.Changes < 1 || o.Quiet < time.Second || o.Soak < 0:
		return fmt.Errorf("%w: %d changes, %s of quiet, %d rounds of soak", ErrOptions, o.Changes, o.Quiet, o.Soak)
	}
	return nil
}

// Live is what was measured of a running monitor with default settings. Times
// are in milliseconds, shares are of one core.
type Live struct {
	Agents int `json:"agents"`
	// Changes counts the measured ones; P50MS, P99MS and MaxMS are the times from
	// the write into a pane's terminal until a snapshot had the new state.
	Changes int     `json:"changes"`
	P50MS   float64 `json:"p50_ms"`
	P99MS   float64 `json:"p99_ms"`
	MaxMS   float64 `json:"max_ms"`
	// Windows counts the new windows that were timed from the command that makes
	// one until a snapshot had its agent.
	Windows     int     `json:"windows"`
	WindowP50MS float64 `json:"window_p50_ms"`
	WindowMaxMS float64 `json:"window_max_ms"`
	// Spinners is how many agents moved a spinner ten times a second while
	// SpinServerShare and SpinOwnShare were measured.
	Spinners        int     `json:"spinners"`
	SpinServerShare float64 `json:"spin_server_share"`
	SpinOwnShare    float64 `json:"spin_own_share"`
	// RestSeconds is how long the rest was that ServerShare and OwnShare were
	// measured in.
	RestSeconds float64 `json:"rest_seconds"`
	ServerShare float64 `json:"rest_server_share"`
	OwnShare    float64 `json:"rest_own_share"`
	// OwnBytes is our resident memory at the end of the rest.
	OwnBytes int64 `json:"own_bytes"`
	// SoakRounds were made by push, one pane changed before every tenth; the
	// server's memory was read after the first tenth of them and at the end.
	SoakRounds       int   `json:"soak_rounds"`
	ServerStartBytes int64 `json:"server_start_bytes"`
	ServerEndBytes   int64 `json:"server_end_bytes"`
}

const (
	// slowDown is how long nothing must move until the pace has come down.
	slowDown = 65 * time.Second
	// verdictTimeout bounds the wait for one verdict.
	verdictTimeout = 15 * time.Second
	// newWindows is how many windows are made to be timed.
	newWindows = 10
	// spinnerShare is the part of the agents that move a spinner, spinnerPace the
	// time between two of its steps.
	spinnerShare = 5
	spinnerPace  = 100 * time.Millisecond
)

// ErrNoVerdict is returned when a change was not seen in time.
var ErrNoVerdict = errors.New("bench: a change has not reached a verdict")

// RunLive runs the monitor on a private server and measures how late changes
// reach a verdict, what watching costs at rest, and whether the server grows.
func RunLive(ctx context.Context, o LiveOptions) (Live, error) {
	if err := o.Check(); err != nil {
		return Live{}, err
	}
	if o.TmuxPath == "" {
		path, err := tmuxpool.FindTmux()
		if err != nil {
			return Live{}, fmt.Errorf("bench: %w", err)
		}
		o.TmuxPath = path
	}
	l := &live{options: o, report: Live{Agents: o.Agents}, slow: slowDown}
	l.now.Total = o.Agents + o.Changes + newWindows + int((slowDown+2*o.Quiet)/time.Second) + o.Soak/100
	s, err := startServer(ctx, o.TmuxPath, o.Agents, func(panes int) { l.step(1, fmt.Sprintf("starting agent %d", panes)) })
	if err != nil {
		return Live{}, interrupted(ctx, err)
	}
	l.server = s
	err = l.measure(ctx)
	return l.report, errors.Join(interrupted(ctx, err), s.close())
}

// live is one measurement.
type live struct {
	options LiveOptions
	server  *server
	panes   *panes
	now     Progress
	report  Live
	// slow is how long nothing must move until the pace has come down.
	slow time.Duration
}

func (l *live) step(n int, doing string) {
	l.now.Done += n
	l.now.Doing = doing
	if l.options.Progress != nil {
		l.options.Progress(l.now)
	}
}

func (l *live) measure(ctx context.Context) (err error) {
	if l.panes, err = openPanes(ctx, l.server, l.options.Agents); err != nil {
		return err
	}
	defer l.panes.close()
	service, err := monitor.New(monitor.Options{
		Discover: tmuxpool.DiscoverOptions{
			Paths: []string{l.server.socket()}, Env: func(string) string { return "" }, UID: os.Getuid(),
		},
		Pool: tmuxpool.Options{TmuxPath: l.options.TmuxPath, Clients: l.options.Clients},
	})
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	snapshots, unsubscribe := service.Subscribe()
	go func() { ended <- service.Run(run) }()
	err = l.watch(ctx, snapshots)
	stop()
	unsubscribe()
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	return l.soak(ctx)
}

// watch measures what needs a running monitor.
func (l *live) watch(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	l.step(0, "waiting until every agent is seen")
	everybody := func(s *engine.Snapshot) bool { return s.Ready && len(s.Agents) == l.options.Agents }
	if err := await(ctx, snapshots, 4*verdictTimeout, everybody); err != nil {
		return err
	}
	if err := l.latency(ctx, snapshots); err != nil {
		return err
	}
	if err := l.listing(ctx, snapshots); err != nil {
		return err
	}
	if err := l.spin(ctx, snapshots); err != nil {
		return err
	}
	return l.rest(ctx, snapshots)
}

// listing makes new windows with an agent, one at a time, and times each until it
// is listed. They close again.
func (l *live) listing(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	var times []time.Duration
	count := func(n int) func(*engine.Snapshot) bool {
		return func(s *engine.Snapshot) bool {
			listed := 0
			for i := range s.Agents {
				if s.Agents[i].State != health.StateExited {
					listed++
				}
			}
			return listed == n
		}
	}
	for range newWindows {
		if err := beat.Pause(ctx, time.Second); err != nil {
			return err
		}
		began := time.Now()
		window, err := l.server.run(ctx, "", "new-window", "-d", "-P", "-F", "#{window_id}", "-t", "=team0:", "--", "/bin/sh", l.server.program())
		if err != nil {
			return err
		}
		if err := await(ctx, snapshots, verdictTimeout, count(l.options.Agents+1)); err != nil {
			return fmt.Errorf("%w: a new window", err)
		}
		times = append(times, time.Since(began))
		if _, err := l.server.run(ctx, "", "kill-window", "-t", strings.TrimSpace(window)); err != nil {
			return err
		}
		if err := await(ctx, snapshots, verdictTimeout, count(l.options.Agents)); err != nil {
			return fmt.Errorf("%w: a closed window", err)
		}
		l.step(1, "making windows and timing until they are listed")
	}
	slices.Sort(times)
	l.report.Windows = len(times)
	l.report.WindowP50MS = milliseconds(times[len(times)/2])
	l.report.WindowMaxMS = milliseconds(times[len(times)-1])
	return nil
}

// spin measures what watching costs while some agents move a spinner.
func (l *live) spin(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	spinners := l.panes.all[:max(1, len(l.panes.all)/spinnerShare)]
	l.report.Spinners = len(spinners)
	clients, err := l.server.clients(ctx)
	if err != nil {
		return err
	}
	u := usage{server: l.server.pid, clients: clients}
	before, err := u.begin()
	if err != nil {
		return err
	}
	ticker := time.NewTicker(spinnerPace)
	defer ticker.Stop()
	began, told := time.Now(), time.Now()
	for time.Since(began) < l.options.Quiet {
		select {
		case <-snapshots:
			continue
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		for _, one := range spinners {
			one.step++
			if err := one.write(tickOf(one.step)); err != nil {
				return err
			}
		}
		if time.Since(told) >= time.Second {
			told = time.Now()
			l.step(1, "measuring the cost of agents with spinners")
		}
	}
	used, err := u.end(before)
	if err != nil {
		return err
	}
	took := time.Since(began)
	l.report.SpinServerShare = float64(used.server) / float64(took)
	l.report.SpinOwnShare = float64(used.own) / float64(took)
	return nil
}

// latency lets agents ask and go on, one at a time at random moments, and times
// each from the write.
func (l *live) latency(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	random := rand.New(rand.NewPCG(7, uint64(l.options.Agents)))
	times := make([]time.Duration, 0, l.options.Changes)
	for len(times) < l.options.Changes {
		i := random.IntN(len(l.panes.all))
		for _, change := range []struct {
			text string
			want health.State
		}{{dialogScreen(), health.StateWaiting}, {screenOf(i), health.StateWorking}} {
			// At a random moment of the monitor's pace.
			if err := beat.Pause(ctx, 100*time.Millisecond+time.Duration(random.IntN(400))*time.Millisecond); err != nil {
				return err
			}
			pane := l.panes.all[i]
			began := time.Now()
			if err := pane.write(change.text); err != nil {
				return err
			}
			seen := func(s *engine.Snapshot) bool { return stateOf(s, pane.id) == change.want }
			if err := await(ctx, snapshots, verdictTimeout, seen); err != nil {
				return fmt.Errorf("%w: pane %s, %s", err, pane.id, change.want)
			}
			times = append(times, time.Since(began))
			l.step(1, "changing agents and timing the verdicts")
		}
	}
	slices.Sort(times)
	l.report.Changes = len(times)
	l.report.P50MS = milliseconds(times[len(times)/2])
	l.report.P99MS = milliseconds(times[len(times)*99/100])
	l.report.MaxMS = milliseconds(times[len(times)-1])
	return nil
}

// rest measures what watching costs while nothing changes.
func (l *live) rest(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	for range int(l.slow / time.Second) {
		if err := l.second(ctx, snapshots, "letting the pace come down"); err != nil {
			return err
		}
	}
	clients, err := l.server.clients(ctx)
	if err != nil {
		return err
	}
	u := usage{server: l.server.pid, clients: clients}
	before, err := u.begin()
	if err != nil {
		return err
	}
	began := time.Now()
	for time.Since(began) < l.options.Quiet {
		if err := l.second(ctx, snapshots, "measuring the cost at rest"); err != nil {
			return err
		}
	}
	used, err := u.end(before)
	if err != nil {
		return err
	}
	took := time.Since(began)
	l.report.RestSeconds = took.Seconds()
	l.report.ServerShare = float64(used.server) / float64(took)
	l.report.OwnShare = float64(used.own) / float64(took)
	l.report.OwnBytes, err = processRSS(os.Getpid())
	return err
}

// second lets a second pass and takes the snapshots of it.
func (l *live) second(ctx context.Context, snapshots <-chan *engine.Snapshot, doing string) error {
	l.step(1, doing)
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case <-snapshots:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// soak makes many rounds and reads the server's memory.
func (l *live) soak(ctx context.Context) (err error) {
	if l.options.Soak == 0 {
		return nil
	}
	probe, err := monitor.NewProbe(tmuxpool.Socket{Path: l.server.socket(), Name: "bench"}, tmuxpool.Options{TmuxPath: l.options.TmuxPath, Clients: l.options.Clients}, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, probe.Close()) }()
	for i := range l.options.Soak {
		if i%10 == 0 {
			pane := l.panes.all[i/10%len(l.panes.all)]
			pane.step++
			if err := pane.write(tickOf(pane.step)); err != nil {
				return err
			}
		}
		if _, err := probe.Round(ctx, engine.StrategyPush); err != nil {
			return err
		}
		if i == l.options.Soak/10 {
			if l.report.ServerStartBytes, err = processRSS(l.server.pid); err != nil {
				return err
			}
		}
		if i%100 == 0 {
			l.step(1, "making rounds for the server's memory")
		}
	}
	l.report.SoakRounds = l.options.Soak
	l.report.ServerEndBytes, err = processRSS(l.server.pid)
	return err
}

// await reads snapshots until one is as wanted.
func await(ctx context.Context, snapshots <-chan *engine.Snapshot, most time.Duration, wanted func(*engine.Snapshot) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, ErrNoVerdict)
	defer cancel()
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				return ErrNoVerdict
			}
			if wanted(s) {
				return nil
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func stateOf(s *engine.Snapshot, pane string) health.State {
	for i := range s.Agents {
		if s.Agents[i].Ref.Pane == pane {
			return s.Agents[i].State
		}
	}
	return health.StateUnknown
}

// dialogScreen draws an agent that asks for permission.
func dialogScreen() string {
	var d drawing
	d.WriteString("\x1b[0m\x1b[2J")
	d.row(1, "", span{sgrPlain, "● I'll run the tests now."})
	d.row(4, "", span{sgrPlain, " Bash command"})
	d.row(6, "", span{sgrPlain, "   go test ./..."})
	d.row(8, "", span{sgrPlain, " Do you want to proceed?"})
	d.row(9, "", span{sgrAccent, " ❯ 1. Yes"})
	d.row(10, "", span{sgrPlain, "   2. No"})
	d.row(12, "", span{sgrDim, " Esc to cancel · Tab to amend"})
	return d.String()
}
