package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// FleetSource is what a process knows of other machines. Each of its functions is
// called when metrics are collected; nil for what the process does not know.
type FleetSource struct {
	// Hosts counts the machines that are watched, by the word of their state.
	Hosts func() map[string]int
	// Lag is how long ago the live machine that was heard of longest ago was heard of.
	Lag func() time.Duration
	// Load is how much of what it can do a puller does: 1 is all.
	Load func() float64
}

// Operation is something that was done at the hub of a fleet.
type Operation struct {
	// Name and Reason are words of ours: see package hub.
	Name, Reason string
	// Error is the kind of its error in a word; empty for none.
	Error string
	Began time.Time
	Took  time.Duration
}

// Fleet exports what a process measures that reads or writes for several machines: a
// collector, a puller, or one that serves the page. Its methods are safe for
// concurrent use, and do nothing for a nil one.
type Fleet struct {
	outlet
	duration            metric.Float64Histogram
	reputs              metric.Int64Counter
	byOperation, byWhat bounded

	mu sync.Mutex
	// lost is since when every operation has failed; zero when the last one has worked.
	lost time.Time
	used bool
}

// hubBounds are the bounds of the buckets of what takes a round-trip or some, in
// seconds.
func hubBounds() []float64 { return []float64{.0005, .001, .0025, .005, .01, .05, .1, .5, 1, 3} }

// StartFleet exports by a configuration until Close; nil without one that exports
// anything.
func StartFleet(c Config, version string, source FleetSource) (_ *Fleet, err error) {
	if !c.On() || sdkDisabled() {
		return nil, nil
	}
	f := &Fleet{
		byOperation: bounded{keys: []string{keyOperation, keyError}, max: maxSeries / histogramSeries(len(hubBounds()))},
		byWhat:      bounded{keys: []string{keyReason}, max: maxSeries},
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("telemetry: %w", err), f.Close())
		}
	}()
	if err := f.open(context.Background(), c, version); err != nil {
		return nil, err
	}
	m := &maker{meter: f.metrics.Meter(scope)}
	f.duration = m.seconds("agentwatch.hub.operation.duration", "How long something took that was done at the hub.", hubBounds())
	f.reputs = m.counter("agentwatch.fleet.reputs", "{put}", "How often a host was written anew as a whole, by why.")
	lost := m.observedSeconds("agentwatch.hub.lost", "For how long the hub has not answered; 0 while it does.")
	lag := m.observedSeconds("agentwatch.fleet.lag", "How long ago the live machine that was heard of longest ago was heard of.")
	hosts := m.observedLevel("agentwatch.fleet.host.count", "{host}", "Other machines by state.")
	load, failed := m.meter.Float64ObservableGauge("agentwatch.fleet.load", metric.WithUnit("1"), metric.WithDescription("How much of what it can do a puller does."))
	_, err = m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if since, used := f.lostFor(time.Now()); used {
			o.ObserveFloat64(lost, since.Seconds())
		}
		if source.Hosts != nil {
			for state, n := range source.Hosts() {
				o.ObserveInt64(hosts, int64(n), metric.WithAttributes(attribute.String(keyState, state)))
			}
		}
		if source.Lag != nil {
			o.ObserveFloat64(lag, source.Lag().Seconds())
		}
		if source.Load != nil {
			o.ObserveFloat64(load, source.Load())
		}
		return nil
	}, lost, lag, hosts, load)
	if err := errors.Join(m.err, failed, err); err != nil {
		return nil, err
	}
	f.serve()
	return f, nil
}

// Operation counts something that was done at the hub; what was written or read as a
// whole gets a span.
func (f *Fleet) Operation(o Operation) {
	if f == nil {
		return
	}
	f.duration.Record(background(), o.Took.Seconds(), f.byOperation.option(o.Name, o.Error))
	if o.Reason != "" && o.Error == "" {
		f.reputs.Add(background(), 1, f.byWhat.option(o.Reason))
	}
	f.note(o)
	if f.tracer != nil && (o.Name == "put" || o.Name == "snapshot") {
		f.tracer.span(background(), "hub."+o.Name, o.Began, o.Began.Add(o.Took), o.Error, []attribute.KeyValue{attribute.String(keyReason, o.Reason)})
	}
}

// Connect makes a span of a try to connect to another machine; err is the kind of its
// error in a word, empty for none.
func (f *Fleet) Connect(began time.Time, took time.Duration, err string) {
	if f != nil && f.tracer != nil {
		f.tracer.span(background(), "remote.connect", began, began.Add(took), err, nil)
	}
}

// note notes whether the hub answers.
func (f *Fleet) note(o Operation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used = true
	switch {
	case o.Error == "":
		f.lost = time.Time{}
	case f.lost.IsZero():
		f.lost = o.Began
	}
}

// lostFor is for how long the hub has not answered, and whether it was ever asked.
func (f *Fleet) lostFor(now time.Time) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost.IsZero() {
		return 0, f.used
	}
	return max(now.Sub(f.lost), 0), f.used
}

// Address is where Prometheus can scrape; empty when it cannot.
func (f *Fleet) Address() string {
	if f == nil || f.listener == nil {
		return ""
	}
	return f.listener.Addr().String()
}

// Close sends what is left and ends everything.
func (f *Fleet) Close() error {
	if f == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	return f.close(ctx)
}
