package steps

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// session makes the steps of an agent, half a minute each.
type session struct {
	Log
	n  int
	at time.Time
}

func newSession() *session { return &session{at: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)} }

func (s *session) does(tool string, args map[string]any, result string, failed bool) {
	s.n++
	s.at = s.at.Add(30 * time.Second)
	id := fmt.Sprint(s.n)
	raw, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	s.Begin(id, Of(tool, raw))
	s.End(id, result, failed, s.at)
}

func (s *session) runs(command, result string) {
	s.does("Bash", map[string]any{"command": command, "description": fmt.Sprint("try ", s.n)}, result, strings.HasPrefix(result, "Exit code"))
}

func (s *session) edits(file string, n int) {
	s.does("Edit", map[string]any{"file_path": file, "old_string": fmt.Sprint(n), "new_string": fmt.Sprint(n + 1)}, "done", false)
}

func (s *session) reads(file string) {
	s.does("Read", map[string]any{"file_path": file}, "package x", false)
}

const twoFailures = "Exit code 1\nok 1 adds in 12ms\nTests: 2 failed, 10 passed\nTime: %d.31 s"

func TestWhatIsDoneAgainAndAgainIsSaidWithItsEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		does func(*session)
		want string
	}{
		"the same failure three times": {func(s *session) {
			for i := range 3 {
				s.runs("npm test", fmt.Sprintf(twoFailures, i))
			}
		}, "ran `npm test` 3 times with the same failure (Tests: 2 failed, 10 passed) in 1 min"},
		"the same failure after changes to one file": {func(s *session) {
			for i := range 4 {
				s.edits("calc.py", i)
				s.reads("calc.py")
				s.runs("npm test 2>&1 | tail -20", fmt.Sprintf(strings.TrimPrefix(twoFailures, "Exit code 1\n"), i))
			}
		}, "ran `npm test 2>&1 | tail -20` 4 times with the same failure (Tests: 2 failed, 10 passed) in 5 min, with 3 changes between"},
		"a change that does not fit": {func(s *session) {
			for range 3 {
				s.does("Edit", map[string]any{"file_path": "a.go", "old_string": "x", "new_string": "y"}, "String to replace not found in file.", true)
			}
		}, "tried to change `a.go` 3 times with the same failure (String to replace not found in file.) in 1 min"},
		"a change that is taken back": {func(s *session) {
			for range 3 {
				s.edits("a.go", 1)
				s.does("Edit", map[string]any{"file_path": "a.go", "old_string": "2", "new_string": "1"}, "done", false)
			}
		}, "changed `a.go` 3 times with the same result (done) in 2 min, with 2 changes between"},
		"a file that is read and read": {func(s *session) {
			for range 4 {
				s.reads("main.go")
			}
		}, "read `main.go` 4 times with the same result (package x) in 2 min"},
		"a patch that does not apply": {func(s *session) {
			for i := range 3 {
				id := fmt.Sprint(i)
				s.Begin(id, Of("apply_patch", []byte("*** Begin Patch\n*** Update File: calc.py\n@@\n-a\n+b\n*** End Patch\n")))
				s.End(id, "verification failed: no such lines", true, s.at)
			}
		}, "tried to change `calc.py` 3 times with the same failure (verification failed: no such lines)"},
		"a command as a list of words": {func(s *session) {
			for range 3 {
				s.does("shell", map[string]any{"command": []string{"bash", "-lc", "make check"}}, "make: *** [check] Error 2", true)
			}
		}, "ran `make check` 3 times with the same failure (make: *** [check] Error 2) in 1 min"},
	} {
		s := newSession()
		c.does(s)
		if got := s.Repeating(); got == nil || got.String() != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// repeatedly calls do for a step number, of a session.
func repeatedly(n int, do func(s *session, i int)) func(*session) {
	return func(s *session) {
		for i := range n {
			do(s, i)
		}
	}
}

func TestWorkThatLooksAlikeIsNoRepetition(t *testing.T) {
	failing := fmt.Sprintf(twoFailures, 1)
	for name, does := range map[string]func(*session){
		"tests after each change get better": repeatedly(9, func(s *session, i int) {
			s.edits("calc.py", i)
			s.runs("npm test", fmt.Sprintf("Exit code 1\nTests: %d failed", 9-i))
		}),
		"tests after each change pass": repeatedly(9, func(s *session, i int) {
			s.edits("calc.py", i)
			s.runs("npm test", "12 passed, 0 failed")
		}),
		"tests pass again and again": repeatedly(9, func(s *session, _ int) { s.runs("npm test", "12 passed, 0 failed in 3 s") }),
		"three runs with changes between": repeatedly(3, func(s *session, i int) {
			s.edits("calc.py", i)
			s.runs("npm test", failing)
		}),
		"an old failure while file after file is changed": repeatedly(9, func(s *session, i int) {
			s.edits(fmt.Sprint(i, ".go"), i)
			s.runs("make lint", failing)
		}),
		"a deployment is waited for":   repeatedly(9, func(s *session, _ int) { s.runs("./deploy-status", "Exit code 1\nstate: pending") }),
		"a job is polled":              repeatedly(9, func(s *session, _ int) { s.runs("sleep 30; ./check", "Exit code 1\nnothing") }),
		"a server is waited for":       repeatedly(9, func(s *session, _ int) { s.runs("curl -sf localhost:80", "Exit code 7") }),
		"a port that is not open":      repeatedly(9, func(s *session, _ int) { s.runs("./probe", "Exit code 1\ndial: connection refused") }),
		"checks of a pull request":     repeatedly(9, func(s *session, _ int) { s.runs("gh pr checks 12", "Exit code 8\ntest fail 3m") }),
		"a limit of somebody's server": repeatedly(9, func(s *session, _ int) { s.runs("./call", "Exit code 1\nerror: 429 Too Many Requests") }),
		"a background task's output":   repeatedly(9, func(s *session, _ int) { s.does("BashOutput", map[string]any{"bash_id": "1"}, "", false) }),
		"a log is read":                repeatedly(9, func(s *session, _ int) { s.reads("/srv/build.log") }),
		"a task's file is read":        repeatedly(9, func(s *session, _ int) { s.reads("/tmp/x/tasks/1.output") }),
		"a pause between tries": repeatedly(9, func(s *session, _ int) {
			s.runs("./check", "Exit code 1\nno")
			s.runs("sleep 60", "")
		}),
		"a list is kept":      repeatedly(9, func(s *session, _ int) { s.does("TodoWrite", map[string]any{}, "ok", false) }),
		"git status is clean": repeatedly(9, func(s *session, _ int) { s.runs("git diff --stat", "") }),
		"the user asks for it": repeatedly(9, func(s *session, _ int) {
			s.Asked()
			s.runs("npm test", failing)
		}),
		"hours between": repeatedly(9, func(s *session, _ int) {
			s.at = s.at.Add(time.Hour)
			s.runs("npm test", failing)
		}),
		"much other work between": repeatedly(5, func(s *session, i int) {
			for j := range apart + 1 {
				s.reads(fmt.Sprint(i, j, ".go"))
			}
			s.runs("npm test", failing)
		}),
		"other commands": repeatedly(9, func(s *session, i int) { s.runs(fmt.Sprint("npm test ", i), failing) }),
		"a file that has changed meanwhile": repeatedly(9, func(s *session, i int) {
			s.edits("calc.py", i)
			s.reads("calc.py")
		}),
		"a page that does not load": repeatedly(3, func(s *session, _ int) {
			s.does("mcp__browser__click", map[string]any{"x": 1}, "no such element", true)
		}),
		"the user says no": repeatedly(5, func(s *session, _ int) {
			s.does("Bash", map[string]any{"command": "rm x"}, "The user doesn't want to proceed with this tool use.", true)
		}),
	} {
		s := newSession()
		does(s)
		if got := s.Repeating(); got != nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestARepetitionEndsWithSomethingNew(t *testing.T) {
	for name, then := range map[string]func(*session){
		"another result":    func(s *session) { s.runs("npm test", "Exit code 1\nTests: 1 failed") },
		"the user asks":     func(s *session) { s.Asked() },
		"a change":          func(s *session) { s.edits("calc.py", 1) },
		"it reads about it": repeatedly(lately+1, func(s *session, i int) { s.reads(fmt.Sprint(i, ".go")) }),
	} {
		s := newSession()
		for range again {
			s.runs("npm test", "Exit code 1\nTests: 2 failed")
		}
		s.reads("main.go")
		if s.Repeating() == nil {
			t.Fatal("nothing repeats itself")
		}
		if then(s); s.Repeating() != nil {
			t.Errorf("%s: %s", name, s.Repeating())
		}
	}
}

func TestWhatAStepTellsIsHarmless(t *testing.T) {
	s := newSession()
	for range 3 {
		s.runs("echo '\x1b[31mx`\n\u202ey'"+strings.Repeat("z", 500), "Exit code 1\nerror: \x1b]0;title\a\u202e"+strings.Repeat("w", 500))
	}
	r := s.Repeating()
	if r == nil || strings.ContainsAny(r.Step+r.Result, "\x1b\a\n`\u202e") || len(r.Step) > 2*mostLine || len(r.Result) > 2*mostLine {
		t.Errorf("%+v", r)
	}
}

func TestTimesOfARunAreNoDifference(t *testing.T) {
	for _, same := range [][2]string{
		{"3 tests in 0.17s", "3 tests in 12.5s"},
		{"took 12 ms", "took 9 ms"},
		{"at 10:04:09.2 it failed", "at 23:59:59 it failed"},
		{"[09:04] x", "[22:15] x"},
		{"\x1b[31mred\x1b[0m", "red"},
	} {
		if read(same[0], false, true).lasting != read(same[1], false, true).lasting {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"2 failed", "3 failed"}, {"main.go:12:4: x", "main.go:13:4: x"}, {"v1.2", "v1.3"}} {
		if read(other[0], false, true).lasting == read(other[1], false, true).lasting {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}

func TestOnlyCountsAboveNoneAreFailures(t *testing.T) {
	for text, want := range map[string]bool{
		"12 passed, 0 failed": false, "Tests: 2 failed": true, "FAILED (failures=2)": true, "0 errors, 3 warnings": false, "3 error-handling tests": false,
		"ok": false, "not ok 2 x": true, "panic: x": true, "no failures": false, "a.c:1:2: error: x": true, "0 failed, 1 error": true,
	} {
		if got := read(text, false, true).failed; got != want {
			t.Errorf("%q fails: %t", text, got)
		}
	}
}

func FuzzStepsAreFollowedWithoutHarm(f *testing.F) {
	f.Add("Bash", `{"command":"npm test"}`, "Exit code 1\n2 failed", true)
	f.Add("apply_patch", "*** Update File: a", "done", false)
	f.Add("shell", `{"command":["bash","-lc","x"],"path":3}`, "10:04 3 s", false)
	f.Fuzz(func(t *testing.T, tool, args, result string, failed bool) {
		var l Log
		at := time.Unix(0, 0)
		for i := range 5 {
			id := fmt.Sprint(i)
			l.Begin(id, Of(tool, []byte(args)))
			l.End(id, result, failed, at)
		}
		if r := l.Repeating(); r != nil && (len(r.Step) > 4*mostLine+3 || strings.ContainsAny(r.Step+r.Result, "\n\x1b") || r.Times != 5) {
			t.Errorf("%+v", r)
		}
		if once := read(result, failed, true); read(once.lasting, failed, true).lasting != once.lasting && !strings.Contains(result, "\x1b") && len(result) < mostResult/2 {
			t.Errorf("%q is not the same without its times: %q", result, once.lasting)
		}
	})
}

func BenchmarkAStep(b *testing.B) {
	result := strings.Repeat("ok 12 adds two numbers in 12.4 ms\n", 1000) + "Tests: 2 failed"
	args := []byte(`{"command":"npm test"}`)
	var l Log
	for b.Loop() {
		l.Begin("1", Of("Bash", args))
		l.End("1", result, true, time.Unix(0, 0))
	}
}
