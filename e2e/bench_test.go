package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// The figures of a second tell nothing of the machine, but that all of them are
// measured.
func TestTheDashboardIsMeasuredOnATerminalOfItsOwn(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	command := u.command("bench", "--ui", "--views", "board", "--span", "1s", "--keys", "6", "--json")
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	var got struct {
		Views []struct {
			View  string
			Loads []struct {
				Agents         int
				ChangesPerSec  int     `json:"changes_per_second"`
				BytesPerSecond float64 `json:"bytes_per_second"`
				CPUShare       float64 `json:"cpu_share"`
				RSSBytes       int     `json:"rss_bytes"`
			}
			Keys   int
			KeyP50 float64 `json:"key_p50_ms"`
			KeyMax float64 `json:"key_max_ms"`
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(got.Views) != 1 || got.Views[0].View != "board" || len(got.Views[0].Loads) != 4 {
		t.Fatalf("%s", out)
	}
	v := got.Views[0]
	if v.Keys != 6 || v.KeyP50 <= 0 || v.KeyMax < v.KeyP50 {
		t.Errorf("keys: %s", out)
	}
	for i, l := range v.Loads {
		if l.CPUShare <= 0 || l.RSSBytes < 1<<20 || l.Agents != []int{40, 40, 1000, 1000}[i] || l.ChangesPerSec != []int{0, 30, 0, 100}[i] {
			t.Errorf("load %d: %+v", i, l)
		}
	}
	if v.Loads[1].BytesPerSecond <= v.Loads[0].BytesPerSecond {
		t.Errorf("as much is drawn at rest as while agents change: %s", out)
	}
}

// Small figures, too: that all of them are measured, over a redis-server and over a command
// per host, and that nothing is left running.
func TestManyMachinesAreMeasuredOnAHubOfTheirOwn(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	command := u.command("bench", "--fleet", "--hosts", "3", "--agents", "4", "--load", "30", "--span", "2s", "--keys", "4", "--json")
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	var got struct {
		Fleet struct {
			Hosts, Agents, Viewers int
			Keys, Direct           struct {
				Changes int
				P50     float64 `json:"p50_ms"`
			}
			Through struct {
				Changes int
			} `json:"change_to_viewer"`
			Load struct {
				Redis, Viewer, Dashboard, Collectors float64
			}
			Joined         []float64 `json:"joined_ms"`
			RedisBytes     int       `json:"redis_bytes"`
			ViewerBytes    int       `json:"viewer_bytes"`
			DashboardBytes int       `json:"dashboard_bytes"`
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f := got.Fleet
	if f.Hosts != 3 || f.Agents != 4 || f.Viewers != 3 || f.Through.Changes == 0 || f.Keys.Changes != 4 || f.Keys.P50 <= 0 || f.Direct.Changes == 0 || len(f.Joined) != 5 {
		t.Errorf("%s", out)
	}
	if min(f.Load.Redis, f.Load.Viewer, f.Load.Dashboard, f.Load.Collectors) <= 0 || min(f.RedisBytes, f.ViewerBytes, f.DashboardBytes) < 1<<20 {
		t.Errorf("%s", out)
	}
}
