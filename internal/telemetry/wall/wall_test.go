package wall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/telemetry"
	"agentwatch/tmuxpool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the files in packaging")

const packaging = "../../../packaging"

func TestTheFilesAreThoseOfTheTable(t *testing.T) {
	dashboard, err := Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"grafana/agentwatch.json": dashboard, "prometheus/agentwatch.rules.yml": RulesFile()} {
		path := filepath.Join(packaging, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not up to date (%v): run go test ./internal/telemetry/wall -update", name, err)
		}
	}
}

// program is where one of Prometheus's programs is.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs %s; scripts/ensure-program.sh prometheus installs it: %v", name, err)
	}
	return path
}

func TestPrometheusAcceptsTheRulesAndTheyFireWhenTheyShould(t *testing.T) {
	promtool := program(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", filepath.Join(packaging, "prometheus/agentwatch.rules.yml")},
		{"test", "rules", "testdata/rules.test.yml"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	tested, err := os.ReadFile("testdata/rules.test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		if strings.Count(string(tested), "alertname: "+r.Name+"\n") < 2 {
			t.Errorf("testdata/rules.test.yml does not have %s fire and be silent", r.Name)
		}
	}
}

func TestEveryPanelAndRuleHasDataInARealPrometheus(t *testing.T) {
	s := newScript()
	exporter := telemetry.New(s.engine(), "1.0", func(err error) { t.Error(err) })
	if err := exporter.Configure(telemetry.Config{Prometheus: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	defer exporter.Close()
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		s.play(ctx, exporter)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	fleet := exportFleet(t)
	go playFleet(ctx, fleet)
	server := startPrometheus(t, exporter.Address(), fleet.Address())
	var expressions []string
	for _, row := range Rows() {
		for _, panel := range row.Panels {
			for _, query := range panel.Queries {
				expressions = append(expressions, strings.ReplaceAll(query.Expr, Window, "1m"))
			}
		}
	}
	for _, rule := range Rules() {
		// What the rule compares must be there; that it fires is promtool's affair.
		value, _, found := strings.Cut(strings.Replace(rule.Expr, "== 0", "> 0", 1), " > ")
		if !found {
			t.Errorf("%s compares nothing", rule.Name)
		}
		expressions = append(expressions, value)
	}
	deadline := time.Now().Add(90 * time.Second)
	for _, expression := range expressions {
		for {
			lines, err := server.ask(expression)
			if err == nil && lines > 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d lines, %v\n%s", expression, lines, err, server.log.String())
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// runningPrometheus is a Prometheus that scrapes us.
type runningPrometheus struct {
	address string
	log     *bytes.Buffer
	client  *http.Client
}

func startPrometheus(t *testing.T, targets ...string) *runningPrometheus {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\nscrape_configs:\n  - job_name: agentwatch\n    static_configs:\n      - targets: ['%s']\n", strings.Join(targets, "', '"))
	if err := os.WriteFile(filepath.Join(folder, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &runningPrometheus{log: new(bytes.Buffer), address: freeAddress(t), client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	cmd := exec.Command(program(t, "prometheus"), "--config.file="+folder+"/prometheus.yml", "--storage.tsdb.path="+folder+"/data", "--web.listen-address="+p.address)
	cmd.Stderr = p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return p
}

// freeAddress is one at which nobody listens at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// ask returns how many lines an expression has, without those that are no number.
func (p *runningPrometheus) ask(expression string) (int, error) {
	answer, err := p.client.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(expression))
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	var out struct {
		Error string
		Data  struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return 0, err
	}
	if out.Error != "" {
		return 0, errors.New(out.Error)
	}
	lines := 0
	for _, r := range out.Data.Result {
		if r.Value[1] != "NaN" {
			lines++
		}
	}
	return lines, nil
}

// exportFleet exports what a process knows of other machines.
func exportFleet(t *testing.T) *telemetry.Fleet {
	t.Helper()
	fleet, err := telemetry.StartFleet(telemetry.Config{Prometheus: "127.0.0.1:0"}, "1.0", telemetry.FleetSource{
		Hosts: func() map[string]int { return map[string]int{"live": 3, "stale": 1} },
		Lag:   func() time.Duration { return 2 * time.Second },
		Load:  func() float64 { return 0.25 },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Error(err)
		}
	})
	return fleet
}

// playFleet does a bit of everything at a hub, until ctx ends.
func playFleet(ctx context.Context, fleet *telemetry.Fleet) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for ctx.Err() == nil {
		fleet.Operation(telemetry.Operation{Name: "put", Reason: "lost", Began: time.Now(), Took: time.Millisecond})
		fleet.Operation(telemetry.Operation{Name: "beat", Error: "timeout", Began: time.Now(), Took: time.Second})
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// script is an engine that does a bit of everything.
type script struct {
	observer chan engine.Observer
	changes  chan engine.Transition
	began    time.Time
}

func newScript() *script {
	return &script{observer: make(chan engine.Observer, 1), changes: make(chan engine.Transition), began: time.Now()}
}

func (s *script) engine() telemetry.Engine {
	return telemetry.Engine{
		Observe: func(o engine.Observer) {
			if o != nil {
				s.observer <- o
			}
		},
		Latest: func() *engine.Snapshot {
			n := uint64(time.Since(s.began) / time.Millisecond)
			return &engine.Snapshot{
				Agents: []engine.Agent{
					{Kind: "claude", State: health.StateWaiting, Since: s.began},
					{Kind: "codex", State: health.StateWorking},
					{Kind: "claude", State: health.StateIdle, Unseen: true},
					{Kind: "claude", State: health.StateLimited},
				},
				Pool:  engine.PoolStats{Open: 5, Busy: 2},
				Cache: engine.CacheStats{Layers: []engine.LayerStats{{Name: "agent_status", Hits: 10 * n, Misses: n, Expiries: n, Size: 7}}},
			}
		},
		Transitions: func() telemetry.Stream { return s },
	}
}

// Next implements telemetry.Stream.
func (s *script) Next(ctx context.Context) (engine.Transition, error) {
	select {
	case t := <-s.changes:
		return t, nil
	case <-ctx.Done():
		return engine.Transition{}, ctx.Err()
	}
}

// Close implements telemetry.Stream.
func (s *script) Close() {}

// play does a bit of everything, until ctx ends.
func (s *script) play(ctx context.Context, exporter *telemetry.Telemetry) {
	o := <-s.observer
	waits := engine.Agent{Kind: "claude", State: health.StateWaiting, Wait: health.WaitPermission, Past: []engine.Phase{{Urgency: engine.UrgencyWorking}, {Urgency: engine.UrgencyWaiting}}}
	works := engine.Agent{Kind: "claude", State: health.StateWorking, Past: []engine.Phase{{Urgency: engine.UrgencyWaiting}, {Urgency: engine.UrgencyWorking}}}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		now := time.Now()
		round := engine.RoundTrace{Strategy: engine.StrategyPush, Began: now, Captured: 1, Cached: 3, Failed: 1}
		round.Ends[engine.StagePublish] = now.Add(time.Millisecond)
		o.Round(round)
		o.Capture(engine.CaptureTrace{Link: engine.LinkBatch, Took: time.Millisecond, Panes: 1, Bytes: 2000})
		o.Late(time.Millisecond)
		o.Acquire(time.Millisecond, tmuxpool.ErrAcquireTimeout)
		o.Answer(engine.AnswerTrace{Action: engine.ActionApprove})
		exporter.Delivered(telemetry.Delivery{Channel: "bell", Outcome: "failed"})
		waits.Since = now.Add(-time.Minute)
		for _, t := range []engine.Transition{
			{At: now, Agent: waits, From: health.StateWorking, To: health.StateWaiting}, {At: now, Agent: works, From: health.StateWaiting, To: health.StateWorking},
		} {
			select {
			case s.changes <- t:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
