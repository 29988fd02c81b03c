package monitor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

const (
	// soakPanes is how many panes there are.
	soakPanes = 200
	// soakWrites is how many writes are made, unless the environment says
	// otherwise; soakWave of them are made between two comparisons.
	soakWrites = 20_000
	soakWave   = 800
	// soakBurst is how many writes are made without a pause, at most.
	soakBurst = 160
	// soakQuiet is the bound of the promise: this long after the last write at
	// most, every verdict rests on the last frame. It lies far below the TTLs of
	// the cache (10 s and 30 s), which could otherwise hide a miss.
	soakQuiet = 3 * time.Second
)

// soakSetting reads a number from the environment, by which a run is repeated
// (AGENTWATCH_SOAK_SEED) or made longer (AGENTWATCH_SOAK_WRITES).
func soakSetting(t *testing.T, name string, standard uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// soak is a run: writes on one side, rounds of a probe on the other.
type soak struct {
	t     *testing.T
	stage *soakStage
	probe *monitor.Probe

	rounds, captured int
	slowest          time.Duration
}

// TestNoLastFrameIsMissedUnderRandomWrites compares, after each wave of random
// writes, the screen behind every pane's verdict with a capture of all panes.
func TestNoLastFrameIsMissedUnderRandomWrites(t *testing.T) {
	seed := soakSetting(t, "AGENTWATCH_SOAK_SEED", uint64(time.Now().UnixNano()))
	writes := int(soakSetting(t, "AGENTWATCH_SOAK_WRITES", soakWrites))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with AGENTWATCH_SOAK_SEED=%d AGENTWATCH_SOAK_WRITES=%d", seed, writes)
		}
	})
	stage := newSoakStage(t, rand.New(rand.NewPCG(seed, seed)), soakPanes)
	probe, err := monitor.NewProbe(tmuxpool.Socket{Name: "soak", Path: stage.server.SocketPath()}, tmuxpool.Options{}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = probe.Close() })
	s := &soak{t: t, stage: stage, probe: probe}
	s.settle("before the first write")
	began := time.Now()
	waves := 0
	for done := 0; done < writes; done += soakWave {
		s.wave(min(soakWave, writes-done))
		waves++
		s.settle(fmt.Sprintf("after %d writes", min(done+soakWave, writes)))
	}
	t.Logf("seed %d: %d panes, %d writes in %d waves and %s; %d rounds, %d captures; verdicts right at most %s after a wave",
		seed, len(stage.panes), writes, waves, time.Since(began).Round(time.Millisecond), s.rounds, s.captured,
		s.slowest.Round(time.Millisecond))
	t.Logf("writes by kind: %s", stage.tally())
}

// wave makes n writes, in bursts, while the probe makes round after round.
func (s *soak) wave(n int) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	var rounds sync.WaitGroup
	beat := make(chan struct{})
	rounds.Go(func() {
		for ctx.Err() == nil {
			s.round()
			select {
			case beat <- struct{}{}:
			default:
			}
		}
	})
	defer rounds.Wait()
	defer cancel()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for done := 0; done < n; {
		for range min(1+s.stage.rng.IntN(soakBurst), n-done) {
			s.stage.write()
			done++
		}
		// Nothing, or up to two rounds, until the next burst.
		for range s.stage.rng.IntN(3) {
			select {
			case <-beat:
			case <-deadline.C:
				s.t.Fatal("no round ends any more")
			}
		}
	}
}

// round makes one round.
func (s *soak) round() {
	report, err := s.probe.Round(s.t.Context(), engine.StrategyPush)
	if err != nil {
		s.t.Errorf("round %d: %v", s.rounds, err)
	}
	s.rounds++
	s.captured += report.Captured
}

// settle makes rounds until every verdict rests on what its pane shows, and
// fails when that takes longer than promised. One comparison could come before
// tmux has read the last write: two in a row cannot, since each is made by a
// client that tmux hears later than the write.
func (s *soak) settle(when string) {
	s.t.Helper()
	began := time.Now()
	var wrong []string
	for right := 0; right < 2; {
		s.round()
		if wrong = s.compare(); len(wrong) == 0 {
			right++
			continue
		}
		right = 0
		if time.Since(began) > soakQuiet {
			s.t.Fatalf("%s and %s of quiet, %d of %d panes are judged by an old screen:\n%s",
				when, soakQuiet, len(wrong), len(s.stage.panes), strings.Join(wrong[:min(3, len(wrong))], "\n"))
		}
	}
	s.slowest = max(s.slowest, time.Since(began))
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// compare returns what is wrong with the panes whose verdict does not rest on
// what they show now.
func (s *soak) compare() []string {
	s.t.Helper()
	var wrong []string
	truth := s.stage.captureAll(false)
	for _, p := range s.stage.panes {
		input, verdict, ok := s.probe.Input(health.PaneRef{Server: s.stage.server.SocketPath(), Pane: p.id})
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s was never looked at; last writes %v", p.id, p.last))
		case input != truth[p.id]:
			wrong = append(wrong, fmt.Sprintf("%s after %v\n--- judged:\n%q\n--- shown:\n%q", p.id, p.last, input, truth[p.id]))
		case verdict.Kind != health.KindClaude:
			wrong = append(wrong, fmt.Sprintf("%s is taken for %q; last writes %v", p.id, verdict.Kind, p.last))
		}
	}
	return wrong
}
