package monitor

import (
	"fmt"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestScreensOfAgentsAreToldOnceTheNewestWins(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	f.show("%1", claudeIdle)
	var stream *ScreenStream
	open := func(s *Service) { stream = s.Screens() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, open, func(t *testing.T, s *Service) {
		after(s, time.Second)
		first := stream.Take()
		if len(first) != 2 || first[0].Agent.PanePID == 0 || first[0].At.IsZero() {
			t.Fatalf("%d screens, want one of each agent: %+v", len(first), first)
		}
		after(s, 3*time.Second)
		stream.Take()
		f.show("%0", claudeWaiting)
		after(s, 2*time.Second)
		f.show("%0", claudeIdle)
		after(s, 2*time.Second)
		got := stream.Take()
		if len(got) != 1 || got[0].Text != claudeIdle || got[0].Agent.Kind != health.KindClaude {
			t.Errorf("got %+v, want the newest of the pane that has changed", got)
		}
		if again := stream.Take(); len(again) != 0 {
			t.Errorf("%d screens are told twice", len(again))
		}
		if all := f.captured(); f.coloured != all {
			t.Errorf("%d of %d captures have colours", f.coloured, all)
		}
	})
}

func TestAStreamOfScreensThatNobodyReadsIsBounded(t *testing.T) {
	stream := newScreenStream()
	screen := func(i int) engine.Screen {
		return engine.Screen{Agent: engine.Agent{Ref: health.PaneRef{Pane: fmt.Sprint(i)}}, At: time.Unix(int64(i), 0)}
	}
	for i := range maxHeldScreens + 5 {
		stream.put(screen(i))
	}
	stream.put(screen(0))
	if got := len(stream.Take()); got != maxHeldScreens || stream.Refused() != 5 {
		t.Errorf("%d are held, %d refused", got, stream.Refused())
	}
	stream.Close()
	stream.put(screen(1))
	if got := stream.Take(); len(got) != 0 {
		t.Errorf("%d are held after the end", len(got))
	}
}
