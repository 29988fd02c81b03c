package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/monitor"
	"agentwatch/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = time.Minute

// fakeEngine shows what the test says.
type fakeEngine struct {
	// parent is the span under which it was last asked to answer.
	parent        string
	daemon.Engine // whatever a test does not need
	service       *monitor.Service
	waiting       atomic.Bool

	mu       sync.Mutex
	boxes    map[chan *engine.Snapshot]struct{}
	last     *engine.Snapshot
	followed []health.PaneRef
	likely   []health.PaneRef
	// told are the panes of each call of Follow.
	told  [][]health.PaneRef
	typed []engine.Request
	// typing is called while an answer is typed.
	typing func()
}

// Waiting implements daemon.Engine: nothing waits, unless a test says so.
func (f *fakeEngine) Waiting() bool { return f.waiting.Load() }

func newFakeEngine(t *testing.T) *fakeEngine {
	service, err := monitor.New(monitor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &fakeEngine{service: service, boxes: make(map[chan *engine.Snapshot]struct{})}
}

func (f *fakeEngine) show(s *engine.Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = s
	for box := range f.boxes {
		select {
		case <-box:
		default:
		}
		box <- s
	}
}

func (f *fakeEngine) Subscribe() (<-chan *engine.Snapshot, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	box := make(chan *engine.Snapshot, 1)
	f.boxes[box] = struct{}{}
	if f.last != nil {
		box <- f.last
	}
	return box, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.boxes, box)
	}
}

func (f *fakeEngine) TransitionsAndSeen() *engine.TransitionStream {
	return f.service.TransitionsAndSeen()
}

func (f *fakeEngine) Ignore(map[health.PaneRef]bool) {}

func (f *fakeEngine) Follow(_ context.Context, shown, likely []health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followed, f.likely = shown, likely
	f.told = append(f.told, slices.Concat(shown, likely))
	return nil
}

func (f *fakeEngine) follows(ref health.PaneRef) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.followed) == 1 && f.followed[0] == ref
}

// wants tells whether these panes were asked for last.
func (f *fakeEngine) wants(shown, likely []health.PaneRef) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Equal(f.followed, shown) && slices.Equal(f.likely, likely)
}

// calls are the panes of all calls of Follow.
func (f *fakeEngine) calls() [][]health.PaneRef {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told)
}

func (f *fakeEngine) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	f.mu.Lock()
	f.parent = engine.TraceParent(ctx)
	f.typed = append(f.typed, r)
	typing := f.typing
	f.mu.Unlock()
	if typing != nil {
		typing()
	}
	return engine.Outcome{Request: r, Sent: true, Confirmed: true, Keys: r.Keys}, nil
}

func (f *fakeEngine) answers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.typed)
}

// agent is one in a pane.
func agent(pane string, state health.State) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux/default", Pane: pane}, Server: "default", Session: "work", Kind: "claude", State: state,
		Since: time.Now().Round(0), PanePID: 7, Past: []engine.Phase{{At: time.UnixMicro(time.Now().UnixMicro()), Urgency: engine.UrgencyIdle}}, Revision: 1,
	}
}

func snapshot(seq uint64, agents ...engine.Agent) *engine.Snapshot {
	s := &engine.Snapshot{
		Seq: seq, At: time.Now(), Ready: true, Agents: agents, Servers: []engine.ServerStatus{{Name: "default", Socket: "/tmp/tmux/default"}},
		Previews: make(map[health.PaneRef]*engine.Preview),
	}
	for i := range agents {
		s.Counts[agents[i].Urgency()]++
	}
	return s
}

// served is a server that a test talks to.
type served struct {
	dial client.Dial
	stop func()
}

// serve serves an engine over a pipe until the test ends or stops it.
func serve(t *testing.T, o daemon.Options) *served {
	t.Helper()
	pipe := daemon.NewPipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	server := daemon.New(o)
	go func() { ended <- server.Serve(ctx, pipe) }()
	stop := sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return &served{pipe.Dial, stop}
}

// await waits until a snapshot of a monitor is as wanted.
func await(t *testing.T, m *client.Monitor, what string, wanted func(*engine.Snapshot) bool) *engine.Snapshot {
	t.Helper()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	late := time.After(patience)
	for {
		select {
		case s := <-snapshots:
			if wanted(s) {
				return s
			}
		case <-late:
			t.Fatalf("no snapshot came in which %s", what)
		}
	}
}

func TestAFaceSeesWhatTheEngineSees(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	a := agent("%1", health.StateWorking)
	fake.show(snapshot(1, a))
	await(t, m, "one agent works", func(s *engine.Snapshot) bool { return s.Counts.Of(engine.UrgencyWorking) == 1 })
	a.State, a.Revision = health.StateWaiting, 2
	a.Dialog = &health.Dialog{Question: "Go on?", Options: []health.Option{{Key: "1", Label: "Yes"}}}
	a.Past = append(a.Past, engine.Phase{At: time.UnixMicro(5), Urgency: engine.UrgencyWaiting})
	fake.show(snapshot(2, a, agent("%2", health.StateIdle)))
	got := await(t, m, "one agent waits", func(s *engine.Snapshot) bool { return len(s.Agents) == 2 })
	if q := got.Agents[0]; q.Dialog == nil || q.Dialog.Question != "Go on?" || len(q.Past) != 2 || !q.Since.Equal(a.Since) {
		t.Errorf("%+v", q)
	}
	fake.show(snapshot(3, agent("%2", health.StateIdle)))
	await(t, m, "one agent is left", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 && s.Agents[0].Ref.Pane == "%2" })
}

func TestScreensComeForPanesThatAreFollowedAndForNoOthers(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	a := agent("%1", health.StateWorking)
	if err := m.Follow(t.Context(), []health.PaneRef{a.Ref}, nil); err != nil {
		t.Fatal(err)
	}
	for n, text := range []string{"one\ntwo", "one\nthree", "one", ""} {
		snap := snapshot(uint64(n+1), a)
		snap.Previews[a.Ref] = &engine.Preview{Ref: a.Ref, Text: text, Revision: uint64(n + 1)}
		fake.show(snap)
		await(t, m, fmt.Sprintf("the screen is %q", text), func(s *engine.Snapshot) bool {
			p := s.Previews[a.Ref]
			return p != nil && p.Text == text
		})
	}
	if !fake.follows(a.Ref) {
		t.Error("the engine does not follow the pane")
	}
	if err := m.Follow(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	fake.show(snapshot(9, a))
	await(t, m, "no screen is left", func(s *engine.Snapshot) bool { return len(s.Previews) == 0 })
}

func TestALikelyPanesScreenIsThereWhenItIsShownAndTheEngineNeverLetsGoOfIt(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	m, other := client.Open(t.Context(), client.Options{Dial: s.dial}), client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	defer other.Close()
	a, b, c := agent("%1", health.StateWorking), agent("%2", health.StateIdle), agent("%3", health.StateIdle)
	snap := snapshot(1, a, b, c)
	for _, one := range snap.Agents {
		snap.Previews[one.Ref] = &engine.Preview{Ref: one.Ref, Text: "screen of " + one.Ref.Pane, Revision: 1}
	}
	fake.show(snap)
	follow := func(m *client.Monitor, shown, likely health.PaneRef) {
		t.Helper()
		if err := m.Follow(t.Context(), []health.PaneRef{shown}, []health.PaneRef{likely}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(refs ...health.PaneRef) func(*engine.Snapshot) bool {
		return func(s *engine.Snapshot) bool {
			return len(s.Previews) == len(refs) && !slices.ContainsFunc(refs, func(ref health.PaneRef) bool {
				return s.Previews[ref] == nil || s.Previews[ref].Text != "screen of "+ref.Pane
			})
		}
	}
	follow(m, a.Ref, b.Ref)
	await(t, m, "the likely screen is there", has(a.Ref, b.Ref))
	if !fake.wants([]health.PaneRef{a.Ref}, []health.PaneRef{b.Ref}) {
		t.Error("the engine was told something else")
	}
	follow(m, b.Ref, c.Ref)
	// It is there with the very next snapshot, before the engine has heard of it.
	snapshots, cancel := m.Subscribe()
	if next := <-snapshots; next.Previews[b.Ref] == nil {
		t.Error("its screen was not there at once")
	}
	cancel()
	await(t, m, "the next one is there", has(b.Ref, c.Ref))
	// What one face shows is shown, whatever is likely for another one.
	follow(other, c.Ref, a.Ref)
	await(t, other, "the other face has its screens", has(c.Ref, a.Ref))
	eventually(t, "the wishes of both", func() bool {
		return fake.wants([]health.PaneRef{b.Ref, c.Ref}, []health.PaneRef{a.Ref})
	})
	for i, told := range fake.calls() {
		if i > 0 && !slices.Contains(told, b.Ref) {
			t.Errorf("call %d of %v lets go of %s", i, fake.calls(), b.Ref)
		}
	}
}

func TestTheSpanOfWhoeverAnswersReachesTheEngine(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	fake.show(snapshot(1))
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	for _, asked := range []string{parent, "", strings.Repeat("0", 4000)} {
		want := asked
		if len(asked) > 1000 {
			want = "" // nothing so long is one
		}
		request := engine.Request{Target: health.PaneRef{Server: "/s", Pane: "%1"}, Action: engine.ActionInterrupt}
		if _, err := m.Answer(engine.WithTraceParent(t.Context(), asked), request); err != nil {
			t.Fatal(err)
		}
		fake.mu.Lock()
		got := fake.parent
		fake.mu.Unlock()
		if got != want {
			t.Errorf("asked under %q, the engine was told %q", asked, got)
		}
	}
}

func TestAnAnswerWithTheSameIDIsTypedOnce(t *testing.T) {
	fake := newFakeEngine(t)
	release := make(chan struct{})
	fake.typing = func() { <-release }
	s := serve(t, daemon.Options{Engine: fake})
	fake.show(snapshot(1))
	var asking sync.WaitGroup
	for range 5 {
		asking.Go(func() {
			status, err := post(s.dial, "/v1/answers", `{"id":"same","target":{"server":"/s","pane":"%1"},"action":"keys","keys":["Enter"],"seen":{"kind":"claude","state":"waiting"}}`)
			if err != nil || status != http.StatusOK {
				t.Errorf("%d, %v", status, err)
			}
		})
	}
	eventually(t, "an answer to be typed", func() bool { return fake.answers() == 1 })
	close(release)
	asking.Wait()
	if n := fake.answers(); n != 1 {
		t.Errorf("it was typed %d times", n)
	}
}

func TestAnAnswerUnderWayIsTypedToItsEndWhenTheEngineLeaves(t *testing.T) {
	fake := newFakeEngine(t)
	begun, release := make(chan struct{}), make(chan struct{})
	fake.typing = func() { close(begun); <-release }
	s := serve(t, daemon.Options{Engine: fake})
	fake.show(snapshot(1))
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	told := make(chan error, 1)
	go func() {
		_, err := m.Answer(t.Context(), engine.Request{Action: engine.ActionInterrupt})
		told <- err
	}()
	<-begun
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	close(release)
	if err := <-told; err != nil {
		t.Error(err)
	}
	<-stopped
}

func TestAnotherEngineIsStartedWhenOneHasEndedAndWhatWasSeenStays(t *testing.T) {
	first := newFakeEngine(t)
	var mu sync.Mutex
	at := serve(t, daemon.Options{Engine: first})
	dial := func(ctx context.Context) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		conn, err := at.dial(ctx)
		if errors.Is(err, net.ErrClosed) {
			err = api.ErrNobody
		}
		return conn, err
	}
	second := newFakeEngine(t)
	m := client.Open(t.Context(), client.Options{Dial: dial, Start: func(context.Context) error {
		next := serve(t, daemon.Options{Engine: second})
		mu.Lock()
		defer mu.Unlock()
		at = next
		return nil
	}})
	defer m.Close()
	first.show(snapshot(1, agent("%1", health.StateWorking)))
	before := await(t, m, "one agent works", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 })
	at.stop()
	lost := await(t, m, "the end is told", func(s *engine.Snapshot) bool { return len(s.Notices) == 1 })
	if len(lost.Agents) != 1 {
		t.Error("what was seen last is gone")
	}
	starting := snapshot(1)
	starting.Ready = false
	second.show(starting)
	second.show(snapshot(2, agent("%1", health.StateWorking)))
	after := await(t, m, "the new engine is seen", func(s *engine.Snapshot) bool { return len(s.Notices) == 0 && len(s.Agents) == 1 })
	if after.Seq <= before.Seq || after.Agents[0].Revision == before.Agents[0].Revision {
		t.Errorf("number %d after %d, revision %d after %d", after.Seq, before.Seq, after.Agents[0].Revision, before.Agents[0].Revision)
	}
}

func TestAnEngineWithoutFacesLeaves(t *testing.T) {
	fake := newFakeEngine(t)
	left := make(chan struct{})
	s := serve(t, daemon.Options{Engine: fake, Linger: 50 * time.Millisecond, Leave: sync.OnceFunc(func() { close(left) })})
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	fake.show(snapshot(1))
	await(t, m, "it is ready", func(s *engine.Snapshot) bool { return s.Ready })
	select {
	case <-left:
		t.Fatal("it left while a face was there")
	case <-time.After(200 * time.Millisecond):
	}
	fake.waiting.Store(true)
	m.Close()
	select {
	case <-left:
		t.Fatal("it left while a text waited")
	case <-time.After(300 * time.Millisecond):
	}
	fake.waiting.Store(false)
	select {
	case <-left:
	case <-time.After(patience):
		t.Fatal("it stays")
	}
}

func TestAnIdleEngineLeavesForANewerBuildOrOneThatIsStartedInAnotherWay(t *testing.T) {
	now := time.Now()
	own := api.Build{Version: "v2", Installed: now}
	left := make(chan struct{}, 9)
	fake := newFakeEngine(t)
	fake.show(snapshot(1))
	s := serve(t, daemon.Options{Engine: fake, Info: api.Engine{Build: own}, Leave: func() { left <- struct{}{} }})
	c := client.New(s.dial, api.Selection{})
	defer c.Close()
	ask := func(want bool, asked api.Leave) {
		t.Helper()
		if leaves, err := c.Leave(t.Context(), asked); err != nil || leaves != want {
			t.Errorf("%+v: %t, %v", asked, leaves, err)
		}
	}
	asks := func(want bool, build api.Build) { t.Helper(); ask(want, api.Leave{Build: build}) }
	asks(false, own)
	asks(false, api.Build{Version: "v1", Installed: now.Add(-time.Hour)})
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	await(t, m, "it is ready", func(s *engine.Snapshot) bool { return s.Ready })
	asks(false, api.Build{Version: "v3", Installed: now.Add(time.Hour)})
	ask(false, api.Leave{Build: own, Differs: true})
	m.Close()
	eventually(t, "the face to be gone", func() bool {
		leaves, err := c.Leave(t.Context(), api.Leave{Build: api.Build{Version: "v3", Installed: now.Add(time.Hour)}})
		return err == nil && leaves
	})
	<-left
	ask(true, api.Leave{Build: own, Differs: true})
	<-left
}

func TestASelectionNarrowsWhatAFaceSees(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	other := agent("%1", health.StateWaiting)
	other.Server, other.Ref.Server = "work", "/tmp/tmux/work"
	snap := snapshot(1, agent("%1", health.StateIdle), other)
	snap.Servers = append(snap.Servers, engine.ServerStatus{Name: "work", Socket: "/tmp/tmux/work", Panes: 3})
	fake.show(snap)
	for _, selection := range []api.Selection{{Names: []string{"work"}}, {Sockets: []string{"/tmp/tmux/work"}}} {
		c := client.New(s.dial, selection)
		status, err := c.Status(t.Context())
		if err != nil || status.Agents != 1 || status.Panes != 3 || status.NeedUser() != 1 {
			t.Errorf("%+v: %+v, %v", selection, status, err)
		}
		c.Close()
	}
	for _, selection := range []api.Selection{{Names: []string{"elsewhere"}}, {Here: "/srv/elsewhere"}} {
		c := client.New(s.dial, selection)
		if _, err := c.Status(t.Context()); !errors.Is(err, api.ErrNotWatched) {
			t.Errorf("a server that is not watched, %+v: %v", selection, err)
		}
		c.Close()
	}
}

func TestAFaceThatNamesWhatTheConfigurationNamesDoesNotNarrowTheEngine(t *testing.T) {
	fake := newFakeEngine(t)
	own := api.Selection{Names: []string{"default"}}
	s := serve(t, daemon.Options{Engine: fake, Select: func([]api.Selection) {}, Configured: own})
	fake.show(snapshot(1, agent("%1", health.StateIdle)))
	face := client.Open(t.Context(), client.Options{Dial: s.dial, Selection: own})
	defer face.Close()
	await(t, face, "its agent", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 })
	all := client.New(s.dial, api.Selection{})
	defer all.Close()
	if _, err := all.Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnEngineThatWatchesOnlyWhatAFaceHasNamedDoesNotAnswerForAllServers(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake, Select: func([]api.Selection) {}})
	fake.show(snapshot(1, agent("%1", health.StateIdle)))
	all, named := client.New(s.dial, api.Selection{}), client.New(s.dial, api.Selection{Names: []string{"default"}})
	defer all.Close()
	defer named.Close()
	asks := func(c *client.Client, want error) {
		t.Helper()
		if _, err := c.Status(t.Context()); !errors.Is(err, want) {
			t.Errorf("Status: %v, want %v", err, want)
		}
	}
	asks(all, nil)
	narrow := client.Open(t.Context(), client.Options{Dial: s.dial, Selection: api.Selection{Names: []string{"default"}}})
	await(t, narrow, "its agent", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 })
	asks(named, nil)
	asks(all, api.ErrNotWatched)
	wide := client.Open(t.Context(), client.Options{Dial: s.dial})
	await(t, wide, "its agent", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 })
	asks(all, nil)
	wide.Close()
	narrow.Close()
}

func TestTheServerThatAFaceRunsInIsWatchedWithoutASelection(t *testing.T) {
	const here = "/srv/here"
	for _, at := range []struct{ asked, watched api.Selection }{
		{api.Selection{Here: here}, api.Selection{Sockets: []string{here}}},
		{api.Selection{Here: here, Names: []string{"work"}}, api.Selection{Names: []string{"work"}}},
	} {
		selected := make(chan []api.Selection, 1)
		s := serve(t, daemon.Options{Engine: newFakeEngine(t), Select: func(all []api.Selection) { selected <- all }})
		// In a popup there is no pane of one's own.
		m := client.Open(t.Context(), client.Options{Dial: s.dial, Selection: at.asked})
		all := <-selected
		m.Close()
		if !slices.ContainsFunc(all, at.watched.Equal) || at.asked.All() != slices.ContainsFunc(all, api.Selection.All) {
			t.Errorf("%+v: watched are %+v", at.asked, all)
		}
	}
}

func TestEveryFaceIsToldThatTheConfigurationHasChanged(t *testing.T) {
	fake := newFakeEngine(t)
	fake.show(snapshot(1))
	pipe := daemon.NewPipe()
	server := daemon.New(daemon.Options{Engine: fake})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, pipe) }()
	defer func() {
		cancel()
		<-ended
	}()
	var faces []*client.Monitor
	for range 2 {
		m := client.Open(t.Context(), client.Options{Dial: pipe.Dial})
		defer m.Close()
		await(t, m, "it has come", func(*engine.Snapshot) bool { return true })
		faces = append(faces, m)
	}
	for change := uint64(1); change <= 3; change++ {
		server.Update(func(e *api.Engine) { e.Settings = change })
		for _, m := range faces {
			select {
			case <-m.SettingsChanged():
			case <-time.After(patience):
				t.Fatal("a face was not told")
			}
		}
	}
}
