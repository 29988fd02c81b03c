package engine

import (
	"bufio"
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

	"github.com/charmbracelet/x/term"

	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// lateVar makes the test binary a program that shows a real dialog, reads its keys
// late, and asks something else after the first of them. The variable names the
// file that says how, a lateScript.
const lateVar = "AGENTWATCH_TEST_LATE"

// lateScript is what such a program shows, and for how long it does not read.
type lateScript struct {
	First, Then string
	Delay       time.Duration
	Log         string
}

// lastKey is what the test types when the answer is over: what the program has read
// until then is all that was typed.
const lastKey = 'Z'

// readLate is that program. It logs a line for each key: the dialog that it showed,
// and the byte.
func readLate(path string) {
	data, err := os.ReadFile(path)
	var script lateScript
	if err := errors.Join(err, json.Unmarshal(data, &script)); err != nil {
		panic(err)
	}
	log, err := os.OpenFile(script.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	if _, err := term.MakeRaw(os.Stdin.Fd()); err != nil {
		panic(err)
	}
	show := func(screen string) { fmt.Print("\x1b[0m\x1b[H\x1b[J" + strings.ReplaceAll(screen, "\n", "\r\n")) }
	show(script.First)
	// The delay begins when the first key waits to be read.
	buffer := make([]byte, 64)
	for shown := 1; ; {
		n, err := os.Stdin.Read(buffer)
		if err != nil {
			return
		}
		if shown == 1 {
			time.Sleep(script.Delay)
		}
		for _, b := range buffer[:n] {
			fmt.Fprintf(log, "%d %d\n", shown, b)
			if shown == 1 && b != lastKey {
				shown = 2
				show(script.Then)
			}
		}
	}
}

// lateCase is a dialog of a real program and another that takes the same keys.
type lateCase struct {
	id            string
	kind          health.Kind
	action        Action
	option        int
	first, then   string
	width, height int
}

// lateCases are the permissions among the stored screens that are answered by one
// key, with every such answer; moved are the kinds of those that are answered by
// moving a cursor, which these programs do not have.
func lateCases(t *testing.T) (cases []lateCase, moved []string) {
	t.Helper()
	detector := health.NewDetector()
	for _, name := range []string{"screens.jsonl", "kinds.jsonl"} {
		file, err := os.Open(filepath.Join("..", "health", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var c struct {
				ID, State, Screen string
				Kind              health.Kind
				Width, Height     int
			}
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			if c.State != health.StateWaiting.String() {
				continue
			}
			read := func(screen string) health.Verdict {
				return detector.Detect(health.Observation{Kind: c.Kind, Screen: screen, Width: c.Width})
			}
			v := read(c.Screen)
			then := anotherDialog(c.Screen, v.Dialog, func(screen string) *health.Dialog { return read(screen).Dialog })
			if v.State != health.StateWaiting || then == "" {
				continue
			}
			seen := Seen{PID: 1, Kind: c.Kind, State: v.State, Wait: v.Wait, Dialog: v.Dialog}
			for _, r := range []Request{{Action: ActionApprove}, {Action: ActionDeny}, {Action: ActionChoose}} {
				r.Seen = seen
				plan, err := planAnswer(r, detector.AnswerRules(c.Kind))
				switch {
				case err != nil:
				case plan.cursor || len(plan.Keys) != 1 || len(plan.first)+len(plan.notes) > 0 || plan.Text != "":
					moved = append(moved, string(c.Kind)+" "+r.Action.String())
				default:
					cases = append(cases, lateCase{c.ID, c.Kind, r.Action, r.Option, strings.TrimSuffix(c.Screen, "\n"), strings.TrimSuffix(then, "\n"), c.Width, c.Height})
				}
			}
		}
	}
	slices.Sort(moved)
	return cases, slices.Compact(moved)
}

// anotherDialog is the screen with one word of what the dialog asks changed, so that
// it asks something else in the same way; "" where no word can be.
func anotherDialog(screen string, d *health.Dialog, read func(string) *health.Dialog) string {
	if d == nil {
		return ""
	}
	for _, word := range strings.Fields(strings.Join(append(slices.Clone(d.Body), d.Question), " ")) {
		word = strings.Trim(word, ".,:;?!'\"()`")
		if len(word) < 4 || strings.ContainsFunc(word, func(c rune) bool { return c < 'a' || c > 'z' }) {
			continue
		}
		other := strings.ReplaceAll(screen, word, strings.Repeat("x", len(word)))
		if next := read(other); other != screen && next != nil && !next.Equal(d) && len(next.Options) == len(d.Options) {
			return other
		}
	}
	return ""
}

// raceRuns is how many races are run: a handful, or AGENTWATCH_RACE_RUNS.
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

// TestAProgramThatReadsLateGetsOneKeyAndTheNextDialogNone lets programs with the
// dialogs of every kind read their keys late, or hang, and ask something else then.
func TestAProgramThatReadsLateGetsOneKeyAndTheNextDialogNone(t *testing.T) {
	cases, moved := lateCases(t)
	kinds := make(map[health.Kind][]lateCase)
	for _, c := range cases {
		kinds[c.kind] = append(kinds[c.kind], c)
	}
	order := make([]health.Kind, 0, len(kinds))
	for kind := range kinds {
		order = append(order, kind)
	}
	slices.Sort(order)
	if len(order) < 5 {
		t.Fatalf("only %v can be raced", order)
	}
	runs, longest := raceRuns(t, len(order))
	server := tmuxtest.New(t, tmuxtest.Size(200, 60))
	service := lateService(t, server)
	folder, err := os.MkdirTemp("/tmp", "awl-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	var mu sync.Mutex
	outcomes := make(map[string]int)
	turns := make(chan int)
	var all sync.WaitGroup
	for range min(max(4, runs/30), 16) {
		all.Go(func() {
			for i := range turns {
				of := kinds[order[i%len(order)]]
				r := lateRace{lateCase: of[rand.IntN(len(of))], delay: time.Duration(rand.Int64N(int64(longest))), hangs: i%3 == 2}
				if i%20 == 19 {
					// Longer than anybody waits for it.
					r.delay = confirmFor + 5*time.Second
				}
				what := r.run(t, service, server, filepath.Join(folder, strconv.Itoa(i)))
				mu.Lock()
				outcomes[what]++
				mu.Unlock()
			}
		})
	}
	for i := range runs {
		turns <- i
	}
	close(turns)
	all.Wait()
	t.Logf("%d races of %v, late by up to %s: %v; by a cursor, and not raced: %v", runs, order, longest, outcomes, moved)
	if outcomes["confirmed"]+outcomes["uncertain"] < runs/2 {
		t.Errorf("no races: %v", outcomes)
	}
}

// lateService is a service that runs on the server until the test ends.
func lateService(t *testing.T, server *tmuxtest.Server) *Service {
	t.Helper()
	s, err := New(Options{
		Discover: tmuxpool.DiscoverOptions{Paths: []string{server.SocketPath()}}, Pool: tmuxpool.Options{Clients: tmuxpool.ClientsNever},
		NoSessionFiles: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// lateRace is one answer to one program that reads late by delay, because it sleeps
// or since it hangs: stopped, as by a debugger or a machine that swaps.
type lateRace struct {
	lateCase
	delay time.Duration
	hangs bool
}

// run gives the answer and says what came of it.
func (r lateRace) run(t *testing.T, s *Service, server *tmuxtest.Server, path string) string {
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Error(err)
		return "failed"
	}
	script := lateScript{First: r.first, Then: r.then, Delay: r.delay, Log: filepath.Join(path, "log")}
	if r.hangs {
		script.Delay = 0
	}
	data, _ := json.Marshal(script)
	binary, err := os.Executable()
	program := filepath.Join(path, string(r.kind))
	err = errors.Join(err, os.WriteFile(filepath.Join(path, "script"), data, 0o600), os.Symlink(binary, program))
	if err != nil {
		t.Error(err)
		return "failed"
	}
	pane := server.NewSession(filepath.Base(path), "env", lateVar+"="+filepath.Join(path, "script"), program)
	defer server.Run("kill-pane", "-t", pane)
	server.Run("resize-window", "-t", pane, "-x", strconv.Itoa(r.width), "-y", strconv.Itoa(max(r.height, strings.Count(r.first, "\n")+1)))
	ref := health.PaneRef{Server: server.SocketPath(), Pane: pane}
	request, ok := r.request(s, ref)
	if !ok {
		return "not seen"
	}
	if r.hangs {
		_ = syscall.Kill(request.Seen.PID, syscall.SIGSTOP)
		time.AfterFunc(r.delay, func() { _ = syscall.Kill(request.Seen.PID, syscall.SIGCONT) })
	}
	outcome, err := s.Answer(context.Background(), request)
	server.Run("send-keys", "-t", pane, "-l", string(lastKey))
	var keys []string
	tmuxtest.Eventually(t, 30*time.Second, "the program to have read all", func() bool {
		text, _ := os.ReadFile(script.Log)
		keys = strings.Split(strings.TrimSpace(string(text)), "\n")
		return strings.HasSuffix(keys[len(keys)-1], fmt.Sprintf(" %d", lastKey))
	})
	keys = keys[:len(keys)-1]
	about := fmt.Sprintf("%s %s, late by %s, hangs %v: keys read %v; %v, %v", r.id, r.action, r.delay, r.hangs, keys, outcome.What(), err)
	switch {
	case len(keys) > 1 || len(keys) == 1 && keys[0][0] != '1':
		t.Errorf("a key too many: %s", about)
	case len(keys) == 0 && outcome.Sent && !outcome.Uncertain, outcome.Confirmed && outcome.Uncertain:
		t.Errorf("said to be typed: %s", about)
	case len(keys) > 0 && !outcome.Sent:
		t.Errorf("said to be not typed: %s", about)
	case outcome.Confirmed && !r.hangs && r.delay > confirmFor+time.Second:
		t.Errorf("confirmed before it was read: %s", about)
	case outcome.Confirmed:
		return "confirmed"
	case outcome.Uncertain:
		return "uncertain"
	case outcome.Sent:
		t.Errorf("neither confirmed nor uncertain: %s", about)
	}
	return "refused"
}

// request is the answer to the dialog, once it is seen as it was stored.
func (r lateRace) request(s *Service, ref health.PaneRef) (Request, bool) {
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		w, err := s.watcherOf(ref)
		if err != nil {
			continue
		}
		look := &answer{service: s, watcher: w, typist: s.typist(ref.Server, false), request: Request{Target: ref}}
		v, err := look.look(context.Background(), true)
		if err != nil || v.verdict.Kind != r.kind || v.verdict.Dialog == nil {
			continue
		}
		seen := Seen{PID: v.pid, Kind: r.kind, State: v.verdict.State, Wait: v.verdict.Wait, Dialog: v.verdict.Dialog}
		request := Request{Target: ref, Action: r.action, Option: r.option, Seen: seen}
		if _, err := s.Plan(request); err == nil {
			return request, true
		}
	}
	return Request{}, false
}
