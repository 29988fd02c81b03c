package notify

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

// linesOf are told messages, comparable.
func linesOf(decisions []Decision) []string {
	var lines []string
	for _, d := range decisions {
		for _, i := range d.Message.Items {
			lines = append(lines, fmt.Sprintf("%s %s: %s %s > %s since %s, %s", d.Message.At.Format(time.StampMilli), d.Channel,
				i.Agent.Session, i.From, i.State, i.Since.Format(time.StampMilli), i.Level))
		}
	}
	return lines
}

// relay is a world with a second Decider, which takes over from the first one.
type relay struct {
	*world
	pasts map[string][]engine.Phase
	next  *Decider
	// whole is what the first one tells, parts what both tell in turn.
	whole, parts []Decision
}

// step lets time pass.
func (r *relay) step(t *rapid.T) {
	before := r.now
	r.now = before.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond)
	told := decisionsUntil(r.decider, before, r.now)
	r.whole = append(r.whole, told...)
	if r.next != nil {
		told = decisionsUntil(r.next, before, r.now)
	}
	r.parts = append(r.parts, told...)
}

// change lets one agent change, of which the second one hears when it is told to.
func (r *relay) change(t *rapid.T, heard bool) {
	before := maps.Clone(r.states)
	r.world.change(t)
	for name, u := range r.states {
		from, known := before[name]
		if known && from == u {
			continue
		}
		r.pasts[name] = append(r.pasts[name], engine.Phase{At: r.now, Urgency: u})
		if heard {
			r.next.Transition(engine.Transition{At: r.now, Agent: r.agent(name), From: agentIn(name, from).State, First: !known, Preexisting: !known})
		}
	}
}

// takeOver lets the second one go on. Somebody may change while nobody watches;
// then all are new to the second one's engine.
func (r *relay) takeOver(t *rapid.T) {
	var left []engine.Agent
	for name := range r.states {
		a := r.agent(name)
		a.Past = slices.Clone(r.pasts[name])
		left = append(left, a)
	}
	var err error
	if r.next, err = NewDecider(r.config); err != nil {
		t.Fatal(err)
	}
	r.next.Inherit(left, r.now)
	if rapid.Bool().Draw(t, "a change meanwhile") {
		r.change(t, false)
	}
	for name := range r.states {
		r.next.Transition(engine.Transition{At: r.now, Agent: r.agent(name), First: true, Preexisting: true})
	}
}

func TestNothingIsLostAndNothingToldTwiceWhenAnotherGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &relay{world: newWorld(t), pasts: make(map[string][]engine.Phase)}
		for range rapid.IntRange(1, 20).Draw(t, "changes before") {
			r.change(t, false)
			r.step(t)
		}
		r.takeOver(t)
		for range rapid.IntRange(1, 10).Draw(t, "changes after") {
			r.step(t)
			r.change(t, true)
		}
		r.step(t)
		if got, want := linesOf(r.parts), linesOf(r.whole); !slices.Equal(got, want) {
			t.Fatalf("two tell:\n%q\none tells:\n%q", got, want)
		}
	})
}

// agent is one of the world's as it is now.
func (w *world) agent(name string) engine.Agent {
	a := agentIn(name, w.states[name])
	a.Since = w.began[name]
	return a
}

// decisionsUntil ticks as a Notifier would.
func decisionsUntil(d *Decider, from, to time.Time) []Decision {
	var decisions []Decision
	for now := from; ; {
		at, planned := d.Next(now)
		if !planned || at.After(to) {
			return decisions
		}
		if at.After(now) {
			now = at
		}
		decisions = append(decisions, d.Tick(now)...)
	}
}

func TestWhoWaitedAlreadyWhenTheFirstEngineCameIsNotToldByTheSecond(t *testing.T) {
	d := newDrive(t, nil)
	a := agentIn("api", engine.UrgencyWaiting)
	a.Past = []engine.Phase{{At: d.now.Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	d.decider.Inherit([]engine.Agent{a}, d.now)
	d.decider.Transition(engine.Transition{At: d.now, Agent: a, First: true, Preexisting: true})
	d.after(time.Hour)
	d.expect()
}

func TestAnInheritedAgentThatIsGoneOrAnotherIsNotTold(t *testing.T) {
	past := []engine.Phase{{At: noon().Add(-time.Minute), Urgency: engine.UrgencyWorking}, {At: noon().Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	inherited := agentIn("api", engine.UrgencyWaiting)
	inherited.Past, inherited.PID = past, 7
	t.Run("gone", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Inherit([]engine.Agent{inherited}, d.now)
		d.decider.Missing(nil)
		d.after(time.Hour)
		d.expect()
	})
	t.Run("another", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Inherit([]engine.Agent{inherited}, d.now)
		another := agentIn("api", engine.UrgencyCrashed)
		another.PID = 8
		d.decider.Transition(engine.Transition{At: d.now, Agent: another, First: true, Preexisting: true})
		d.after(time.Hour)
		d.expect()
	})
	t.Run("still there", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Inherit([]engine.Agent{inherited}, d.now)
		d.decider.Missing([]engine.Agent{inherited})
		d.decider.Transition(engine.Transition{At: d.now, Agent: inherited, First: true, Preexisting: true})
		d.decider.Missing(nil) // a snapshot can be older
		d.after(time.Hour)
		d.expect("12:00:14 bell api (claude) waits for you")
	})
}

func TestWhatArrivedJustBeforeTheEndIsNotToldAgainAndWhatDidNotIsTold(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		d := newDrive(t, bellOnly)
		a := agentIn("api", engine.UrgencyWaiting)
		began := noon().Add(time.Second)
		a.Past = []engine.Phase{{At: noon(), Urgency: engine.UrgencyWorking}, {At: began, Urgency: engine.UrgencyWaiting}}
		// It ended right after the change: nobody has seen that the message was due.
		d.decider.Inherit([]engine.Agent{a}, began)
		want := 1
		if arrived {
			d.decider.Told(a.Ref, "bell", began.Add(time.Minute))
			want = 0
		}
		if got := decisionsUntil(d.decider, began, began.Add(10*time.Minute)); len(got) != want {
			t.Errorf("arrived %t: %d messages", arrived, len(got))
		}
	}
}
