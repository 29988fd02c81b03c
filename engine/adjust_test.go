package engine

import (
	"testing"
	"time"
)

func TestTheIntervalCanBeChangedWhileItRuns(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	running(t, Options{Strategy: StrategySequential}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
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
		want := Notice{Severity: SeverityWarning, Text: "config.toml:3:1: no such setting"}
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
