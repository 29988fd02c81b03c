package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
	"agentwatch/health"
)

// patience is how long a test waits for what must come, on a busy machine.
const patience = time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "host" {
		serveAs(os.Args[2:])
		return
	}
	if len(os.Args) > 3 && os.Args[1] == "viewer" {
		var hosts []Host
		for _, socket := range os.Args[4:] {
			hosts = append(hosts, Host{Name: "one", Command: []string{os.Args[0], "host", "bridge", socket}})
		}
		if err := viewAs(context.Background(), os.Args[2], os.Args[3], hosts...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// serveAs makes the test binary the command of a host of some kind, which keeps what
// it has been asked for in a file.
func serveAs(args []string) {
	fail := func(code int, said string) {
		fmt.Fprint(os.Stderr, "Warning: something else first\r\n", said, "\n")
		os.Exit(code)
	}
	switch args[0] {
	case "not-installed":
		fail(127, "bash: line 1: agentwatch: command not found")
	case "unknown-key":
		fail(255, "Host key verification failed.\r")
	case "denied":
		fail(255, "alice@dev1: Permission denied (publickey).\r")
	case "unresolved":
		fail(255, "ssh: Could not resolve hostname dev1: Name or service not known\r")
	case "timeout":
		fail(255, "ssh: connect to host dev1 port 22: Connection timed out\r")
	case "old":
		fail(2, "try: agentwatch serve --help")
	case "endless":
		for {
			if _, err := fmt.Println("y"); err != nil {
				return
			}
		}
	case "noise":
		fmt.Print(strings.Repeat("Welcome to dev1\n", 1000), "no end of the line")
	}
	if args[0] == "bridge" {
		bridge(args[1])
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id": "there"}`) })
	mux.HandleFunc("GET /v1/snapshots", func(w http.ResponseWriter, r *http.Request) { showAgents(w, r, args[0]) })
	mux.HandleFunc("GET /v1/answers/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"code": "unknown_answer", "text": "no such answer"}}`)
	})
	mux.HandleFunc("POST /v1/answers", func(http.ResponseWriter, *http.Request) {
		file, _ := os.OpenFile(args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		_, _ = file.WriteString("typed\n")
		os.Exit(1)
	})
	if args[0] == "quiet" {
		mux.HandleFunc("GET /v1/diff", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"name": %q, "against": "main", "files": [{"path": "a.go", "change": "untracked"}]}`, r.URL.Query().Get("pane"))
		})
		mux.HandleFunc("GET /v1/search", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"rows": [{"row": -1, "text": %q, "match": true}], "matches": 1}`, r.URL.RawQuery)
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	if args[0] == "ends" {
		go func() {
			for _, err := os.Stat(args[1]); err != nil; _, err = os.Stat(args[1]) {
				time.Sleep(10 * time.Millisecond)
			}
			cancel()
		}()
	}
	hello := api.Hello{PID: os.Getpid(), Host: "there", Now: time.Now()}
	if args[0] == "ahead" {
		hello.Now = hello.Now.Add(5 * time.Minute)
	}
	var out io.Writer = os.Stdout
	if args[0] == "freezes" {
		out = freezing(args[1])
	}
	defer cancel()
	_ = stdio.Serve(ctx, os.Stdin, out, hello, mux)
}

// freezing writes to standard output while there is no file of that name.
type freezing string

// Write implements io.Writer.
func (f freezing) Write(p []byte) (int, error) {
	for {
		if _, err := os.Stat(string(f)); err != nil {
			return os.Stdout.Write(p)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// showAgents writes what a host shows, a line every 100 ms.
func showAgents(w http.ResponseWriter, r *http.Request, kind string) {
	now := time.Now
	if kind == "ahead" {
		now = func() time.Time { return time.Now().Add(5 * time.Minute) }
	}
	began := now().Add(-time.Minute)
	for seq := uint64(1); r.Context().Err() == nil; seq++ {
		s := &engine.Snapshot{Seq: seq, At: now(), Ready: true, Panes: 1}
		s.Agents = []engine.Agent{{
			Ref: health.PaneRef{Host: "elsewhere", Server: "/tmp/tmux", Pane: "%1"}, Session: kind, Kind: "claude",
			State: health.StateWaiting, Since: began, CheckedAt: now(), Revision: 7,
		}}
		s.Counts[engine.UrgencyWaiting] = 1
		patch, _ := api.Diff(nil, s)
		patch.Engine = &api.Engine{ID: "there"}
		line, _ := json.Marshal(patch)
		switch kind {
		case "twice":
			line = hostile(s)
		case "huge":
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte(`[{"x":`), 1<<12)); err != nil {
					return
				}
			}
		}
		if kind == "newer" {
			text := strings.ReplaceAll(string(line), `"state":"waiting"`, `"state":"dreaming","mood":{"of":["a","newer build"]}`)
			line = []byte(strings.Replace(text, "{", `{"version2":[1,2],`, 1))
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		pause := time.NewTimer(100 * time.Millisecond)
		select {
		case <-r.Context().Done():
		case <-pause.C:
		}
	}
}

// hostile is a snapshot in which a host says what it has no right to.
func hostile(s *engine.Snapshot) []byte {
	for i := range maxAgents + 10 {
		a := s.Agents[0]
		a.Ref.Pane, a.Session = fmt.Sprintf("%%%d", i/2), "\x1b]52;c;eA==\a"
		s.Agents = append(s.Agents, a)
	}
	for range 100 {
		s.Notices = append(s.Notices, engine.Notice{Text: "\x1b[2J" + strings.Repeat("look ", 1000)})
	}
	patch, _ := api.Diff(nil, s)
	patch.Engine = &api.Engine{ID: "there"}
	line, _ := json.Marshal(patch)
	return line
}

// host is one of a kind, called by it.
func host(kind string, more ...string) Host {
	return Host{Name: kind, Command: append([]string{os.Args[0], "host", kind}, more...)}
}

// open watches hosts beside a machine that is well.
func open(t *testing.T, hosts ...Host) *Monitor {
	t.Helper()
	return openWith(t, Options{Hosts: hosts})
}

func openWith(t *testing.T, o Options) *Monitor {
	t.Helper()
	here := stdio.Command{Args: host("here").Command}
	local := client.Open(t.Context(), client.Options{Dial: here.Dial, Multiplexed: true})
	t.Cleanup(local.Close)
	m := Open(t.Context(), local, o)
	t.Cleanup(m.Close)
	return m
}

// until returns the first snapshot that is as wanted.
func until(t *testing.T, m *Monitor, what string, wanted func(*engine.Snapshot) bool) *engine.Snapshot {
	t.Helper()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	last := new(engine.Snapshot)
	for late := time.After(patience); ; {
		select {
		case s := <-snapshots:
			if last = s; wanted(s) {
				return s
			}
		case <-late:
			t.Fatalf("never: %s; last: %+v", what, last.Hosts)
		}
	}
}

// pid is the process that serves the link; 0 for none.
func (l *link) pid() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return 0
	}
	return l.conn.Hello.PID
}

func are(state engine.HostState) func(*engine.Snapshot) bool {
	return func(s *engine.Snapshot) bool {
		for _, h := range s.Hosts {
			if h.State != state {
				return false
			}
		}
		return len(s.Hosts) > 0
	}
}

func agentOn(s *engine.Snapshot, host string) (engine.Agent, bool) {
	for _, a := range s.Agents {
		if a.Ref.Host == host {
			return a, true
		}
	}
	return engine.Agent{}, false
}

func TestEachWayInWhichAHostCannotBeReachedHasItsRemedy(t *testing.T) {
	for kind, want := range map[string]string{
		"not-installed": "agentwatch is not installed there",
		"unknown-key":   "compare the key",
		"denied":        "ssh-copy-id",
		"unresolved":    "check the name, and ~/.ssh/config",
		"timeout":       "is it on, and the network up?",
		"old":           "is too old",
		"endless":       "let ~/.bashrc and the like be quiet",
	} {
		err := Visit(t.Context(), host(kind), func(context.Context, *Visited) error { return nil })
		var away *AwayError
		if !errors.As(err, &away) || !errors.Is(err, api.ErrUnreachable) || !strings.Contains(away.Problem, want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	none := Host{Name: "x", Command: []string{"no-such-program-anywhere"}}
	if err := Visit(t.Context(), none, nil); err == nil || !strings.Contains(err.Error(), "not installed here") {
		t.Errorf("no program: %v", err)
	}
}

func TestAHostThatCannotBeReachedIsSaidAndTheOthersGoOn(t *testing.T) {
	dials := make(chan Dial, 100)
	m := openWith(t, Options{Hosts: []Host{host("denied"), host("noise")}, Dialled: func(d Dial) {
		select {
		case dials <- d:
		default: // it is tried again and again
		}
	}})
	s := until(t, m, "one is live, one is not", func(s *engine.Snapshot) bool {
		_, found := agentOn(s, "noise")
		return found && len(s.Hosts) == 2 && s.Hosts[0].State == engine.HostStale && s.Hosts[1].State == engine.HostLive
	})
	if len(s.Notices) != 1 || !strings.Contains(s.Notices[0].Text, "denied cannot be reached: alice@dev1: Permission denied") {
		t.Errorf("%+v", s.Notices)
	}
	kinds := make(map[string]bool)
	for range 2 {
		d := <-dials
		kinds[d.Kind()] = true
		if d.Began.IsZero() || d.Took <= 0 {
			t.Errorf("a try to connect: %+v", d)
		}
	}
	if !kinds[""] || !kinds["ended"] {
		t.Errorf("tries to connect that came to %v", kinds)
	}
	a, _ := agentOn(s, "noise")
	if (a.Ref != health.PaneRef{Host: "noise", Server: "/tmp/tmux", Pane: "%1"}) || s.Counts.Of(engine.UrgencyWaiting) != 2 {
		t.Errorf("%+v, %v", a.Ref, s.Counts)
	}
	_, err := m.Answer(t.Context(), engine.Request{Target: health.PaneRef{Host: "denied", Server: "/tmp/tmux", Pane: "%1"}, Action: engine.ActionApprove})
	if !errors.As(err, new(*AwayError)) {
		t.Errorf("an answer to it: %v", err)
	}
}

func TestAFrozenHostIsStaleInFiveSecondsAndKeepsItsRows(t *testing.T) {
	frozen := t.TempDir() + "/frozen"
	m := open(t, host("freezes", frozen))
	until(t, m, "it is live", are(engine.HostLive))
	if err := os.WriteFile(frozen, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s := until(t, m, "it is stale", are(engine.HostStale))
	// What the machine's load adds is not ours.
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it is stale after %s", took)
	} else {
		t.Logf("stale after %s", took)
	}
	a, found := agentOn(s, "freezes")
	if !found || !a.Stale || a.State != health.StateWaiting || s.Counts.Of(engine.UrgencyWaiting) != 1 {
		t.Errorf("%+v, %v", a, s.Counts)
	}
	_, err := m.Answer(t.Context(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
	if !errors.As(err, new(*AwayError)) {
		t.Errorf("an answer to it: %v", err)
	}
	if err := os.Remove(frozen); err != nil {
		t.Fatal(err)
	}
	s = until(t, m, "it is live again", are(engine.HostLive))
	if a, _ := agentOn(s, "freezes"); a.Stale || a.Revision != 7 {
		t.Errorf("%+v", a)
	}
}

func TestAnAnswerWhoseHostIsKilledWhileItTypesIsUncertainAndTypedOnce(t *testing.T) {
	typed := t.TempDir() + "/typed"
	m := open(t, host("quiet", typed))
	s := until(t, m, "it is live", are(engine.HostLive))
	a, _ := agentOn(s, "quiet")
	o, err := m.Answer(t.Context(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
	if !errors.Is(err, engine.ErrUnconfirmed) || !o.Sent || !o.Uncertain || o.Request.Target != a.Ref {
		t.Errorf("%+v, %v", o, err)
	}
	until(t, m, "it is live again", are(engine.HostLive))
	if text, err := os.ReadFile(typed); err != nil || string(text) != "typed\n" {
		t.Errorf("it was typed: %q, %v", text, err)
	}
}

func TestDiffsAndSearchesAreMadeWhereTheAgentIsAndAnOlderBuildSaysThatItCannot(t *testing.T) {
	m := open(t, host("quiet", t.TempDir()+"/typed"), host("ahead"))
	s := until(t, m, "both are live", are(engine.HostLive))
	a, _ := agentOn(s, "quiet")
	d, err := m.Diff(t.Context(), a.Ref, true)
	if err != nil || d.Name != a.Ref.Pane || len(d.Files) != 1 || d.Files[0].Change != engine.FileUntracked {
		t.Errorf("%+v, %v", d, err)
	}
	found, err := m.Search(t.Context(), a.Ref, engine.SearchQuery{Pattern: "x y", IgnoreCase: true, Rows: 9})
	if err != nil || len(found.Rows) != 1 || !strings.Contains(found.Rows[0].Text, "pattern=x+y") || !strings.Contains(found.Rows[0].Text, "rows=9") {
		t.Errorf("%+v, %v", found, err)
	}
	a, _ = agentOn(s, "ahead")
	if _, err := m.Diff(t.Context(), a.Ref, false); !errors.Is(err, api.ErrUnknownRequest) {
		t.Errorf("of an older build: %v", err)
	}
}

func TestAHostOfANewerBuildIsShownAsFarAsItIsUnderstood(t *testing.T) {
	m := open(t, host("newer"))
	s := until(t, m, "it is live", are(engine.HostLive))
	if a, found := agentOn(s, "newer"); !found || a.State != health.StateUnknown || a.Session != "newer" {
		t.Errorf("%+v", a)
	}
}

func TestTimesOfAHostWhoseClockIsAheadAreThoseOfOurs(t *testing.T) {
	m := open(t, host("ahead"))
	s := until(t, m, "it is live", are(engine.HostLive))
	a, _ := agentOn(s, "ahead")
	if age := time.Since(a.Since); age < 59*time.Second || age > 2*time.Minute {
		t.Errorf("it has waited for %s", age)
	}
	skew := m.links[0].ahead()
	if r := their(engine.Request{Target: a.Ref, Seen: engine.SeenOf(a)}, skew); !r.Seen.Since.Equal(a.Since.Add(skew)) || r.Target.Host != "" {
		t.Errorf("%+v", r)
	}
}

func TestAfterASleepAllHostsAreConnectedToAtOnceAndEightAtATime(t *testing.T) {
	hosts := make([]Host, 32)
	for i := range hosts {
		hosts[i] = host("quiet")
		hosts[i].Name = fmt.Sprintf("host%d", i)
	}
	m := open(t, hosts...)
	until(t, m, "all are live", are(engine.HostLive))
	var most atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for ctx.Err() == nil {
			most.Store(max(most.Load(), int64(len(m.links[0].slots))))
			time.Sleep(time.Millisecond)
		}
	}()
	before := time.Now()
	pids := make(map[string]int)
	for _, l := range m.links {
		pids[l.host.Name] = l.pid()
	}
	m.wake()
	for _, l := range m.links {
		for late := time.Now().Add(patience); ; {
			if pid := l.pid(); pid > 0 && pid != pids[l.host.Name] {
				break
			}
			if time.Now().After(late) {
				t.Fatalf("%s is not connected to anew", l.host.Name)
			}
			time.Sleep(time.Millisecond)
		}
	}
	t.Logf("32 hosts are connected to anew after %s, at most %d at a time", time.Since(before), most.Load())
	until(t, m, "all are live again", are(engine.HostLive))
	cancel()
	<-watched
	if n := most.Load(); n == 0 || n > maxDials {
		t.Errorf("%d were connected to at a time", n)
	}
	now := time.Now()
	if hasSlept(now, now.Add(time.Minute)) {
		t.Error("a minute awake counts as a sleep")
	}
}

func TestTheNamesOfHosts(t *testing.T) {
	for destination, want := range map[string]string{
		"alice@dev1": "dev1", "dev2": "dev2", "ssh://bob@box:2222": "box", "-oProxyCommand=x": "", "a b": "", "all": "", "x@here": "",
	} {
		if h, err := ParseHost(destination); (err == nil) != (want != "") || err == nil && h.Name != want {
			t.Errorf("%s: %+v, %v", destination, h, err)
		}
	}
	dev := Host{Name: "dev1", SSH: "alice@dev1"}
	if chosen, err := Choose([]Host{dev}, []string{"dev1", "bob@dev2"}); err != nil || len(chosen) != 2 || chosen[0].SSH != dev.SSH {
		t.Errorf("%+v, %v", chosen, err)
	}
	if _, err := Choose([]Host{dev}, []string{"dev1", "bob@dev1"}); err == nil {
		t.Error("two hosts have the same name")
	}
}

func TestWhatAHostileHostSendsIsBoundedAndIsNeverOfAnotherHost(t *testing.T) {
	m := open(t, host("twice"), host("huge"))
	s := until(t, m, "one is refused, of the other is taken what may be", func(s *engine.Snapshot) bool {
		_, found := agentOn(s, "twice")
		// It is hung up on, so that it may say first that it has ended.
		return found && len(s.Hosts) == 2 && s.Hosts[1].State == engine.HostStale && strings.Contains(s.Hosts[1].Problem, "cannot be understood")
	})
	known, notices := make(map[health.PaneRef]bool), 0
	for _, a := range s.Agents {
		if known[a.Ref] || a.Ref.Host != "elsewhere" && a.Ref.Host != "twice" {
			t.Fatalf("%+v is there twice, or elsewhere", a.Ref)
		}
		known[a.Ref] = true
	}
	// The engine of this machine may say of its own agents what it likes.
	for _, n := range s.Notices {
		if strings.HasPrefix(n.Text, "twice: ") {
			notices++
		}
		if strings.ContainsRune(n.Text, 0x1b) || len(n.Text) > 2*maxProblem {
			t.Errorf("a notice of %d bytes: %.80q", len(n.Text), n.Text)
		}
	}
	if len(known) > maxAgents+1 || notices != maxNotices {
		t.Errorf("%d agents, %d notices", len(known), notices)
	}
}

func TestAHostThatSaysGoodbyeHasEndedAndKeepsItsRows(t *testing.T) {
	goes := t.TempDir() + "/goes"
	// It does not come back, and does not wait at its end, as the race detector would.
	h := host("ends", goes)
	h.Command = append([]string{"sh", "-c", "test ! -e " + goes + " && GORACE=atexit_sleep_ms=0 exec \"$@\"", "sh"}, h.Command...)
	m := open(t, h)
	until(t, m, "it is live", are(engine.HostLive))
	if err := os.WriteFile(goes, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := until(t, m, "it has ended", are(engine.HostEnded))
	a, found := agentOn(s, "ends")
	if !found || !a.Stale || s.Counts.Of(engine.UrgencyWaiting) != 1 {
		t.Errorf("%+v, %v", a, s.Counts)
	}
}

func TestTheWayToATerminalOfAHost(t *testing.T) {
	got, err := Host{Name: "dev1", SSH: "alice@dev1"}.Terminal("go", "--attach", "%3", "-S", "/tmp/it's odd")
	if want := "ssh -t -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -- alice@dev1 agentwatch go --attach %3 -S '/tmp/it'\\''s odd'"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v", strings.Join(got, " "), err)
	}
	if _, err := host("quiet").Terminal("go"); err == nil {
		t.Error("a command alone has no terminal")
	}
}
