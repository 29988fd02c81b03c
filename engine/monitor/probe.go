package monitor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// Probe makes single rounds on one server when it is asked to, by the same
// code as a Service: for benchmarks and for tests that compare what a strategy
// saw with what is there. It is not safe for concurrent use.
type Probe struct {
	service *Service
	watcher *watcher
	// listener hears the panes; nil for a probe that does not.
	listener *hearing.Listener
	// plannedAt is when the next round is due that nothing has to wake.
	plannedAt time.Time
}

// RoundReport is what one round of a probe did.
type RoundReport struct {
	Took     time.Duration
	Captured int
	// Avoided is how many verdicts stood without a capture.
	Avoided int
	// Failed is how many checks failed.
	Failed int
	// Bytes is how many bytes of screens were read.
	Bytes  uint64
	Agents int
}

// probeTimeout bounds one round of a probe, which may take longer than one of a
// service: a process per pane needs some 15 s for a thousand panes.
const probeTimeout = 2 * time.Minute

// NewProbe returns a probe on the server behind a socket. Close it after use.
// With colours, every capture reads colours, as for a wall of live tiles.
func NewProbe(socket tmuxpool.Socket, pool tmuxpool.Options, colours bool) (*Probe, error) {
	s, err := New(Options{Pool: pool})
	if err != nil {
		return nil, err
	}
	w := s.newWatcher(socket)
	w.allColours, w.timeout = colours, probeTimeout
	return &Probe{service: s, watcher: w}, nil
}

// Hear lets the kernel tell the probe which panes have printed. It fails where the
// kernel does not.
func (p *Probe) Hear() error {
	listener, err := hearing.Listen()
	if err != nil {
		return err
	}
	p.listener = listener
	p.watcher.ear = p.service.hear(listener, p.watcher.socket.Path)
	return nil
}

// heard takes what has been printed since the last round, and tells whether that
// is all that the round is for. What is due later by its pace is due now.
func (p *Probe) heard(s engine.Strategy) bool {
	w := p.watcher
	if w.ear == nil || !strategies.Heeds(s) {
		return false
	}
	w.listen()
	now := w.now()
	for _, pane := range w.order {
		if pane.heard {
			pane.dueBy(now)
		}
	}
	return now.Before(p.plannedAt)
}

// Round makes one round by the named strategy.
func (p *Probe) Round(ctx context.Context, name engine.StrategyName) (RoundReport, error) {
	strategy, err := p.service.strategy(name)
	if err != nil {
		return RoundReport{}, err
	}
	p.service.mu.Lock()
	p.service.chosen.strategy = strategy
	p.service.mu.Unlock()
	p.service.meter.switched(name)
	before, _, _ := p.service.meter.read()
	began := p.service.now()
	woken := p.heard(strategy)
	if next := p.watcher.round(ctx, woken); !woken {
		p.plannedAt = began.Add(next)
	}
	after, _, _ := p.service.meter.read()
	if after.Rounds == before.Rounds {
		status := p.watcher.server.Status()
		return RoundReport{}, fmt.Errorf("round on %s: %s: %s", p.watcher.socket.Path, status.Link, status.Reason)
	}
	report := RoundReport{
		Took: p.service.now().Sub(began), Captured: after.LastCaptured, Avoided: after.LastAvoided,
		Failed: int(after.Failures - before.Failures), Bytes: after.Bytes - before.Bytes,
	}
	for _, pane := range p.watcher.order {
		if pane.tracked {
			report.Agents++
		}
	}
	return report, nil
}

// Observe tells an observer of the rounds from now on; nil tells nobody.
func (p *Probe) Observe(o engine.Observer) { p.service.Observe(o) }

// Detect judges the screens of all panes that have been read anew, by so many workers
// at once, and returns how many there were and how long that took.
func (p *Probe) Detect(workers int) (screens int, took time.Duration) {
	var all []health.Observation
	for _, pane := range p.watcher.order {
		if pane.looked {
			o := pane.observation()
			o.Screen = pane.input
			all = append(all, o)
		}
	}
	var next atomic.Int64
	var working sync.WaitGroup
	began := time.Now()
	for range workers {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				p.service.detector.Detect(all[i])
			}
		})
	}
	working.Wait()
	return len(all), time.Since(began)
}

// Input returns the screen from which the pane's verdict in force was made,
// and the verdict; false when the pane is not known or has not been read.
func (p *Probe) Input(ref health.PaneRef) (text string, verdict health.Verdict, ok bool) {
	pane, known := p.watcher.panes[ref.Pane]
	if !known || !pane.looked {
		return "", health.Verdict{}, false
	}
	return pane.input, pane.verdict, true
}

// Close ends the probe's connections.
func (p *Probe) Close() error {
	if p.listener != nil {
		p.watcher.ear.Close()
		defer p.listener.Close()
	}
	return p.watcher.server.Close()
}
