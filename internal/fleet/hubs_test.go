package fleet

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
	"agentwatch/health"
	"agentwatch/internal/hub"
)

// collect lets a hub show a host with one agent, until the test ends.
func collect(t *testing.T, o hub.Options, name string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	snapshots := make(chan *engine.Snapshot, 1)
	began := time.Now().Add(-time.Minute)
	snapshots <- &engine.Snapshot{Ready: true, Panes: 1, Agents: []engine.Agent{{
		Ref: health.PaneRef{Server: "/tmp/tmux", Pane: "%1"}, Session: "of the hub", Kind: "claude", State: health.StateWaiting, Since: began, Revision: 7,
	}}}
	go func() {
		ended <- hub.Collect(ctx, hub.CollectOptions{Options: o, ID: hub.PulledID("test", name), Name: name, Share: hub.ShareLines}, snapshots)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAHostOfAHubIsConnectedToOnlyWhenItIsAskedForMore(t *testing.T) {
	dir, err := os.MkdirTemp("", "awhub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r, err := hub.StartRedis(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	o := hub.Options{URL: r.URL(), Fleet: "test"}
	viewer, err := hub.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(viewer.Close)
	collect(t, o, "quiet")
	collect(t, o, "far")
	here := stdio.Command{Args: host("here").Command}
	local := client.Open(t.Context(), client.Options{Dial: here.Dial, Multiplexed: true})
	t.Cleanup(local.Close)
	m := Open(t.Context(), local, Options{Hosts: []Host{host("quiet", t.TempDir()+"/typed")}, Hub: viewer})
	t.Cleanup(m.Close)
	s := until(t, m, "both hosts are shown from the hub", func(s *engine.Snapshot) bool {
		_, quiet := agentOn(s, "quiet")
		_, far := agentOn(s, "far")
		return quiet && far && are(engine.HostLive)(s)
	})
	if a, _ := agentOn(s, "quiet"); a.Session != "of the hub" || m.links[0].pid() != 0 || s.Counts.Of(engine.UrgencyWaiting) != 3 {
		t.Errorf("%+v, %v; the link's process is %d", a, s.Counts, m.links[0].pid())
	}
	if l := s.Cache.Layers; len(l) != 1 || l[0].Name != "fleet" {
		t.Errorf("the cache: %+v", l)
	}
	far, _ := agentOn(s, "far")
	if _, err := m.Answer(t.Context(), engine.Request{Target: far.Ref, Action: engine.ActionApprove}); !errors.As(err, new(*AwayError)) {
		t.Errorf("an answer to a host of the hub alone: %v", err)
	}
	a, _ := agentOn(s, "quiet")
	if err := m.Follow(t.Context(), nil, []health.PaneRef{a.Ref}); err != nil || m.links[0].pid() != 0 {
		t.Errorf("what is only likely to be looked at connects: %v", err)
	}
	if err := m.Follow(t.Context(), []health.PaneRef{a.Ref}, nil); err != nil {
		t.Fatal(err)
	}
	until(t, m, "its own engine shows it", func(s *engine.Snapshot) bool {
		a, found := agentOn(s, "quiet")
		return found && a.Session == "quiet" && len(s.Hosts) == 2
	})
}
