package tokens

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatBeganAfterAProcessIsItsOwnOnlyWhereNoOtherCanHaveBegunIt(t *testing.T) {
	at := func(seconds ...int) (all []time.Time) {
		for _, s := range seconds {
			all = append(all, time.Unix(1000+int64(s), 0))
		}
		return all
	}
	for name, test := range map[string]struct {
		beside, begun []int
		want          int
	}{
		"the one after its start":                         {[]int{300}, []int{4, 304}, 0},
		"of the later one":                                {[]int{-300}, []int{-295, 4}, 1},
		"none":                                            {[]int{300}, []int{304}, -1},
		"one that came too late":                          {[]int{300}, []int{70}, -1},
		"two: it may have begun another":                  {[]int{300}, []int{4, 20}, -1},
		"both were started within seconds, and told":      {[]int{5}, []int{3, 9}, 0},
		"the one before has its own":                      {[]int{-5}, []int{-2, 3}, 1},
		"it may be that of the one before, which is slow": {[]int{-5}, []int{3}, -1},
		"the other came between and took it":              {[]int{5}, []int{7, 9}, -1},
		"started in the same moment":                      {[]int{0}, []int{3, 4}, -1},
		"one of long before is no rival":                  {[]int{-400}, []int{3}, 0},
		"of several before the last one counts":           {[]int{-400, -5}, []int{-395, 3}, -1},
	} {
		if got := begunBy(at(0)[0], at(test.beside...), at(test.begun...)); got != test.want {
			t.Errorf("%s: %d, wanted %d", name, got, test.want)
		}
	}
}

// two are processes of one folder: 7 was started at 20:51:30, 8 a minute and a half
// later.
func two(t *testing.T) process {
	t.Helper()
	p := newProcess(t)
	p.write("proc/8/environ", "HOME="+p.root+"/me\x00")
	starts := map[int]time.Time{7: time.Date(2026, 11, 29, 20, 51, 30, 0, time.UTC), 8: time.Date(2026, 11, 29, 20, 53, 0, 0, time.UTC)}
	p.r.startedAt = func(pid int) time.Time { return starts[pid] }
	return p
}

func (p process) readBeside(kind string, pid, other int) *State {
	p.t.Helper()
	state, err := p.r.Read(p.t.Context(), Agent{Kind: kind, PID: pid, Folder: "/src/app"}, other)
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

func TestChatsOfSeveralGeminisInAFolderAreToldApartByTheirBeginning(t *testing.T) {
	p := two(t)
	p.layOut(gemini) // its chat began at 20:51:36
	p.write("me/.gemini/tmp/app/chats/session-2026-11-29T20-53-99.jsonl", `{"sessionId":"99","startTime":"2026-11-29T20:53:07Z","kind":"main"}`+"\n"+
		`{"id":"n1","timestamp":"2026-11-29T21:00:00Z","type":"gemini","tokens":{"input":100},"model":"m"}`+"\n")
	if got := p.readBeside(gemini, 7, 8); got.Today.Total() != 5830 || got.Problem != "" {
		t.Errorf("the first one: %+v", got)
	}
	if got := p.readBeside(gemini, 8, 7); got.Today.Total() != 100 || got.Problem != "" {
		t.Errorf("the second one: %+v", got)
	}
	// Another chat of the second process, or of one that has ended: nobody can tell.
	p.write("me/.gemini/tmp/app/chats/session-2026-11-29T20-53-77.jsonl", `{"sessionId":"77","startTime":"2026-11-29T20:53:20Z","kind":"main"}`+"\n")
	p.r.accounts = make(map[accountKey]*account)
	if got := p.readBeside(gemini, 8, 7); got.Today.Total() != 0 || !strings.Contains(got.Problem, "cannot be told apart") {
		t.Errorf("of two: %+v", got)
	}
}

func TestSessionsOfSeveralOpencodesInAFolderAreToldApartByTheirLog(t *testing.T) {
	p := two(t)
	p.layOut(opencode)
	const session = "ses_dd6eb9f80ffevWYXWBTs2EfD1s"
	line := func(at, run, rest string) string {
		return fmt.Sprintf("timestamp=2026-11-29T%sZ level=INFO run=%s message=%s\n", at, run, rest)
	}
	if got := p.readBeside(opencode, 7, 8); got.Today.Total() != 0 || !strings.Contains(got.Problem, "cannot be told apart") {
		t.Errorf("without a log: %+v", got)
	}
	p.write("me/.local/share/opencode/log/opencode.log", "no line of the log\n"+line("20:51:33.1", "aa", `"creating instance" directory=/src/app`)+
		line("20:51:50.2", "aa", "created id="+session+" slug=x"))
	if got := p.readBeside(opencode, 7, 8); got.Today.Total() != 3892 || got.Problem != "" {
		t.Errorf("the one that has begun it: %+v", got)
	}
	if got := p.readBeside(opencode, 8, 7); got.Today.Total() != 0 || got.Problem == "" {
		t.Errorf("one that the log does not know: %+v", got)
	}
	// The second one opens the session, too, and works on it.
	p.add("me/.local/share/opencode/log/opencode.log", line("20:53:04", "bb", "init"))
	if got := p.readBeside(opencode, 8, 7); got.Today.Total() != 0 || got.Problem != "" {
		t.Errorf("one that has asked nothing: %+v", got)
	}
	p.add("me/.local/share/opencode/log/opencode.log", line("20:54:00", "bb", "loop session.id="+session+" step=0"))
	if got := p.readBeside(opencode, 8, 7); got.Today.Total() != 3892 {
		t.Errorf("one that goes on with it: %+v", got)
	}
}
