package plugin

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
)

// limits are the times that an executable is held to.
type limits struct {
	// handshake is how long it may take to answer the first line, call any other.
	handshake, call time.Duration
	// backoff is the time to the first restart; it doubles with each failure, up
	// to maxBackoff.
	backoff, maxBackoff time.Duration
	// failures within window put it in quarantine.
	failures int
	window   time.Duration
	// grace is how long it may take to end when it is asked to.
	grace time.Duration
}

func defaultLimits() limits {
	return limits{
		handshake: 2 * time.Second, call: 3 * time.Second, backoff: time.Second, maxBackoff: time.Minute,
		failures: 5, window: 5 * time.Minute, grace: 300 * time.Millisecond,
	}
}

// answerFor is how old a request can be whose answer is still carried out.
const answerFor = 2 * time.Second

// Executable is a strategy that an executable makes. One goroutine, that of run,
// owns its process; the methods of engine.Strategy only leave requests for it and
// take its answers.
type Executable struct {
	path, version string
	name          engine.StrategyName
	limits        limits
	// wake tells run of a request, revive of a user who wants it back; both have
	// room for one.
	wake, revive chan struct{}

	mu      sync.Mutex
	summary string
	health  engine.StrategyHealth
	stderr  string
	// serving is set while requests are taken.
	serving bool
	lines   map[string]*line
	// queue are the servers with a request that run has not taken yet.
	queue []string
}

// line is what is known of one tmux server's rounds.
type line struct {
	waiting *call
	// answer is a plan that no round has carried out yet.
	answer *call
	credit credit
}

// call is one request. Its fields are not changed after done is closed.
type call struct {
	server string
	in     engine.PlanInput
	sent   time.Time
	plan   engine.Plan
	done   chan struct{}
}

func newExecutable(path, version string, l limits) *Executable {
	name := strings.TrimPrefix(filepath.Base(path), filePrefix)
	return &Executable{
		path: path, version: version, name: engine.StrategyName(name), limits: l,
		wake: make(chan struct{}, 1), revive: make(chan struct{}, 1), lines: make(map[string]*line),
		summary: "a strategy of your own", health: engine.StrategyHealth{Status: engine.StrategyStarting, Reason: "its handshake has not come yet"},
	}
}

// Name implements engine.Strategy.
func (e *Executable) Name() engine.StrategyName { return e.name }

// Source implements engine.Sourced.
func (e *Executable) Source() string { return e.path }

// Summary is what the executable says of itself.
func (e *Executable) Summary() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.summary
}

// Health implements engine.Fallible.
func (e *Executable) Health() engine.StrategyHealth {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}

// Stderr is the end of what the last process that failed wrote to its standard
// error.
func (e *Executable) Stderr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stderr
}

// Revive implements engine.Revivable: an executable that is not running is
// started at once, also out of quarantine.
func (e *Executable) Revive() {
	if e.Health().Status != engine.StrategyOK {
		signal(e.revive)
	}
}

// Forecast implements engine.Forecaster: nobody knows without asking.
func (e *Executable) Forecast(engine.PlanInput) (engine.Plan, bool) { return engine.Plan{}, false }

// Plan asks the executable and waits for its answer as long as the credit of
// the server's rounds allows, which is not at all after it was late. An answer
// that comes later is carried out by the next round; a round that has none is
// planned by push.
func (e *Executable) Plan(in engine.PlanInput) engine.Plan {
	if len(in.Panes) == 0 {
		return strategies.Fallback(in)
	}
	c, wait := e.submit(in)
	if c != nil && wait > 0 {
		began := time.Now()
		timer := time.NewTimer(wait)
		select {
		case <-c.done:
		case <-timer.C:
		}
		timer.Stop()
		e.waited(c, time.Since(began))
	}
	return e.collect(in)
}

// submit leaves a request, which replaces one of the same server that has not
// been sent, and says how long to wait for its answer.
func (e *Executable) submit(in engine.PlanInput) (*call, time.Duration) {
	server := in.Panes[0].Ref.Server
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.serving {
		return nil, 0
	}
	l := e.lines[server]
	if l == nil {
		l = &line{credit: newCredit(time.Now())}
		e.lines[server] = l
	}
	if l.waiting == nil {
		e.queue = append(e.queue, server)
	}
	l.waiting = &call{server: server, in: in, done: make(chan struct{})}
	signal(e.wake)
	return l.waiting, l.credit.available(time.Now())
}

// waited books what a round has waited.
func (e *Executable) waited(c *call, took time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.lines[c.server]
	if l == nil {
		return
	}
	answered := false
	select {
	case <-c.done:
		answered = true
	default:
	}
	l.credit.spend(took, answered)
}

// collect takes an answer that is not too old. Each is carried out once.
func (e *Executable) collect(in engine.PlanInput) engine.Plan {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.lines[in.Panes[0].Ref.Server]
	if l == nil || l.answer == nil {
		return strategies.Fallback(in)
	}
	answer := l.answer
	l.answer = nil
	if in.Now.Sub(answer.in.Now) > answerFor {
		return strategies.Fallback(in)
	}
	return answer.plan
}

// take returns the next request; nil when there is none.
func (e *Executable) take() *call {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return nil
	}
	l := e.lines[e.queue[0]]
	e.queue = e.queue[1:]
	c := l.waiting
	l.waiting = nil
	return c
}

// answered stores a plan.
func (e *Executable) answered(c *call, plan engine.Plan) {
	e.mu.Lock()
	c.plan = plan
	if l := e.lines[c.server]; l != nil {
		l.answer = c
		l.credit.answered(time.Since(c.sent))
	}
	e.mu.Unlock()
	close(c.done)
}

// serve begins to take requests.
func (e *Executable) serve(summary string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serving, e.health = true, engine.StrategyHealth{}
	if summary != "" {
		e.summary = summary
	}
}

// fail ends the taking of requests. What has been asked is forgotten: no round
// waits for it longer than its credit.
func (e *Executable) fail(status engine.StrategyStatus, cause error, stderr string) {
	reason := cause.Error()
	if last := lastLine(stderr); last != "" && !errors.Is(cause, context.Canceled) {
		reason = fmt.Sprintf("%s; it wrote: %s", reason, last)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serving, e.lines, e.queue, e.stderr = false, make(map[string]*line), nil, stderr
	e.health = engine.StrategyHealth{Status: status, Reason: reason}
}
