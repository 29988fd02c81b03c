package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// transition is one line of `agentwatch watch`.
type transition struct {
	Time, Server, Session, Window, Pane, Kind, From, To string

	First, Gone bool
	Evidence    struct{ Source, Rule string }
}

// watcher is `agentwatch watch` at work.
type watcher struct {
	t       *testing.T
	command *exec.Cmd
	mu      sync.Mutex
	seen    []transition
	ended   chan error
}

func startWatch(u *user, server *tmuxtest.Server, flags ...string) *watcher {
	u.t.Helper()
	w := &watcher{t: u.t, command: u.command(append([]string{"watch", "-S", server.SocketPath()}, flags...)...), ended: make(chan error, 1)}
	out, err := w.command.StdoutPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	if err := w.command.Start(); err != nil {
		u.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		w.read(out)
	}()
	go func() {
		<-read
		w.ended <- w.command.Wait()
	}()
	u.t.Cleanup(func() { _ = w.command.Process.Kill() })
	return w
}

// kill kills the watch and returns when it has ended.
func (w *watcher) kill() {
	w.t.Helper()
	if err := w.command.Process.Kill(); err != nil {
		w.t.Error(err)
	}
	<-w.ended
}

func (w *watcher) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var tr transition
		if err := json.Unmarshal(lines.Bytes(), &tr); err != nil {
			w.t.Errorf("not a JSON line: %q", lines.Text())
			continue
		}
		w.mu.Lock()
		w.seen = append(w.seen, tr)
		w.mu.Unlock()
	}
}

// awaits waits until the pane's transitions so far end in the given state.
func (w *watcher) awaits(pane, state string) {
	w.t.Helper()
	tmuxtest.Eventually(w.t, patience, "a transition of "+pane+" to "+state, func() bool {
		states := w.states(pane)
		return len(states) > 0 && states[len(states)-1].To == state
	})
}

// spoke tells whether it has told of anything.
func (w *watcher) spoke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen) > 0
}

func (w *watcher) states(pane string) []transition {
	w.mu.Lock()
	defer w.mu.Unlock()
	var of []transition
	for _, tr := range w.seen {
		if tr.Pane == pane {
			of = append(of, tr)
		}
	}
	return of
}

// interrupt sends SIGINT and expects an orderly end.
func (w *watcher) interrupt() {
	w.t.Helper()
	if err := w.command.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	select {
	case err := <-w.ended:
		if err != nil {
			w.t.Errorf("watch ended with %v", err)
		}
	case <-time.After(patience):
		w.t.Error("watch did not end on SIGINT")
	}
}

func TestWatchWritesEveryTransitionInOrder(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	w := startWatch(u, server)
	pane := s.play(server, "api", screens["claude-code/working-early-80x24-1"])
	w.awaits(pane, "working")
	next := func(id string) {
		c := screens[id]
		server.Run(append([]string{"respawn-pane", "-k", "-t", pane}, s.actor(c.Kind, c.Title, c.Screen)...)...)
	}
	next("claude-code/waiting-question-80x24-1")
	w.awaits(pane, "waiting")
	next("claude-code/error-500-final-80x24-1")
	w.awaits(pane, "error")
	server.Run("kill-pane", "-t", pane)
	w.awaits(pane, "exited")
	w.interrupt()

	states := w.states(pane)
	for i, tr := range states {
		if i > 0 && !tr.First && tr.From != states[i-1].To {
			t.Errorf("line %d goes from %s, but the one before went to %s", i, tr.From, states[i-1].To)
		}
		if tr.Kind != "claude" || tr.Session != "api" || tr.Evidence.Rule == "" {
			t.Errorf("line %d: %+v", i, tr)
		}
		if _, err := time.Parse(time.RFC3339, tr.Time); err != nil {
			t.Errorf("line %d: time: %v", i, err)
		}
	}
	if last := states[len(states)-1]; !last.Gone {
		t.Errorf("the closed pane is not marked gone: %+v", last)
	}
}
