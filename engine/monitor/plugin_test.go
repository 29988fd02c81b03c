package monitor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/internal/plugin"
)

// badPlugins are strategies that do harm as soon as they are asked.
func badPlugins() map[engine.StrategyName]string {
	const asked = "read -r request\n"
	return map[engine.StrategyName]string{
		"hangs":   asked + "exec sleep 1000",
		"dies":    asked + "exit 3",
		"floods":  "exec yes '{\"id\":1,\"recapture\":[\"%1\"]}'",
		"rambles": asked + "head -c 100000000 /dev/zero | tr '\\0' x; exec sleep 1000",
		"shouts":  "exec yes shouting >&2",
		"lies": "while read -r l; do id=${l#*:}; id=${id%%,*}\n" +
			"echo \"{\\\"id\\\":$id,\\\"recapture\\\":[\\\"%9999\\\",\\\"%1\\\",\\\"%1\\\"],\\\"limit\\\":-9,\\\"next_ms\\\":-1}\"; done",
		"dawdles": "while read -r l; do id=${l#*:}; id=${id%%,*}; sleep 0.1; echo \"{\\\"id\\\":$id,\\\"recapture\\\":[]}\"; done",
	}
}

// runBadPlugins installs and runs them until the test ends, and returns them
// when all have been tried.
func runBadPlugins(t *testing.T) []engine.Strategy {
	t.Helper()
	folder := t.TempDir()
	for name, body := range badPlugins() {
		text := fmt.Sprintf("#!/bin/sh\nread -r hello\necho '{\"protocol\":1,\"name\":\"%s\",\"summary\":\"does harm\"}'\n%s\n", name, body)
		if err := os.WriteFile(filepath.Join(folder, "agentwatch-strategy-"+string(name)), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	manager := plugin.NewManager(plugin.Options{Folders: []string{folder}, Version: "test"})
	found := make(chan []engine.Strategy, 1)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { manager.Run(ctx, func(all []engine.Strategy, _ []error) { found <- all }) })
	t.Cleanup(func() {
		stop()
		work.Wait()
	})
	all := <-found
	deadline, ticker := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer ticker.Stop()
	for !manager.Settled() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("not all have answered the handshake, or failed")
		}
	}
	return all
}

// times is how long rounds took, and how many captures they made.
type times struct {
	median, p90, worst time.Duration
	captured           int
}

// roundTimes makes rounds by some strategies while ten agents change in each.
// They take turns, so that what else happens on the machine meets all alike.
func roundTimes(t *testing.T, probe *monitor.Probe, change func(changed, turn int), rounds int, names ...engine.StrategyName) []times {
	t.Helper()
	ticker := time.NewTicker(12 * time.Millisecond)
	defer ticker.Stop()
	made, took := make([]times, len(names)), make([][]time.Duration, len(names))
	for turn := range rounds * len(names) {
		<-ticker.C
		change(10, turn)
		i := turn % len(names)
		report, err := probe.Round(t.Context(), names[i])
		if err != nil {
			t.Fatal(err)
		}
		if report.Agents != 200 || report.Failed != 0 {
			t.Fatalf("%s: %d agents, %d checks failed", names[i], report.Agents, report.Failed)
		}
		took[i] = append(took[i], report.Took)
		made[i].captured += report.Captured
	}
	for i, all := range took {
		slices.Sort(all)
		made[i].median, made[i].p90, made[i].worst = all[len(all)/2], all[len(all)*9/10], all[len(all)-1]
	}
	return made
}

func TestAPluginThatHangsFloodsDiesOrLiesWhile200AgentsAreWatchedIsWaitedForByNoRound(t *testing.T) {
	strategies := runBadPlugins(t)
	if len(strategies) != len(badPlugins()) {
		t.Fatalf("%d strategies", len(strategies))
	}
	probe, change := monitor.NewFakeProbe(t, 200, strategies)
	if _, err := probe.Round(t.Context(), engine.StrategyPush); err != nil {
		t.Fatal(err)
	}
	const rounds = 40
	for _, s := range strategies {
		name := s.Name()
		both := roundTimes(t, probe, change, rounds, engine.StrategyPush, name)
		push, got := both[0], both[1]
		t.Logf("push     median %8v, p90 %8v, worst %8v, %d captures", push.median, push.p90, push.worst, push.captured)
		t.Logf("%-8s median %8v, p90 %8v, worst %8v, %d captures", name, got.median, got.p90, got.worst, got.captured)
		// Whoever waited for an answer would wait for seconds: 3 s are allowed for
		// one, and some never come. How much slower rounds become is logged.
		if got.worst > push.worst+2*time.Second {
			t.Errorf("%s: rounds take up to %v, and up to %v by push", name, got.worst, push.worst)
		}
		// Where no plan comes, push's is carried out; the other two plan to look
		// at less, and have their way for 5 s.
		if name != "lies" && name != "dawdles" && got.captured < 10*rounds {
			t.Errorf("%s: %d captures of %d changes", name, got.captured, 10*rounds)
		}
	}
}
