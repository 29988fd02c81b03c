package monitor

import (
	"fmt"
	"testing"
	"time"

	"agentwatch/tmuxpool"
)

// rename changes the first n panes in a way that is seen at once: by what they
// show and by their titles, since the activity's second alone would leave a
// doubt between two rounds of a benchmark.
func (f *fakeServer) rename(n, turn int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	screens := [...]string{claudeWorking, claudeIdle}
	for i := range f.panes[:n] {
		f.panes[i].Title = fmt.Sprintf("turn %d", turn)
		f.panes[i].WindowActivity = time.Now().Unix()
		f.screens[f.panes[i].ID] = screens[turn%len(screens)]
	}
}

// BenchmarkRound is one round over a server in memory: all that a round costs
// us but tmux and the way to it.
func BenchmarkRound(b *testing.B) {
	for _, panes := range []int{50, 1000} {
		for _, share := range []int{0, 10, 100} {
			b.Run(fmt.Sprintf("panes=%d/changed=%d%%", panes, share), func(b *testing.B) {
				benchmarkRound(b, panes, panes*share/100)
			})
		}
	}
}

func benchmarkRound(b *testing.B, panes, changed int) {
	fake := newFakeServer()
	for i := range panes {
		fake.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	fake.enterBubble()
	s, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	s.processes = &programs{}
	s.connect = func(tmuxpool.Socket) paneServer { return fake }
	w := s.newWatcher(tmuxpool.Socket{Path: "/bench", Name: "bench"})
	w.round(b.Context(), false)
	first := fake.captured()
	if first != panes {
		b.Fatalf("the first round captured %d of %d panes", first, panes)
	}
	turn := 0
	b.ReportAllocs()
	for b.Loop() {
		turn++
		fake.rename(changed, turn)
		w.round(b.Context(), false)
	}
	got := float64(fake.captured()-first) / float64(turn)
	if got < float64(changed) {
		b.Errorf("%.1f captures a round, and %d panes changed", got, changed)
	}
	b.ReportMetric(got, "captures/round")
}
