package e2e

import (
	"encoding/json"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestStatsTellsWhatWatchingCost(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	out, err := u.command("stats", "--json", "--for", "3s", "-S", server.SocketPath()).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Strategy string
		Agents   int
		Rounds   struct{ Count, Captured, Avoided, Bytes int }
		Cost     struct {
			RSS int `json:"agentwatch_rss_bytes"`
		}
		Cache struct {
			HitRate float64 `json:"hit_rate"`
			Layers  []struct{ Name string }
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got.Strategy != "push" || got.Agents != 1 || got.Rounds.Count < 3 || got.Rounds.Captured < 1 ||
		got.Rounds.Avoided < 1 || got.Rounds.Bytes == 0 || got.Cache.HitRate <= 0 || len(got.Cache.Layers) != 4 {
		t.Errorf("%s", out)
	}
}
