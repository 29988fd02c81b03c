package roster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
)

func agent(pane, session, window string, state health.State, age time.Duration) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "s", Pane: pane}, Server: "default", Session: session, Window: window, Kind: "claude",
		State: state, Since: time.Unix(10_000, 0).Add(-age), Title: "Fix the login test", CWD: "/home/ada/api",
	}
}

func cast() []engine.Agent {
	done := agent("%5", "web", "readme", health.StateIdle, time.Minute)
	done.Unseen = true
	return []engine.Agent{
		agent("%1", "api", "db", health.StateWorking, time.Hour),
		agent("%2", "api", "auth", health.StateWaiting, time.Minute),
		agent("%3", "api", "spike", health.StateIdle, time.Hour),
		agent("%4", "web", "css", health.StateWaiting, time.Hour),
		done,
		agent("%6", "web", "run", health.StateStarting, time.Second),
		agent("%7", "web", "migrate", health.StateCrashed, time.Second),
	}
}

// outline writes a roster as its headings and panes.
func outline(r Roster) []string {
	var out []string
	for _, s := range r.Sections() {
		out = append(out, s.Heading)
		for _, a := range s.Agents {
			out = append(out, a.Ref.Pane)
		}
	}
	return out
}

func TestWhatNeedsTheUserComesFirstAndTheLongestWaitOnTop(t *testing.T) {
	want := []string{"needs you", "%4", "%2", "%7", "finished, unseen", "%5", "working", "%6", "%1", "idle", "%3"}
	if diff := cmp.Diff(want, outline(Build(cast(), ByUrgency, ""))); diff != "" {
		t.Error(diff)
	}
}

func TestTmuxOrderGroupsBySession(t *testing.T) {
	want := []string{"api", "%1", "%2", "%3", "web", "%4", "%5", "%6", "%7"}
	if diff := cmp.Diff(want, outline(Build(cast(), ByTmux, ""))); diff != "" {
		t.Error(diff)
	}
}

func TestTmuxOrderNamesTheServerWhenThereAreSeveral(t *testing.T) {
	agents := cast()
	agents[6].Server = "work"
	got := Build(agents, ByTmux, "").Sections()
	if first, last := got[0].Heading, got[len(got)-1].Heading; first != "default / api" || last != "work / web" {
		t.Errorf("got %q and %q", first, last)
	}
}

func TestTheFilterSearchesEveryField(t *testing.T) {
	for filter, want := range map[string]int{
		"": 7, "auth": 1, "AUTH": 1, "ath": 1, "web": 4, "claude": 7, "waiting": 2, "done": 1, "login": 7, "ada/api": 7,
		"web waiting": 1, "zzz": 0, "  ": 7,
	} {
		r := Build(cast(), ByUrgency, filter)
		if got := len(r.Agents()); got != want {
			t.Errorf("%q lists %d agents, want %d", filter, got, want)
		}
		if r.Total() != 7 {
			t.Errorf("%q: total is %d", filter, r.Total())
		}
	}
}

func TestNextUrgentGoesRound(t *testing.T) {
	r := Build(cast(), ByUrgency, "")
	at := health.PaneRef{Server: "s", Pane: "%3"}
	var seen []string
	for range 5 {
		next, ok := r.NextUrgent(at)
		if !ok {
			t.Fatal("nobody needs the user")
		}
		at = next
		seen = append(seen, at.Pane)
	}
	if diff := cmp.Diff([]string{"%4", "%2", "%7", "%5", "%4"}, seen); diff != "" {
		t.Error(diff)
	}
	calm := Build(cast()[:1], ByUrgency, "")
	if _, ok := calm.NextUrgent(at); ok {
		t.Error("a working agent needs the user")
	}
}

func TestBlockedCountsWhatIsListedAsNeedingYou(t *testing.T) {
	var counts engine.Counts
	for _, a := range cast() {
		counts[a.Urgency()]++
	}
	if got := Blocked(counts); got != 3 {
		t.Errorf("got %d", got)
	}
}

func TestAWindowNamedAfterTheProgramIsCalledByItsSession(t *testing.T) {
	a := agent("%1", "billing", "Claude", health.StateIdle, 0)
	if got := Label(&a); got != "billing" {
		t.Errorf("got %q", got)
	}
	a.Window, a.Session = "\x1b]0;x\x07", ""
	if got := Label(&a); got != "%1" {
		t.Errorf("got %q", got)
	}
}

func TestEveryUrgencyHasAGroup(t *testing.T) {
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if g := GroupOf(u); g == GroupUnknown && u != engine.UrgencyUnknown {
			t.Errorf("%v has no group", u)
		}
	}
}
