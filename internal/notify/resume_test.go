package notify

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

// relay is a world whose Decider is killed and followed by another, time and again.
type relay struct {
	*world
	config Config
	pasts  map[string][]engine.Phase
	// sent is what the history has of the messages.
	history []Told
	// counted are the messages by what they are about: those that are certain, and
	// those that say that they may have been told.
	certain, maybe map[string]int
}

// step lets time pass. The process can be killed while it sends something.
func (r *relay) step(t *rapid.T, length time.Duration) {
	end := r.now.Add(length)
	for {
		at, planned := r.decider.Next(r.now)
		if !planned || at.After(end) {
			r.now = end
			return
		}
		r.now = latest(r.now, at)
		for _, d := range r.decider.Tick(r.now) {
			killed := rapid.IntRange(0, 9).Draw(t, "killed while sending") == 0
			arrived := !killed || rapid.Bool().Draw(t, "arrived")
			for _, i := range d.Message.Items {
				r.history = append(r.history, Told{Ref: i.Agent.Ref, Channel: d.Channel, At: d.Message.At, Uncertain: killed})
				if key := fmt.Sprint(i.Agent.Session, i.State, i.Since.UnixMilli(), d.Channel, i.Level); i.Maybe {
					r.maybe[key]++
				} else if arrived {
					r.certain[key]++
				}
			}
			if killed {
				// What was decided along with it is decided again.
				r.resume(t)
				break
			}
		}
	}
}

// change lets one agent change.
func (r *relay) change(t *rapid.T) {
	before := maps.Clone(r.states)
	r.world.change(t)
	for name, u := range r.states {
		if from, known := before[name]; !known || from != u {
			r.pasts[name] = append(r.pasts[name], engine.Phase{At: r.now, Urgency: u})
		}
	}
}

// resume lets another Decider go on. An agent may have changed meanwhile.
func (r *relay) resume(t *rapid.T) {
	left := Left{At: r.now, Told: r.history}
	for name := range r.states {
		a := r.agent(name)
		a.Past = slices.Clone(r.pasts[name])
		left.Agents = append(left.Agents, a)
	}
	next, err := NewDecider(r.config)
	if err != nil {
		t.Fatal(err)
	}
	next.Resume(left)
	r.decider = next
	for name := range r.states {
		r.decider.Transition(engine.Transition{At: r.now, Agent: r.agent(name), First: true, Preexisting: true})
	}
}

func TestHoweverOftenItIsKilledNothingIsLostAndNothingToldTwiceUnmarked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.config.PerMinute, w.config.Quiet, w.config.Cooldown = 1000, nil, 0
		if err := w.decider.Configure(w.config); err != nil {
			t.Fatal(err)
		}
		r := &relay{world: w, config: w.config, pasts: make(map[string][]engine.Phase), certain: make(map[string]int), maybe: make(map[string]int)}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			r.change(t)
			r.step(t, time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms"))*time.Millisecond)
			if rapid.Bool().Draw(t, "killed") {
				r.resume(t)
			}
		}
		r.step(t, time.Hour)
		for key, n := range r.certain {
			if n > 1 {
				t.Fatalf("%s is told %d times", key, n)
			}
		}
		for name, state := range r.states {
			key := func(level Level) string { return fmt.Sprint(name, state, r.began[name].UnixMilli(), "bell", level) }
			told := r.certain[key(LevelNotice)] + r.maybe[key(LevelNotice)] + r.certain[key(LevelEscalation)] + r.maybe[key(LevelEscalation)]
			if state == engine.UrgencyWaiting && !r.first[name] && told == 0 {
				t.Fatalf("%s waits since %s, and was never told", name, r.began[name])
			}
		}
	})
}

// agent is one of the world's as it is now.
func (w *world) agent(name string) engine.Agent {
	a := agentIn(name, w.states[name])
	a.Since = w.began[name]
	return a
}

func TestWhoWaitedAlreadyWhenTheFirstEngineCameIsNotToldByTheSecond(t *testing.T) {
	d := newDrive(t, nil)
	a := agentIn("api", engine.UrgencyWaiting)
	a.Past = []engine.Phase{{At: d.now.Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{a}})
	d.decider.Transition(engine.Transition{At: d.now, Agent: a, First: true, Preexisting: true})
	d.after(time.Hour)
	d.expect()
}

func TestAMessageThatWasSentBeforeItsChangeWasWrittenDownIsNotToldAgainUnmarked(t *testing.T) {
	for _, uncertain := range []bool{false, true} {
		d := newDrive(t, bellOnly)
		a := agentIn("api", engine.UrgencyWorking)
		a.Past = []engine.Phase{{At: d.now.Add(-time.Minute), Urgency: engine.UrgencyWorking}}
		d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{a}, Told: []Told{{Ref: a.Ref, Channel: "bell", At: d.now.Add(-time.Second), Uncertain: uncertain}}})
		now := agentIn("api", engine.UrgencyWaiting)
		d.decider.Transition(engine.Transition{At: d.now, Agent: now, First: true, Preexisting: true})
		d.after(time.Hour)
		if d.expect(map[bool][]string{true: {"12:00:15 bell api (claude) waits for you (you may have been told)"}}[uncertain]...); t.Failed() {
			t.Errorf("uncertain: %t", uncertain)
		}
		// What comes later is news again.
		d.becomes("api", engine.UrgencyWorking)
		d.after(time.Hour)
		d.becomes("api", engine.UrgencyWaiting)
		d.after(time.Minute)
		d.expect(d.now.Add(-45*time.Second).Format(time.TimeOnly) + " bell api (claude) waits for you")
	}
}

func TestAMessageThatTheProcessBeforeTheLastSentIsNotToldAgainUnmarked(t *testing.T) {
	d := newDrive(t, bellOnly)
	a := agentIn("api", engine.UrgencyWaiting)
	a.Past = []engine.Phase{{At: d.now.Add(-time.Minute), Urgency: engine.UrgencyWorking}, {At: d.now.Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{a}, Told: []Told{{Ref: a.Ref, Channel: "bell", At: d.now.Add(-2 * time.Second)}}})
	d.decider.Transition(engine.Transition{At: d.now, Agent: a, First: true, Preexisting: true})
	d.after(time.Hour)
	d.expect("12:00:14 bell api (claude) waits for you (you may have been told)")
}

func TestWhoAppearedWaitingJustBeforeTheEndIsTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	a := agentIn("api", engine.UrgencyWaiting)
	a.Past = []engine.Phase{{At: d.now.Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{a}, Appeared: map[health.PaneRef]bool{a.Ref: true}})
	d.decider.Transition(engine.Transition{At: d.now, Agent: a, First: true, Preexisting: true})
	d.after(time.Hour)
	d.expect("12:00:14 bell api (claude) waits for you")
}

func TestAnAgentOfTheProcessBeforeThatIsGoneOrAnotherIsNotTold(t *testing.T) {
	past := []engine.Phase{{At: noon().Add(-time.Minute), Urgency: engine.UrgencyWorking}, {At: noon().Add(-time.Second), Urgency: engine.UrgencyWaiting}}
	left := agentIn("api", engine.UrgencyWaiting)
	left.Past, left.PID = past, 7
	t.Run("gone", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{left}})
		d.decider.Missing(nil)
		d.after(time.Hour)
		d.expect()
	})
	t.Run("another", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{left}})
		another := agentIn("api", engine.UrgencyCrashed)
		another.PID = 8
		d.decider.Transition(engine.Transition{At: d.now, Agent: another, First: true, Preexisting: true})
		d.after(time.Hour)
		d.expect()
	})
	t.Run("still there", func(t *testing.T) {
		d := newDrive(t, bellOnly)
		d.decider.Resume(Left{At: d.now, Agents: []engine.Agent{left}})
		d.decider.Missing([]engine.Agent{left})
		d.decider.Transition(engine.Transition{At: d.now, Agent: left, First: true, Preexisting: true})
		d.decider.Missing(nil) // a snapshot can be older
		d.after(time.Hour)
		d.expect("12:00:14 bell api (claude) waits for you")
	})
}

func TestWhatWasSentBeforeTheEndIsNotToldAgainAndWhatIsUncertainIsToldAsSuch(t *testing.T) {
	began := noon().Add(time.Second)
	for name, c := range map[string]struct {
		told []Told
		end  time.Duration
		want string
	}{
		"not due yet":           {nil, time.Second, "api (claude) waits for you"},
		"due just now":          {nil, 16 * time.Second, "api (claude) waits for you"},
		"dealt with, unsent":    {nil, time.Minute, ""},
		"sent":                  {[]Told{{At: began.Add(20 * time.Second)}}, 20 * time.Second, ""},
		"uncertain":             {[]Told{{At: began.Add(20 * time.Second), Uncertain: true}}, 20 * time.Second, "api (claude) waits for you (you may have been told)"},
		"uncertain, then sent":  {[]Told{{At: began.Add(20 * time.Second), Uncertain: true}, {At: began.Add(21 * time.Second)}}, time.Minute, ""},
		"sent of what was then": {[]Told{{At: began.Add(-time.Hour)}}, time.Second, "api (claude) waits for you"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrive(t, bellOnly)
			a := agentIn("api", engine.UrgencyWaiting)
			a.Past = []engine.Phase{{At: noon().Add(-2 * time.Hour), Urgency: engine.UrgencyWorking}, {At: began, Urgency: engine.UrgencyWaiting}}
			for i := range c.told {
				c.told[i].Ref, c.told[i].Channel = a.Ref, "bell"
			}
			d.decider.Resume(Left{At: began.Add(c.end), Agents: []engine.Agent{a}, Told: c.told})
			d.now = began.Add(c.end)
			d.after(10 * time.Minute)
			var got []string
			for _, told := range d.told {
				got = append(got, told.Message.Text())
			}
			if (len(got) > 0) != (c.want != "") || len(got) > 1 || len(got) == 1 && got[0] != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

// The process before was killed before it had written down what became of its agents.
func TestAnAgentThatTheProcessBeforeHasNotWrittenDownIsToldAndMarked(t *testing.T) {
	waits := agentIn("api", engine.UrgencyWaiting)
	for name, c := range map[string]struct {
		left  Left
		later time.Duration
		told  bool
	}{
		"nothing was written":           {left: Left{At: noon()}, told: true},
		"others of its server were":     {left: Left{At: noon(), Servers: []string{waits.Ref.Server}}, told: true},
		"it watched another server":     {left: Left{At: noon(), Servers: []string{"/other"}}},
		"there was none":                {left: Left{}},
		"the server is looked at later": {left: Left{At: noon()}, later: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrive(t, bellOnly)
			d.decider.Resume(c.left)
			d.decider.Transition(engine.Transition{At: d.now.Add(c.later), Agent: waits, First: true, Preexisting: true})
			d.after(time.Hour)
			if c.told {
				d.expect("12:00:15 bell api (claude) waits for you (you may have been told)")
			} else {
				d.expect()
			}
		})
	}
}
