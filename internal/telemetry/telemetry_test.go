package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is in everything that must not leave the machine.
const secret = "hush-1f3a"

// script is an engine that does what a test says.
type script struct {
	observer engine.Observer
	snapshot *engine.Snapshot
	changes  chan engine.Transition
}

func newScript() *script {
	return &script{changes: make(chan engine.Transition), snapshot: &engine.Snapshot{}}
}

func (s *script) engine() Engine {
	return Engine{
		Observe:     func(o engine.Observer) { s.observer = o },
		Latest:      func() *engine.Snapshot { return s.snapshot },
		Transitions: func() Stream { return s },
	}
}

// Next implements Stream.
func (s *script) Next(ctx context.Context) (engine.Transition, error) {
	select {
	case t := <-s.changes:
		return t, nil
	case <-ctx.Done():
		return engine.Transition{}, ctx.Err()
	}
}

// Close implements Stream.
func (s *script) Close() {}

// secretive is an agent whose every text is secret.
func secretive(pane string, kind health.Kind, state health.State) engine.Agent {
	return engine.Agent{
		Ref:  health.PaneRef{Server: "/tmp/" + secret, Pane: pane},
		Kind: kind, State: state, Session: secret, Window: secret, Title: secret, CWD: "/home/" + secret, Activity: secret, Command: secret,
		Server: secret, Repo: &engine.Repository{Branch: secret},
	}
}

// play lets an engine do one of everything, beginning at a time.
func play(s *script, t *Telemetry, at time.Time) {
	s.snapshot = &engine.Snapshot{
		Agents: []engine.Agent{secretive("%1", "claude", health.StateWorking), secretive("%2", "claude", health.StateWaiting)},
		Pool:   engine.PoolStats{Open: 3, Busy: 1},
		Cache:  engine.CacheStats{Layers: []engine.LayerStats{{Name: "pane_content", Size: 7, Hits: 80, Misses: 20, Expiries: 3, Evictions: 1, Invalidations: 9}}},
	}
	round := engine.RoundTrace{Strategy: "push", Began: at, Captured: 2, Cached: 5, Failed: 1}
	for i := range round.Ends {
		round.Ends[i] = at.Add(time.Duration(i+1) * 10 * time.Millisecond)
	}
	s.observer.Round(round)
	s.observer.Capture(engine.CaptureTrace{Link: engine.LinkBatch, Began: at, Took: 20 * time.Millisecond, Panes: 2, Bytes: 4096})
	s.observer.Late(30 * time.Millisecond)
	s.observer.Acquire(time.Millisecond, nil)
	s.observer.Acquire(5*time.Second, fmt.Errorf("wait: %w", tmuxpool.ErrAcquireTimeout))
	s.observer.Answer(engine.AnswerTrace{
		Action: engine.ActionApprove, Began: at, Compared: at.Add(10 * time.Millisecond), Typed: at.Add(20 * time.Millisecond), Ended: at.Add(50 * time.Millisecond),
		Outcome: engine.Outcome{Sent: true, Confirmed: true, Before: secret, Text: secret},
	})
	s.observer.Answer(engine.AnswerTrace{Action: engine.ActionReply, Began: at, Ended: at.Add(time.Millisecond), Err: errors.New(secret)})
	t.Delivered(Delivery{Channel: "bell", Outcome: delivered, Ended: at.Add(time.Second), Took: time.Millisecond, Tries: 1})
	t.Delivered(Delivery{Channel: "ntfy", Outcome: "failed", Ended: at.Add(time.Second), Took: time.Second, Tries: 3})
	waiting := secretive("%2", "claude", health.StateWaiting)
	waiting.Wait, waiting.Since = health.WaitPermission, at
	s.changes <- engine.Transition{At: at, Agent: waiting, From: health.StateWorking, To: health.StateWaiting}
	s.changes <- engine.Transition{At: at.Add(90 * time.Second), Agent: secretive("%2", "claude", health.StateWorking), From: health.StateWaiting, To: health.StateWorking}
	// Whatever is taken from the channel next, the ones before it have been counted.
	s.changes <- engine.Transition{At: at, Agent: secretive("%1", "claude", health.StateIdle), From: health.StateWorking, To: health.StateIdle}
}

func exporting(t *testing.T, s *script, c Config) *Telemetry {
	t.Helper()
	tel := New(s.engine(), "1.2.3", func(err error) { t.Log("exporter:", err) })
	if err := tel.Configure(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tel.Close() })
	return tel
}

// scrape reads all metrics, and the text that they came in.
func scrape(t *testing.T, tel *Telemetry) (map[string]*dto.MetricFamily, string) {
	t.Helper()
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + tel.Address() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return families, string(text)
}

// locally are settings for Prometheus on a port of the system's choice.
func locally() Config {
	c := Defaults()
	c.Prometheus = "127.0.0.1:0"
	return c
}

func TestPrometheusScrapesWhatTheEngineMeasures(t *testing.T) {
	s := newScript()
	tel := exporting(t, s, locally())
	play(s, tel, time.Now())
	families, text := scrape(t, tel)
	for _, want := range []string{
		`agentwatch_round_duration_seconds_count{agentwatch_strategy="push"} 1`,
		`agentwatch_round_duration_seconds_bucket{agentwatch_strategy="push",le="0.05"} 1`,
		`agentwatch_change_latency_seconds_count 1`,
		`agentwatch_capture_duration_seconds_count{agentwatch_link="batch"} 1`,
		`agentwatch_capture_io_bytes_total{agentwatch_link="batch"} 4096`,
		`agentwatch_panes_checked_total{agentwatch_result="cached"} 5`,
		`agentwatch_panes_checked_total{agentwatch_result="captured"} 2`,
		`agentwatch_panes_checked_total{agentwatch_result="failed"} 1`,
		`agentwatch_pool_connection_count{agentwatch_state="idle"} 2`,
		`agentwatch_pool_connection_count{agentwatch_state="used"} 1`,
		`agentwatch_pool_connection_wait_time_seconds_count 2`,
		`agentwatch_pool_connection_timeouts_total 1`,
		`agentwatch_cache_lookups_total{agentwatch_layer="pane_content",agentwatch_result="hit"} 80`,
		`agentwatch_cache_evictions_total{agentwatch_layer="pane_content",agentwatch_reason="full"} 1`,
		`agentwatch_cache_entry_count{agentwatch_layer="pane_content"} 7`,
		`agentwatch_agent_count{agentwatch_kind="claude",agentwatch_state="waiting"} 1`,
		`agentwatch_agent_count{agentwatch_kind="claude",agentwatch_state="crashed"} 0`,
		`agentwatch_agent_wait_duration_seconds_sum{agentwatch_kind="claude",agentwatch_reason="permission"} 90`,
		`agentwatch_agent_wait_oldest_seconds{agentwatch_kind="claude"} 0`,
		`agentwatch_answers_total{agentwatch_action="approve",agentwatch_outcome="confirmed"} 1`,
		`agentwatch_answers_total{agentwatch_action="reply",agentwatch_outcome="refused"} 1`,
		`agentwatch_notifications_total{agentwatch_channel="bell",agentwatch_outcome="delivered"} 1`,
		`agentwatch_notifications_total{agentwatch_channel="ntfy",agentwatch_outcome="failed"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("not scraped: %s", want)
		}
	}
	if families["agentwatch_agent_transitions_total"] == nil {
		t.Error("no transitions")
	}
	if strings.Contains(text, secret) {
		t.Error("what a user has written is in the metrics")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestNoMetricHasMoreThan300SeriesWhateverComes(t *testing.T) {
	s := newScript()
	tel := exporting(t, s, locally())
	at := time.Now()
	var agents []engine.Agent
	for n := range 400 {
		kind := health.Kind(fmt.Sprintf("kind%d", n))
		for state := range health.StateExited + 1 {
			agents = append(agents, engine.Agent{Kind: kind, State: state})
		}
		round := engine.RoundTrace{Strategy: engine.StrategyName(kind), Began: at}
		round.Ends[engine.StagePublish] = at
		s.observer.Round(round)
		s.observer.Capture(engine.CaptureTrace{Link: engine.Link(n % 256)})
		s.observer.Answer(engine.AnswerTrace{Action: engine.Action(n % 256)})
		tel.Delivered(Delivery{Channel: string(kind), Outcome: "failed"})
		for reason := health.WaitPermission; reason <= health.WaitLimitMenu; reason++ {
			a := engine.Agent{Kind: kind, State: health.StateWaiting, Wait: reason, Since: at}
			s.changes <- engine.Transition{At: at, Agent: a, From: health.StateWorking, To: health.StateWaiting}
			s.changes <- engine.Transition{At: at, Agent: a, From: health.StateWaiting, To: health.StateWorking}
		}
	}
	s.snapshot = &engine.Snapshot{Agents: agents}
	families, _ := scrape(t, tel)
	full := 0
	for name, family := range families {
		series := 0
		for _, m := range family.Metric {
			series++
			if h := m.GetHistogram(); h != nil {
				series += len(h.Bucket) + 1
			}
		}
		if series > maxSeries {
			t.Errorf("%s has %d series", name, series)
		}
		if series > maxSeries*9/10 {
			full++
		}
	}
	if full < 4 {
		t.Errorf("only %d metrics came near the bound: the test does not try it", full)
	}
}

func TestOffCostsNothing(t *testing.T) {
	s := newScript()
	tel := New(s.engine(), "", func(error) {})
	before := runtime.NumGoroutine()
	if err := tel.Configure(Defaults()); err != nil {
		t.Fatal(err)
	}
	if n := runtime.NumGoroutine(); n > before || s.observer != nil || tel.Address() != "" {
		t.Errorf("%d goroutines more, observer %v, address %q", n-before, s.observer, tel.Address())
	}
	if n := testing.AllocsPerRun(100, func() { tel.Delivered(Delivery{Channel: "bell"}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWhatIsSwitchedOffLeavesNothing(t *testing.T) {
	s := newScript()
	tel := exporting(t, s, locally())
	address := tel.Address()
	scrape(t, tel)
	if err := tel.Configure(Defaults()); err != nil {
		t.Fatal(err)
	}
	if s.observer != nil {
		t.Error("the engine is still observed")
	}
	again := locally()
	again.Prometheus = address
	if err := tel.Configure(again); err != nil {
		t.Fatalf("the address is still taken: %v", err)
	}
	scrape(t, tel)
}

func TestAnAddressThatIsTakenIsAnErrorAndLeavesEverythingOff(t *testing.T) {
	first := exporting(t, newScript(), locally())
	s := newScript()
	tel := New(s.engine(), "", func(error) {})
	c := locally()
	c.Prometheus = first.Address()
	if err := tel.Configure(c); err == nil || s.observer != nil {
		t.Errorf("err %v, observer %v", err, s.observer)
	}
}

func TestSettingsThatCannotBeUsedAreNamed(t *testing.T) {
	for _, c := range []struct {
		config Config
		key    string
	}{
		{Config{Prometheus: "9464"}, "prometheus"},
		{Config{OTLP: "127.0.0.1:4318"}, "otlp"},
		{Config{OTLP: "ftp://x"}, "otlp"},
		{Config{Traces: true}, "traces"},
		{Config{Sample: 2}, "sample"},
	} {
		if faults := c.config.Validate(); len(faults) != 1 || faults[0].Key != c.key {
			t.Errorf("%+v: %v", c.config, faults)
		}
	}
	for _, c := range []Config{Defaults(), locally(), {OTLP: "env"}, {OTLP: "https://collector:4317", Traces: true, Sample: 1}} {
		if faults := c.Validate(); len(faults) > 0 {
			t.Errorf("%+v: %v", c, faults)
		}
	}
}

// BenchmarkAMeasurement is what a measurement costs while it is exported.
func BenchmarkAMeasurement(b *testing.B) {
	s := newScript()
	tel := New(s.engine(), "", func(error) {})
	if err := tel.Configure(locally()); err != nil {
		b.Fatal(err)
	}
	defer tel.Close()
	b.Run("counter", func(b *testing.B) {
		for b.Loop() {
			tel.Delivered(Delivery{Channel: "bell", Outcome: delivered})
		}
	})
	b.Run("histogram", func(b *testing.B) {
		for b.Loop() {
			s.observer.Late(time.Millisecond)
		}
	})
}

// roundOf is a round of that length.
func roundOf(at time.Time, took time.Duration) engine.RoundTrace {
	trace := engine.RoundTrace{Strategy: "push", Began: at}
	for i := range trace.Ends {
		trace.Ends[i] = at.Add(took)
	}
	return trace
}
