package monitor

import (
	"context"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

// Observe tells an observer from now on what is measured, in place of the one
// before it; nil tells nobody, which costs a comparison for each measurement. It may
// be called at any time.
func (s *Service) Observe(o engine.Observer) {
	if o == nil {
		s.meter.observer.Store(nil)
		return
	}
	s.meter.observer.Store(&o)
}

// Latest returns the newest snapshot; nil before the first.
func (s *Service) Latest() *engine.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// observing is who is told what is measured; nil for nobody.
func (m *meter) observing() engine.Observer {
	if o := m.observer.Load(); o != nil {
		return *o
	}
	return nil
}

// stopwatch times the stages of the rounds of one server while somebody observes.
type stopwatch struct {
	now      func() time.Time
	observer engine.Observer // of the round that is being made; nil for nobody
	round    engine.RoundTrace
	used     time.Duration // by this process, at the last mark
	failures uint64
}

// begin begins a round.
func (s *stopwatch) begin(m *meter, began time.Time) {
	if s.observer = m.observing(); s.observer == nil {
		return
	}
	s.round, s.failures, s.used = engine.RoundTrace{Began: began}, m.failed(), ownTime()
}

// ahead notes that captures were made before there was a plan, since began.
func (s *stopwatch) ahead(began time.Time) {
	if s.observer != nil {
		s.round.Ahead, s.round.AheadUsed = s.now().Sub(began), ownTime()-s.used
	}
}

// end notes the end of a stage, and of those before it that had nothing to do.
func (s *stopwatch) end(stage engine.Stage) {
	if s.observer != nil {
		s.endAt(stage, s.now())
	}
}

func (s *stopwatch) endAt(stage engine.Stage, at time.Time) {
	for i := range stage {
		if s.round.Ends[i].IsZero() {
			s.round.Ends[i] = s.round.Began
			if i > 0 {
				s.round.Ends[i] = s.round.Ends[i-1]
			}
		}
	}
	s.round.Ends[stage] = at
	used := ownTime()
	s.round.Used[stage] = used - s.used
	s.used = used
}

// looked notes the end of the looks at all panes: the captures ended with the last
// exchange, if there was one in this round.
func (s *stopwatch) looked(server *observedServer) {
	if s.observer == nil {
		return
	}
	now := s.now()
	captured := s.round.Ends[engine.StagePlan]
	if last := server.lastCapture(); last.After(captured) && !last.After(now) {
		captured = last
	}
	s.endAt(engine.StageCapture, captured)
	s.endAt(engine.StageCheck, now)
	// Screens are checked while others are being captured: what that uses cannot be
	// parted.
	s.round.Used[engine.StageCheck], s.round.Used[engine.StageCapture] = s.round.Used[engine.StageCapture]+s.round.Used[engine.StageCheck], 0
}

// done ends a round.
func (s *stopwatch) done(m *meter, name engine.StrategyName, captured, cached int, err error) {
	if s.observer == nil {
		return
	}
	s.end(engine.StagePublish)
	s.round.Strategy, s.round.Captured, s.round.Cached, s.round.Err = name, captured, max(cached, 0), err
	s.round.Failed = int(m.failed() - s.failures)
	s.observer.Round(s.round)
}

// observedServer tells the observer of a server's captures.
type observedServer struct {
	paneServer
	meter *meter
	now   func() time.Time

	mu   sync.Mutex
	last time.Time
}

// CaptureAll implements paneServer.
func (s *observedServer) CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, method tmuxpool.Method, limit int,
	deliver func(i int, c tmuxpool.Capture, err error),
) {
	o := s.meter.observing()
	if o == nil || len(requests) == 0 {
		s.paneServer.CaptureAll(ctx, requests, method, limit, deliver)
		return
	}
	t := engine.CaptureTrace{Link: linkOf(s.Status().Link), Began: s.now(), Panes: len(requests)}
	var mu sync.Mutex
	var arrived time.Time
	s.paneServer.CaptureAll(ctx, requests, method, limit, func(i int, c tmuxpool.Capture, err error) {
		mu.Lock()
		t.Bytes += c.Bytes
		arrived = s.now()
		mu.Unlock()
		deliver(i, c, err)
	})
	// What is done with the last screen is not part of its capture.
	t.Took = max(arrived.Sub(t.Began), 0)
	s.mu.Lock()
	s.last = arrived
	s.mu.Unlock()
	o.Capture(t)
}

// lastCapture is when the last exchange ended.
func (s *observedServer) lastCapture() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
