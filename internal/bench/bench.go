// Package bench measures what it costs to watch many agents, by every strategy
// on the same panes in one run.
//
// It makes a private tmux server with panes of 200x50 coloured cells in which a
// program called claude runs, changes a share of them between rounds, and makes
// the rounds by the very code that the dashboard runs on (monitor.Probe). The
// methods take turns, in another order every turn, so that what else happens on
// the machine meets all of them alike.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// Bounds and standards of the options.
const (
	MaxAgents     = 2000
	DefaultAgents = 50
	DefaultRounds = 20
)

// MethodBatched is the row of the default strategy without control clients: one
// process lists what may have changed, batched processes capture it.
const MethodBatched = "push, batched"

// MethodHeard is the row of the default strategy below tmux 3.7 on Linux: the kernel
// tells which panes have printed, batched processes capture them, and where nothing
// was heard the server is not asked at all.
const MethodHeard = "push, heard"

// reference is the strategy that starts a process per pane.
const reference = string(engine.StrategySequential)

// Options say what to measure.
type Options struct {
	// Agents is the number of panes, 1 to MaxAgents.
	Agents int
	// Rounds is how many turns each row gets; slow ones get fewer (see rowTime),
	// but never fewer than minRounds. A turn is one round, or roundsAtRest.
	Rounds int
	// Colours measures captures with colours, Plain those without.
	Colours, Plain bool
	// TmuxPath is the tmux program; "tmux" in PATH when empty.
	TmuxPath string
	// Progress, if any, is told now and then how far it has come. It is called
	// from the goroutine of Run.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	// Doing says what is under way.
	Doing string
	// Done and Total are steps of about the same size.
	Done, Total int
}

// Errors of a run.
var (
	// ErrOptions: the options cannot be used.
	ErrOptions = errors.New("bench: options")
	// ErrRound: a round has not seen all agents, so that its cost tells
	// nothing.
	ErrRound = errors.New("bench: a round was incomplete")
)

// Check returns ErrOptions for what Run would refuse.
func (o Options) Check() error {
	switch {
	case o.Agents < 1 || o.Agents > MaxAgents:
		return fmt.Errorf("%w: %d agents (1 to %d)", ErrOptions, o.Agents, MaxAgents)
	case o.Rounds < 1:
		return fmt.Errorf("%w: %d rounds", ErrOptions, o.Rounds)
	case !o.Colours && !o.Plain:
		return fmt.Errorf("%w: captures neither with colours nor without", ErrOptions)
	}
	return nil
}

// ThisMachine describes where we run.
func ThisMachine() Machine {
	return Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
}

// Run measures one number of agents, on a server of its own, and returns when
// that server is gone, also when ctx ends.
func Run(ctx context.Context, o Options) (Fleet, error) {
	if err := o.Check(); err != nil {
		return Fleet{}, err
	}
	if o.TmuxPath == "" {
		path, err := tmuxpool.FindTmux()
		if err != nil {
			return Fleet{}, fmt.Errorf("bench: %w", err)
		}
		o.TmuxPath = path
	}
	tell := newTeller(o)
	s, err := startServer(ctx, o.TmuxPath, o.Agents, tell.made)
	if err != nil {
		return Fleet{}, interrupted(ctx, err)
	}
	fleet, err := measure(ctx, o, s, tell)
	return fleet, errors.Join(interrupted(ctx, err), s.close())
}

// interrupted replaces what a call complained about when it was interrupted by
// the reason of that.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("bench: %w", context.Cause(ctx))
	}
	return err
}

// measure makes all rounds on a server.
func measure(ctx context.Context, o Options, s *server, tell *teller) (Fleet, error) {
	p, err := openPanes(ctx, s, o.Agents)
	if err != nil {
		return Fleet{}, err
	}
	defer p.close()
	fleet := Fleet{Agents: o.Agents, Width: paneWidth, Height: paneHeight, Tmux: s.version}
	run := &measurement{options: o, server: s, panes: p, tell: tell}
	for _, colours := range []bool{true, false} {
		if colours && !o.Colours || !colours && !o.Plain {
			continue
		}
		cells, err := run.mode(ctx, colours)
		if err != nil {
			return Fleet{}, err
		}
		fleet.Cells = append(fleet.Cells, cells...)
	}
	fleet.Memory = run.memory
	if fleet.Memory.ServerEndBytes, err = processRSS(s.pid); err != nil {
		return Fleet{}, err
	}
	fleet.Memory.OwnBytes, err = processRSS(os.Getpid())
	return fleet, err
}

// teller keeps count of the steps: every pane made, and every round.
type teller struct {
	progress func(Progress)
	now      Progress
}

func newTeller(o Options) *teller {
	t := &teller{progress: o.Progress}
	if t.progress == nil {
		t.progress = func(Progress) {}
	}
	modes := 0
	for _, wanted := range []bool{o.Colours, o.Plain} {
		if wanted {
			modes++
		}
	}
	rows := methodCount()
	t.now.Total = o.Agents + modes*len(Shares())*rows*o.Rounds
	return t
}

func (t *teller) made(panes int) {
	t.now.Doing, t.now.Done = fmt.Sprintf("starting agent %d", panes), panes
	t.progress(t.now)
}

// rounds counts n rounds as done, made or left out.
func (t *teller) rounds(n int, doing string) {
	t.now.Doing = doing
	t.now.Done += n
	t.progress(t.now)
}

// methodCount is how many rows a cell has on this system.
func methodCount() int {
	n := len(strategies.Builtin()) + 1
	if listener, err := hearing.Listen(); err == nil {
		_ = listener.Close()
		n++
	}
	return n
}
