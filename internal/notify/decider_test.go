package notify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// noon is when the tests' days begin.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// drive feeds a Decider and keeps what it decided.
type drive struct {
	t       *testing.T
	decider *Decider
	now     time.Time
	told    []Decision
}

func newDrive(t *testing.T, change func(*Config)) *drive {
	t.Helper()
	c := Defaults()
	if change != nil {
		change(&c)
	}
	d, err := NewDecider(c)
	if err != nil {
		t.Fatal(err)
	}
	return &drive{t: t, decider: d, now: noon()}
}

// agentIn is an agent of a session in a state; "done" is idle and unseen.
func agentIn(session string, u engine.Urgency) engine.Agent {
	a := engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/s", Pane: "%" + session}, Server: "default", Session: session, Kind: health.KindClaude,
	}
	state, err := health.ParseState(u.String())
	if err != nil {
		panic(err)
	}
	a.State, a.Unseen = state, u == engine.UrgencyDone
	return a
}

// becomes lets an agent change now.
func (d *drive) becomes(session string, u engine.Urgency) {
	a := agentIn(session, u)
	a.Since = d.now
	d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: health.StateWorking, To: a.State})
}

// after lets time pass as a Notifier would: it ticks whenever something is due.
func (d *drive) after(span time.Duration) *drive {
	d.t.Helper()
	end := d.now.Add(span)
	for {
		at, ok := d.decider.Next(d.now)
		if !ok || at.After(end) {
			break
		}
		if at.Before(d.now) {
			at = d.now
		}
		d.now = at
		before := len(d.told)
		d.told = append(d.told, d.decider.Tick(d.now)...)
		if again, ok := d.decider.Next(d.now); ok && !again.After(d.now) && len(d.told) == before {
			d.t.Fatalf("at %s Tick did nothing and Next still says now: the loop would spin", d.now.Format(time.TimeOnly))
		}
	}
	d.now = end
	return d
}

// expect checks what has been told since the last call, as "12:00:15 bell text".
func (d *drive) expect(want ...string) {
	d.t.Helper()
	var got []string
	for _, told := range d.told {
		got = append(got, told.Message.At.Format(time.TimeOnly)+" "+told.Channel+" "+told.Message.Text())
	}
	d.told = nil
	if !slices.Equal(got, want) {
		d.t.Errorf("told:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// bellOnly makes the bell the only channel of the default rule.
func bellOnly(c *Config) { c.Rules[0].Channels = []string{"bell"} }

func TestAnAgentThatWaitsIsToldOnceOverEachChannel(t *testing.T) {
	d := newDrive(t, nil)
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:15 bell api (claude) waits for you", "12:00:15 terminal api (claude) waits for you")
}

func TestAUserWhoAnswersAtOnceIsNeverTold(t *testing.T) {
	d := newDrive(t, nil)
	d.becomes("api", engine.UrgencyWaiting)
	d.after(9 * time.Second)
	d.becomes("api", engine.UrgencyWorking)
	d.after(time.Hour)
	d.expect()
}

func TestAnAnswerWhileTheBatchWaitsIsInTime(t *testing.T) {
	d := newDrive(t, nil)
	d.becomes("api", engine.UrgencyWaiting)
	d.after(12 * time.Second)
	d.becomes("api", engine.UrgencyWorking)
	d.after(time.Hour)
	d.expect()
}

func TestAgentsThatWereSoAtTheStartAreNotTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.decider.Transition(engine.Transition{At: d.now, Agent: agentIn("api", engine.UrgencyWaiting), To: health.StateWaiting, First: true, Preexisting: true})
	d.after(time.Hour)
	d.expect()
	d.becomes("api", engine.UrgencyWorking)
	d.becomes("api", engine.UrgencyCrashed)
	d.after(time.Hour)
	d.expect("13:00:15 bell api (claude) has crashed")
}

func TestEachOfTwentyAgentsThatAskAtTheirStartIsTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.decider.Transition(engine.Transition{
		At: d.now, Agent: agentIn("old", engine.UrgencyWaiting), To: health.StateWaiting, First: true, Preexisting: true,
	})
	told := 0
	for i := range 20 {
		// The same pane each time: another process is another agent.
		a := agentIn("api", engine.UrgencyWaiting)
		a.PID, a.Since = 100+i, d.now
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, To: health.StateWaiting, First: true})
		d.after(20 * time.Second)
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, Gone: true})
		for _, decision := range d.told {
			told += len(decision.Message.Items)
			if text := decision.Message.Text(); text != "api (claude) waits for you" {
				t.Errorf("told %q", text)
			}
		}
		d.told = nil
	}
	if told != 20 {
		t.Errorf("%d of 20 starts were told", told)
	}
}

func TestPanesOfOneSessionAreToldApartAsOnTheDashboard(t *testing.T) {
	d := newDrive(t, bellOnly)
	for _, pane := range []string{"%3", "%7"} {
		a := agentIn("api", engine.UrgencyWorking)
		a.Ref.Pane = pane
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, To: a.State, First: true, Preexisting: true})
		a.State = health.StateWaiting
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: health.StateWorking, To: a.State})
		d.after(time.Minute)
	}
	d.becomes("web", engine.UrgencyWaiting)
	d.after(time.Minute)
	d.expect("12:00:15 bell api (claude) waits for you", "12:01:15 bell api %7 (claude) waits for you",
		"12:02:15 bell web (claude) waits for you")
}

// flaps lets an agent wait and work in turn.
func (d *drive) flaps(times int, half time.Duration, dialog func(i int) *health.Dialog) {
	for i := range times {
		a := agentIn("api", engine.UrgencyWaiting)
		a.Since, a.Dialog = d.now, dialog(i)
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: health.StateWorking, To: a.State})
		d.after(half)
		d.becomes("api", engine.UrgencyWorking)
		d.after(half)
	}
}

func noDialog(int) *health.Dialog { return nil }

func TestAnAgentThatFlapsForTenMinutesIsToldOnce(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.flaps(int(10*time.Minute/(1400*time.Millisecond)), 700*time.Millisecond, noDialog)
	if len(d.told) != 1 || d.told[0].Message.At.Sub(noon()) > 30*time.Second {
		t.Errorf("told %d times, want once within half a minute", len(d.told))
	}
	d.expect("12:00:18 bell api (claude) waits for you")
}

func TestWhoeverStillWaitsAfterFlappingIsToldAgainAfterTheCoolDown(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.flaps(20, 700*time.Millisecond, noDialog) // told at 12:00:18, ends at 12:00:28
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:18 bell api (claude) waits for you", "12:01:23 bell api (claude) waits for you")
}

func TestADialogWithAClockThatIsDrawnAnewIsToldOnce(t *testing.T) {
	d := newDrive(t, bellOnly)
	clock := func(i int) *health.Dialog {
		return &health.Dialog{
			Question: "Do you want to proceed?", Body: []string{"sleep 10 (waited 1:0" + string(rune('0'+i%10)) + ")"},
			Options: []health.Option{{Key: "1", Label: "Yes"}, {Key: "2", Label: "No"}},
		}
	}
	for i := range 20 {
		a := agentIn("api", engine.UrgencyWaiting)
		a.Since, a.Dialog = d.now, clock(i)
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: health.StateWorking, To: a.State})
		d.after(29 * time.Second)
		d.becomes("api", engine.UrgencyWorking)
		d.after(time.Second)
	}
	d.expect("12:00:15 bell api (claude) waits for you: Do you want to proceed?")
}

func TestAnotherQuestionRightAfterAnAnswerIsTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	for _, question := range []string{"Run make?", "Run make test?"} {
		a := agentIn("api", engine.UrgencyWaiting)
		a.Since, a.Dialog = d.now, &health.Dialog{Question: question}
		d.decider.Transition(engine.Transition{At: d.now, Agent: a, From: health.StateWorking, To: a.State})
		d.after(2 * time.Minute)
		d.becomes("api", engine.UrgencyWorking)
		d.after(time.Second)
	}
	d.expect("12:00:15 bell api (claude) waits for you: Run make?", "12:02:16 bell api (claude) waits for you: Run make test?")
}

func TestSeveralAgentsBecomeOneMessage(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("fix-auth", engine.UrgencyWaiting)
	d.after(time.Second)
	d.becomes("css-grid", engine.UrgencyError)
	d.after(3 * time.Second)
	d.becomes("migrate", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:15 bell 3 agents need you: fix-auth, migrate, css-grid")
}

func TestDoneIsNotToldUnlessARuleWantsIt(t *testing.T) {
	d := newDrive(t, nil)
	d.becomes("api", engine.UrgencyDone)
	d.after(time.Hour)
	d.expect()
	d = newDrive(t, func(c *Config) { c.Rules[0].To, c.Rules[0].Channels = []string{"done"}, []string{"bell"} })
	d.becomes("api", engine.UrgencyDone)
	d.becomes("web", engine.UrgencyDone)
	d.after(time.Hour)
	d.expect("12:00:15 bell 2 agents are done: api, web")
}

func TestWhatIsDoneAndSeenIsNotTold(t *testing.T) {
	d := newDrive(t, func(c *Config) { c.Rules[0].To, c.Rules[0].Channels = []string{"done"}, []string{"bell"} })
	d.becomes("api", engine.UrgencyDone)
	stale := agentIn("api", engine.UrgencyIdle)
	stale.Since = d.now.Add(-time.Hour)
	d.decider.Observe([]engine.Agent{stale}) // an older snapshot, of an earlier idle
	if _, planned := d.decider.Next(d.now); !planned {
		t.Error("a snapshot that is older than the transition has undone it")
	}
	seen := agentIn("api", engine.UrgencyIdle)
	seen.Since = d.now
	d.decider.Observe([]engine.Agent{seen})
	d.after(time.Hour)
	d.expect()
}

func TestTheWordsAreThoseOfTheNewestSnapshot(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("api", engine.UrgencyWaiting)
	a := agentIn("api", engine.UrgencyWaiting)
	a.Since, a.Activity = d.now, "run ./run_tests.sh?"
	d.decider.Observe([]engine.Agent{a})
	d.after(time.Hour)
	d.expect("12:00:15 bell api (claude) waits for you: run ./run_tests.sh?")
}

func TestThePaneThatTheUserLooksAtIsNotTold(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("api", engine.UrgencyWaiting)
	d.becomes("web", engine.UrgencyWaiting)
	d.decider.Look([]health.PaneRef{agentIn("api", engine.UrgencyWaiting).Ref})
	d.after(time.Minute)
	d.decider.Look(nil)
	d.after(time.Hour)
	d.expect("12:00:15 bell web (claude) waits for you")
}

func TestWhoLooksWhenItIsDueIsNotToldAfterwards(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("api", engine.UrgencyWaiting)
	d.decider.Look([]health.PaneRef{agentIn("api", engine.UrgencyWaiting).Ref})
	d.after(11 * time.Second)
	d.decider.Look(nil)
	d.after(time.Hour)
	d.expect()
}

func TestACoolDownDelaysAndLosesNothing(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("api", engine.UrgencyWaiting)
	d.after(20 * time.Second) // told at 12:00:15
	d.becomes("api", engine.UrgencyWorking)
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:15 bell api (claude) waits for you", "12:01:20 bell api (claude) waits for you")
	d.becomes("ops", engine.UrgencyWaiting)
	d.after(50 * time.Second) // told at 13:00:35
	d.becomes("ops", engine.UrgencyWorking)
	d.becomes("ops", engine.UrgencyWaiting) // due 45 seconds after that
	d.after(time.Hour)
	d.expect("13:00:35 bell ops (claude) waits for you", "13:01:40 bell ops (claude) waits for you")
	d.becomes("web", engine.UrgencyWaiting)
	d.after(20 * time.Second)
	d.becomes("web", engine.UrgencyWorking)
	d.becomes("web", engine.UrgencyCrashed) // another state: no cool-down
	d.after(time.Hour)
	d.expect("14:01:25 bell web (claude) waits for you", "14:01:45 bell web (claude) has crashed")
}

func TestWhatWaitsTooLongIsEscalatedOnce(t *testing.T) {
	d := newDrive(t, func(c *Config) {
		c.Channels["phone"] = Channel{Type: TypeNtfy, URL: "https://ntfy.example/me"}
		c.Rules[0].Channels = []string{"bell"}
		c.Rules[0].Escalate = &Escalation{After: Duration(10 * time.Minute), Channels: []string{"phone", "bell"}}
	})
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:15 bell api (claude) waits for you",
		"12:10:05 bell api (claude) has waited for you for 10m", "12:10:05 phone api (claude) has waited for you for 10m")
}

func TestRulesMatchByKindSessionWindowServerAndOrigin(t *testing.T) {
	for name, change := range map[string]func(*Rule){
		"kind":    func(r *Rule) { r.Kinds = []string{"codex"} },
		"session": func(r *Rule) { r.Sessions = []string{"web*"} },
		"window":  func(r *Rule) { r.Windows = []string{"other"} },
		"server":  func(r *Rule) { r.Servers = []string{"w?rk"} },
		"from":    func(r *Rule) { r.From = []string{"idle", "done"} },
		"to":      func(r *Rule) { r.To = []string{"error"} },
	} {
		d := newDrive(t, func(c *Config) { bellOnly(c); change(&c.Rules[0]) })
		d.becomes("feature/api", engine.UrgencyWaiting)
		d.after(time.Hour)
		if len(d.told) != 0 {
			t.Errorf("%s: a rule for others has told %s", name, d.told[0].Message.Text())
		}
	}
	d := newDrive(t, func(c *Config) {
		bellOnly(c)
		r := &c.Rules[0]
		r.Kinds, r.Sessions, r.Windows, r.Servers, r.From = []string{"cl*"}, []string{"*api"}, []string{"*"}, []string{"default"}, []string{"working"}
	})
	d.becomes("feature/api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect("12:00:15 bell feature/api (claude) waits for you")
}

func TestMutedKindsAndSessionsAreSilent(t *testing.T) {
	for name, mute := range map[string]Mute{"kind": {Kinds: []string{"cl*"}}, "session": {Sessions: []string{"scratch*"}}} {
		d := newDrive(t, func(c *Config) { bellOnly(c); c.Mute = mute })
		d.becomes("scratch/1", engine.UrgencyWaiting)
		d.after(time.Hour)
		if len(d.told) != 0 {
			t.Errorf("muted by %s, and told all the same", name)
		}
	}
}

func TestNothingIsToldWhenSwitchedOff(t *testing.T) {
	d := newDrive(t, func(c *Config) { c.Enabled = false })
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Hour)
	d.expect()
}

func TestWhatIsOverTheLimitComesLaterInOneMessage(t *testing.T) {
	d := newDrive(t, func(c *Config) { bellOnly(c); c.PerMinute, c.Batch = 2, 0 })
	for _, name := range []string{"a", "b", "c", "d"} {
		d.becomes(name, engine.UrgencyWaiting)
		d.after(time.Second)
	}
	d.after(time.Hour)
	d.expect("12:00:10 bell a (claude) waits for you", "12:00:11 bell b (claude) waits for you", "12:01:10 bell 2 agents need you: c, d")
}

func TestQuietHoursHoldBackUntilMorningExceptWhatPasses(t *testing.T) {
	d := newDrive(t, func(c *Config) {
		bellOnly(c)
		c.Quiet = []Quiet{{Start: "22:00", End: "08:00", Pass: []string{"crashed"}}}
	})
	d.after(11 * time.Hour) // 23:00
	d.becomes("api", engine.UrgencyWaiting)
	d.after(time.Minute)
	d.becomes("web", engine.UrgencyError)
	d.after(time.Minute)
	d.becomes("ops", engine.UrgencyCrashed)
	d.after(time.Minute)
	d.becomes("tmp", engine.UrgencyWaiting)
	d.after(time.Minute)
	d.becomes("tmp", engine.UrgencyWorking)
	d.after(24 * time.Hour)
	d.expect("23:02:15 bell ops (claude) has crashed", "08:00:00 bell 2 agents need you: api, web")
}

func TestAnAgentThatIsGoneIsForgotten(t *testing.T) {
	d := newDrive(t, bellOnly)
	d.becomes("api", engine.UrgencyWaiting)
	d.decider.Transition(engine.Transition{At: d.now, Agent: agentIn("api", engine.UrgencyWaiting), Gone: true})
	d.after(time.Hour)
	d.expect()
	if n := len(d.decider.episodes) + len(d.decider.waiting); n != 0 {
		t.Errorf("%d things are kept of an agent that is gone", n)
	}
}

func TestAnAgentInAPaneThatHasTheIDOfAnEarlierOneIsToldForItself(t *testing.T) {
	for _, state := range []engine.Urgency{engine.UrgencyWaiting, engine.UrgencyError} {
		d := newDrive(t, func(c *Config) { c.Batch = 0 })
		d.becomes("api", state)
		d.after(time.Minute)
		again := agentIn("api", state)
		again.PanePID, again.Since = again.PanePID+1, d.now
		d.decider.Transition(engine.Transition{At: d.now, Agent: again, From: again.State, To: again.State, First: true})
		d.after(time.Minute)
		if bells := slices.DeleteFunc(d.told, func(one Decision) bool { return one.Channel != "bell" }); len(bells) != 2 {
			t.Errorf("%s: %d messages about two agents", state, len(bells))
		}
	}
}
