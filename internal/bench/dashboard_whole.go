package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"agentwatch/tmuxpool"
)

// WholeOptions say what to measure of the program as it is started by its user,
// with monitor and dashboard, on a real tmux server.
type WholeOptions struct {
	// Command starts the program; the socket to watch is appended.
	Command []string
	// Agents, Quiet, TmuxPath and Progress are as in LiveOptions.
	Agents   int
	Quiet    time.Duration
	TmuxPath string
	Progress func(Progress)
}

// Check returns ErrOptions for what RunWhole would refuse.
func (o WholeOptions) Check() error {
	switch {
	case len(o.Command) == 0:
		return fmt.Errorf("%w: no command", ErrOptions)
	case o.Agents < 1 || o.Agents > MaxAgents:
		return fmt.Errorf("%w: %d agents (1 to %d)", ErrOptions, o.Agents, MaxAgents)
	case o.Quiet < time.Second:
		return fmt.Errorf("%w: %s of quiet", ErrOptions, o.Quiet)
	}
	return nil
}

// Whole is what the program costs at rest, with the board on a terminal of
// 200x50. Shares are of one core.
type Whole struct {
	Agents int `json:"agents"`
	// RestSeconds is how long the rest was that the rest was measured in.
	RestSeconds float64 `json:"rest_seconds"`
	// OwnShare is that of the program with its control clients, ServerShare that
	// of the tmux server.
	OwnShare       float64 `json:"rest_own_share"`
	ServerShare    float64 `json:"rest_server_share"`
	BytesPerSecond float64 `json:"rest_bytes_per_second"`
	OwnBytes       int64   `json:"own_bytes"`
}

// RunWhole starts agents on a private server and the program on a terminal of
// its own, waits until the monitor's pace has come down, and measures the rest.
func RunWhole(ctx context.Context, o WholeOptions) (Whole, error) {
	if err := o.Check(); err != nil {
		return Whole{}, err
	}
	if o.TmuxPath == "" {
		path, err := tmuxpool.FindTmux()
		if err != nil {
			return Whole{}, fmt.Errorf("bench: %w", err)
		}
		o.TmuxPath = path
	}
	w := &whole{options: o, report: Whole{Agents: o.Agents}, slow: slowDown}
	w.now.Total = o.Agents + int((slowDown+o.Quiet)/time.Second)
	s, err := startServer(ctx, o.TmuxPath, o.Agents, func(panes int) {
		w.step(panes-w.now.Done, fmt.Sprintf("starting agent %d", panes))
	})
	if err != nil {
		return Whole{}, interrupted(ctx, err)
	}
	err = w.measure(ctx, s)
	return w.report, errors.Join(interrupted(ctx, err), s.close())
}

// whole is one measurement.
type whole struct {
	options WholeOptions
	now     Progress
	report  Whole
	// slow is how long nothing must move until the pace has come down.
	slow time.Duration
}

func (w *whole) step(n int, doing string) {
	w.now.Done += n
	w.now.Doing = doing
	if w.options.Progress != nil {
		w.options.Progress(w.now)
	}
}

func (w *whole) measure(ctx context.Context, s *server) (err error) {
	panes, err := openPanes(ctx, s, w.options.Agents)
	if err != nil {
		return err
	}
	defer panes.close()
	// What the user has set and recorded is neither read nor changed.
	p, err := startProgram(ctx, false, s.dir, append(w.options.Command[:len(w.options.Command):len(w.options.Command)], s.socket()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	counts := fmt.Sprintf("agents %d", w.options.Agents)
	if _, err := p.await(ctx, time.Minute, showing(counts, "pool")); err != nil {
		return err
	}
	if err := w.seconds(ctx, w.slow, "letting the pace come down"); err != nil {
		return err
	}
	return w.rest(ctx, s, p)
}

// rest measures the rest.
func (w *whole) rest(ctx context.Context, s *server, p *program) error {
	clients, err := s.clients(ctx)
	if err != nil {
		return err
	}
	read := func() (own, tmux time.Duration, err error) {
		if tmux, err = processCPU(s.pid); err != nil {
			return 0, 0, err
		}
		own, err = threadsCPU(p.command.Process.Pid)
		return own + usage{clients: clients}.living(), tmux, err
	}
	ownBefore, tmuxBefore, err := read()
	if err != nil {
		return err
	}
	bytes, began := p.count(), time.Now()
	if err := w.seconds(ctx, w.options.Quiet, "measuring the rest"); err != nil {
		return err
	}
	own, tmux, err := read()
	if err != nil {
		return err
	}
	took := time.Since(began)
	r := &w.report
	r.RestSeconds, r.OwnShare = took.Seconds(), float64(own-ownBefore)/float64(took)
	r.ServerShare, r.BytesPerSecond = float64(tmux-tmuxBefore)/float64(took), float64(p.count()-bytes)/took.Seconds()
	r.OwnBytes, err = processRSS(p.command.Process.Pid)
	return err
}

// seconds lets time go by.
func (w *whole) seconds(ctx context.Context, lasts time.Duration, doing string) error {
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		w.step(1, doing)
		if err := pause(ctx, min(time.Second, time.Until(end))); err != nil {
			return err
		}
	}
	return nil
}
