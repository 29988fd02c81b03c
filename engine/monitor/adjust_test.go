package monitor

import (
	"errors"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

func TestNothingIsReadyUntilServersHaveBeenSearchedForAsLastAsked(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if !after(s, 3*time.Second).Ready {
			t.Fatal("it never becomes ready")
		}
		s.Discover(tmuxpool.DiscoverOptions{})
		snapshots, cancel := s.Subscribe()
		defer cancel()
		if got := <-snapshots; got.Ready {
			t.Error("the snapshot from before is given as the answer")
		}
		if !after(s, time.Second).Ready {
			t.Error("after the search it is not ready")
		}
	})
}

func TestAServerIsReadyWhenEachOfItsPanesHasBeenSeenOrTriedForTwoSeconds(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	f.unreadable = errors.New("the machine is too busy")
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, time.Second); got.Ready {
			t.Errorf("ready with %d agents, and none has been seen", len(got.Agents))
		}
		f.mu.Lock()
		f.unreadable = nil
		f.mu.Unlock()
		if got := after(s, 200*time.Millisecond); !got.Ready || len(got.Agents) != 1 {
			t.Errorf("ready %t with %d agents", got.Ready, len(got.Agents))
		}
	})
	g := newFakeServer()
	g.show("%0", claudeWaiting)
	g.unreadable = errors.New("no capture ever works")
	running(t, Options{}, map[string]*fakeServer{"one": g}, func(t *testing.T, s *Service) {
		if got := after(s, 3*time.Second); !got.Ready {
			t.Error("one pane that cannot be read keeps everybody waiting")
		}
	})
}

func TestTheIntervalCanBeChangedWhileItRuns(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	running(t, Options{Strategy: engine.StrategySequential}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		rounds := func(interval time.Duration) int {
			s.SetInterval(interval)
			after(s, interval)
			before := f.captured()
			after(s, 10*time.Second)
			return f.captured() - before
		}
		// Sequential captures the one pane each round.
		if fast, slow := rounds(100*time.Millisecond), rounds(2*time.Second); fast < 90 || slow > 6 {
			t.Errorf("in 10 s %d rounds at 100 ms, %d at 2 s", fast, slow)
		}
		s.SetInterval(0)
		if got := after(s, time.Second).Round.Interval; got != 2*time.Second {
			t.Errorf("an interval of nothing is taken as %s", got)
		}
	})
}

func TestNoticesFromOutsideStayUntilTheyAreReplaced(t *testing.T) {
	running(t, Options{}, map[string]*fakeServer{"one": newFakeServer()}, func(t *testing.T, s *Service) {
		want := engine.Notice{Severity: engine.SeverityWarning, Text: "config.toml:3:1: no such setting"}
		s.Tell("config", want)
		for range 2 {
			if got := after(s, 5*time.Second).Notices; len(got) != 1 || got[0] != want {
				t.Errorf("%+v", got)
			}
		}
		s.Tell("config")
		if got := after(s, time.Second).Notices; len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}
