package telemetry

import (
	"context"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"agentwatch/engine"
)

// slowRound is how long a round may take before it gets a span whatever the share.
const slowRound = time.Second

// tracer makes spans of what has happened. A nil one makes none.
type tracer struct {
	trace.Tracer
	sample float64
	random func() float64
}

func newTracer(t trace.Tracer, sample float64) *tracer {
	return &tracer{Tracer: t, sample: sample, random: rand.Float64}
}

// part is a named part of a span.
type part struct {
	name string
	from time.Time
	to   time.Time
}

// span makes a span that is over, with its parts that took any time. ctx may have the
// span that it is a part of.
func (t *tracer) span(ctx context.Context, name string, from, to time.Time, err string, attributes []attribute.KeyValue, parts ...part) {
	ctx, span := t.Start(ctx, name, trace.WithTimestamp(from), trace.WithAttributes(attributes...))
	for _, p := range parts {
		if p.to.After(p.from) {
			_, child := t.Start(ctx, p.name, trace.WithTimestamp(p.from))
			child.End(trace.WithTimestamp(p.to))
		}
	}
	if err != "" {
		span.SetStatus(codes.Error, err)
	}
	span.End(trace.WithTimestamp(to))
}

// under has the span that a W3C traceparent names; none where it is no such.
func under(parent string) context.Context {
	return propagation.TraceContext{}.Extract(background(), propagation.MapCarrier{"traceparent": parent})
}

// round makes a span of a share of the rounds, and of each that was slow or failed.
func (t *tracer) round(r engine.RoundTrace) {
	if t == nil {
		return
	}
	ended := r.Ends[engine.StagePublish]
	err := ""
	switch {
	case r.Err != nil:
		// The error's own words can name a path.
		err = "the tmux server could not be asked"
	case r.Failed > 0:
		err = "panes could not be read"
	}
	if err == "" && ended.Sub(r.Began) <= slowRound && t.random() >= t.sample {
		return
	}
	var parts []part
	from := r.Began
	for stage, end := range r.Ends {
		parts = append(parts, part{engine.Stage(stage).String(), from, end})
		from = end
	}
	t.span(background(), "round", r.Began, ended, err, []attribute.KeyValue{
		attribute.String(keyStrategy, string(r.Strategy)), attribute.Int("agentwatch.captured", r.Captured),
		attribute.Int("agentwatch.cached", r.Cached), attribute.Int("agentwatch.failed", r.Failed),
	}, parts...)
}

// answer makes a span of an answer.
func (t *tracer) answer(a engine.AnswerTrace) {
	if t == nil {
		return
	}
	err := ""
	if a.Err != nil {
		err = outcomeOf(a) // its own words quote the screen
	}
	var parts []part
	if a.Compared.IsZero() {
		parts = []part{{"look", a.Began, a.Ended}}
	} else {
		parts = []part{{"look", a.Began, a.Compared}, {"type", a.Compared, a.Typed}, {"confirm", a.Typed, a.Ended}}
	}
	t.span(under(a.Parent), "answer", a.Began, a.Ended, err, []attribute.KeyValue{
		attribute.String(keyAction, a.Action.String()), attribute.String(keyOutcome, outcomeOf(a)),
	}, parts...)
}

// delivery makes a span of a message.
func (t *tracer) delivery(d Delivery) {
	if t == nil {
		return
	}
	err := ""
	if d.Outcome != delivered {
		err = d.Outcome
	}
	t.span(background(), "notify.deliver", d.Ended.Add(-d.Took), d.Ended, err, []attribute.KeyValue{
		attribute.String(keyChannel, d.Channel), attribute.String(keyOutcome, d.Outcome), attribute.Int("agentwatch.tries", d.Tries),
	})
}
