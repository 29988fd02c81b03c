package cli

import (
	"errors"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/hub"
	"agentwatch/internal/telemetry"
)

func TestMachinesAreCountedByStateAndTheOldestWordOfALiveOneIsTheLag(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var w watchedHosts
	if w.lag(now) != 0 || w.counts()["stale"] != 0 {
		t.Error("without any machine there is something")
	}
	w.latest.Store(&[]engine.HostStatus{
		{State: engine.HostLive, Heard: now.Add(-time.Second)},
		{State: engine.HostLive, Heard: now.Add(-3 * time.Second)},
		{State: engine.HostStale, Heard: now.Add(-time.Hour)},
		{State: engine.HostConnecting},
	})
	counts := w.counts()
	if counts["live"] != 2 || counts["stale"] != 1 || counts["connecting"] != 1 || counts["ended"] != 0 {
		t.Errorf("%v", counts)
	}
	if lag := w.lag(now); lag != 3*time.Second {
		t.Errorf("the lag is %s", lag)
	}
}

func TestAPullersLoadIsTheGreaterOfHostsAndProcessor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var l pullLoad
	if share := l.processor(time.Second, now); share != 0 {
		t.Errorf("the first share is %g", share)
	}
	if share := l.processor(1500*time.Millisecond, now.Add(time.Second)); share != 0.5 {
		t.Errorf("half of a core is %g", share)
	}
	l.hosts.Store(2 * mostPulled)
	if load := l.load(); load < 2 {
		t.Errorf("twice as many hosts as one can read are %g", load)
	}
}

func TestWhatIsDoneAtAHubIsObservedOnlyWhereItIsExported(t *testing.T) {
	if observing(nil) != nil {
		t.Error("somebody is told of what is not exported")
	}
	f, err := telemetry.StartFleet(telemetry.Config{Prometheus: "127.0.0.1:0"}, "1.0", telemetry.FleetSource{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	observing(f)(hub.Operation{Name: "beat", Began: time.Now(), Err: errors.New("WRONGPASS at redis://secret")})
	if o := (hub.Operation{Err: errors.New("WRONGPASS at redis://secret")}); o.Kind() == "" || len(o.Kind()) > 10 {
		t.Errorf("its error is %q", o.Kind())
	}
}
