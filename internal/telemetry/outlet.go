package telemetry

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// outlet is where measurements go by one configuration.
type outlet struct {
	metrics *sdkmetric.MeterProvider
	// traces is nil where there are none; tracer makes spans, or none.
	traces *sdktrace.TracerProvider
	tracer *tracer
	// listener is where Prometheus scrapes; nil when it does not.
	listener net.Listener
	server   *http.Server
	working  sync.WaitGroup
}

// open opens what a configuration names. After an error the outlet must be closed,
// too. serve has Prometheus answered.
func (x *outlet) open(ctx context.Context, c Config, version string) error {
	about, err := about(ctx, version)
	if err != nil {
		return err
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithCardinalityLimit(maxSeries)}
	if c.Prometheus != "" {
		reader, err := x.listen(ctx, c.Prometheus)
		if err != nil {
			return err
		}
		options = append(options, sdkmetric.WithReader(reader))
	}
	if c.OTLP != "" {
		sender, err := metricSender(ctx, c)
		if err != nil {
			return err
		}
		// It reads OTEL_METRIC_EXPORT_INTERVAL by itself; 60 s without it.
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(sender)))
	}
	x.metrics = sdkmetric.NewMeterProvider(options...)
	if c.Traces && c.OTLP != "" {
		sender, err := traceSender(ctx, c)
		if err != nil {
			return err
		}
		x.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(sender), sdktrace.WithResource(about), sdktrace.WithSampler(sdktrace.AlwaysSample()))
		x.tracer = newTracer(x.traces.Tracer(scope), sampled(c.Sample))
	}
	return nil
}

// serve answers Prometheus until the outlet is closed.
func (x *outlet) serve() {
	if x.server != nil {
		x.working.Go(func() { _ = x.server.Serve(x.listener) })
	}
}

// close sends what is left before ctx ends, and ends everything.
func (x *outlet) close(ctx context.Context) error {
	var errs []error
	switch {
	case x.server != nil:
		errs = append(errs, x.server.Close())
		fallthrough
	case x.listener != nil:
		if err := x.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	x.working.Wait()
	if x.traces != nil {
		errs = append(errs, x.traces.Shutdown(ctx))
	}
	if x.metrics != nil {
		errs = append(errs, x.metrics.Shutdown(ctx))
	}
	return errors.Join(errs...)
}
