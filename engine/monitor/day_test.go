package monitor

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"agentwatch/health"
)

// heldAfterCollection is how much memory is in use when what can go has gone.
func heldAfterCollection() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// playHour lets agents come, work, ask and go: each has a pane of its own, whose id
// never comes again.
func playHour(s *Service, server *fakeServer, hour int) (seen map[health.State]int) {
	seen = make(map[health.State]int)
	const turns = 4
	for turn := range turns {
		pane := fmt.Sprintf("%%%d", 100+hour*turns+turn)
		for _, screen := range []string{
			claudeIdle, fmt.Sprintf("❯ go on\n\n✽ Noodling… (%ds · ↓ %d tokens)\n\n%s", turn, hour, claudeComposer), claudeWaiting, claudeIdle,
		} {
			server.show(pane, screen)
			seen[statesOf(after(s, time.Hour/turns/4-time.Second))[pane]]++
			time.Sleep(time.Second)
		}
		server.drop(pane)
	}
	return seen
}

func TestADayOfAgentsThatComeAndGoLeavesNoMemory(t *testing.T) {
	server := newFakeServer()
	server.show("%1", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": server}, func(t *testing.T, s *Service) {
		after(s, time.Minute)
		// In the first hours what is bounded is filled.
		const settled, day = 3, 24
		var before uint64
		goroutines := 0
		for hour := range day {
			seen := playHour(s, server, hour)
			if seen[health.StateWaiting] != 4 || seen[health.StateWorking] != 4 || seen[health.StateIdle] != 8 {
				t.Fatalf("in hour %d: %v", hour, seen)
			}
			if hour == settled {
				before, goroutines = heldAfterCollection(), runtime.NumGoroutine()
			}
		}
		held, running := heldAfterCollection(), runtime.NumGoroutine()
		t.Logf("%d KiB in use after %d hours, %d KiB after %d; %d and %d goroutines", before/1024, settled+1, held/1024, day, goroutines, running)
		if held > before+before/4+256<<10 {
			t.Errorf("%d KiB are in use after a day, %d KiB were after %d hours", held/1024, before/1024, settled+1)
		}
		if running > goroutines {
			t.Errorf("%d goroutines run, %d did", running, goroutines)
		}
		if last := after(s, time.Minute); len(last.Agents) != 1 {
			t.Errorf("%d agents are left", len(last.Agents))
		}
	})
}
