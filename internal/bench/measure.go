package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/engine/strategies"
	"agentwatch/internal/beat"
	"agentwatch/tmuxpool"
)

const (
	// pace is the time between two rounds: the one the dashboard begins with.
	// It also lets pass the 200 ms in which a pane that is only in doubt is not
	// captured again; a round within them would be quick for the wrong reason.
	pace = monitor.DefaultInterval
	// rowTime is the measured time after which a row gets no further rounds,
	// if it has minRounds.
	rowTime   = 20 * time.Second
	minRounds = 3
	// roundsAtRest is how many rounds a method makes in a turn as long as it
	// finds nothing to capture: a second of them, so that they hold one list of
	// all panes in four, as they do in the dashboard. After a turn of slow
	// methods that list is always due.
	roundsAtRest = 4
	// settleTimeout bounds the wait until nothing is in doubt.
	settleTimeout = 20 * time.Second
)

// method is one way of looking.
type method struct {
	name     string
	strategy engine.StrategyName
	probe    *monitor.Probe
	batched  bool
}

// link says how the method reaches the panes.
func (m method) link() string {
	switch {
	case m.batched:
		return engine.LinkBatch.String()
	case m.name == reference:
		return engine.LinkExec.String()
	default:
		return engine.LinkControl.String()
	}
}

// sample is one measured round.
type sample struct {
	wall     time.Duration
	captures int
	bytes    uint64
	cpu      cpu
}

// measurement is one run on one server.
type measurement struct {
	options Options
	server  *server
	panes   *panes
	tell    *teller
	memory  Memory
}

// mode measures all shares with captures of one kind.
func (m *measurement) mode(ctx context.Context, colours bool) (cells []Cell, err error) {
	socket := tmuxpool.Socket{Path: m.server.socket(), Name: "bench"}
	pool := tmuxpool.Options{TmuxPath: m.options.TmuxPath, Clients: tmuxpool.ClientsAlways}
	clients, err := monitor.NewProbe(socket, pool, colours)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clients.Close()) }()
	pool.Clients = tmuxpool.ClientsNever
	batched, err := monitor.NewProbe(socket, pool, colours)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, batched.Close()) }()
	heard, err := monitor.NewProbe(socket, pool, colours)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, heard.Close()) }()
	var methods []method
	for _, s := range strategies.Builtin() {
		methods = append(methods, method{name: string(s.Name()), strategy: s.Name(), probe: clients})
	}
	methods = append(methods, method{
		name: MethodBatched, strategy: engine.StrategyPush, probe: batched, batched: true,
	})
	if heard.Hear() == nil {
		methods = append(methods, method{name: MethodHeard, strategy: engine.StrategyPush, probe: heard, batched: true})
	}
	if err := m.warmUp(ctx, methods); err != nil {
		return nil, err
	}
	for _, share := range Shares() {
		if err := m.settle(ctx, clients); err != nil {
			return nil, err
		}
		cell, err := m.cell(ctx, methods, share, colours)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

// warmUp makes a round by each quick method, until it sees all agents: a
// program that has only just been started may not be known as one yet.
func (m *measurement) warmUp(ctx context.Context, methods []method) error {
	deadline := time.Now().Add(settleTimeout)
	for _, method := range methods {
		if method.name == reference {
			continue
		}
		for {
			report, err := method.probe.Round(ctx, method.strategy)
			if err != nil {
				return err
			}
			if err = m.complete(report); err == nil {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("warming up %s: %w", method.name, err)
			}
			if err := beat.Pause(ctx, pace); err != nil {
				return err
			}
		}
	}
	return nil
}

// startMemory notes the server's memory once every method has made a round.
func (m *measurement) startMemory() (err error) {
	if m.memory.ServerStartBytes == 0 {
		m.memory.Rounds = 0
		m.memory.ServerStartBytes, err = processRSS(m.server.pid)
	}
	return err
}

// settle waits until a round by fingerprints finds nothing to capture: tmux's
// activity has a grain of a second, and what was captured in the second of its
// last output stays in doubt.
func (m *measurement) settle(ctx context.Context, probe *monitor.Probe) error {
	deadline := time.Now().Add(settleTimeout)
	for {
		// First of all: a pane in doubt is left alone for a moment.
		if err := beat.Pause(ctx, pace); err != nil {
			return err
		}
		report, err := probe.Round(ctx, engine.StrategyPush)
		switch {
		case err != nil:
			return err
		case report.Captured == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%w: %d panes are still in doubt when nothing has changed for %s",
				ErrRound, report.Captured, settleTimeout)
		}
	}
}

// cell measures all methods with one share of changed panes.
func (m *measurement) cell(ctx context.Context, methods []method, share Share, colours bool) (Cell, error) {
	words := "with colours"
	if !colours {
		words = "plain"
	}
	doing := fmt.Sprintf("%d agents, %s, changed: %s", m.options.Agents, words, share)
	changed := share.of(m.options.Agents)
	samples := make([][]sample, len(methods))
	spent := make([]time.Duration, len(methods))
	for turn := range m.options.Rounds {
		for _, i := range order(turn, len(methods)) {
			if spent[i] >= rowTime && len(samples[i]) >= minRounds {
				m.tell.rounds(1, doing)
				continue
			}
			for range roundsAtRest {
				s, err := m.round(ctx, methods[i], changed)
				if err != nil {
					return Cell{}, fmt.Errorf("%s, %s: %w", doing, methods[i].name, err)
				}
				samples[i] = append(samples[i], s)
				spent[i] += s.wall
				m.memory.Rounds++
				if s.captures > 0 {
					break
				}
			}
			m.tell.rounds(1, doing)
		}
		if err := m.startMemory(); err != nil {
			return Cell{}, err
		}
	}
	cell := Cell{Colours: colours, Share: share, ChangedPanes: changed}
	for i, method := range methods {
		cell.Rows = append(cell.Rows, row(method, samples[i]))
	}
	compare(cell.Rows, reference)
	return cell, nil
}

// order is the order of n methods in a turn: another one each turn, and not
// only rotated, since what a method finds depends on its predecessor (the list
// of all panes, which is due once a second, falls to whoever comes then). The
// same in every run.
func order(turn, n int) []int { return rand.New(rand.NewPCG(1, uint64(turn))).Perm(n) }

// round changes panes, waits until the server has read it, and measures one
// round. Only the round itself is measured.
func (m *measurement) round(ctx context.Context, method method, changed int) (sample, error) {
	if err := beat.Pause(ctx, pace); err != nil {
		return sample{}, err
	}
	if err := m.panes.change(ctx, changed); err != nil {
		return sample{}, err
	}
	clients, err := m.server.clients(ctx)
	if err != nil {
		return sample{}, err
	}
	u := usage{server: m.server.pid, clients: clients}
	before, err := u.begin()
	if err != nil {
		return sample{}, err
	}
	report, err := method.probe.Round(ctx, method.strategy)
	if err != nil {
		return sample{}, err
	}
	used, err := u.end(before)
	if err != nil {
		return sample{}, err
	}
	if err := m.complete(report); err != nil {
		return sample{}, err
	}
	return sample{wall: report.Took, captures: report.Captured, bytes: report.Bytes, cpu: used}, ctx.Err()
}

// complete refuses a round that has not seen every agent.
func (m *measurement) complete(report monitor.RoundReport) error {
	if report.Failed > 0 || report.Agents != m.options.Agents {
		return fmt.Errorf("%w: %d of %d agents, %d checks failed", ErrRound, report.Agents, m.options.Agents, report.Failed)
	}
	return nil
}
