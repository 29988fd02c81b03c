package telemetry

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// scrapedFrom is what Prometheus gets.
func scrapedFrom(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFleetsFiguresAreThoseOfItsSource(t *testing.T) {
	f, err := StartFleet(Config{Prometheus: "127.0.0.1:0"}, "1.0", FleetSource{
		Hosts: func() map[string]int { return map[string]int{"live": 3, "stale": 1} },
		Lag:   func() time.Duration { return 1500 * time.Millisecond },
		Load:  func() float64 { return 0.25 },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if text := scrapedFrom(t, f.Address()); strings.Contains(text, "agentwatch_hub") {
		t.Errorf("a hub that nobody has asked is in it:\n%s", text)
	}
	f.Operation(Operation{Name: "put", Reason: "lost", Began: time.Now(), Took: 2 * time.Millisecond})
	text := scrapedFrom(t, f.Address())
	for _, want := range []string{
		`agentwatch_fleet_host_count{agentwatch_state="live"} 3`, `agentwatch_fleet_host_count{agentwatch_state="stale"} 1`,
		"agentwatch_fleet_lag_seconds 1.5", "agentwatch_fleet_load_ratio 0.25", "agentwatch_hub_lost_seconds 0",
		`agentwatch_fleet_reputs_total{agentwatch_reason="lost"} 1`,
		`agentwatch_hub_operation_duration_seconds_count{agentwatch_operation="put",error_type=""} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing:\n%s", want, text)
		}
	}
}

func TestAHubIsLostFromTheFirstFailureUntilSomethingWorks(t *testing.T) {
	f := &Fleet{}
	now := time.Unix(1_800_000_000, 0)
	f.note(Operation{Began: now})
	f.note(Operation{Began: now.Add(time.Second), Error: "timeout"})
	f.note(Operation{Began: now.Add(2 * time.Second), Error: "network"})
	if lost, used := f.lostFor(now.Add(61 * time.Second)); lost != time.Minute || !used {
		t.Errorf("lost for %s, want a minute", lost)
	}
	f.note(Operation{Began: now.Add(70 * time.Second)})
	if lost, _ := f.lostFor(now.Add(80 * time.Second)); lost != 0 {
		t.Errorf("lost for %s after it works again", lost)
	}
}

func TestWithoutSettingsNothingOfAFleetIsExported(t *testing.T) {
	f, err := StartFleet(Config{}, "1.0", FleetSource{})
	if err != nil || f != nil {
		t.Fatalf("%v, %v", f, err)
	}
	f.Operation(Operation{Name: "beat"})
	if err := f.Close(); err != nil || f.Address() != "" {
		t.Error(err, f.Address())
	}
}

func TestAnAddressThatIsTakenIsSaid(t *testing.T) {
	f, err := StartFleet(Config{Prometheus: "127.0.0.1:0"}, "1.0", FleetSource{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if second, err := StartFleet(Config{Prometheus: f.Address()}, "1.0", FleetSource{}); err == nil || second != nil {
		t.Errorf("%v, %v", second, err)
	}
}

func TestNoMetricOfAFleetHasMoreThan300Series(t *testing.T) {
	f, err := StartFleet(Config{Prometheus: "127.0.0.1:0"}, "1.0", FleetSource{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := range 1000 {
		f.Operation(Operation{Name: fmt.Sprint("op", n), Error: fmt.Sprint("error", n), Reason: fmt.Sprint("why", n)})
		f.Operation(Operation{Name: "put", Reason: fmt.Sprint("why", n)})
	}
	series := map[string]int{}
	for line := range strings.Lines(scrapedFrom(t, f.Address())) {
		name, _, _ := strings.Cut(line, "{")
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, end)
		}
		series[name]++
	}
	for name, n := range series {
		if n > maxSeries {
			t.Errorf("%s has %d series", name, n)
		}
	}
	if series["agentwatch_fleet_reputs_total"] < maxSeries/2 {
		t.Errorf("only %d series came of a thousand reasons", series["agentwatch_fleet_reputs_total"])
	}
}
