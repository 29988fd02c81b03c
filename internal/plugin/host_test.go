package plugin

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

func TestAnExecutablePlansARound(t *testing.T) {
	e := runExecutable(t, "good", wellBehaved("good"), impatient())
	eventually(t, "the handshake", func() bool { return e.Health().Status == engine.StrategyOK })
	if e.Summary() != "a test" || e.Name() != "good" || !strings.HasSuffix(e.Source(), "/agentwatch-strategy-good") {
		t.Errorf("%s, %q from %s", e.Name(), e.Summary(), e.Source())
	}
	in := inputNow(4)
	eventually(t, "a plan of its own", func() bool {
		in.Now = time.Now()
		plan := e.Plan(in)
		return planned(plan) == "%1" && plan.NextIn == 300*time.Millisecond && plan.Limit == 3 && plan.Method == tmuxpool.MethodPooled
	})
}

func TestAnAnswerIsCarriedOutOnceAndNotWhenItIsOld(t *testing.T) {
	e := newExecutable("/x/"+filePrefix+"slow", "test", defaultLimits())
	in := inputNow(4)
	if got := planned(e.Plan(in)); got != "%0 %3" {
		t.Fatalf("before it serves: %s, want push's plan", got)
	}
	e.serve("slow")
	e.Plan(in)
	c := e.take()
	c.sent = time.Now().Add(-100 * time.Millisecond)
	plan, err := readAnswer([]byte(`{"id":1,"recapture":["%2"]}`), 1, c.server, c.in)
	if err != nil {
		t.Fatal(err)
	}
	e.answered(c, plan)
	if got := planned(e.Plan(in)); got != "%2" {
		t.Errorf("the round after: %s, want the late answer", got)
	}
	if got := planned(e.Plan(in)); got != "%0 %3" {
		t.Errorf("the round after that: %s, want push's plan", got)
	}
	c = e.take()
	e.answered(c, plan)
	in.Now = in.Now.Add(answerFor + time.Second)
	if got := planned(e.Plan(in)); got != "%0 %3" {
		t.Errorf("with an old answer: %s, want push's plan", got)
	}
}

func TestRoundsWaitOnlyOnCredit(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newCredit(now)
	if got := c.available(now); got != callDeadline {
		t.Fatalf("at first %v", got)
	}
	c.spend(callDeadline, true)
	if got := c.available(now); got != 0 {
		t.Errorf("%v with nothing left", got)
	}
	var waited time.Duration
	for range 400 {
		now = now.Add(250 * time.Millisecond)
		got := c.available(now)
		waited += got
		c.spend(got, true)
	}
	if most := 100 * time.Second / creditShare; waited > most {
		t.Errorf("waited %v in 100 s, more than %v", waited, most)
	}
	c.spend(0, false)
	if got := c.available(now.Add(time.Hour)); got != 0 {
		t.Errorf("%v for one that was late", got)
	}
	c.answered(2 * callDeadline)
	if got := c.available(now.Add(time.Hour)); got != 0 {
		t.Errorf("%v for one that is slow", got)
	}
	c.answered(time.Millisecond)
	if got := c.available(now.Add(time.Hour)); got != callDeadline {
		t.Errorf("%v for one that is in time again", got)
	}
}

func TestEveryMisbehaviourEndsInQuarantineWithItsReason(t *testing.T) {
	for name, c := range map[string]struct{ body, reason string }{
		"mute":      {"exec sleep 1000", "handshake: it has not answered for"},
		"hang":      {welcome("hang") + "read -r l; exec sleep 1000", "it has not answered for 300ms"},
		"deaf":      {welcome("deaf") + "exec sleep 1000", "it has not answered for 300ms"},
		"die":       {welcome("die") + "read -r l; echo oh no >&2; exit 3", "exit status 3; it wrote: oh no"},
		"quit":      {welcome("quit"), "it ended with exit status 0"},
		"garbage":   {welcome("garbage") + answering("echo hello"), "is no JSON object of the protocol"},
		"flood":     {welcome("flood") + "exec yes '{\"id\":1,\"recapture\":[]}'", "it wrote without being asked"},
		"long":      {welcome("long") + "read -r l; head -c 100000000 /dev/zero", "a line of more than 1048576 bytes"},
		"id":        {welcome("id") + answering(`echo '{"id":77,"recapture":[]}'`), "it answered request 77, and was asked 1"},
		"method":    {welcome("method") + answering(`echo "{\"id\":$id,\"method\":\"magic\"}"`), `its method "magic" is none of`},
		"future":    {`read -r l; echo '{"protocol":2,"name":"future"}'; exec sleep 1000`, "version 2 of the protocol"},
		"impostor":  {welcome("push") + "exec sleep 1000", `its name is "push", and its file says "impostor"`},
		"paint":     {`read -r l; printf '{"protocol":1,"name":"paint","summary":"a\\u001b[2J"}\n'; exec sleep 1000`, "control character"},
		"loud":      {welcome("loud") + "exec yes >&2", "to its standard error"},
		"closed":    {welcome("closed") + "exec >&-; exec sleep 1000", "it closed its output and went on"},
		"noprogram": {"exec /nonexistent/program", "exit status 127; it wrote:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := impatient()
			if name == "mute" {
				l.handshake = 200 * time.Millisecond
			}
			quarantinedFor(t, runExecutable(t, name, c.body, l), c.reason)
		})
	}
}

func TestAFileThatCannotBeRunIsSaid(t *testing.T) {
	e := runExecutable(t, "binary", "", impatient())
	if err := os.WriteFile(e.path, []byte("\x00\x01\x02"), 0o755); err != nil {
		t.Fatal(err)
	}
	quarantinedFor(t, e, "it cannot be started: fork/exec")
}

func TestQuarantineIsLeftWhenTheUserPicksItAgain(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "well")
	e := runExecutable(t, "ill", "test -e "+mark+" || exit 1\n"+wellBehaved("ill"), impatient())
	quarantinedFor(t, e, "it ended: exit status 1")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e.Revive()
	eventually(t, "it to be well again", func() bool { return e.Health().Status == engine.StrategyOK })
}

func TestAnExecutableThatDiedOnceIsStartedAgain(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "died")
	e := runExecutable(t, "once", "test -e "+mark+" || { touch "+mark+"; exit 1; }\n"+wellBehaved("once"), impatient())
	in := inputNow(3)
	eventually(t, "a plan after the restart", func() bool {
		in.Now = time.Now()
		return planned(e.Plan(in)) == "%1"
	})
}

// alive tells whether a process is there, a zombie included.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestNothingOfAnExecutableOutlivesIt(t *testing.T) {
	folder := t.TempDir()
	pids := filepath.Join(folder, "pids")
	// A stubborn one, with a child that is as stubborn.
	body := "trap '' TERM\nsh -c 'trap \"\" TERM; echo $$ >> " + pids + "; while :; do sleep 1000; done' &\necho $$ >> " + pids + "\n" +
		welcome("stubborn") + "while :; do sleep 1000; done"
	e := newExecutable(script(t, folder, "stubborn", body), "test", *impatient())
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { e.run(ctx) })
	var numbers []string
	eventually(t, "both processes", func() bool {
		text, _ := os.ReadFile(pids)
		numbers = strings.Fields(string(text))
		return len(numbers) == 2 && e.Health().Status == engine.StrategyOK
	})
	stop()
	work.Wait()
	for _, number := range numbers {
		pid, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		// The child is reaped by init, which takes a moment.
		eventually(t, "process "+number+" to be gone", func() bool { return !alive(pid) || zombieOfAnother(pid) })
	}
}

// zombieOfAnother tells whether a process is dead and only its entry is left,
// which is not ours to reap.
func zombieOfAnother(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	return fields[0] == "Z" && fields[1] != strconv.Itoa(os.Getpid())
}
