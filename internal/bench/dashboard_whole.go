package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"agentwatch/internal/beat"
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
	// Keys is how many keys to press that select another agent; 0 for none.
	Keys int
}

// Check returns ErrOptions for what RunWhole would refuse.
func (o WholeOptions) Check() error {
	switch {
	case len(o.Command) == 0:
		return fmt.Errorf("%w: no command", ErrOptions)
	case o.Agents < 1 || o.Agents > MaxAgents:
		return fmt.Errorf("%w: %d agents (1 to %d)", ErrOptions, o.Agents, MaxAgents)
	case o.Keys < 0, o.Keys > 0 && o.Agents < 2:
		return fmt.Errorf("%w: %d keys with %d agents", ErrOptions, o.Keys, o.Agents)
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
	// OwnShare is that of all processes of the program: dashboard, engine and the
	// tmux processes that they start. (The engine and what it starts count on Linux
	// only.) ServerShare is that of the tmux server.
	OwnShare       float64 `json:"rest_own_share"`
	ServerShare    float64 `json:"rest_server_share"`
	BytesPerSecond float64 `json:"rest_bytes_per_second"`
	// OwnBytes is the memory of dashboard and engine together; what they share counts
	// once on Linux, twice elsewhere.
	OwnBytes int64 `json:"own_bytes"`
	// Keys counts the keys that selected another agent; the times are from the
	// key's byte until that agent's screen stands in the preview, in milliseconds.
	Keys         int     `json:"keys,omitempty"`
	ContentP50MS float64 `json:"content_p50_ms,omitempty"`
	ContentP99MS float64 `json:"content_p99_ms,omitempty"`
	ContentMaxMS float64 `json:"content_max_ms,omitempty"`
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
	w.now.Total = o.Agents + int((slowDown+o.Quiet)/time.Second) + o.Keys
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
	if err := w.rest(ctx, s, p); err != nil {
		return err
	}
	return w.keys(ctx, p)
}

// betweenKeys is the time between two keys of somebody who looks at one agent after
// another.
const betweenKeys = 250 * time.Millisecond

// keys selects one agent after another and measures how late their screens come.
func (w *whole) keys(ctx context.Context, p *program) error {
	times := make([]time.Duration, 0, w.options.Keys)
	for i := range w.options.Keys {
		key := "j"
		if i/(w.options.Agents-1)%2 == 1 {
			key = "k" // the end of the list has been reached
		}
		before := previewed(p.rows())
		pressed := time.Now()
		if err := p.press(key); err != nil {
			return err
		}
		at, err := p.await(ctx, drawTime, func(rows []string) bool {
			now := previewed(rows)
			return now != "" && now != before
		})
		if err != nil {
			return err
		}
		times = append(times, at.Sub(pressed))
		w.step(1, "selecting agents")
		if err := beat.Pause(ctx, betweenKeys); err != nil {
			return err
		}
	}
	if len(times) > 0 {
		r := &w.report
		r.Keys, r.ContentP50MS, r.ContentP99MS = len(times), milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99))
		r.ContentMaxMS = milliseconds(slices.Max(times))
	}
	return nil
}

// previewed is what tells an agent's screen in the preview from that of another; empty
// when no screen is there.
func previewed(rows []string) string {
	for _, row := range slices.Backward(rows) {
		if _, of, ok := strings.Cut(row, packageOf); ok {
			if part, _, whole := strings.Cut(of, coverageOf); whole {
				return part
			}
		}
	}
	return ""
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
		own, err = sum(family(p.command.Process.Pid, s.dir), processAndChildrenCPU)
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
	r.OwnBytes, err = sum(family(p.command.Process.Pid, s.dir), processShare)
	return err
}

// sum adds up what is read of each process. One that has ended meanwhile counts nothing.
func sum[N ~int64](pids []int, read func(pid int) (N, error)) (N, error) {
	var total N
	for _, pid := range pids {
		n, err := read(pid)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// seconds lets time go by.
func (w *whole) seconds(ctx context.Context, lasts time.Duration, doing string) error {
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		w.step(1, doing)
		if err := beat.Pause(ctx, min(time.Second, time.Until(end))); err != nil {
			return err
		}
	}
	return nil
}
