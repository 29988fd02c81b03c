package ui

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
)

// fakeMonitor is a monitor that delivers what a test gives it and records what
// it is asked.
type fakeMonitor struct {
	// diff is what has changed in every folder.
	diff      engine.Diff
	mu        sync.Mutex
	snapshots chan *engine.Snapshot
	// followed are the panes that were shown, by the calls of Follow; likely those
	// that were said to be likely in the last one.
	followed [][]health.PaneRef
	likely   []health.PaneRef
	// unplannable is why no answer can be planned.
	unplannable error
	seen        []health.PaneRef
	wished      []string
	switched    []engine.StrategyName
	refreshed   int
	answered    []engine.Request
	// history is what every pane has shown; empty for rows that are counted.
	history string
	// uncertain makes answers ones that may have been typed.
	uncertain bool
	fail      error
	// slow is what a search takes.
	slow time.Duration
}

func newFakeMonitor() *fakeMonitor {
	return &fakeMonitor{snapshots: make(chan *engine.Snapshot, 1)}
}

func (f *fakeMonitor) Subscribe() (<-chan *engine.Snapshot, func()) {
	return f.snapshots, func() {}
}

func (f *fakeMonitor) SwitchStrategy(_ context.Context, name engine.StrategyName) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.switched = append(f.switched, name)
	return f.fail
}

func (f *fakeMonitor) Follow(_ context.Context, shown, likely []health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followed, f.likely = append(f.followed, shown), likely
	return f.fail
}

func (f *fakeMonitor) MarkSeen(_ context.Context, ref health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, ref)
	return f.fail
}

func (f *fakeMonitor) Snooze(_ context.Context, ref health.PaneRef, until time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wished = append(f.wished, fmt.Sprintf("%s until %s", ref.Pane, until.Format(time.DateTime)))
	return f.fail
}

func (f *fakeMonitor) Wake(_ context.Context, ref health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wished = append(f.wished, ref.Pane+" woken")
	return f.fail
}

func (f *fakeMonitor) LetGoOn(_ context.Context, ref health.PaneRef, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wished = append(f.wished, fmt.Sprintf("%s goes on: %v", ref.Pane, on))
	return f.fail
}

func (f *fakeMonitor) SendWhenIdle(_ context.Context, r engine.Request) (engine.WaitingText, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wished = append(f.wished, r.Target.Pane+" when idle: "+r.Text)
	return engine.WaitingText{ID: "1", Text: r.Text}, f.fail
}

func (f *fakeMonitor) TakeBack(_ context.Context, ref health.PaneRef, id string) (engine.WaitingText, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wished = append(f.wished, ref.Pane+" takes back "+id)
	return engine.WaitingText{ID: id, Text: "what had waited"}, f.fail
}

func (f *fakeMonitor) History(_ context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	if f.history != "" {
		return engine.History{Ref: ref, Text: f.history, At: sceneTime()}, f.fail
	}
	var text strings.Builder
	for i := range min(rows, 400) {
		fmt.Fprintf(&text, "\x1b[2mhistory row %d of %s\x1b[0m\n", i+1, ref.Pane)
	}
	return engine.History{Ref: ref, Text: text.String() + permissionScreen(), At: sceneTime()}, f.fail
}

// Explain judges the permission screen, as if every pane showed it.
func (f *fakeMonitor) Explain(_ context.Context, ref health.PaneRef) (engine.Explained, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := health.Observation{Kind: health.KindClaude, Screen: permissionScreen(), Width: 120}
	return engine.Explained{
		Explanation: health.NewDetector().Explain(o), Observation: o, At: sceneTime(),
		Agent: engine.Agent{Ref: ref, Kind: health.KindClaude, State: health.StateWaiting, Since: sceneTime()}, Tracked: true,
	}, f.fail
}

// set changes what it answers from now on.
func (f *fakeMonitor) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeMonitor) Diff(_ context.Context, ref health.PaneRef, base bool) (engine.Diff, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	since := ""
	if base {
		since = " since its branch began"
	}
	f.wished = append(f.wished, "diff "+ref.Pane+since)
	return f.diff, f.fail
}

// Search finds text in the history that every agent has.
func (f *fakeMonitor) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	f.mu.Lock()
	slow := f.slow
	f.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return engine.Found{}, ctx.Err()
	}
	h, err := f.History(ctx, ref, 400)
	if err != nil {
		return engine.Found{}, err
	}
	return q.In(ansi.Strip(h.Text))
}

// Plan agrees to everything that asks something.
func (f *fakeMonitor) Plan(r engine.Request) (engine.AnswerPlan, error) {
	if f.unplannable != nil {
		return engine.AnswerPlan{}, f.unplannable
	}
	if r.Action != engine.ActionReply && r.Action != engine.ActionKeys && r.Action != engine.ActionInterrupt && r.Seen.Dialog == nil {
		return engine.AnswerPlan{}, fmt.Errorf("%w: it asks nothing", engine.ErrCannot)
	}
	option := map[engine.Action]int{engine.ActionApprove: 0, engine.ActionDeny: 2, engine.ActionChoose: r.Option}
	n, chooses := option[r.Action]
	if !chooses {
		n = -1
	}
	return engine.AnswerPlan{Words: fmt.Sprintf("%s by key %d", r.Action, n+1), Option: n, Text: r.Text}, nil
}

func (f *fakeMonitor) Answer(_ context.Context, r engine.Request) (engine.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = append(f.answered, r)
	return engine.Outcome{Request: r, Sent: f.fail == nil, Confirmed: f.fail == nil, Uncertain: f.uncertain, Text: r.Text}, f.fail
}

func (f *fakeMonitor) Refresh(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refreshed++
	return f.fail
}

// sceneTime is the moment at which every scene plays.
func sceneTime() time.Time { return time.Date(2026, 3, 14, 14, 32, 7, 0, time.UTC) }

// player is one agent of a scene.
type player struct {
	session, window string
	kind            health.Kind
	state           health.State
	wait            health.WaitReason
	unseen          bool
	age             time.Duration
	activity        string
}

func players() []player {
	const m, h = time.Minute, time.Hour
	return []player{
		{"api", "fix-auth", "claude", health.StateWaiting, health.WaitPermission, false, 4*m + 12*time.Second, "run ./run_tests.sh ?"},
		{"api", "refactor-db", "claude", health.StateWorking, 0, false, 2*m + 44*time.Second, "Ruminating… ↑ 1.2k tokens"},
		{"api", "migrate", "claude", health.StateCrashed, 0, false, 38 * time.Second, "killed, shell is back"},
		{"api", "billing", "claude", health.StateWorking, 0, false, 31 * m, "3 background agents"},
		{"api", "legacy", "codex", health.StateUnknown, 0, false, 9 * m, ""},
		{"web", "css-grid", "codex", health.StateWaiting, health.WaitQuestion, false, 63 * time.Second, "apply patch to 3 files?"},
		{"web", "i18n", "codex", health.StateWorking, 0, false, 6*m + 10*time.Second, "editing de.json"},
		{"web", "e2e-tests", "codex", health.StateWorking, 0, false, 48 * time.Second, "go test ./e2e"},
		{"web", "readme", "claude", health.StateIdle, 0, true, 3 * m, "Worked for 2m 21s"},
		{"web", "lint", "codex", health.StateIdle, 0, true, 11 * m, "12 files changed"},
		{"ml", "tune", "claude", health.StateLimited, 0, false, 22 * m, "resets 16:00, resumes by itself"},
		{"ml", "search", "claude", health.StateWorking, 0, false, 12 * time.Second, "Thinking…"},
		{"ml", "日本語の名前", "claude", health.StateStarting, 0, false, 2 * time.Second, ""},
		{"ops", "spike", "claude", health.StateIdle, 0, false, 2 * h, ""},
		{"ops", "notes", "claude", health.StateIdle, 0, false, 5 * h, ""},
		{"ops", "infra", "codex", health.StateIdle, 0, false, 30 * h, ""},
		{"ops", "deploy", "codex", health.StateExited, 0, false, 50 * h, ""},
	}
}

// agentOf makes the i-th agent of a scene.
func agentOf(i int, p player) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux-1000/default", Pane: fmt.Sprintf("%%%d", i+1)}, Server: "default",
		Session: p.session, Window: p.window, WindowIndex: i%6 + 1, Kind: p.kind, State: p.state, Wait: p.wait,
		Since: sceneTime().Add(-p.age), Unseen: p.unseen, Confidence: 0.97, Activity: p.activity,
		Evidence: health.Evidence{
			Source: health.SourceScreen, Rule: string(p.kind) + ".dialog.permission", Line: 31,
			Text: "Do you want to proceed?", Against: []string{"title spinner, 2 s old"},
		},
		Title: "✳ Fix the login test", CWD: "/home/ada/src/api", PID: 4200 + i, Width: 120, Height: 40,
		CheckedAt: sceneTime().Add(-time.Second), Revision: 1,
	}
}

// permissionScreen is what a claude that asks for permission shows.
func permissionScreen() string {
	return strings.Join([]string{
		"\x1b[38;5;231m●\x1b[39m I'll run the test suite now to see what fails.", "",
		"\x1b[38;5;114m●\x1b[39m \x1b[1mRead\x1b[0m(auth/session.go)", "  ⎿  Read 212 lines", "",
		"\x1b[38;5;114m●\x1b[39m \x1b[1mUpdate\x1b[0m(auth/session.go)", "  ⎿  Added 12 lines, removed 4",
		"      41 \x1b[31m-   if token == \"\" {\x1b[0m", "      41 \x1b[32m+   if len(token) < minToken {\x1b[0m", "",
		"\x1b[38;5;114m●\x1b[39m \x1b[1mBash\x1b[0m(./run_tests.sh)", "  ⎿  $ ./run_tests.sh", "",
		"\x1b[38;5;246m" + strings.Repeat("─", 110) + "\x1b[39m",
		" \x1b[1;38;5;153mBash command\x1b[0m", "", "   ./run_tests.sh", "   \x1b[38;5;246mRun the project test suite\x1b[39m", "",
		" This command requires approval", "", " Do you want to proceed?",
		" \x1b[38;5;153m❯ 1. Yes\x1b[39m", "   2. Yes, and don't ask again for: ./run_tests.sh *", "   3. No, and tell Claude what to do differently", "",
		" \x1b[38;5;246mEsc to cancel · Tab to amend\x1b[39m", "", "",
	}, "\n")
}

// foreignScene has strategies that are not built in, one of them in trouble.
func foreignScene() *engine.Snapshot {
	s := scene()
	s.Strategies = append(s.Strategies,
		engine.StrategyInfo{
			Name: "night", Summary: "every pane once a minute while nobody looks", Source: "config", Rate: 0.5, Foreseen: true,
			Rounds: 12, P50: 2 * time.Millisecond, Captures: 9,
		},
		engine.StrategyInfo{
			Name: "frugal", Summary: "what has waited longest first", Source: "/home/me/.config/agentwatch/strategies/agentwatch-strategy-frugal",
			Health: engine.StrategyHealth{Status: engine.StrategyQuarantined, Reason: "no answer within 50 ms, five times in a row"},
		})
	return s
}

// figures are a scene's live figures.
func figures(s *engine.Snapshot) {
	s.Strategy = engine.StrategyPush
	s.Strategies = []engine.StrategyInfo{
		{Name: engine.StrategySequential, Summary: "one process after another captures every pane: the reference", Rounds: 40, P50: 178 * time.Millisecond, Captures: 28, Late: 420 * time.Millisecond, Rate: 68, Foreseen: true},
		{Name: engine.StrategyConcurrent, Summary: "every pane, up to 20 at once, over the connection pool", Rounds: 120, P50: 21 * time.Millisecond, Captures: 28, Rate: 68, Foreseen: true},
		{Name: engine.StrategyPipelined, Summary: "every pane in one pipelined sweep", Rate: 68, Foreseen: true},
		{Name: engine.StrategyPush, Summary: "only panes that may have changed since the last round", Rounds: 2210, P50: 600 * time.Microsecond, Captures: 1.4, Late: 262 * time.Millisecond, Rate: 3.2, Foreseen: true},
	}
	s.Round = engine.RoundStats{
		Rounds: 2370, Last: 700 * time.Microsecond, P50: 600 * time.Microsecond, P99: 4100 * time.Microsecond, LastCaptured: 1,
		LastAvoided: 27, Captured: 3120, Avoided: 60412, Bytes: 31_400_000, Interval: 250 * time.Millisecond,
		LatencyP50: 130 * time.Millisecond, LatencyP99: 262 * time.Millisecond,
	}
	s.Cost = engine.Cost{Own: 0.004, Servers: 0.0023, Memory: 21_000_000}
	s.Pool = engine.PoolStats{MeanWait: 400 * time.Microsecond, Open: 4, Busy: 1, Max: 20, Created: 5, Recycled: 1, Reused: 3118, ReuseRate: 0.998}
	s.Cache = engine.CacheStats{HitRate: 0.914, Looks: 29800, Layers: []engine.LayerStats{
		{Name: "pane_content", TTL: 10 * time.Second, Hits: 16198, Misses: 2002, HitRate: 0.89, Warmed: 412, WarmHits: 138, WarmCaptures: 57},
		{Name: "agent_status", TTL: 30 * time.Second, Hits: 8372, Misses: 728, HitRate: 0.92},
		{Name: "session_info", TTL: time.Minute, Hits: 2352, Misses: 48, HitRate: 0.98},
		{Name: "config", TTL: 5 * time.Minute, Hits: 310, HitRate: 1},
	}}
	for i := range 60 {
		wave := math.Abs(math.Sin(float64(i) / 5))
		rate := 0.7 + 0.3*wave
		if i%17 == 0 {
			rate = -1
		}
		s.Trend = append(s.Trend, engine.Sample{
			At: s.At.Add(time.Duration(i-60) * time.Second), Busy: i % 13 / 8 * (i % 4), HitRate: rate, Captured: i * 7 % 11,
			Round: time.Duration(300+2000*wave*wave*wave) * time.Microsecond,
		})
	}
}

// scene is a snapshot with everything in it.
func scene() *engine.Snapshot {
	s := &engine.Snapshot{Seq: 1, At: sceneTime(), Ready: true, Panes: 34}
	for i, p := range players() {
		s.Agents = append(s.Agents, agentOf(i, p))
	}
	count(s)
	figures(s)
	s.Servers = []engine.ServerStatus{{
		Name: "default", Socket: "/tmp/tmux-1000/default", Version: "3.3a", Link: engine.LinkControl, Panes: 34, Agents: len(s.Agents),
		Hearing: engine.Hearing{By: engine.HeardByKernel, Heard: 33, Unheard: 1, Reason: "watch /dev/pts/9: a limit of inotify is reached (no space left on device)", Events: 1204, Merged: 310},
	}}
	s.Agents[0].Dialog = &health.Dialog{Question: "Do you want to proceed?", From: 15, To: 27, Body: []string{
		"Bash command", "", "./run_tests.sh", "Run the project test suite", "", "This command requires approval",
	}, Options: []health.Option{
		{Line: 23, Key: "1", Label: "Yes", Selected: true}, {Line: 24, Key: "2", Label: "Yes, and don't ask again for: ./run_tests.sh *"}, {Line: 25, Key: "3", Label: "No"},
	}}
	s.Previews = map[health.PaneRef]*engine.Preview{s.Agents[0].Ref: {Ref: s.Agents[0].Ref, Text: permissionScreen(), At: s.At, Revision: 7}}
	for i := range s.Agents {
		s.Agents[i].Past = pastOf(i, s.Agents[i])
		s.Today = s.Today.Plus(engine.Spent(s.Agents[i].Past, engine.Midnight(s.At), s.At))
	}
	return s
}

// pastOf makes up what an agent has been before.
func pastOf(i int, a engine.Agent) []engine.Phase {
	var past []engine.Phase
	turn := []engine.Urgency{engine.UrgencyWorking, engine.UrgencyWaiting, engine.UrgencyWorking, engine.UrgencyDone, engine.UrgencyIdle}
	at := a.Since.Add(-time.Duration(70+7*i) * time.Minute)
	for step := i; at.Before(a.Since); step++ {
		past = append(past, engine.Phase{At: at, Urgency: turn[step%len(turn)]})
		at = at.Add(time.Duration(3+(step*5+i*7)%11) * time.Minute)
	}
	return append(past, engine.Phase{At: a.Since, Urgency: a.Urgency()})
}

// withScreens gives every agent of a scene a screen of its own.
func withScreens(s *engine.Snapshot) *engine.Snapshot {
	for i, a := range s.Agents {
		if s.Previews[a.Ref] == nil {
			text := fmt.Sprintf("\x1b[38;5;114m●\x1b[39m \x1b[1mUpdate\x1b[0m(file_%d.go)\n  ⎿  Added %d lines\n\n\x1b[38;5;174m✻ Ruminating… (%ds · ↓ 1.2k tokens)\x1b[39m\n\n%s\n❯ \n%s\n", i, i*3, i, strings.Repeat("─", 110), strings.Repeat("─", 110))
			s.Previews[a.Ref] = &engine.Preview{Ref: a.Ref, Text: text, At: s.At, Revision: uint64(100 + i)}
			s.Agents[i].Composer = 6
		}
	}
	return s
}

// count sums the scene's agents.
func count(s *engine.Snapshot) {
	s.Counts = engine.Counts{}
	for _, a := range s.Agents {
		s.Counts[a.Urgency()]++
	}
}

// crowd is a scene of n agents.
func crowd(n int) *engine.Snapshot {
	s := scene()
	cast := players()
	s.Agents = nil
	for i := range n {
		a := agentOf(i, cast[i%len(cast)])
		a.Past = pastOf(i%7, a)
		s.Agents = append(s.Agents, a)
	}
	count(s)
	return s
}

// lostScene is a scene whose server has stopped to answer.
func lostScene() *engine.Snapshot {
	s := scene()
	for i := range s.Agents {
		s.Agents[i].Stale = true
		s.Agents[i].CheckedAt = sceneTime().Add(-12 * time.Second)
	}
	s.Previews[s.Agents[0].Ref].Err = errors.New("server is gone")
	s.Servers[0].Link = engine.LinkLost
	s.Notices = []engine.Notice{{
		Severity: engine.SeverityError, Until: sceneTime().Add(5 * time.Second),
		Text: "tmux server default does not answer (3 s). Its 17 agents are shown as last seen.",
	}}
	return s
}

// previewOf is the scene's only preview.
func previewOf(s *engine.Snapshot) *engine.Preview {
	for _, p := range s.Previews {
		return p
	}
	return nil
}

// fakeJumper records where it was asked to go.
type fakeJumper struct {
	mu     sync.Mutex
	to     []health.PaneRef
	attach []string
	fail   error
}

func (f *fakeJumper) Jump(_ context.Context, to health.PaneRef) (Jumped, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.to = append(f.to, to)
	return Jumped{Attach: f.attach, Back: "C-b l comes back"}, f.fail
}

// calmScene is a scene in which everybody works.
func calmScene() *engine.Snapshot {
	s := scene()
	for i := range s.Agents {
		s.Agents[i].State, s.Agents[i].Unseen = health.StateWorking, false
	}
	count(s)
	return s
}
