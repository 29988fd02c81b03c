package web

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAPageIsToldWhatChangesAndNothingElse(t *testing.T) {
	s := serve(t, nil)
	all := agents(3)
	s.monitor.show(snapshot(all))
	b := s.open(s.token("phone"))
	id := b.named("task-2")
	if got := b.agents[b.named("task-0")]; got["urgency"] != "waiting" || got["wait"] != "permission" || got["dialog"] == nil {
		t.Errorf("%v", got)
	}
	before, other := b.bytes, maps.Clone(b.agents[b.named("task-1")])
	next := agents(3)
	next[2].Activity, next[2].Revision = "go test ./...", 2
	s.monitor.show(snapshot(next))
	b.until("the change", func() bool { return b.agents[id]["activity"] == "go test ./..." })
	if sent := b.bytes - before; sent > 200 {
		t.Errorf("%d bytes for one field of one agent", sent)
	}
	if !maps.Equal(stringsOf(other), stringsOf(b.agents[b.named("task-1")])) {
		t.Errorf("another agent was sent: %v", b.agents[b.named("task-1")])
	}
	// A field that becomes empty, and an agent that goes.
	next = agents(3)[:2]
	next[0].State, next[0].Wait, next[0].Dialog, next[0].Revision = health.StateWorking, health.WaitNone, nil, 3
	s.monitor.show(snapshot(next))
	b.until("the end of the question", func() bool {
		a := b.agents[b.named("task-0")]
		return a["dialog"] == nil && a["wait"] == nil && a["urgency"] == "working" && b.agents[id] == nil
	})
}

func stringsOf(fields map[string]any) map[string]string {
	all := make(map[string]string)
	for k, v := range fields {
		all[k] = fmt.Sprint(v)
	}
	return all
}

func TestAnotherAgentInTheSamePaneIsAnotherAgent(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	before := b.named("task-0")
	next := agents(1)
	next[0].PanePID, next[0].Revision, next[0].Window = 77, 9, "other"
	s.monitor.show(snapshot(next))
	after := b.named("other")
	b.until("the one before to go", func() bool { return b.agents[before] == nil })
	if before == after {
		t.Errorf("both are called %s", after)
	}
}

func TestScreensOfFollowedPanesComeRowByRowInTheirColours(t *testing.T) {
	s := serve(t, nil)
	show := func(revision uint64, text string) {
		snap := snapshot(agents(2))
		snap.Previews = map[health.PaneRef]*engine.Preview{ref(1): {Ref: ref(1), Text: text, At: time.Now(), Revision: revision}}
		s.monitor.show(snap)
	}
	show(1, "one\n\x1b[31mtwo\x1b[0m <b>bold</b>\nthree")
	b := s.open(s.token("phone"))
	id := b.named("task-1")
	if len(b.screens) > 0 {
		t.Errorf("a screen that nobody follows was sent: %v", b.screens)
	}
	b.say(map[string]any{"follow": map[string]any{"panes": []string{id}}})
	s.await("the pane to be followed", func() bool { return s.monitor.follows(ref(1)) })
	show(2, "one\n\x1b[31mtwo\x1b[0m <b>bold</b>\nthree")
	b.until("the screen", func() bool { return b.screens[id] != nil })
	if got := fmt.Sprint(b.screens[id]["0"], b.screens[id]["1"]); got != "one[[two  1] <b>bold</b>]" {
		t.Errorf("rows %s", got)
	}
	before := b.bytes
	show(3, "one\n\x1b[31mtwo\x1b[0m <b>bold</b>\nFOUR")
	b.until("the row that has changed", func() bool { return b.screens[id]["2"] == "FOUR" })
	if sent := b.bytes - before; sent > 200 {
		t.Errorf("%d bytes for one row", sent)
	}
	b.say(map[string]any{"follow": map[string]any{"panes": []string{}}})
	s.await("the pane not to be followed", func() bool { return !s.monitor.follows(ref(1)) })
}

func TestHostileTextIsSentAsTextWithoutControlCharacters(t *testing.T) {
	s := serve(t, nil)
	all := agents(1)
	evil := "\x1b]0;x\x07<img src=x onerror=alert(1)>\u202e\x00'\"&"
	all[0].Window, all[0].Activity, all[0].Title, all[0].CWD = evil, evil, evil, evil
	all[0].Dialog = &health.Dialog{Question: evil, Body: []string{evil}, Options: []health.Option{{Key: "1", Label: evil}}}
	snap := snapshot(all)
	snap.Notices = []engine.Notice{{Text: evil}}
	snap.Hosts = []engine.HostStatus{{Name: evil, Problem: evil}}
	s.monitor.show(snap)
	b := s.open(s.token("phone"))
	b.until("the agent", func() bool { return len(b.agents) == 1 })
	if text := fmt.Sprint(b.agents); strings.ContainsAny(text, "\x1b\x07\x00\u202e") || !strings.Contains(text, "<img src=x onerror=alert(1)>'\"&") {
		t.Errorf("%q", text)
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(2)))
	b := s.open(s.token("phone"))
	id := b.named("task-1")
	if value, problem := b.ask(map[string]any{"scrollback": map[string]any{"agent": id, "rows": 100}}); problem != "" || !strings.Contains(fmt.Sprint(value), "[[red row 1]]") {
		t.Errorf("scroll-back: %v %s", value, problem)
	}
	if value, problem := b.ask(map[string]any{"explain": map[string]any{"agent": id}}); problem != "" || !strings.Contains(fmt.Sprint(value), "claude.dialog") {
		t.Errorf("explain: %v %s", value, problem)
	}
	if value, problem := b.ask(map[string]any{"pasts": map[string]any{}}); problem != "" || !strings.Contains(fmt.Sprint(value), "working") {
		t.Errorf("pasts: %v %s", value, problem)
	}
	if _, problem := b.ask(map[string]any{"seen": map[string]any{"agent": id}}); problem != "" || len(s.monitor.seen) != 1 || s.monitor.seen[0] != ref(1) {
		t.Errorf("seen: %v %s", s.monitor.seen, problem)
	}
	for _, unknown := range []map[string]any{{"explain": map[string]any{"agent": "99"}}, {"nonsense": true}} {
		if _, problem := b.ask(unknown); problem == "" {
			t.Errorf("%v has an answer", unknown)
		}
	}
}

func TestASlowPageGetsLessAndThenTheNewest(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	b.silent = true
	id := b.named("task-0")
	for i := range 200 {
		all := agents(1)
		all[0].Activity, all[0].Revision = fmt.Sprint("step ", i), uint64(i+2)
		s.monitor.show(snapshot(all))
		time.Sleep(5 * time.Millisecond)
	}
	if b.updates > 1 {
		t.Fatalf("it reads %d updates at once", b.updates)
	}
	// It had asked for nothing more than the first two, whatever has happened meanwhile.
	b.until("the second update", func() bool { return b.updates == window })
	got := b.agents[id]["activity"]
	b.silent = false
	b.say(map[string]any{"ack": window})
	b.until("the newest", func() bool { return b.agents[id]["activity"] == "step 199" })
	if b.updates > window+2 || got == "step 199" {
		t.Errorf("%d updates were sent to a page that had read %v", b.updates, got)
	}
}

func TestAPageThatMissedTooManyFarewellsBeginsAnew(t *testing.T) {
	b := newBoard()
	b.take(snapshot(agents(2)))
	have := b.version
	for i := range keptFarewells + 10 {
		all := agents(3)
		all[2].PanePID = 5000 + i
		b.take(snapshot(all))
	}
	if _, whole := b.since(have, false); !whole {
		t.Error("it is told what has changed, and not what it can forget")
	}
	if c, whole := b.since(b.version-1, false); whole || len(c.Gone) != 1 {
		t.Errorf("one that has missed little: whole %t, %v", whole, c)
	}
}
