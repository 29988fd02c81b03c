package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/tmuxtest"
)

const (
	// chaosPromise is how soon after a storm every agent must be right again, for
	// everybody who watches, and chaosKeyLimit how late the dashboard may show what
	// a key did at the worst moment of all storms: on a machine that is slow and has
	// other work. The figures are logged.
	chaosPromise  = 30 * time.Second
	chaosKeyLimit = 30 * time.Second
)

// chaosSetting reads a number from the environment: AGENTWATCH_CHAOS_SEED repeats
// the storms of a run, though not their timing, and AGENTWATCH_CHAOS_PASSES makes
// it longer.
func chaosSetting(t *testing.T, name string, standard uint64) uint64 {
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

// TestEveryAgentIsRightSoonAfterAnyStorm lets a dashboard and a watch, which share
// an engine process, and the engine in this process watch one private server side
// by side while it and they are ill-treated in every way, in random order.
func TestEveryAgentIsRightSoonAfterAnyStorm(t *testing.T) {
	seed := chaosSetting(t, "AGENTWATCH_CHAOS_SEED", uint64(time.Now().UnixNano()))
	passes := int(chaosSetting(t, "AGENTWATCH_CHAOS_PASSES", 1))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with AGENTWATCH_CHAOS_SEED=%d AGENTWATCH_CHAOS_PASSES=%d", seed, passes)
		}
	})
	a := newArena(t, rand.New(rand.NewPCG(seed, seed)))
	c := newCrew(t, a)
	c.right("before the first storm")
	before := c.footprint()
	for range passes {
		storms := allStorms(c.clients)
		a.rng.Shuffle(len(storms), func(i, j int) { storms[i], storms[j] = storms[j], storms[i] })
		for _, s := range storms {
			c.weather(s)
		}
	}
	c.bounded(before)
	c.dismiss()
	t.Logf("seed %d: keys took %s at the median and %s at worst (%d pressed)", seed,
		c.keys.median().Round(time.Millisecond), c.keys.worst().Round(time.Millisecond), len(c.keys.took))
}

// weather lets one storm pass, with keys being pressed all the time, and sees
// whether everybody is right soon after it and nothing is left of it.
func (c *crew) weather(s storm) {
	c.t.Helper()
	began := time.Now()
	stop := c.keys.press()
	s.rage(c.arena, c)
	c.arena.recast()
	stop()
	raged := time.Since(began)
	took := c.right("after " + s.name)
	c.clean("after " + s.name)
	late := c.keys.since(began)
	c.t.Logf("%-40s raged %6s, right after %6s, keys within %5s", s.name, raged.Round(time.Millisecond),
		took.Round(time.Millisecond), late.Round(time.Millisecond))
	if late > chaosKeyLimit {
		c.t.Errorf("%s: a key took %s to show", s.name, late)
	}
}

// right waits until everybody shows exactly the agents that play, in their
// states, and returns how long that took.
func (c *crew) right(when string) time.Duration {
	c.t.Helper()
	began := time.Now()
	views := []struct {
		name  string
		wrong func() []string
	}{
		{"the engine", c.engineWrong},
		{"watch", c.watchWrong},
		{"the dashboard", c.dashboardWrong},
		{"list", c.listWrong},
	}
	for _, view := range views {
		ticker := time.NewTicker(10 * time.Millisecond)
		for wrong := view.wrong(); len(wrong) > 0; wrong = view.wrong() {
			if time.Since(began) > chaosPromise {
				ticker.Stop()
				c.t.Fatalf("%s and %s: %s is wrong:\n%s", when, chaosPromise, view.name, strings.Join(wrong, "\n"))
			}
			<-ticker.C
		}
		ticker.Stop()
	}
	return time.Since(began)
}

// compare returns what is wrong with the states that somebody shows by pane.
func (a *arena) compare(shown map[string]shownAgent) []string {
	var wrong []string
	for pane, c := range a.cast {
		got, ok := shown[pane]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s plays %s but is not shown", pane, c.ID))
		case got.kind != c.Kind || !c.accepts(got.state) || got.stale:
			wrong = append(wrong, fmt.Sprintf("%s plays %s but is shown as %+v", pane, c.ID, got))
		}
	}
	for pane, got := range shown {
		if _, ok := a.cast[pane]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s plays nothing but is shown as %+v", pane, got))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// shownAgent is an agent as one of the watchers shows it.
type shownAgent struct {
	kind, state string
	stale       bool
}

// engineWrong looks at the newest snapshot of the engine in this process.
func (c *crew) engineWrong() []string {
	shown := make(map[string]shownAgent)
	for _, agent := range c.snapshot.Load().Agents {
		shown[agent.Ref.Pane] = shownAgent{string(agent.Kind), agent.State.String(), agent.Stale}
	}
	return c.arena.compare(shown)
}

// watchWrong looks at the last line of watch on each pane.
func (c *crew) watchWrong() []string {
	shown := make(map[string]shownAgent)
	c.watch.mu.Lock()
	for _, tr := range c.watch.seen {
		if tr.Gone {
			delete(shown, tr.Pane)
			continue
		}
		shown[tr.Pane] = shownAgent{kind: tr.Kind, state: tr.To}
	}
	c.watch.mu.Unlock()
	return c.arena.compare(shown)
}

// dashboardWrong looks at the counts in the dashboard's header, which must be
// those of the engine, that has been found to be right. Whether an agent is idle
// or done depends on what each of them has seen of the storm.
func (c *crew) dashboardWrong() []string {
	screen, snapshot := c.board.server.Capture(c.board.pane), c.snapshot.Load()
	header, _, _ := strings.Cut(screen, "\n")
	right := strings.Contains(screen, fmt.Sprintf("agents %d", len(snapshot.Agents)))
	for _, row := range []struct {
		glyphs    []string
		urgencies []engine.Urgency
	}{
		{[]string{"▲"}, []engine.Urgency{engine.UrgencyWaiting}},
		{[]string{"!"}, []engine.Urgency{engine.UrgencyError}},
		{[]string{"◆"}, []engine.Urgency{engine.UrgencyLimited}},
		{[]string{"●"}, []engine.Urgency{engine.UrgencyWorking}},
		{[]string{"✓", "○"}, []engine.Urgency{engine.UrgencyDone, engine.UrgencyIdle}},
	} {
		shown, want := 0, 0
		for _, glyph := range row.glyphs {
			shown += countAfter(header, glyph)
		}
		for _, urgency := range row.urgencies {
			want += snapshot.Counts.Of(urgency)
		}
		right = right && shown == want
	}
	if right {
		return nil
	}
	return []string{fmt.Sprintf("counts %v are not on the screen:\n%s", snapshot.Counts, screen)}
}

// countAfter returns the number behind the last occurrence of a glyph; 0 when
// there is none.
func countAfter(header, glyph string) int {
	at := strings.LastIndex(header, glyph+" ")
	if at < 0 {
		return 0
	}
	digits, _, _ := strings.Cut(header[at+len(glyph)+1:], " ")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// listWrong runs list.
func (c *crew) listWrong() []string {
	c.t.Helper()
	shown := make(map[string]shownAgent)
	for _, agent := range list(c.user, c.arena.server) {
		shown[agent.Pane] = shownAgent{kind: agent.Kind, state: agent.State}
	}
	return c.arena.compare(shown)
}

// orderly tells whether each line of watch on a pane follows from the one
// before it.
func (w *watcher) orderly() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	last := make(map[string]transition)
	for i, tr := range w.seen {
		before, known := last[tr.Pane]
		switch {
		case known && tr.First, !known && !tr.First:
			w.t.Errorf("line %d: first is %t, but the pane's agent has been told of: %t: %+v", i, tr.First, known, tr)
		case known && tr.From != before.To:
			w.t.Errorf("line %d: goes from %s, but the one before went to %s", i, tr.From, before.To)
		}
		if last[tr.Pane] = tr; tr.Gone {
			delete(last, tr.Pane)
		}
	}
}

// onlyItsOwn tells whether the sessions that play are all that is on the server.
func (a *arena) onlyItsOwn() bool {
	return noneOfOurs(a.server) && a.server.Run("list-sessions", "-F", "#{session_id}") == strings.Join(a.sessions, "\n")
}

// dismiss ends everybody and makes sure that nothing of them stays.
func (c *crew) dismiss() {
	c.t.Helper()
	c.board.quit()
	c.watch.interrupt()
	c.watch.orderly()
	c.stopEngine()
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.t.Logf("sessions of the play %q, all %q, clients %q, client processes %v", c.arena.sessions,
				c.arena.list("list-sessions"), c.arena.list("list-clients"), clientProcesses(c.t, c.arena.server))
		}
	})
	tmuxtest.Eventually(c.t, patience, "all clients, sessions and processes of ours to be gone", func() bool {
		return c.arena.onlyItsOwn() && len(clientProcesses(c.t, c.arena.server)) == 0
	})
	if left := c.arena.server.Run("list-buffers", "-F", "#{buffer_name}"); left != "" {
		c.t.Errorf("buffers are left: %s", left)
	}
}
