package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"agentwatch/engine"
)

// scope is the name of what measures.
const scope = "agentwatch"

// exporter exports an engine's measurements by one configuration. It is the engine's
// observer.
type exporter struct {
	outlet
	*instruments
	stream Stream
	cancel context.CancelFunc
}

// sdkDisabled tells whether the environment switches every OpenTelemetry off.
func sdkDisabled() bool { return strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") }

// start exports by a configuration until the exporter is closed.
func start(e Engine, c Config, version string) (_ *exporter, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	x := &exporter{cancel: cancel}
	defer func() {
		if err != nil {
			ending, done := context.WithTimeout(context.Background(), endTime)
			defer done()
			err = errors.Join(err, x.close(ending))
		}
	}()
	if err := x.open(ctx, c, version); err != nil {
		return nil, err
	}
	if x.instruments, err = newInstruments(x.metrics.Meter(scope), e.Latest); err != nil {
		return nil, err
	}
	x.stream = e.Transitions()
	known := e.Latest()
	x.working.Go(func() { x.follow(ctx, known) })
	x.serve()
	return x, nil
}

// about says whose measurements these are. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES have the last word.
func about(ctx context.Context, version string) (*resource.Resource, error) {
	r, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "agentwatch"), attribute.String("service.version", version),
	), resource.WithHost(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, err
	}
	return r, nil
}

// sampled is the share of rounds that get a span: OTEL_TRACES_SAMPLER has the last
// word, as far as it names a share.
func sampled(share float64) float64 {
	switch name := os.Getenv("OTEL_TRACES_SAMPLER"); strings.TrimPrefix(name, "parentbased_") {
	case "always_on":
		return 1
	case "always_off":
		return 0
	case "traceidratio":
		if ratio, err := strconv.ParseFloat(os.Getenv("OTEL_TRACES_SAMPLER_ARG"), 64); err == nil {
			return ratio
		}
		return 1
	}
	return share
}

// scrapeTime bounds one scrape.
const scrapeTime = 10 * time.Second

// listen lets Prometheus scrape at an address.
func (x *outlet) listen(ctx context.Context, address string) (sdkmetric.Reader, error) {
	registry := prometheus.NewRegistry()
	reader, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	if x.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", address); err != nil {
		return nil, fmt.Errorf("offer metrics to Prometheus: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Timeout: scrapeTime, MaxRequestsInFlight: 4}))
	x.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: scrapeTime, ReadTimeout: scrapeTime, WriteTimeout: 2 * scrapeTime, IdleTimeout: 5 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	return reader, nil
}

// endpoint is the URL of one kind of data at the receiver; empty to leave it to the
// environment.
func (c Config) endpoint(path string) string {
	switch {
	case c.OTLP == OTLPFromEnv:
		return ""
	case c.Protocol == ProtocolGRPC:
		return c.OTLP
	default:
		return strings.TrimSuffix(c.OTLP, "/") + path
	}
}

func metricSender(ctx context.Context, c Config) (sdkmetric.Exporter, error) {
	url := c.endpoint("/v1/metrics")
	if c.Protocol == ProtocolGRPC {
		var options []otlpmetricgrpc.Option
		if url != "" {
			options = append(options, otlpmetricgrpc.WithEndpointURL(url))
		}
		return otlpmetricgrpc.New(ctx, options...)
	}
	var options []otlpmetrichttp.Option
	if url != "" {
		options = append(options, otlpmetrichttp.WithEndpointURL(url))
	}
	return otlpmetrichttp.New(ctx, options...)
}

func traceSender(ctx context.Context, c Config) (sdktrace.SpanExporter, error) {
	url := c.endpoint("/v1/traces")
	if c.Protocol == ProtocolGRPC {
		var options []otlptracegrpc.Option
		if url != "" {
			options = append(options, otlptracegrpc.WithEndpointURL(url))
		}
		return otlptracegrpc.New(ctx, options...)
	}
	var options []otlptracehttp.Option
	if url != "" {
		options = append(options, otlptracehttp.WithEndpointURL(url))
	}
	return otlptracehttp.New(ctx, options...)
}

// follow counts what agents do, until ctx or the engine ends. known is what the
// engine knew at the start.
func (x *exporter) follow(ctx context.Context, known *engine.Snapshot) {
	w := make(waits)
	if known != nil {
		for _, a := range known.Agents {
			w.note(engine.Transition{At: a.Since, Agent: a, To: a.State})
		}
	}
	for {
		t, err := x.stream.Next(ctx)
		if err != nil {
			return
		}
		x.transition(w, t)
	}
}

// close sends what is left before ctx ends, and ends everything.
func (x *exporter) close(ctx context.Context) error {
	x.cancel()
	if x.stream != nil {
		x.stream.Close()
	}
	return x.outlet.close(ctx)
}

// Round implements engine.Observer, as do the following.
func (x *exporter) Round(t engine.RoundTrace) {
	x.round(t)
	x.tracer.round(t)
}

// Capture counts an exchange with tmux.
func (x *exporter) Capture(t engine.CaptureTrace) { x.capture(t) }

// Late records how late a change of state was seen.
func (x *exporter) Late(d time.Duration) { x.changeLatency.Record(background(), d.Seconds()) }

// Acquire records a wait for a worker.
func (x *exporter) Acquire(wait time.Duration, err error) { x.acquire(wait, err) }

// Answer counts an answer.
func (x *exporter) Answer(t engine.AnswerTrace) {
	x.answers.Add(background(), 1, x.byAction.option(t.Action.String(), outcomeOf(t)))
	x.tracer.answer(t)
}

func (x *exporter) delivery(d Delivery) {
	x.notifications.Add(background(), 1, x.byChannel.option(d.Channel, d.Outcome))
	x.tracer.delivery(d)
}
