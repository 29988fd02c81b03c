package fleet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/stdio"
	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/internal/hub"
	"agentwatch/internal/notify"
)

// told configures messages that soon come as JSON lines in a file.
func told(path string) notify.Config {
	c := notify.Defaults()
	after, cooldown := notify.Duration(50*time.Millisecond), notify.Duration(0)
	c.Batch, c.PerMinute = notify.Duration(20*time.Millisecond), 1<<20
	c.Channels = map[string]notify.Channel{"log": {Type: notify.TypeCommand, Command: []string{"cat >> \"$1\"", path}, Shell: true}}
	c.Rules = []notify.Rule{{To: []string{"waiting"}, Channels: []string{"log"}, After: &after, Cooldown: &cooldown}}
	return c
}

// viewAs is the process of a dashboard that tells of other machines, without a screen:
// those of a hub, or those whose commands are named.
func viewAs(ctx context.Context, log, url string, hosts ...Host) error {
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer cancel()
	here := stdio.Command{Args: host("here").Command}
	local := client.Open(ctx, client.Options{Dial: here.Dial, Multiplexed: true})
	defer local.Close()
	o := Options{Hosts: hosts, Notify: true}
	if url != "" {
		viewer, err := hub.Open(hub.Options{URL: url, Fleet: "test"})
		if err != nil {
			return err
		}
		defer viewer.Close()
		teller, err := viewer.Teller(hub.TellOptions{Lease: time.Second, Trial: time.Second})
		if err != nil {
			return err
		}
		defer teller.Close()
		o.Hub, o.Teller = viewer, teller
	}
	m := Open(ctx, local, o)
	defer m.Close()
	n, err := notify.New(notify.Options{Config: told(log), Register: m.Register()})
	if err != nil {
		return err
	}
	e := m.Elsewhere(n.Observe)
	defer e.Close()
	return n.Run(ctx, e)
}

// process is one that runs this test's binary as something else.
type process struct{ *exec.Cmd }

func startAs(t *testing.T, args ...string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := process{cmd}
	t.Cleanup(p.kill)
	return p
}

func (p process) kill() {
	if p.ProcessState == nil {
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}

// sayings counts in how many messages each agent is, and in how many of those it is not
// said that it may have been told.
func sayings(t *testing.T, path string) (all, sure map[string]int) {
	t.Helper()
	all, sure = make(map[string]int), make(map[string]int)
	data, err := os.ReadFile(path)
	if err != nil {
		return all, sure
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var event struct {
			Agents []struct {
				Session string
				Maybe   bool `json:"maybe_told"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		for _, a := range event.Agents {
			all[a.Session]++
			if !a.Maybe {
				sure[a.Session]++
			}
		}
	}
	return all, sure
}

// startRedis starts a server for a test.
func startRedis(t *testing.T) *hub.Redis {
	t.Helper()
	dir, err := os.MkdirTemp("", "awhub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r, err := hub.StartRedis(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// waits are the agents of a host that begin to wait, one after the other.
type waits struct {
	mu     sync.Mutex
	agents []engine.Agent
	shown  func(*engine.Snapshot)
}

func newWaits(agents int, shown func(*engine.Snapshot)) *waits {
	w := &waits{shown: shown}
	began := time.Now().Add(-time.Minute)
	for i := range agents {
		w.agents = append(w.agents, engine.Agent{
			Ref: health.PaneRef{Server: "/tmp/tmux", Pane: fmt.Sprintf("%%%d", i)}, Session: fmt.Sprintf("s%d", i), Kind: "claude",
			State: health.StateWorking, Since: began, Revision: 1, PID: i + 1, PanePID: i + 1,
		})
	}
	shown(w.snapshot())
	return w
}

func (w *waits) snapshot() *engine.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &engine.Snapshot{Ready: true, At: time.Now(), Panes: len(w.agents), Agents: append([]engine.Agent{}, w.agents...)}
}

func (w *waits) begin(i int) {
	w.mu.Lock()
	a := &w.agents[i]
	a.State, a.Wait, a.Since, a.Revision = health.StateWaiting, health.WaitPermission, time.Now(), a.Revision+1
	w.mu.Unlock()
	w.shown(w.snapshot())
}

// collected shows them by a hub.
func collected(t *testing.T, o hub.Options, agents int) *waits {
	t.Helper()
	snapshots := make(chan *engine.Snapshot, 1)
	w := newWaits(agents, func(s *engine.Snapshot) {
		select {
		case <-snapshots:
		default:
		}
		snapshots <- s
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- hub.Collect(ctx, hub.CollectOptions{Options: o, ID: hub.PulledID("test", "one"), Name: "one", Share: hub.ShareLines}, snapshots)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

// served shows them by an engine process of their host's, on a socket.
func served(t *testing.T, socket string, agents int) (*waits, *daemon.Server) {
	t.Helper()
	w := newWaits(agents, func(*engine.Snapshot) {})
	s := daemon.New(daemon.Options{PassOn: time.Second})
	mux := http.NewServeMux()
	mux.Handle("/v1/tells", s)
	mux.Handle("/v1/told", s)
	mux.HandleFunc("GET /v1/health", func(out http.ResponseWriter, _ *http.Request) { fmt.Fprint(out, `{"id": "there"}`) })
	mux.HandleFunc("GET /v1/snapshots", func(out http.ResponseWriter, r *http.Request) {
		for seq := uint64(1); r.Context().Err() == nil; seq++ {
			now := w.snapshot()
			now.Seq = seq
			patch, _ := api.Diff(nil, now)
			patch.Engine = &api.Engine{ID: "there"}
			if json.NewEncoder(out).Encode(patch) != nil || http.NewResponseController(out).Flush() != nil {
				return
			}
			beat.Pause(r.Context(), 50*time.Millisecond)
		}
	})
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return w, s
}

// bridge is the command that passes what is asked on standard input on to a socket.
func bridge(socket string) {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "there"})
	proxy.FlushInterval, proxy.ErrorLog = -1, log.New(io.Discard, "", 0)
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	_ = stdio.Serve(context.Background(), os.Stdin, os.Stdout, api.Hello{PID: os.Getpid(), Host: "there", Now: time.Now()}, proxy)
}

// tellsOnce kills one of two viewers again and again while agents begin to wait, and
// finds that all are told, and nothing twice that is not marked so.
func tellsOnce(t *testing.T, w *waits, log string, view func() process, deaths, perDeath int, takesOver time.Duration) {
	t.Helper()
	viewers := []process{view(), view()}
	next := 0
	begin := func() {
		w.begin(next)
		next++
	}
	until := func(what string, is func(all map[string]int) bool) {
		t.Helper()
		for late := time.Now().Add(2 * patience); ; time.Sleep(20 * time.Millisecond) {
			all, _ := sayings(t, log)
			if is(all) {
				return
			}
			if time.Now().After(late) {
				t.Fatalf("never: %s; %d of %d are told", what, len(all), next)
			}
		}
	}
	// Both know the agents before anything happens: the first wait is told by one.
	time.Sleep(3 * time.Second)
	begin()
	until("the first is told", func(all map[string]int) bool { return len(all) == 1 })
	for d := range deaths {
		for range perDeath {
			begin()
			time.Sleep(time.Duration(d*37%150) * time.Millisecond)
		}
		viewers[d%2].kill()
		viewers[d%2] = view()
	}
	begin()
	until("all are told", func(all map[string]int) bool { return len(all) == next })
	// What comes twice comes when another one has taken over.
	time.Sleep(takesOver)
	all, sure := sayings(t, log)
	twice := 0
	for session, n := range all {
		if n > 1 {
			twice++
		}
		if sure[session] > 1 {
			t.Errorf("%s is told %d times, %d of them as if for the first time", session, n, sure[session])
		}
	}
	t.Logf("%d waits, %d deaths: %d told twice, and said so", next, deaths, twice)
}

func TestOfTwoViewersOfAHubOneTellsAndWhenItDiesNothingIsToldTwiceOrLost(t *testing.T) {
	t.Parallel()
	r := startRedis(t)
	log := filepath.Join(t.TempDir(), "told")
	w := collected(t, hub.Options{URL: r.URL(), Fleet: "test"}, 3*6+2)
	tellsOnce(t, w, log, func() process { return startAs(t, "viewer", log, r.URL()) }, 3, 6, 3*time.Second)
}

func TestOfTwoViewersOfAHostOneTellsAndWhenBothAreGoneTheHostItself(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log, socket := filepath.Join(folder, "told"), filepath.Join(folder, "socket")
	const agents = 2*6 + 2
	w, s := served(t, socket, agents)
	var viewers []process
	view := func() process {
		p := startAs(t, "viewer", log, "", socket)
		viewers = append(viewers, p)
		return p
	}
	tellsOnce(t, w, log, view, 2, 6, time.Second)
	own := s.Register()
	if what := (engine.Telling{Urgency: engine.UrgencyWaiting}); own.Ours(what) {
		t.Error("the host tells beside its viewers")
	}
	last := w.snapshot().Agents[agents-1]
	for _, p := range viewers {
		p.kill()
	}
	for late := time.Now().Add(patience); !own.Ours(engine.Telling{}); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the host is never to tell again")
		}
	}
	what := engine.Telling{Ref: last.Ref, Since: last.Since, Urgency: last.Urgency()}
	if c, err := own.Claim(t.Context(), what); c != engine.ClaimTold || err != nil {
		t.Errorf("what a viewer has told is %q for the host, %v", c, err)
	}
	what.Since = time.Now()
	if c, err := own.Claim(t.Context(), what); c != engine.ClaimFirst || err != nil {
		t.Errorf("what nobody has told is %q for the host, %v", c, err)
	}
}
