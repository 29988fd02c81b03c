package serve

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// fakeEngine is an engine that sees what a test shows it.
type fakeEngine struct {
	mu       sync.Mutex
	boxes    boxes
	last     *engine.Snapshot
	stopped  bool
	followed []health.PaneRef
	seen     []health.PaneRef
	strategy engine.StrategyName
	looks    int
	answered []engine.Request
	// answer is what comes of an answer.
	answer func(context.Context, engine.Request) (engine.Outcome, error)
}

func newFakeEngine(agents ...engine.Agent) *fakeEngine {
	f := &fakeEngine{}
	f.show(snapshotOf(agents...))
	return f
}

// snapshotOf is a snapshot of agents after every server was looked at.
func snapshotOf(agents ...engine.Agent) *engine.Snapshot {
	s := &engine.Snapshot{Seq: 1, At: time.Now(), Ready: true, Agents: agents, Previews: make(map[health.PaneRef]*engine.Preview)}
	for _, a := range agents {
		s.Counts[a.Urgency()]++
	}
	return s
}

// agentIn is an agent in a pane.
func agentIn(pane string, state health.State) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux/default", Pane: pane}, Server: "default", Session: "api", Window: "main",
		Kind: health.KindClaude, State: state, Since: time.Now().Add(-time.Minute), Revision: 1,
	}
}

func (f *fakeEngine) show(s *engine.Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = s
	f.boxes.put(s)
}

func (f *fakeEngine) Run(ctx context.Context) error {
	<-ctx.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	f.boxes.close()
	return nil
}

func (f *fakeEngine) Subscribe() (<-chan *engine.Snapshot, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := newBox(f.last)
	if f.stopped {
		b.close()
	} else {
		f.boxes.add(b)
	}
	return b.ch, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.boxes.remove(b)
	}
}

func (f *fakeEngine) Follow(_ context.Context, refs []health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followed = slices.Clone(refs)
	return nil
}

func (f *fakeEngine) follows() []health.PaneRef {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.followed)
}

func (f *fakeEngine) SwitchStrategy(_ context.Context, name engine.StrategyName) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == "nonsense" {
		return engine.ErrUnknownStrategy
	}
	f.strategy = name
	return nil
}

func (f *fakeEngine) MarkSeen(_ context.Context, ref health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, ref)
	return nil
}

func (f *fakeEngine) History(_ context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	if ref.Pane == "%404" {
		return engine.History{}, engine.ErrUnknownPane
	}
	return engine.History{Ref: ref, Text: string(slices.Repeat([]byte("row\n"), rows)), At: time.Now()}, nil
}

func (f *fakeEngine) Explain(_ context.Context, ref health.PaneRef) (engine.Explained, error) {
	return engine.Explained{Agent: agentIn(ref.Pane, health.StateIdle), Tracked: true}, nil
}

func (f *fakeEngine) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	f.mu.Lock()
	f.answered = append(f.answered, r)
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		return answer(ctx, r)
	}
	return engine.Outcome{Request: r, At: time.Now(), Sent: true, Confirmed: true}, nil
}

func (f *fakeEngine) Refresh(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	return nil
}

// meetingPlace is a socket's path in a folder of its own; it is short enough.
func meetingPlace(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "aws-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, folderName, "default.sock")
}

// serving serves an engine at a new place until the test ends.
func serving(t testing.TB, e Local, o serverOptions) (path string) {
	t.Helper()
	path = meetingPlace(t)
	at, err := occupy(path)
	if err != nil || at.alone != nil {
		t.Fatal(err, at.alone)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = e.Run(ctx) })
	work.Go(func() { newServer(newHub(e), at.listener, o).serve(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
		at.claim.release()
	})
	return path
}

// dial connects a client for the length of the test.
func dial(t testing.TB, path string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), path, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// raw connects without a word.
func raw(t testing.TB, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for until := time.Now().Add(patience); time.Now().Before(until); <-ticker.C {
		if so() {
			return
		}
	}
	t.Fatalf("waited %s for %s", patience, what)
}

// newest waits for a snapshot that is as wanted.
func newest(t testing.TB, snapshots <-chan *engine.Snapshot, what string, wanted func(*engine.Snapshot) bool) *engine.Snapshot {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				t.Fatalf("the stream ended before %s", what)
			}
			if wanted(s) {
				return s
			}
		case <-deadline:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
