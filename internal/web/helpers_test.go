package web

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/keys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// fakeMonitor shows what a test wants.
type fakeMonitor struct {
	mu       sync.Mutex
	boxes    map[chan *engine.Snapshot]struct{}
	last     *engine.Snapshot
	followed []health.PaneRef
	seen     []health.PaneRef
	snoozed  []string
	answered []engine.Request
	// searching is called by a search, which ends with what it returns; nil for what a
	// search finds at once. changes are what a diff says.
	searching func(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error)
	changes   engine.Diff
	// outcome is what comes of an answer, known whether it is known what was typed.
	outcome error
	known   bool
}

func (f *fakeMonitor) Subscribe() (<-chan *engine.Snapshot, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	box := make(chan *engine.Snapshot, 1)
	if f.boxes == nil {
		f.boxes = make(map[chan *engine.Snapshot]struct{})
	}
	if f.last != nil {
		box <- f.last
	}
	f.boxes[box] = struct{}{}
	return box, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.boxes, box)
	}
}

// show shows a snapshot.
func (f *fakeMonitor) show(s *engine.Snapshot) {
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

func (f *fakeMonitor) Follow(_ context.Context, shown, _ []health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followed = shown
	return nil
}

func (f *fakeMonitor) follows(ref health.PaneRef) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.followed {
		if r == ref {
			return true
		}
	}
	return false
}

func (f *fakeMonitor) MarkSeen(_ context.Context, ref health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, ref)
	return nil
}

func (f *fakeMonitor) Snooze(_ context.Context, ref health.PaneRef, until time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.snoozed = append(f.snoozed, ref.Pane+" until "+strconv.FormatInt(millis(until), 10))
	return nil
}

func (f *fakeMonitor) Wake(_ context.Context, ref health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.snoozed = append(f.snoozed, ref.Pane+" no longer")
	return nil
}

func (f *fakeMonitor) naps() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.snoozed, ", ")
}

func (f *fakeMonitor) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	f.mu.Lock()
	search := f.searching
	f.mu.Unlock()
	if search != nil {
		return search(ctx, ref, q)
	}
	return q.In("older row\nred row\nlive row of " + ref.Pane)
}

func (f *fakeMonitor) Diff(_ context.Context, _ health.PaneRef, base bool) (engine.Diff, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.changes
	if d.Against == "" {
		return d, engine.ErrNoDiff
	}
	if base {
		d.Against = d.Base
	}
	return d, nil
}

func (f *fakeMonitor) History(_ context.Context, ref health.PaneRef, _ int) (engine.History, error) {
	return engine.History{Ref: ref, Text: "older row\n\x1b[31mred row\x1b[0m\nlive row", At: time.Now()}, nil
}

func (f *fakeMonitor) Explain(_ context.Context, ref health.PaneRef) (engine.Explained, error) {
	return engine.Explained{
		Explanation: health.Explanation{
			Verdict: health.Verdict{Kind: "claude", State: health.StateWaiting}, Identity: health.Identity{Kind: "claude", Text: "claude"},
			Profile: "built in", Steps: []health.Step{{Stage: "dialog", Matched: true, Rule: "claude.dialog", Text: "Do you want to proceed?"}},
		},
		Agent: engine.Agent{Ref: ref}, Tracked: true, At: time.Now(),
	}, nil
}

func (f *fakeMonitor) Phases(context.Context, []engine.Agent, time.Time) (map[health.PaneRef][]engine.Phase, error) {
	return map[health.PaneRef][]engine.Phase{}, nil
}

func (f *fakeMonitor) Plan(r engine.Request) (engine.AnswerPlan, error) {
	if r.Action == engine.ActionChoose && r.Seen.Dialog != nil && r.Option < len(r.Seen.Dialog.Options) {
		return engine.AnswerPlan{Words: "chooses " + strconv.Quote(r.Seen.Dialog.Options[r.Option].Label) + " by its key", Option: r.Option}, nil
	}
	if r.Action == engine.ActionReply {
		return engine.AnswerPlan{Words: "sends a text", Text: r.Text, Option: -1}, nil
	}
	return engine.AnswerPlan{}, engine.ErrCannot
}

func (f *fakeMonitor) Answer(_ context.Context, r engine.Request) (engine.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = append(f.answered, r)
	return engine.Outcome{Request: r, Sent: true, Confirmed: f.outcome == nil, Uncertain: f.outcome != nil && !f.known}, f.outcome
}

func (f *fakeMonitor) answers() []engine.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]engine.Request(nil), f.answered...)
}

// ref is the pane of the i-th agent.
func ref(i int) health.PaneRef {
	return health.PaneRef{Server: "/tmp/tmux-0/default", Pane: "%" + strconv.Itoa(i)}
}

// firstSeen is when the agents of all tests began.
var firstSeen = sync.OnceValue(func() time.Time { return time.Now().Add(-4 * time.Minute).Truncate(time.Millisecond) })

// agents are so many of them: the first asks something, the second is done, others work.
func agents(n int) []engine.Agent {
	all := make([]engine.Agent, n)
	began := firstSeen()
	for i := range all {
		all[i] = engine.Agent{
			Ref: ref(i), Server: "default", Session: "api", Window: "task-" + strconv.Itoa(i), Kind: "claude", State: health.StateWorking,
			Since: began.Add(time.Duration(i) * time.Second), Activity: "Ruminating… (" + strconv.Itoa(i) + "s)", Confidence: 0.95, PID: 100 + i, PanePID: 1000 + i, Width: 120, Height: 40,
			Evidence: health.Evidence{Source: health.SourceScreen, Rule: "claude.working", Line: 30, Text: "Ruminating…"}, Revision: 1,
			Past: []engine.Phase{{At: began, Urgency: engine.UrgencyWorking}},
		}
	}
	if n > 0 {
		all[0].State, all[0].Wait, all[0].Activity = health.StateWaiting, health.WaitPermission, "Bash command"
		all[0].Dialog = &health.Dialog{
			Question: "Do you want to proceed?", Body: []string{"Bash command", "./run_tests.sh"},
			Options: []health.Option{{Key: "1", Label: "Yes", Selected: true}, {Key: "2", Label: "Yes, and don't ask again"}, {Key: "3", Label: "No"}},
		}
	}
	if n > 1 {
		all[1].State, all[1].Unseen = health.StateIdle, true
	}
	return all
}

// snapshot is what there is to see of agents.
func snapshot(all []engine.Agent) *engine.Snapshot {
	s := &engine.Snapshot{
		At: time.Now(), Ready: true, Agents: all, Panes: len(all), Strategy: "push",
		Servers: []engine.ServerStatus{{Name: "default", Socket: "/tmp/tmux-0/default", Version: "3.3a", Link: engine.LinkBatch, Panes: len(all), Agents: len(all)}},
		Pool:    engine.PoolStats{Open: 2, Max: 20, ReuseRate: 0.998}, Cache: engine.CacheStats{HitRate: 0.91, Looks: 18200, Layers: []engine.LayerStats{{Name: "pane_content", HitRate: 0.89, Hits: 80, Misses: 10}}},
		Strategies: []engine.StrategyInfo{{Name: "push", Summary: "only panes that may have changed", Foreseen: true, Rate: 3.2}},
		Trend:      []engine.Sample{{At: time.Now(), Busy: 1, HitRate: 0.9, Captured: 3, Round: time.Millisecond}},
	}
	for i := range all {
		s.Counts[all[i].Urgency()]++
	}
	return s
}

// served is a server that runs.
type served struct {
	*Server
	t       *testing.T
	monitor *fakeMonitor
	store   *Store
	// base is its address, such as http://127.0.0.1:1234.
	base   string
	cancel context.CancelFunc
	ended  chan error
	// later is by how much its clock is ahead.
	later atomic.Int64
}

// serve runs a server on loopback until the test ends.
func serve(t *testing.T, change func(*Options)) *served {
	t.Helper()
	return serveAt(t, "127.0.0.1:0", change)
}

func serveAt(t *testing.T, address string, change func(*Options)) *served {
	t.Helper()
	keymap, _ := keys.New(nil)
	s := &served{t: t, monitor: &fakeMonitor{}, store: NewStore(filepath.Join(t.TempDir(), "state", "web.json")), ended: make(chan error, 1)}
	o := Options{
		Monitor: s.monitor, Store: s.store, Themes: new(themes.Set), Keys: keymap, Hosts: []string{"127.0.0.1", "localhost"}, Name: "box", Version: "1.2.3",
	}
	o.Now = func() time.Time { return time.Now().Add(time.Duration(s.later.Load())) }
	if change != nil {
		change(&o)
	}
	s.store = o.Store
	var err error
	if s.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s.base = "http://" + l.Addr().String()
	if err := s.store.SetAddress(context.Background(), s.base); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() { s.ended <- s.Serve(ctx, l, nil) }()
	t.Cleanup(s.stop)
	s.await("the server to run", func() bool { return s.ctx.Load() != nil })
	return s
}

func (s *served) stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.cancel = nil
	if err := <-s.ended; err != nil {
		s.t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// await waits until something is so.
func (s *served) await(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// code is a pairing code.
func (s *served) code() string {
	s.t.Helper()
	link, err := NewLink(context.Background(), s.store, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	_, code, _ := strings.Cut(link, "#pair=")
	return code
}

// token pairs a device.
func (s *served) token(name string) string {
	s.t.Helper()
	_, token, err := s.store.Pair(context.Background(), s.code(), name, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// post sends JSON.
func (s *served) post(path, body string, headers ...string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return s.send(request, headers...)
}

func (s *served) send(request *http.Request, headers ...string) (int, string) {
	s.t.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := response.Body.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			return response.StatusCode, text.String()
		}
	}
}

// browser is a program that speaks the page's protocol.
type browser struct {
	t     *testing.T
	conn  *websocket.Conn
	hello map[string]any
	// agents are what it has been told of them.
	agents  map[string]map[string]any
	screens map[string]map[string]any
	asked   uint64
	answers map[uint64]map[string]any
	beats   int
	updates int
	bytes   int
	// silent acknowledges nothing.
	silent bool
}

// dial opens the WebSocket without saying who it is.
func (s *served) dial(headers http.Header) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return websocket.Dial(ctx, s.base+"/ws", &websocket.DialOptions{HTTPHeader: headers, Subprotocols: []string{Protocol}, CompressionMode: websocket.CompressionContextTakeover})
}

// open opens a page with a token.
func (s *served) open(token string) *browser {
	s.t.Helper()
	conn, response, err := s.dial(http.Header{"Origin": {s.base}})
	if err != nil {
		s.t.Fatalf("%v %v", err, response)
	}
	conn.SetReadLimit(16 << 20)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	b := &browser{t: s.t, conn: conn, agents: make(map[string]map[string]any), screens: make(map[string]map[string]any), answers: make(map[uint64]map[string]any)}
	b.say(map[string]any{"auth": map[string]string{"token": token}})
	b.until("the greeting", func() bool { return b.hello != nil })
	return b
}

func (b *browser) say(v any) {
	b.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.conn.Write(ctx, websocket.MessageText, data); err != nil {
		b.t.Fatal(err)
	}
}

// read reads one message.
func (b *browser) read() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := b.conn.Read(ctx)
	if err != nil {
		return err
	}
	b.bytes += len(data)
	var m struct {
		Hello       map[string]any
		Beat        int64
		N           uint64
		Snap, Patch *struct {
			Up   map[string]map[string]any
			Gone []string
		}
		Screens map[string]struct {
			Rows int
			Set  map[string]any
		}
		Answer uint64
		Value  any
		Error  string
	}
	if err := json.Unmarshal(data, &m); err != nil {
		b.t.Fatalf("%v: %s", err, data)
	}
	switch {
	case m.Hello != nil:
		b.hello = m.Hello
	case m.Beat > 0:
		b.beats++
	case m.Answer > 0:
		b.answers[m.Answer] = map[string]any{"value": m.Value, "error": m.Error}
	}
	if m.Snap != nil {
		clear(b.agents)
		m.Patch = m.Snap
	}
	if m.Patch != nil {
		for id, fields := range m.Patch.Up {
			if b.agents[id] == nil {
				b.agents[id] = make(map[string]any)
			}
			for name, value := range fields {
				b.agents[id][name] = value
				if value == nil {
					delete(b.agents[id], name)
				}
			}
		}
		for _, id := range m.Patch.Gone {
			delete(b.agents, id)
		}
	}
	for id, s := range m.Screens {
		if b.screens[id] == nil {
			b.screens[id] = make(map[string]any)
		}
		for i, row := range s.Set {
			b.screens[id][i] = row
		}
		b.screens[id]["rows"] = s.Rows
	}
	if m.N > 0 {
		b.updates++
		if !b.silent {
			b.say(map[string]any{"ack": m.N})
		}
	}
	return nil
}

// until reads until something is so.
func (b *browser) until(what string, is func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if err := b.read(); err != nil {
			b.t.Fatalf("%v, while it waited for %s", err, what)
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// ask asks a question, and returns its answer or why there is none.
func (b *browser) ask(question map[string]any) (value any, problem string) {
	b.t.Helper()
	b.asked++
	question["ask"] = b.asked
	b.say(question)
	b.until("an answer", func() bool { return b.answers[b.asked] != nil })
	problem, _ = b.answers[b.asked]["error"].(string)
	return b.answers[b.asked]["value"], problem
}

// named is the id of the agent of a name.
func (b *browser) named(name string) string {
	b.t.Helper()
	id := ""
	b.until("the agent "+name, func() bool {
		for known, a := range b.agents {
			if a["name"] == name {
				id = known
			}
		}
		return id != ""
	})
	return id
}
