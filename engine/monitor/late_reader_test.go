package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
)

// raceRuns is how many races are run: few, or AGENTWATCH_RACE_RUNS.
func raceRuns(t *testing.T, few int) (runs int, longest time.Duration) {
	t.Helper()
	text := os.Getenv("AGENTWATCH_RACE_RUNS")
	if text == "" {
		return few, 300 * time.Millisecond
	}
	runs, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return runs, 5 * time.Second
}

// TestAProgramThatReadsLateGetsNoKeyTooManyAndTheNextDialogNone lets programs with
// the screens of every kind read their keys late, or hang, and ask something else
// once they are answered.
func TestAProgramThatReadsLateGetsNoKeyTooManyAndTheNextDialogNone(t *testing.T) {
	sorts, names := lateSorts(lateCases(t))
	for _, want := range []string{"approve by cursor", "deny", "choose", "reply", "interrupt"} {
		if n := len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasSuffix(name, want) })); n < 3 {
			t.Errorf("%s is raced with %d kinds only: %v", want, n, names)
		}
	}
	runs, longest := raceRuns(t, len(sorts))
	server := tmuxtest.New(t, tmuxtest.Size(200, 60))
	service := liveService(t, server)
	folder, err := os.MkdirTemp("/tmp", "awl-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	var mu sync.Mutex
	outcomes := make(map[string]int)
	unseen := make(map[string]int)
	turns := make(chan int)
	var all sync.WaitGroup
	for range min(max(8, runs/30), 16) {
		all.Go(func() {
			for i := range turns {
				of := sorts[i%len(sorts)]
				r := lateRace{lateCase: of[rand.IntN(len(of))], delay: time.Duration(rand.Int64N(int64(longest))), hangs: i%3 == 2, each: i%2 == 1}
				if i%40 == 39 {
					// Longer than anybody waits for it.
					r.delay, r.each = answer.ConfirmFor+5*time.Second, false
				}
				what := r.run(t, service, server, filepath.Join(folder, strconv.Itoa(i)))
				mu.Lock()
				outcomes[what]++
				if what == "not seen" {
					unseen[names[i%len(sorts)]]++
				}
				mu.Unlock()
			}
		})
	}
	for i := range runs {
		turns <- i
	}
	close(turns)
	all.Wait()
	t.Logf("%d races of %q, late by up to %s: %v; not seen: %v", runs, names, longest, outcomes, unseen)
	if outcomes["confirmed"]+outcomes["uncertain"] < runs/2 {
		t.Errorf("no races: %v", outcomes)
	}
}

// lateRace is one answer to one program that reads late by delay, because it sleeps
// or since it hangs: stopped, as by a debugger or a machine that swaps.
type lateRace struct {
	lateCase
	delay       time.Duration
	hangs, each bool
}

// run gives the answer and says what came of it.
func (r lateRace) run(t *testing.T, s *Service, server *tmuxtest.Server, path string) string {
	script := lateScript{Frames: r.frames, Start: r.start, Delay: r.delay, Each: r.each, Log: filepath.Join(path, "log")}
	if r.hangs {
		script.Delay = 0
	}
	program, err := script.install(path, string(r.kind))
	if err != nil {
		t.Error(err)
		return "failed"
	}
	pane := server.NewSession(filepath.Base(path), "env", lateVar+"="+filepath.Join(path, "script"), program)
	defer server.Run("kill-pane", "-t", pane)
	server.Run("resize-window", "-t", pane, "-x", strconv.Itoa(r.width), "-y", strconv.Itoa(max(r.height, r.rows())))
	ref := health.PaneRef{Server: server.SocketPath(), Pane: pane}
	request, ok := r.seen(s, ref)
	if !ok {
		return "not seen"
	}
	if r.hangs {
		_ = syscall.Kill(request.Seen.PID, syscall.SIGSTOP)
		time.AfterFunc(r.delay, func() { _ = syscall.Kill(request.Seen.PID, syscall.SIGCONT) })
	}
	outcome, err := s.Answer(context.Background(), request)
	server.Run("send-keys", "-t", pane, "-l", lastKey)
	var keys []string
	tmuxtest.Eventually(t, 60*time.Second, "the program to have read all", func() bool {
		text, _ := os.ReadFile(script.Log)
		keys = strings.Split(strings.TrimSpace(string(text)), "\n")
		return strings.HasSuffix(keys[len(keys)-1], " "+lastKey)
	})
	return r.judge(t, keys[:len(keys)-1], outcome, err)
}

// judge compares what the program has read, "frame key" each, with what is said of
// the answer.
func (r lateRace) judge(t *testing.T, read []string, outcome engine.Outcome, err error) string {
	about := fmt.Sprintf("%s %s, late by %s, hangs %v, each %v: read %q; %v, %v", r.id, r.request.Action, r.delay, r.hangs, r.each, read, outcome.What(), err)
	last := len(r.frames) - 1
	var keys strings.Builder
	ended := false
	for _, line := range read {
		at, key, _ := strings.Cut(line, " ")
		if at == strconv.Itoa(last) {
			t.Errorf("a key for the next dialog: %s", about)
		}
		if key == "Enter" && r.request.Action != engine.ActionReply && at != strconv.Itoa(r.wanted()) {
			t.Errorf("another option is taken: %s", about)
		}
		frame, _ := strconv.Atoi(at)
		next, named := r.frames[frame].Then[key]
		if !named && r.frames[frame].Place == nil {
			next = r.frames[frame].Then[""]
		}
		ended = ended || next == last
		keys.WriteString(key)
	}
	said := outcome.Text
	for _, k := range outcome.Keys {
		said += k.String()
	}
	switch got := keys.String(); {
	case got != said && !outcome.Uncertain, !strings.HasPrefix(got, said):
		t.Errorf("other keys were typed than is said: %s", about)
	case outcome.Sent != (got != "") && !outcome.Uncertain, outcome.Confirmed && outcome.Uncertain:
		t.Errorf("said to be typed or not: %s", about)
	case outcome.Confirmed && !ended:
		t.Errorf("confirmed, but it has not answered: %s", about)
	case outcome.Confirmed && !r.hangs && !r.each && r.delay > answer.ConfirmFor+time.Second:
		t.Errorf("confirmed before it was read: %s", about)
	case outcome.Confirmed:
		return "confirmed"
	case outcome.Uncertain:
		return "uncertain"
	case outcome.Sent:
		t.Errorf("neither confirmed nor uncertain: %s", about)
	case !errors.Is(err, engine.ErrChanged) && !errors.Is(err, engine.ErrBusy):
		t.Errorf("refused for another reason: %s", about)
	}
	return "refused"
}

// wanted is the frame in which Enter takes the right option.
func (r lateRace) wanted() int {
	rules := health.NewDetector().AnswerRules(r.kind)
	request := r.request
	v := health.NewDetector().Detect(health.Observation{Kind: r.kind, Screen: r.frames[r.start].Screen, Width: r.width})
	request.Seen = engine.Seen{PID: 1, Kind: r.kind, State: v.State, Wait: v.Wait, Dialog: v.Dialog}
	plan, _ := answer.PlanFor(request, rules)
	return plan.Option
}

// rows is how many rows the highest frame has.
func (r lateRace) rows() int {
	n := 0
	for _, f := range r.frames {
		n = max(n, strings.Count(f.Screen, "\n")+1)
	}
	return n
}

// install writes the script into a new folder, and makes a program of that name
// there.
func (s lateScript) install(path, name string) (program string, err error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", err
	}
	data, err := json.Marshal(s)
	binary, problem := os.Executable()
	program = filepath.Join(path, name)
	return program, errors.Join(err, problem, os.WriteFile(filepath.Join(path, "script"), data, 0o600), os.Symlink(binary, program))
}

// seen is the request for what the pane shows, once that is what it should.
func (r lateRace) seen(s *Service, ref health.PaneRef) (engine.Request, bool) {
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		seen, _, err := seenNow(s, ref)
		if err != nil || seen.Kind != r.kind {
			continue
		}
		request := r.request
		request.Target, request.Seen = ref, seen
		if _, err := s.Plan(request); err == nil {
			return request, true
		}
	}
	return engine.Request{}, false
}
