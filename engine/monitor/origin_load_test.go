package monitor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// The origin's load: fifty agents of which 15 of a hundred have changed
// whenever they are looked at. Its report tells a hit rate of 85 % for screens,
// and 78 % over all layers.
const (
	originAgents = 50
	originBusy   = 8
	originTime   = 3 * time.Minute
	// busyRedraw is how often an agent at work redraws its status line; a turn
	// lasts for turnTime, then another agent takes over.
	busyRedraw = 200 * time.Millisecond
	turnTime   = 20 * time.Second
	// worstLatency is the stated bound between a change and its verdict while
	// anything moves: the interval, and one more where tmux's clock, which has a
	// grain of a second, leaves a doubt.
	worstLatency = 2 * DefaultInterval
)

// originLoad plays the load on a server and measures how late each change of an
// agent's state reaches a snapshot.
type originLoad struct {
	server  *fakeServer
	changed map[string]time.Time
	wanted  map[string]health.State
	lates   []time.Duration
}

func (l *originLoad) write(pane string, state health.State, screen string) {
	if l.wanted[pane] != state {
		l.wanted[pane], l.changed[pane] = state, time.Now()
	}
	l.server.show(pane, screen)
}

// look notes which changes the snapshot shows by now.
func (l *originLoad) look(s *engine.Snapshot) {
	states := statesOf(s)
	for pane, at := range l.changed {
		if states[pane] == l.wanted[pane] {
			l.lates = append(l.lates, time.Since(at))
			delete(l.changed, pane)
		}
	}
}

// play lets some agents work at a time: one turn ends with a question, the next
// at the prompt.
func (l *originLoad) play(s *Service) *engine.Snapshot {
	var last *engine.Snapshot
	const step = 10 * time.Millisecond
	for t := time.Duration(0); t < originTime; t += step {
		turn := int(t / turnTime)
		if t%busyRedraw == 0 {
			for i := range originAgents {
				pane := fmt.Sprintf("%%%d", i)
				// Agents begin and end at different moments of a turn.
				working := (i-turn*originBusy+originAgents*100)%originAgents < originBusy
				switch {
				case working:
					l.write(pane, health.StateWorking, fmt.Sprintf(
						"❯ go on\n\n✽ Noodling… (%ds · ↓ %d tokens)\n\n%s", int(t.Seconds()), t/step, claudeComposer))
				case l.wanted[pane] == health.StateWorking && i%2 == 0:
					l.write(pane, health.StateWaiting, claudeWaiting)
				case l.wanted[pane] == health.StateWorking:
					l.write(pane, health.StateIdle, claudeIdle)
				}
			}
		}
		last = after(s, step)
		l.look(last)
	}
	return last
}

const claudeComposer = "────────────────────────────────────────\n❯ \n────────────────────────────────────────\n  ⏸ manual mode on · ? for shortcuts"

func newOriginLoad() *originLoad {
	l := &originLoad{server: newFakeServer(), changed: map[string]time.Time{}, wanted: map[string]health.State{}}
	for i := range originAgents {
		l.server.show(fmt.Sprintf("%%%d", i), claudeIdle)
		l.wanted[fmt.Sprintf("%%%d", i)] = health.StateIdle
	}
	return l
}

func TestOnTheOriginsLoadTheCacheAnswersAndNoVerdictIsOld(t *testing.T) {
	l := newOriginLoad()
	running(t, Options{}, map[string]*fakeServer{"one": l.server}, func(t *testing.T, s *Service) {
		after(s, 2*time.Second)
		last := l.play(s)
		for _, layer := range last.Cache.Layers {
			t.Logf("%-14s %5.1f %% of %d looks", layer.Name, 100*layer.HitRate, layer.Hits+layer.Misses)
		}
		t.Logf("overall        %5.1f %% of %d looks", 100*last.Cache.HitRate, last.Cache.Looks)
		// A changed pane is a miss in two layers, its status and its screen: the
		// layer of screens is asked for nothing else, so that the rate over all
		// layers is below that of the agents.
		if last.Cache.HitRate < 0.72 {
			t.Errorf("%.1f %% of the looks were hits", 100*last.Cache.HitRate)
		}
		if status := last.Cache.Layers[1]; status.Name != "agent_status" || status.HitRate < 0.80 {
			t.Errorf("%s: %.1f %% of the looks were hits, with 84 of 100 agents at rest", status.Name, 100*status.HitRate)
		}
		slices.Sort(l.lates)
		n := len(l.lates)
		if n < 50 {
			t.Fatalf("only %d changes were seen", n)
		}
		t.Logf("change to verdict, tmux's own time left out: %d changes, p50 %s, p99 %s, worst %s",
			n, l.lates[n/2], l.lates[n*99/100], l.lates[n-1])
		if worst := l.lates[n-1]; worst > worstLatency {
			t.Errorf("a verdict was %s old, more than %s", worst, worstLatency)
		}
		if len(l.changed) > 0 {
			t.Errorf("changes that were never seen: %v", l.changed)
		}
	})
}
