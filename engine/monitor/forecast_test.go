package monitor

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestEveryStrategySaysWhatItWouldCostNow(t *testing.T) {
	f := newFakeServer()
	for _, id := range []string{"%0", "%1", "%2", "%3"} {
		f.show(id, claudeIdle)
	}
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		got := after(s, 30*time.Second)
		rates := map[engine.StrategyName]float64{}
		for _, info := range got.Strategies {
			rates[info.Name] = info.Rate
		}
		// Four panes, four rounds a second.
		if r := rates[engine.StrategySequential]; r < 15 || r > 17 {
			t.Errorf("sequential would make %v captures a second, want 16", r)
		}
		if r := rates[engine.StrategyPush]; r > 1 {
			t.Errorf("push would make %v captures a second of panes at rest", r)
		}
	})
}
