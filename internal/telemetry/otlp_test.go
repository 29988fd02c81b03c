package telemetry

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP receiver in this process.
type receiver struct {
	collectmetrics.UnimplementedMetricsServiceServer
	collecttraces.UnimplementedTraceServiceServer

	mu       sync.Mutex
	metrics  []string
	spans    []*tracepb.Span
	resource *resourcepb.Resource
	raw      bytes.Buffer
}

// Export implements the service of metrics.
func (r *receiver) Export(_ context.Context, in *collectmetrics.ExportMetricsServiceRequest) (*collectmetrics.ExportMetricsServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	raw, _ := proto.Marshal(in)
	r.raw.Write(raw)
	for _, about := range in.ResourceMetrics {
		r.resource = about.Resource
		for _, s := range about.ScopeMetrics {
			for _, m := range s.Metrics {
				r.metrics = append(r.metrics, m.Name)
			}
		}
	}
	return &collectmetrics.ExportMetricsServiceResponse{}, nil
}

// traces is the service of traces.
type traces struct {
	collecttraces.UnimplementedTraceServiceServer
	*receiver
}

// Export implements the service of traces.
func (t traces) Export(_ context.Context, in *collecttraces.ExportTraceServiceRequest) (*collecttraces.ExportTraceServiceResponse, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	raw, _ := proto.Marshal(in)
	t.raw.Write(raw)
	for _, about := range in.ResourceSpans {
		for _, s := range about.ScopeSpans {
			t.spans = append(t.spans, s.Spans...)
		}
	}
	return &collecttraces.ExportTraceServiceResponse{}, nil
}

// ServeHTTP implements OTLP over HTTP.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var answer proto.Message
	switch request.URL.Path {
	case "/v1/metrics":
		in := new(collectmetrics.ExportMetricsServiceRequest)
		if err = proto.Unmarshal(body, in); err == nil {
			answer, err = r.Export(request.Context(), in)
		}
	case "/v1/traces":
		in := new(collecttraces.ExportTraceServiceRequest)
		if err = proto.Unmarshal(body, in); err == nil {
			answer, err = traces{receiver: r}.Export(request.Context(), in)
		}
	default:
		http.NotFound(w, request)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	raw, _ := proto.Marshal(answer)
	_, _ = w.Write(raw)
}

// overHTTP and overGRPC start a receiver and say where it is.
func overHTTP(t *testing.T, r *receiver) string {
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL
}

func overGRPC(t *testing.T, r *receiver) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collectmetrics.RegisterMetricsServiceServer(server, r)
	collecttraces.RegisterTraceServiceServer(server, traces{receiver: r})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return "http://" + listener.Addr().String()
}

func TestAReceiverGetsMetricsAndTracesOverHTTPAndGRPC(t *testing.T) {
	for _, c := range []struct {
		protocol string
		start    func(*testing.T, *receiver) string
	}{{ProtocolHTTP, overHTTP}, {ProtocolGRPC, overGRPC}} {
		for _, fromEnv := range []bool{false, true} {
			name := c.protocol
			if fromEnv {
				name += " as the environment says"
			}
			t.Run(name, func(t *testing.T) {
				r := new(receiver)
				config := Config{OTLP: c.start(t, r), Protocol: c.protocol, Traces: true, Sample: 1}
				if fromEnv {
					t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", config.OTLP)
					config.OTLP = OTLPFromEnv
				}
				t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
				s := newScript()
				tel := exporting(t, s, config)
				play(s, tel, time.Now())
				if err := tel.Close(); err != nil {
					t.Fatal(err)
				}
				r.check(t)
			})
		}
	}
}

func (r *receiver) check(t *testing.T) {
	t.Helper()
	for _, want := range []string{
		"agentwatch.round.duration", "agentwatch.change.latency", "agentwatch.capture.duration", "agentwatch.capture.io", "agentwatch.panes.checked",
		"agentwatch.pool.connection.count", "agentwatch.pool.connection.wait_time", "agentwatch.pool.connection.timeouts", "agentwatch.cache.lookups",
		"agentwatch.cache.evictions", "agentwatch.cache.entry.count", "agentwatch.agent.count", "agentwatch.agent.transitions",
		"agentwatch.agent.wait.duration", "agentwatch.answers", "agentwatch.notifications",
	} {
		if !slices.Contains(r.metrics, want) {
			t.Errorf("%s was not received", want)
		}
	}
	about := make(map[string]string)
	for _, a := range r.resource.GetAttributes() {
		about[a.Key] = a.Value.GetStringValue()
	}
	if about["service.name"] != "agentwatch" || about["service.version"] != "1.2.3" || about["host.name"] == "" || about["deployment.environment.name"] != "test" {
		t.Errorf("resource %v", about)
	}
	names := make(map[string]string)
	parts := make(map[string][]string)
	for _, s := range r.spans {
		names[string(s.SpanId)] = s.Name
	}
	for _, s := range r.spans {
		if s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("span %s ends before it begins", s.Name)
		}
		if parent := names[string(s.ParentSpanId)]; parent != "" {
			parts[parent] = append(parts[parent], s.Name)
		}
	}
	want := map[string][]string{
		"round":  {"capture", "check", "list", "plan", "publish"},
		"answer": {"confirm", "look", "look", "type"},
	}
	for parent, names := range want {
		slices.Sort(parts[parent])
		if !slices.Equal(parts[parent], names) {
			t.Errorf("%s has the parts %v", parent, parts[parent])
		}
	}
	deliveries := 0
	for _, name := range names {
		if name == "notify.deliver" {
			deliveries++
		}
	}
	if deliveries != 2 {
		t.Errorf("%d deliveries", deliveries)
	}
	if bytes.Contains(r.raw.Bytes(), []byte(secret)) {
		t.Error("what a user has written was sent")
	}
}

func TestOnlyAShareOfTheRoundsIsTracedButEachThatIsSlowOrFails(t *testing.T) {
	r := new(receiver)
	s := newScript()
	tel := exporting(t, s, Config{OTLP: overHTTP(t, r), Traces: true, Sample: 0})
	at := time.Now()
	round := func(took time.Duration, failed int) {
		trace := roundOf(at, took)
		trace.Failed = failed
		s.observer.Round(trace)
	}
	for range 50 {
		round(time.Millisecond, 0)
	}
	round(2*time.Second, 0)
	round(time.Millisecond, 1)
	if err := tel.Close(); err != nil {
		t.Fatal(err)
	}
	rounds := 0
	for _, span := range r.spans {
		if span.Name == "round" {
			rounds++
		}
	}
	if rounds != 2 {
		t.Errorf("%d rounds of 52 were traced, not the slow one and the failed one", rounds)
	}
}

func TestTheEnvironmentSwitchesEverythingOff(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	s := newScript()
	tel := exporting(t, s, locally())
	if s.observer != nil || tel.Address() != "" {
		t.Error("something is exported")
	}
}

func TestAReceiverThatIsNotThereIsTold(t *testing.T) {
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	told := make(chan error, 1)
	tel := New(newScript().engine(), "", func(err error) {
		select {
		case told <- err:
		default:
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	if err := tel.Configure(Config{OTLP: "http://" + address}); err != nil {
		t.Fatal(err)
	}
	defer tel.Close()
	select {
	case err := <-told:
		t.Log(err)
	case <-time.After(time.Minute):
		t.Error("nothing was said")
	}
}
