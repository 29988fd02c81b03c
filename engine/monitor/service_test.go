package monitor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// running runs a service in a bubble of fake time and stops it at the end.
func running(t *testing.T, o Options, servers map[string]*fakeServer, test func(t *testing.T, s *Service)) {
	t.Helper()
	runningAfter(t, o, servers, func(*Service) {}, test)
}

// runningAfter is running, after the service has been prepared.
func runningAfter(t *testing.T, o Options, servers map[string]*fakeServer, prepare func(*Service), test func(t *testing.T, s *Service)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newTestService(t, o, servers)
		prepare(s)
		for _, server := range servers {
			server.enterBubble()
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		test(t, s)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		for path, server := range servers {
			if !server.closed {
				t.Errorf("server %s was not closed", path)
			}
		}
	})
}

// after lets fake time pass and returns the newest snapshot.
func after(s *Service, d time.Duration) *engine.Snapshot {
	time.Sleep(d)
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func statesOf(s *engine.Snapshot) map[string]health.State {
	states := make(map[string]health.State)
	for _, a := range s.Agents {
		states[a.Ref.Pane] = a.State
	}
	return states
}

func TestEveryAgentOfEveryServerIsShownWithinASecond(t *testing.T) {
	one, two := newFakeServer(), newFakeServer()
	one.show("%0", claudeIdle)
	one.show("%1", claudeWaiting)
	two.show("%0", claudeWorking)
	running(t, Options{}, map[string]*fakeServer{"one": one, "two": two}, func(t *testing.T, s *Service) {
		got := after(s, time.Second)
		if !got.Ready || len(got.Agents) != 3 || len(got.Servers) != 2 {
			t.Fatalf("ready %v, %d agents, %d servers", got.Ready, len(got.Agents), len(got.Servers))
		}
		if got.Counts.Of(engine.UrgencyWaiting) != 1 || got.Counts.Of(engine.UrgencyIdle) != 1 || got.Counts.Of(engine.UrgencyWorking) != 1 {
			t.Errorf("counts %v", got.Counts)
		}
		if got.Servers[0].Version != "3.3a" {
			t.Errorf("version %q", got.Servers[0].Version)
		}
	})
}

func TestPushCapturesNothingWhileNothingChanges(t *testing.T) {
	f := newFakeServer()
	for i := range 10 {
		f.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, 3*time.Second)
		before := f.captured()
		got := after(s, 10*time.Second)
		if n := f.captured() - before; n != 0 {
			t.Errorf("%d captures in 10 quiet seconds", n)
		}
		if got.Round.Avoided == 0 || got.Cache.HitRate < 0.9 {
			t.Errorf("avoided %d, hit rate %.2f", got.Round.Avoided, got.Cache.HitRate)
		}
		f.show("%3", claudeWaiting)
		if state := statesOf(after(s, time.Second))["%3"]; state != health.StateWaiting {
			t.Errorf("a second after the change: %s", state)
		}
	})
}

func TestTheSafetyNetLooksAtEveryPaneAgain(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, 3*time.Second)
		f.mu.Lock()
		f.screens["%0"] = claudeWaiting // without any sign
		f.mu.Unlock()
		if state := statesOf(after(s, 31*time.Second))["%0"]; state != health.StateWaiting {
			t.Errorf("after the longest TTL: %s", state)
		}
	})
}

func TestSwitchingStrategiesLosesAndDoublesNothing(t *testing.T) {
	f := newFakeServer()
	for i := range 20 {
		f.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	var stream *engine.TransitionStream
	// Whoever subscribes to a service that runs may miss its first transitions.
	subscribe := func(s *Service) { stream = s.Transitions() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, subscribe, func(t *testing.T, s *Service) {
		after(s, time.Second)
		for i, strategy := range append(strategies.Builtin(), strategies.Builtin()...) {
			if err := s.SwitchStrategy(context.Background(), strategy.Name()); err != nil {
				t.Fatal(err)
			}
			pane := fmt.Sprintf("%%%d", i)
			f.show(pane, claudeWaiting)
			got := after(s, 1500*time.Millisecond)
			if got.Strategy != strategy.Name() || statesOf(got)[pane] != health.StateWaiting || len(got.Agents) != 20 {
				t.Errorf("%s: strategy %s, state %s, %d agents", strategy.Name(), got.Strategy, statesOf(got)[pane], len(got.Agents))
			}
		}
		waiting := make(map[string]int)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			tr, err := stream.Next(ctx)
			cancel()
			if err != nil {
				break
			}
			if tr.To == health.StateWaiting {
				waiting[tr.Agent.Ref.Pane]++
			}
		}
		for i := range 8 {
			if n := waiting[fmt.Sprintf("%%%d", i)]; n != 1 {
				t.Errorf("%%%d: %d transitions to waiting, want 1", i, n)
			}
		}
		if err := s.SwitchStrategy(context.Background(), "nonsense"); !errors.Is(err, engine.ErrUnknownStrategy) {
			t.Errorf("a strategy that does not exist: %v", err)
		}
	})
}

func TestALostServersAgentsAreShownAsLastSeenAndComeBack(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.fail(tmuxpool.ErrServerHung)
		got := after(s, 2*time.Second)
		if len(got.Agents) != 1 || !got.Agents[0].Stale || got.Servers[0].Link != engine.LinkLost || len(got.Notices) == 0 {
			t.Fatalf("lost: %+v, notices %v", got.Agents, got.Notices)
		}
		f.fail(nil)
		got = after(s, 3*time.Second)
		if len(got.Agents) != 1 || got.Agents[0].Stale || len(got.Notices) != 0 {
			t.Errorf("back: %+v, notices %v", got.Agents, got.Notices)
		}
	})
}

func TestAServerThatIsGoneForLongIsForgotten(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	var stream *engine.TransitionStream
	// Whoever subscribes to a service that runs may miss its first transitions.
	subscribe := func(s *Service) { stream = s.Transitions() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, subscribe, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.fail(tmuxpool.ErrNoServer)
		got := after(s, forgetAfter+2*discoverEvery+time.Second)
		if len(got.Agents) != 0 || len(got.Servers) != 0 {
			t.Errorf("%d agents, %d servers", len(got.Agents), len(got.Servers))
		}
		var last engine.Transition
		for range 2 {
			last, _ = stream.Next(context.Background())
		}
		if !last.Gone {
			t.Errorf("no farewell: %+v", last)
		}
	})
}

func TestAHungServerDelaysNoOther(t *testing.T) {
	hung, well := newFakeServer(), newFakeServer()
	hung.hang = true
	well.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"hung": hung, "well": well}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		well.show("%0", claudeWaiting)
		if state := statesOf(after(s, time.Second))["%0"]; state != health.StateWaiting {
			t.Errorf("got %s", state)
		}
	})
}

func TestAClosedPaneAndARespawnedOneAreFollowed(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	f.show("%1", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.drop("%0")
		if got := after(s, 2*time.Second); len(got.Agents) != 1 {
			t.Errorf("%d agents after one has closed", len(got.Agents))
		}
		f.mu.Lock()
		f.panes[0].PID = 4711
		f.screens["%1"] = claudeWaiting
		f.mu.Unlock()
		if state := statesOf(after(s, 2*time.Second))["%1"]; state != health.StateWaiting {
			t.Errorf("after a respawn: %s", state)
		}
	})
}

func TestAReaderThatNeverReadsDelaysNothingAndThenGetsTheLatest(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		snapshots, cancel := s.Subscribe()
		stream := s.Transitions()
		for i := range 10 {
			f.show("%0", []string{claudeWaiting, claudeWorking}[i%2])
			after(s, 2*time.Second)
		}
		if got, newest := (<-snapshots).Seq, after(s, 0).Seq; got != newest {
			t.Errorf("got snapshot %d, the newest is %d", got, newest)
		}
		from := health.StateIdle
		for i := range 10 {
			tr, err := stream.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if tr.From != from {
				t.Errorf("transition %d goes from %s, the one before went to %s", i, tr.From, from)
			}
			from = tr.To
		}
		cancel()
		if _, open := <-snapshots; open {
			t.Error("the stream is open after its cancel")
		}
	})
}

func TestFollowedPanesAreShownInTheirColours(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		ref := health.PaneRef{Server: "one", Pane: "%0"}
		if err := s.Follow(context.Background(), []health.PaneRef{ref}, nil); err != nil {
			t.Fatal(err)
		}
		got := after(s, 100*time.Millisecond)
		if got.Previews[ref] == nil || got.Previews[ref].Text != claudeIdle {
			t.Fatalf("previews %+v", got.Previews)
		}
		f.show("%0", claudeWaiting)
		if got = after(s, time.Second); got.Previews[ref].Text != claudeWaiting {
			t.Errorf("preview %q", got.Previews[ref].Text)
		}
		if err := s.Follow(context.Background(), nil, nil); err != nil {
			t.Fatal(err)
		}
		if got = after(s, time.Second); len(got.Previews) != 0 {
			t.Errorf("a preview of a pane that is not followed")
		}
	})
}

func TestAFinishedAgentIsUnseenUntilItIsMarkedSeen(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWorking)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		f.show("%0", claudeIdle)
		if got := after(s, 2*time.Second); got.Counts.Of(engine.UrgencyDone) != 1 {
			t.Fatalf("counts %v", got.Counts)
		}
		if err := s.MarkSeen(context.Background(), health.PaneRef{Server: "one", Pane: "%0"}); err != nil {
			t.Fatal(err)
		}
		if got := after(s, time.Millisecond); got.Counts.Of(engine.UrgencyIdle) != 1 {
			t.Errorf("counts %v", got.Counts)
		}
		err := s.MarkSeen(context.Background(), health.PaneRef{Server: "one", Pane: "%9"})
		if !errors.Is(err, engine.ErrUnknownPane) {
			t.Errorf("a pane that is not there: %v", err)
		}
	})
}

func TestAServiceRunsOnceAndAnswersBeforeAndAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		f.show("%0", claudeIdle)
		s := newTestService(t, Options{}, map[string]*fakeServer{"one": f})
		ctx, cancel := context.WithCancel(context.Background())
		ref := health.PaneRef{Server: "one", Pane: "%0"}
		if err := s.MarkSeen(ctx, ref); !errors.Is(err, engine.ErrUnknownPane) {
			t.Errorf("before: %v", err)
		}
		snapshots, _ := s.Subscribe()
		cancel() // even before it has begun
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := s.Run(context.Background()); !errors.Is(err, engine.ErrAlreadyRun) {
			t.Errorf("again: %v", err)
		}
		for range snapshots {
		}
		if _, err := s.Transitions().Next(context.Background()); !errors.Is(err, engine.ErrStopped) {
			t.Errorf("transitions after the end: %v", err)
		}
		if err := s.Refresh(context.Background()); err != nil && !errors.Is(err, engine.ErrStopped) && !errors.Is(err, engine.ErrUnknownPane) {
			t.Errorf("refresh after the end: %v", err)
		}
	})
}

func TestAtRestFiguresAreSampledSeldomAndNoSecondOfTheTrendsIsMissing(t *testing.T) {
	running(t, Options{NoGit: true}, nil, func(t *testing.T, s *Service) {
		first := after(s, 2*time.Minute)
		last := after(s, time.Minute)
		if made := last.Seq - first.Seq; made > uint64(time.Minute/restTick)+1 {
			t.Errorf("%d snapshots in a minute in which nothing happened", made)
		}
		if len(last.Trend) != samplesKept {
			t.Fatalf("%d samples", len(last.Trend))
		}
		for i := range samplesKept - 1 {
			if apart := last.Trend[i+1].At.Sub(last.Trend[i].At); apart != trendEvery {
				t.Errorf("%s between two samples", apart)
			}
		}
		time.Sleep(4500 * time.Millisecond)
		s.meter.round(engine.StrategyPush, time.Millisecond, 3, 0)
		s.take(report{})
		got := after(s, trendEvery)
		if newest := got.Trend[len(got.Trend)-1]; newest.Captured != 3 || !newest.At.After(last.At) {
			t.Errorf("what came then is told as %+v", newest)
		}
	})
}
