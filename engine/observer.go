package engine

import (
	"context"
	"sync"
	"time"

	"agentwatch/tmuxpool"
)

// Observer is told what the engine measures, at the moment when it does: for
// whoever exports it. Its methods are called from the engine's goroutines. They
// must be safe for concurrent use and must not wait.
type Observer interface {
	// Round is told of each round of a server.
	Round(RoundTrace)
	// Capture is told of each exchange with a server in which screens were captured.
	Capture(CaptureTrace)
	// Late is told how late a change of state reached its verdict.
	Late(time.Duration)
	// Answer is told of each answer, also of one that was refused.
	Answer(AnswerTrace)
	// Acquire is told of each wait for a worker of a pool, with its error.
	Acquire(wait time.Duration, err error)
}

// Stage is a part of a round.
type Stage uint8

// The stages of a round, in their order.
const (
	// StageList asks the server which panes there are and which have printed.
	StageList Stage = iota
	// StagePlan reads what runs in the panes and lets the strategy plan.
	StagePlan
	// StageCapture captures screens. Those of panes that the kernel has reported on are
	// captured in StageList already (RoundTrace.Ahead).
	StageCapture
	// StageCheck is what detection takes after the last screen has come.
	StageCheck
	// StagePublish gives the verdicts their place in time and makes the snapshot.
	StagePublish
	stages
)

// String returns the stage's word.
func (s Stage) String() string {
	words := [...]string{"list", "plan", "capture", "check", "publish"}
	if int(s) < len(words) {
		return words[s]
	}
	return "stage"
}

// RoundTrace is one round of one server.
type RoundTrace struct {
	Strategy StrategyName
	Began    time.Time
	// Ends are when each stage ended. A stage that was not reached, or had nothing to
	// do, ended with the one before it.
	Ends [stages]time.Time
	// Used is the processor time of this process in each stage, whoever used it.
	Used [stages]time.Duration
	// Ahead is how much of StageList captures took, AheadUsed their processor time.
	Ahead, AheadUsed time.Duration
	// Captured, Cached and Failed are the panes by where their verdicts came from.
	Captured, Cached, Failed int
	// Err is why the server could not be asked; nil otherwise.
	Err error
}

// CaptureTrace is one exchange with a server in which screens were captured.
type CaptureTrace struct {
	Link  Link
	Began time.Time
	Took  time.Duration
	// Panes is how many screens were asked for, Bytes how large they were together.
	Panes, Bytes int
}

// AnswerTrace is one answer: from Began to Compared the pane was looked at and
// compared, then it was typed until Typed, and confirmed until Ended. Compared and
// Typed are zero where nothing was typed.
type AnswerTrace struct {
	Action                        Action
	Began, Compared, Typed, Ended time.Time
	Outcome                       Outcome
	Err                           error
	// Parent is the span of whoever asked for it, as a W3C traceparent; empty for none.
	Parent string
}

// parentKey is the key of a span's name in a context.
type parentKey struct{}

// maxParent bounds what is taken for a traceparent.
const maxParent = 128

// WithTraceParent notes under which span of the caller's something is asked for, as a
// W3C traceparent. What is too long for one, or empty, is not noted.
func WithTraceParent(ctx context.Context, parent string) context.Context {
	if parent == "" || len(parent) > maxParent {
		return ctx
	}
	return context.WithValue(ctx, parentKey{}, parent)
}

// TraceParent is what WithTraceParent has noted; empty for nothing.
func TraceParent(ctx context.Context) string {
	parent, _ := ctx.Value(parentKey{}).(string)
	return parent
}

// Observe tells an observer from now on what is measured, in place of the one
// before it; nil tells nobody, which costs a comparison for each measurement. It may
// be called at any time.
func (s *Service) Observe(o Observer) {
	if o == nil {
		s.meter.observer.Store(nil)
		return
	}
	s.meter.observer.Store(&o)
}

// Latest returns the newest snapshot; nil before the first.
func (s *Service) Latest() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// observing is who is told what is measured; nil for nobody.
func (m *meter) observing() Observer {
	if o := m.observer.Load(); o != nil {
		return *o
	}
	return nil
}

// stopwatch times the stages of the rounds of one server while somebody observes.
type stopwatch struct {
	now      func() time.Time
	observer Observer // of the round that is being made; nil for nobody
	round    RoundTrace
	used     time.Duration // by this process, at the last mark
	failures uint64
}

// begin begins a round.
func (s *stopwatch) begin(m *meter, began time.Time) {
	if s.observer = m.observing(); s.observer == nil {
		return
	}
	s.round, s.failures, s.used = RoundTrace{Began: began}, m.failed(), ownTime()
}

// ahead notes that captures were made before there was a plan, since began.
func (s *stopwatch) ahead(began time.Time) {
	if s.observer != nil {
		s.round.Ahead, s.round.AheadUsed = s.now().Sub(began), ownTime()-s.used
	}
}

// end notes the end of a stage, and of those before it that had nothing to do.
func (s *stopwatch) end(stage Stage) {
	if s.observer != nil {
		s.endAt(stage, s.now())
	}
}

func (s *stopwatch) endAt(stage Stage, at time.Time) {
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
	captured := s.round.Ends[StagePlan]
	if last := server.lastCapture(); last.After(captured) && !last.After(now) {
		captured = last
	}
	s.endAt(StageCapture, captured)
	s.endAt(StageCheck, now)
	// Screens are checked while others are being captured: what that uses cannot be
	// parted.
	s.round.Used[StageCheck], s.round.Used[StageCapture] = s.round.Used[StageCapture]+s.round.Used[StageCheck], 0
}

// done ends a round.
func (s *stopwatch) done(m *meter, name StrategyName, captured, cached int, err error) {
	if s.observer == nil {
		return
	}
	s.end(StagePublish)
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
	t := CaptureTrace{Link: linkOf(s.Status().Link), Began: s.now(), Panes: len(requests)}
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
