package roster

import (
	"slices"
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
	if diff := cmp.Diff(want, outline(Build(cast(), Query{}))); diff != "" {
		t.Error(diff)
	}
}

func TestTmuxOrderGroupsBySession(t *testing.T) {
	want := []string{"api", "%1", "%2", "%3", "web", "%4", "%5", "%6", "%7"}
	if diff := cmp.Diff(want, outline(Build(cast(), Query{Sort: ByTmux, Grouping: BySession}))); diff != "" {
		t.Error(diff)
	}
}

func TestTmuxOrderNamesTheServerWhenThereAreSeveral(t *testing.T) {
	agents := cast()
	agents[6].Server = "work"
	got := Build(agents, Query{Sort: ByTmux, Grouping: BySession}).Sections()
	if first, last := got[0].Heading, got[len(got)-1].Heading; first != "default / api" || last != "work / web" {
		t.Errorf("got %q and %q", first, last)
	}
}

func TestTheFilterSearchesEveryField(t *testing.T) {
	for filter, want := range map[string]int{
		"": 7, "auth": 1, "AUTH": 1, "ath": 1, "web": 4, "claude": 7, "waiting": 2, "done": 1, "login": 7, "ada/api": 7,
		"web waiting": 1, "zzz": 0, "  ": 7,
		"kind:claude": 7, "kind:cla": 7, "kind:aude": 0, "state:wait": 2, "state:needs": 3, "state:done": 1, "session:WEB": 4,
		"session:web state:waiting": 1, "kind:": 7, "host:def": 7, "host:here": 7, "host:work": 0, "server:def": 7, "session:web css": 1, "who:web": 0,
	} {
		r := Build(cast(), Query{Text: filter})
		if got := len(r.Agents()); got != want {
			t.Errorf("%q lists %d agents, want %d", filter, got, want)
		}
		if r.Total() != 7 {
			t.Errorf("%q: total is %d", filter, r.Total())
		}
	}
}

func TestNextUrgentGoesRound(t *testing.T) {
	r := Build(cast(), Query{})
	at := health.PaneRef{Server: "s", Pane: "%3"}
	var seen []string
	for range 5 {
		next, ok := r.NextUrgent(at, 1)
		if !ok {
			t.Fatal("nobody needs the user")
		}
		at = next
		seen = append(seen, at.Pane)
	}
	if diff := cmp.Diff([]string{"%4", "%2", "%7", "%5", "%4"}, seen); diff != "" {
		t.Error(diff)
	}
	calm := Build(cast()[:1], Query{})
	if _, ok := calm.NextUrgent(at, 1); ok {
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

func TestEveryUrgencyIsListedUnderANeed(t *testing.T) {
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if n := NeedOf(u); n == NeedUnknown && u != engine.UrgencyUnknown {
			t.Errorf("%v has no need", u)
		}
	}
}

func TestAgentsAreSortedAndGroupedAsTheUserAsks(t *testing.T) {
	agents := cast()
	for i := range agents {
		agents[i].ActiveAt = time.Unix(int64(20_000-i), 0)
	}
	agents[1].Kind = "codex"
	for _, c := range []struct {
		query Query
		want  []string
	}{
		{Query{Sort: ByName, Grouping: Ungrouped}, []string{"", "%2", "%4", "%1", "%7", "%5", "%6", "%3"}},
		{Query{Sort: ByActivity, Grouping: Ungrouped}, []string{"", "%1", "%2", "%3", "%4", "%5", "%6", "%7"}},
		{Query{Sort: ByStateTime, Grouping: ByKind}, []string{"claude", "%6", "%7", "%5", "%1", "%3", "%4", "codex", "%2"}},
		{Query{Sort: ByTmux, Grouping: ByServer}, []string{"default", "%1", "%2", "%3", "%4", "%5", "%6", "%7"}},
		{Query{Grouping: ByState}, []string{"waiting", "%4", "%2", "crashed", "%7", "done", "%5", "starting", "%6", "working", "%1", "idle", "%3"}},
		{Query{Grouping: BySession}, []string{"api", "%2", "%1", "%3", "web", "%4", "%7", "%5", "%6"}},
	} {
		if diff := cmp.Diff(c.want, outline(Build(agents, c.query))); diff != "" {
			t.Errorf("%s, %s: %s", c.query.Sort, c.query.Grouping, diff)
		}
	}
}

func TestAStateFilterShowsItsStatesAndCountsTheNeedyThatItHides(t *testing.T) {
	marked := Marks{{Server: "s", Pane: "%3"}: {}}
	for only, want := range map[Only]int{
		OnlyAll: 7, OnlyNeedsYou: 3, OnlyWaiting: 2, OnlyTrouble: 1, OnlyLimited: 0, OnlyDone: 1, OnlyWorking: 2, OnlyIdle: 1,
		OnlyUnknown: 0, OnlyMarked: 1,
	} {
		r := Build(cast(), Query{Only: only, Marked: marked})
		if got := len(r.Agents()); got != want {
			t.Errorf("%s lists %d agents, want %d", only, got, want)
		}
		if got := len(r.Urgent()) + r.Hidden(); got != 4 {
			t.Errorf("%s: %d agents need the user, want 4", only, got)
		}
	}
}

func TestStateFiltersGoRoundBothWays(t *testing.T) {
	at := OnlyAll
	for range onlies {
		if next := at.Step(1); next.Step(-1) != at {
			t.Errorf("%s goes to %s and back to %s", at, next, next.Step(-1))
		}
		at = at.Step(1)
	}
	if at != OnlyAll {
		t.Errorf("ends at %s", at)
	}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if only := OnlyOf(u); !only.shows(u) {
			t.Errorf("%s is not shown by %s", u, only)
		}
	}
}

func TestOfThoseThatAreHiddenItIsKnownWhoIsBlocked(t *testing.T) {
	for only, want := range map[Only]int{OnlyAll: 0, OnlyNeedsYou: 0, OnlyWaiting: 1, OnlyTrouble: 2, OnlyDone: 3} {
		if got := Build(cast(), Query{Only: only}).HiddenBlocked(); got != want {
			t.Errorf("%s hides %d that are blocked, want %d", only, got, want)
		}
	}
}

func TestAgentsAreGroupedByRepositoryWhicheverWorktreeAndNamesakesAreToldApart(t *testing.T) {
	in := func(pane, name, common string) engine.Agent {
		a := engine.Agent{Ref: health.PaneRef{Server: "s", Pane: pane}, Kind: health.KindClaude, State: health.StateIdle}
		if name != "" {
			a.Repo = &engine.Repository{Name: name, Common: common, Root: "/" + pane, Branch: "b" + pane}
		}
		return a
	}
	agents := []engine.Agent{
		in("%1", "web", "/src/web/.git"), in("%2", "", ""), in("%3", "api", "/src/api/.git"), in("%4", "web", "/src/web/.git"),
		in("%5", "api", "/old/api/.git"), in("%6", "api", "/src/api/.git"),
	}
	want := []string{"api  /old", "%5", "api  /src", "%3", "%6", "web", "%1", "%4", "no repository", "%2"}
	if diff := cmp.Diff(want, outline(Build(agents, Query{Sort: ByTmux, Grouping: ByRepository}))); diff != "" {
		t.Error(diff)
	}
	if got := outline(Build(agents, Query{Sort: ByTmux, Grouping: Ungrouped, Text: "b%4"})); !slices.Contains(got, "%4") || slices.Contains(got, "%3") {
		t.Errorf("the filter does not find a branch: %v", got)
	}
}

func TestAgentsOfAHostThatIsNotHeardOfComeLastAndNeedNobody(t *testing.T) {
	agents := cast()
	for i := range agents[:2] {
		agents[i].Ref.Host = "dev1"
	}
	agents[1].Stale = true
	r := Build(agents, Query{})
	if got := r.Agents()[len(r.Agents())-1]; got.Ref.Pane != "%2" || len(r.Urgent()) != 3 {
		t.Errorf("%s is last, %d are urgent", got.Ref.Pane, len(r.Urgent()))
	}
	want := []string{"dev1", "%1", "%2", "here", "%4", "%7", "%5", "%6", "%3"}
	if diff := cmp.Diff(want, outline(Build(agents, Query{Grouping: ByHost}))); diff != "" {
		t.Error(diff)
	}
	if n := len(Build(agents, Query{Text: "host:dev"}).Agents()); n != 2 {
		t.Errorf("host:dev lists %d", n)
	}
	if r := Build(agents, Query{Only: OnlyDone}); r.HiddenBlocked() != 2 {
		t.Errorf("%d that are blocked are hidden", r.HiddenBlocked())
	}
}
