package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

// world plays agents at random and keeps what really happened, apart from the
// Decider.
type world struct {
	config  Config
	decider *Decider
	now     time.Time
	states  map[string]engine.Urgency
	began   map[string]time.Time
	// begins are all times at which an agent came into a state.
	begins  map[string][]time.Time
	first   map[string]bool
	looking map[string]bool
	episode map[string]int
	told    map[string]bool
	last    map[string]time.Time
	sent    []time.Time
}

func randomConfig(t *rapid.T) Config {
	seconds := func(name string, most int) Duration {
		return Duration(time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Second)
	}
	c := Defaults()
	c.Batch, c.After, c.Cooldown = seconds("batch", 20), seconds("after", 40), seconds("cooldown", 120)
	c.PerMinute = rapid.IntRange(1, 5).Draw(t, "per minute")
	c.Rules[0].Escalate = &Escalation{After: c.After + Duration(time.Second) + seconds("escalate", 300), Channels: []string{"bell"}}
	if rapid.Bool().Draw(t, "two rules") {
		after := seconds("second after", 40)
		c.Rules = append(c.Rules, Rule{To: []string{"waiting", "done"}, Channels: []string{"terminal"}, After: &after})
	}
	if rapid.Bool().Draw(t, "quiet") {
		start := rapid.IntRange(0, 23).Draw(t, "from hour")
		c.Quiet = []Quiet{{Start: fmt.Sprintf("%02d:10", start), End: fmt.Sprintf("%02d:20", (start+rapid.IntRange(0, 23).Draw(t, "hours"))%24), Pass: []string{"crashed"}}}
	}
	return c
}

func newWorld(t *rapid.T) *world {
	c := randomConfig(t)
	d, err := NewDecider(c)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		config: c, decider: d, now: noon(), states: make(map[string]engine.Urgency), began: make(map[string]time.Time), begins: make(map[string][]time.Time),
		first: make(map[string]bool), looking: make(map[string]bool), episode: make(map[string]int), told: make(map[string]bool),
		last: make(map[string]time.Time),
	}
}

// change lets one agent change at random.
func (w *world) change(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "agent")
	to := rapid.SampledFrom([]engine.Urgency{
		engine.UrgencyWaiting, engine.UrgencyCrashed, engine.UrgencyError, engine.UrgencyDone, engine.UrgencyWorking,
	}).Draw(t, "to")
	from, known := w.states[name]
	if known && from == to {
		return
	}
	a := agentIn(name, to)
	a.Since = w.now
	w.decider.Transition(engine.Transition{At: w.now, Agent: a, From: agentIn(name, from).State, To: a.State, First: !known, Preexisting: !known})
	w.states[name], w.began[name], w.first[name] = to, w.now, !known
	w.episode[name]++
	w.begins[fmt.Sprint(name, to)] = append(w.begins[fmt.Sprint(name, to)], w.now)
}

// look lets the user look at some agents.
func (w *world) look(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "looked at")
	w.looking[name] = !w.looking[name]
	var refs []health.PaneRef
	for name, looked := range w.looking {
		if looked {
			refs = append(refs, agentIn(name, engine.UrgencyIdle).Ref)
		}
	}
	w.decider.Look(refs)
}

// pass lets time pass, with a tick now and then, and checks every decision.
func (w *world) pass(t *rapid.T) {
	for range rapid.IntRange(1, 4).Draw(t, "ticks") {
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 40_000).Draw(t, "ms")) * time.Millisecond)
		for _, d := range w.decider.Tick(w.now) {
			w.check(t, d)
		}
		if at, ok := w.decider.Next(w.now); ok && !at.After(w.now) {
			t.Fatalf("after Tick something is still due at %s", at)
		}
	}
}

func (w *world) check(t *rapid.T, d Decision) {
	w.sent = append(w.sent, w.now)
	lately := 0
	for _, at := range w.sent {
		if w.now.Sub(at) < time.Minute {
			lately++
		}
	}
	if lately > w.config.PerMinute {
		t.Fatalf("%d messages within a minute, at most %d are allowed", lately, w.config.PerMinute)
	}
	if len(d.Message.Items) == 0 {
		t.Fatal("a message about nobody")
	}
	for _, i := range d.Message.Items {
		w.checkItem(t, d.Channel, i)
	}
}

func (w *world) checkItem(t *rapid.T, channel string, i Item) {
	name := i.Agent.Session
	// An agent that flaps is told to be so since an earlier time.
	since := w.began[name].Equal(i.Since)
	if begins := w.begins[fmt.Sprint(name, i.State)]; len(begins) > flapReturns {
		since = since || slices.ContainsFunc(begins, i.Since.Equal)
	}
	if w.states[name] != i.State || !since {
		t.Fatalf("%s is told to be %s, and is %s", name, i.State, w.states[name])
	}
	if w.first[name] {
		t.Fatalf("%s was so from the start", name)
	}
	if w.looking[name] {
		t.Fatalf("%s is told while the user looks at it", name)
	}
	shortest := time.Duration(w.config.After)
	for _, r := range w.config.Rules {
		if r.After != nil && slices.Contains(r.To, i.State.String()) {
			shortest = min(shortest, time.Duration(*r.After))
		}
	}
	if lasted := w.now.Sub(i.Since); lasted < shortest {
		t.Fatalf("%s is told after %s, before its minimum of %s", name, lasted, shortest)
	}
	key := fmt.Sprint(name, w.episode[name], channel, i.Level)
	if w.told[key] {
		t.Fatalf("%s is told twice over %s at level %s", name, channel, i.Level)
	}
	w.told[key] = true
	w.checkCooldown(t, fmt.Sprint(name, i.State, channel, i.Level))
	if len(w.config.Quiet) > 0 && i.State != engine.UrgencyCrashed && w.isQuiet() {
		t.Fatalf("%s is told at %s, in quiet hours", name, w.now.Format(time.TimeOnly))
	}
}

// checkCooldown checks that the same has not been told too soon before.
func (w *world) checkCooldown(t *rapid.T, key string) {
	last, ok := w.last[key]
	if ok && w.now.Sub(last) < time.Duration(w.config.Cooldown) {
		t.Fatalf("%s is told again after %s, before its cool-down of %s", key, w.now.Sub(last), w.config.Cooldown)
	}
	w.last[key] = w.now
}

// isQuiet reads the quiet hours in another way than the Decider does.
func (w *world) isQuiet() bool {
	start, end, clock := w.config.Quiet[0].Start, w.config.Quiet[0].End, w.now.Format("15:04")
	if start < end {
		return clock >= start && clock < end
	}
	return clock >= start || clock < end
}

func TestNoCourseOfEventsBreaksTheRulesOfTelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				w.look(t)
			case 1, 2, 3:
				w.change(t)
			default:
				w.pass(t)
			}
		}
	})
}

func TestWhoeverStillWaitsIsToldInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			w.change(t)
			w.pass(t)
		}
		end := w.now.Add(72 * time.Hour)
		for {
			at, ok := w.decider.Next(w.now)
			if !ok || at.After(end) {
				break
			}
			w.now = at
			for _, d := range w.decider.Tick(w.now) {
				w.check(t, d)
			}
		}
		for name, state := range w.states {
			told := func(l Level) bool { return w.told[fmt.Sprint(name, w.episode[name], "bell", l)] }
			// What was held back until it was due to escalate is told once, as that.
			if state == engine.UrgencyWaiting && !w.first[name] && !told(LevelNotice) && !told(LevelEscalation) {
				t.Fatalf("%s waits and was never told", name)
			}
		}
	})
}
