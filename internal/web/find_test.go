package web

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAllAgentsAreSearchedOneByOneAndMatchesStandApart(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(2)))
	b := s.open(s.token("phone"))
	id := b.named("task-1")
	s.monitor.searching = func(_ context.Context, _ health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
		if !q.IgnoreCase || !q.Recorded || q.Rows != searchedRows || q.Most != maxMatches {
			t.Errorf("asked for %+v", q)
		}
		found, err := q.In("PANIC in \x1b]0;x\x07main\nfine\n" + strings.Repeat("x", 5000) + "panic")
		found.Rows = append(found.Rows, engine.FoundRow{Row: -4, Text: "a panic before", Match: true, At: time.UnixMilli(1234)})
		return found, err
	}
	value, problem := b.ask(map[string]any{"search": map[string]any{"agent": id, "text": "panic"}})
	data, _ := json.Marshal(value)
	if problem != "" || !strings.Contains(string(data), `{"row":-3,"text":["","PANIC"," in main"]}`) ||
		!strings.Contains(string(data), `{"at":1234,"row":-4,"text":["a ","panic"," before"]}`) || len(data) > 1500 {
		t.Errorf("%s %s", problem, data)
	}
	if newest := strings.Index(string(data), "-4"); newest > strings.Index(string(data), "-3") {
		t.Errorf("the newest comes last: %s", data)
	}
	if value, problem := b.ask(map[string]any{"search": map[string]any{"agent": id, "text": "/pan.c|fi+ne/"}}); problem != "" || !strings.Contains(fmt.Sprint(value), "fine") {
		t.Errorf("a regular expression: %v %s", value, problem)
	}
	for text, want := range map[string]string{"/(/": "no regular expression", "  ": "write what"} {
		if _, problem := b.ask(map[string]any{"search": map[string]any{"text": text}}); !strings.Contains(problem, want) {
			t.Errorf("%q: %q", text, problem)
		}
	}
}

// A question that is withdrawn costs nothing any more, has no answer, and takes nothing
// from those that come after it.
func TestAQuestionCanBeWithdrawn(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	began, ended := make(chan struct{}, 100), make(chan struct{}, 100)
	s.monitor.searching = func(ctx context.Context, _ health.PaneRef, _ engine.SearchQuery) (engine.Found, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return engine.Found{}, ctx.Err()
	}
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	for range 3 * maxAsked {
		b.asked++
		b.say(map[string]any{"ask": b.asked, "search": map[string]any{"agent": id, "text": "x"}})
		<-began
		b.say(map[string]any{"cancel": b.asked})
		<-ended
	}
	if _, problem := b.ask(map[string]any{"explain": map[string]any{"agent": id}}); problem != "" {
		t.Error(problem)
	}
	if len(b.answers) != 1 {
		t.Errorf("what was withdrawn is answered: %v", b.answers)
	}
	// One that is not asked, or answered already, can be withdrawn, too.
	b.say(map[string]any{"cancel": 9999})
	if _, problem := b.ask(map[string]any{"seen": map[string]any{"agent": id}}); problem != "" {
		t.Error(problem)
	}
}

// wide is a diff with a file whose patch has no room beside others.
func wide() engine.Diff {
	long := "@@ -1 +1,900 @@\n" + strings.Repeat("+one more line"+strings.Repeat(" and more", 12)+"\n", 900)
	return engine.Diff{
		Name: "shop", Branch: "fix-auth", Against: "HEAD", Commit: "4e42c03", Base: "origin/main", Omitted: 3,
		Files: []engine.FileDiff{
			{Path: "auth/token.go", Added: 1, Removed: 1, Patch: "diff --git a/auth/token.go b/auth/token.go\n--- a/auth/token.go\n+++ b/auth/token.go\n@@ -10,2 +10,2 @@\n \tif token == nil {\n-\t\treturn nil\n+\t\treturn errEmpty // <b>\x1b[31m\n"},
			{Path: "web/large.css", Added: 900, Patch: long},
			{Path: "docs/\x1b[31mnew.md", From: "docs/old.md", Change: engine.FileRenamed, Patch: "diff --git a/docs/old.md b/docs/new.md\nold mode 100644\nnew mode 100755\n"},
			{Path: "logo.png", Change: engine.FileAdded, Binary: true, Patch: "diff --git a/logo.png b/logo.png\nBinary files /dev/null and b/logo.png differ\n"},
		},
	}
}

func TestADiffComesByFileAndALargeOneWhenItIsAskedFor(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	if _, problem := b.ask(map[string]any{"diff": map[string]any{"agent": id}}); problem == "" {
		t.Error("where there is no repository it has a diff")
	}
	s.monitor.changes = wide()
	ask := func(more map[string]any) (got changed, size int) {
		t.Helper()
		more["agent"] = id
		value, problem := b.ask(map[string]any{"diff": more})
		data, err := json.Marshal(value)
		if problem != "" || err != nil || json.Unmarshal(data, &got) != nil || len(got.Files) != 4 {
			t.Fatalf("%s %v %.300s", problem, err, data)
		}
		return got, len(data)
	}
	d, size := ask(map[string]any{})
	if size > 4<<10 || d.Files[1].Rows != nil || d.Added != 901 || d.Removed != 1 || d.Omitted != 3 || d.Against != "HEAD" {
		t.Errorf("%d bytes: %+v", size, d)
	}
	if got := fmt.Sprint(d.Files[0].Rows); got != "[[@ @@ -10,2 +10,2 @@] [      if token == nil {] [- -        return nil] [+ +        return errEmpty // <b>]]" {
		t.Errorf("rows %s", got)
	}
	if d.Files[2].Path != "docs/new.md" || d.Files[2].From != "docs/old.md" || d.Files[2].Change != "renamed" {
		t.Errorf("%+v", d.Files[2])
	}
	if d, _ = ask(map[string]any{"file": 1}); len(d.Files[1].Rows) != 901 || d.Files[0].Rows != nil {
		t.Errorf("%d rows of the one that was asked for", len(d.Files[1].Rows))
	}
	if d, _ = ask(map[string]any{"base": true}); d.Against != "origin/main" {
		t.Errorf("against %s", d.Against)
	}
}

func TestAPageCanSnoozeAndIsToldOfIt(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	for _, question := range []map[string]any{{"snooze": map[string]any{"agent": id}}, {"snooze": map[string]any{"agent": id, "until": 77}}, {"wake": map[string]any{"agent": id}}} {
		if _, problem := b.ask(question); problem != "" {
			t.Error(problem)
		}
	}
	if got := s.monitor.naps(); got != "%0 until 0, %0 until 77, %0 no longer" {
		t.Error(got)
	}
	all := agents(1)
	all[0].Snooze, all[0].Revision = &engine.Snooze{At: time.Now(), Until: time.UnixMilli(5000)}, 2
	s.monitor.show(snapshot(all))
	b.until("the snooze", func() bool { return fmt.Sprint(b.agents[id]["snooze"]) == "map[until:5000]" })
	all = agents(1)
	all[0].Revision = 3
	s.monitor.show(snapshot(all))
	b.until("its end", func() bool { return b.agents[id]["snooze"] == nil })
}

func TestWhatAnAgentUsesAndWhatWaitsForItIsTold(t *testing.T) {
	s := serve(t, nil)
	all := agents(1)
	all[0].Tokens = &engine.Tokens{
		Today: engine.TokenTotals{Cost: 0.07}, Context: 1900, Window: 258000, Currency: "$", Prompt: "fix the \x1b[31mtests",
		Limits: []engine.TokenLimit{{Used: 9.5, Window: 5 * time.Hour, Resets: time.UnixMilli(9000)}},
	}
	all[0].Tokens.Today.Input, all[0].Tokens.Session = 5700, engine.TokenTotals{Unpriced: 3}
	all[0].Tokens.Session.Output = 3
	all[0].Texts = []engine.WaitingText{{Text: "go\x00 on", Uncertain: true}, {Text: "then stop"}}
	all[0].Pull = &engine.PullRequest{Number: 7, State: "open", Title: "Fix \x1b[31mauth"}
	all[0].Facts = []health.Fact{{Name: health.FactContext, Value: "from a hook"}}
	s.monitor.show(snapshot(all))
	b := s.open(s.token("phone"))
	got := b.agents[b.named("task-0")]
	data, _ := json.Marshal(got["tokens"])
	want := `{"context":1900,"currency":"$","limits":[{"resets":9000,"used":9.5,"window":18000000}],"session":{"input":0,"output":3,"unpriced":3},"today":{"cost":0.07,"input":5700,"output":0},"window":258000}`
	if string(data) != want {
		t.Errorf("tokens\n%s\nwanted\n%s", data, want)
	}
	if text := fmt.Sprint(got["task"], got["texts"], got["pull"], got["facts"]); text != "fix the tests[map[state:uncertain text:go on] map[text:then stop]] map[words:#7 open: Fix auth] <nil>" {
		t.Errorf("%q", text)
	}
	all = agents(1)
	all[0].Revision = 2
	s.monitor.show(snapshot(all))
	b.until("that nothing is known any more", func() bool {
		return got["tokens"] == nil && got["texts"] == nil && got["task"] == nil && got["pull"] == nil
	})
}

// What was sought is shown with what stood around it, however far above it is.
func TestAScrollBackCanBeginFarAbove(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	for above, want := range map[int]string{0: "[older row [[red row 1]] live row]", 1: "[older row [[red row 1]]]", 2: "[older row]", 50: "[]"} {
		value, problem := b.ask(map[string]any{"scrollback": map[string]any{"agent": id, "rows": 3, "above": above}})
		got, _ := value.(map[string]any)
		if problem != "" || fmt.Sprint(got["rows"]) != want {
			t.Errorf("above %d: %v %s", above, got["rows"], problem)
		}
	}
}

// Keys that do nothing on the page are not named there.
func TestThePageNamesOnlyKeysThatWorkThere(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(1)))
	hello := s.Server.hello(Device{})
	for place, bindings := range hello.Keys {
		for _, b := range bindings {
			for _, never := range []string{"go-on", "waiting", "bring-back", "when-idle", "palette", "quit"} {
				if b.Action == never {
					t.Errorf("on the %s: %s", place, never)
				}
			}
		}
	}
	if len(hello.Keys["diff"]) < 10 || len(hello.Keys["search of all"]) < 4 {
		t.Errorf("%v", hello.Keys)
	}
}
