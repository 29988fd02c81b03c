package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
)

// Engine is what is exported; Of makes one of a service.
type Engine struct {
	// Observe tells an observer of measurements from now on; nil for none.
	Observe func(engine.Observer)
	// Latest is the newest snapshot; nil before the first.
	Latest func() *engine.Snapshot
	// Transitions is a new stream of all changes of agents.
	Transitions func() Stream
}

// Stream is a stream of transitions; engine.TransitionStream is one.
type Stream interface {
	Next(ctx context.Context) (engine.Transition, error)
	Close()
}

// Of is a service as an Engine.
func Of(s *monitor.Service) Engine {
	return Engine{Observe: s.Observe, Latest: s.Latest, Transitions: func() Stream { return s.Transitions() }}
}

// Delivery is how the delivery of one message to the user ended.
type Delivery struct {
	// Channel is the channel's type, Outcome "delivered" or "failed".
	Channel, Outcome string
	Ended            time.Time
	Took             time.Duration
	Tries            int
}

// delivered is the outcome of a Delivery that has worked.
const delivered = "delivered"

// Telemetry exports an engine's measurements by the configuration in force. Its zero
// value is not ready; New makes one, which exports nothing before Configure.
type Telemetry struct {
	engine  Engine
	version string
	failed  func(error)
	current atomic.Pointer[exporter]
	// mu lets one Configure or Close work at a time.
	mu sync.Mutex
}

// New returns a Telemetry of an engine. version is the program's. failed is told
// what goes wrong later, such as a receiver that does not answer; it must be safe for
// concurrent use.
func New(e Engine, version string, failed func(error)) *Telemetry {
	return &Telemetry{engine: e, version: version, failed: failed}
}

// endTime bounds how long what was measured last may take to be sent.
const endTime = 3 * time.Second

// Configure puts settings in force in place of those before them. With none that
// export anything, nothing is left that costs: no goroutine, no listener, no
// observer. An error leaves everything off.
func (t *Telemetry) Configure(c Config) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.end()
	if !c.On() || sdkDisabled() {
		return err
	}
	// OpenTelemetry has one place for this in a process, and writes to standard error,
	// which may be the dashboard's terminal, when nobody takes it.
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.failed))
	e, started := start(t.engine, c, t.version)
	if started != nil {
		return errors.Join(err, fmt.Errorf("telemetry: %w", started))
	}
	t.current.Store(e)
	t.engine.Observe(e)
	return err
}

// Close sends what is left and ends everything.
func (t *Telemetry) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.end()
}

// end ends what is exported now. It is called under mu.
func (t *Telemetry) end() error {
	e := t.current.Swap(nil)
	if e == nil {
		return nil
	}
	t.engine.Observe(nil)
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	return e.close(ctx)
}

// Delivered counts a message to the user.
func (t *Telemetry) Delivered(d Delivery) {
	if e := t.current.Load(); e != nil {
		e.delivery(d)
	}
}

// Address is where Prometheus can scrape; empty when it cannot.
func (t *Telemetry) Address() string {
	if e := t.current.Load(); e != nil && e.listener != nil {
		return e.listener.Addr().String()
	}
	return ""
}
