package monitor

import (
	"context"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func agentIn(s *engine.Snapshot, pane string) engine.Agent {
	for _, a := range s.Agents {
		if a.Ref.Pane == pane {
			return a
		}
	}
	return engine.Agent{}
}

func TestAForecastIsShownWhileTheAgentWorksAndNoLonger(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	f.show("%1", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		before := agentIn(after(s, time.Second), "%0")
		forecast := &engine.Forecast{At: time.Now(), Low: time.Minute, High: time.Hour, End: engine.UrgencyWaiting, Chance: 0.7}
		s.Foresee(context.Background(), map[health.PaneRef]*engine.Forecast{before.Ref: forecast, {Server: "one", Pane: "%1"}: forecast})
		got := after(s, time.Second)
		if a := agentIn(got, "%0"); a.Forecast != forecast || a.Revision == before.Revision {
			t.Errorf("forecast %v, revision %d after %d", a.Forecast, a.Revision, before.Revision)
		}
		if a := agentIn(got, "%1"); a.Forecast != nil {
			t.Errorf("an idle agent has the forecast %v", a.Forecast)
		}
		f.show("%0", claudeIdle)
		if a := agentIn(after(s, 5*time.Second), "%0"); a.Forecast != nil {
			t.Errorf("after its end: %v", a.Forecast)
		}
		f.show("%0", claudeWorking)
		s.Foresee(context.Background(), nil)
		if a := agentIn(after(s, time.Second), "%0"); a.State != health.StateWorking || a.Forecast != nil {
			t.Errorf("taken back: %s, %v", a.State, a.Forecast)
		}
	})
}

func TestAnAgentThatWorksAndPrintsNothingIsSilentAfterFiveMinutes(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	f.show("%1", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.show("%0", claudeWorking)
		printed := time.Now()
		if a := agentIn(after(s, 4*time.Minute), "%0"); !a.SilentSince.IsZero() {
			t.Errorf("silent since %s after four minutes", a.SilentSince)
		}
		got := after(s, 2*time.Minute)
		if a := agentIn(got, "%0"); a.State != health.StateWorking || a.SilentSince.Sub(printed).Abs() > time.Second {
			t.Errorf("%s, silent since %s, printed last at %s", a.State, a.SilentSince, printed)
		}
		if a := agentIn(got, "%1"); !a.SilentSince.IsZero() {
			t.Errorf("an idle agent is silent since %s", a.SilentSince)
		}
		f.show("%0", claudeWorking)
		if a := agentIn(after(s, 15*time.Second), "%0"); !a.SilentSince.IsZero() {
			t.Errorf("it has printed, and is silent since %s", a.SilentSince)
		}
	})
}
