package client

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
	"agentwatch/internal/beat"
)

const (
	// againEvery is the pause between two tries to reach an engine process, and
	// startEvery that between two starts of one.
	againEvery = 20 * time.Millisecond
	startEvery = time.Second
	// callTime bounds how long a call waits for an engine process that has just
	// been lost.
	callTime = 5 * time.Second
	// planTime bounds one plan.
	planTime = 2 * time.Second
	// heldFor is how long what was seen last stays while a new engine process has
	// not yet captured everything.
	heldFor = 10 * time.Second
	// revisionBits leaves an engine process this many bits for its revisions.
	revisionBits = 40
	// maxAnswers bounds how many answers of this face are under way at once.
	maxAnswers = 8
)

// Options say how a Monitor comes to its engine process.
type Options struct {
	// Dial connects to it; Multiplexed makes one connection do (see NewMultiplexed).
	Dial        Dial
	Multiplexed bool
	// Start starts one when nobody listens; nil when that is not ours to do.
	Start func(context.Context) error
	// Selection narrows what is shown. Pane is the one that this face runs in; zero
	// for none.
	Selection api.Selection
	Pane      health.PaneRef
	// ReadOnly types nothing.
	ReadOnly bool
	// Greet returns what the user should know of an engine process that answers;
	// nil for nothing. It may be nil.
	Greet func(context.Context, *Client, api.Engine) []engine.Notice
	// Lost is told that no engine process can be used, and why, where that is known,
	// each time it is tried; nil for notices that say so.
	Lost func(error)
	// Figures is how often a snapshot comes at least, in whole seconds; 0 for the
	// engine process's own pace.
	Figures time.Duration
}

// Monitor is a face that stays: it shows one stream of snapshots, whichever engine
// process they come from. When that ends, it starts another, and shows what was
// seen last until that one has captured everything. All methods are safe for
// concurrent use.
type Monitor struct {
	*Client
	shown   Mailbox
	options Options
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	answers chan struct{}
	// changed has a value when the user's configuration has changed.
	changed chan struct{}

	mu sync.Mutex
	// last is what the subscribers were given last.
	last  *engine.Snapshot
	seq   uint64
	ended bool
	// engine is the process in use; epoch counts them, since their revisions begin
	// anew. connected is when it came, ready whether it has captured everything.
	engine    api.Engine
	epoch     uint64
	connected time.Time
	ready     bool
	// fresh is its last snapshot as it has sent it, notices what is said of it. While
	// it is lost, resume is what fresh was: it may go on from there.
	fresh, resume *engine.Snapshot
	notices       []engine.Notice
	// followed are the panes whose screens are shown, likely those that are likely to
	// be shown next, screens what they show. following counts the changes; unfollow
	// ends the stream that is read.
	followed, likely []health.PaneRef
	following        uint64
	unfollow         context.CancelFunc
	screens          map[health.PaneRef]*engine.Preview
}

// Open returns a Monitor that works until ctx ends or Close is called.
func Open(ctx context.Context, o Options) *Monitor {
	connect := New
	if o.Multiplexed {
		connect = NewMultiplexed
	}
	m := &Monitor{
		Client: connect(o.Dial, o.Selection), options: o, answers: make(chan struct{}, maxAnswers), changed: make(chan struct{}, 1),
		screens: make(map[health.PaneRef]*engine.Preview), unfollow: func() {},
	}
	m.ctx, m.cancel = context.WithCancel(ctx)
	m.work.Go(m.run)
	return m
}

// Close ends the Monitor and returns when nothing of it is left.
func (m *Monitor) Close() {
	m.cancel()
	m.mu.Lock()
	m.ended = true
	m.mu.Unlock()
	m.shown.Close()
	m.work.Wait()
	m.Client.Close()
}

// run reads the snapshots of one engine process after another.
func (m *Monitor) run() {
	for vain := 0; m.ctx.Err() == nil; vain++ {
		err := stream(m.ctx, m.Client, "snapshots", m.resumed(), func(p *api.Patch) error {
			err := m.take(p)
			if err == nil {
				vain = 0
			}
			return err
		})
		if m.ctx.Err() != nil {
			return
		}
		m.lost(err)
		_ = m.reach(m.ctx)
		if vain > 0 {
			// What it sends cannot be read: asking at once would not help.
			_ = beat.Pause(m.ctx, min(againEvery<<min(vain, 8), startEvery))
		}
	}
}

// query is what a stream of this face asks for.
func (m *Monitor) query() url.Values {
	query := m.narrowed()
	if m.options.Pane != (health.PaneRef{}) {
		query.Set("own_pane", m.options.Pane.String())
	}
	return query
}

// resumed is what the stream of snapshots asks for: where another was broken off,
// what has changed since then.
func (m *Monitor) resumed() url.Values {
	query := m.query()
	m.mu.Lock()
	defer m.mu.Unlock()
	if seconds := int(m.options.Figures / time.Second); seconds > 0 {
		query.Set("figures", strconv.Itoa(seconds))
	}
	if m.resume != nil {
		query.Set("since", strconv.FormatUint(m.resume.Seq, 10))
		query.Set("engine", m.engine.ID)
	}
	return query
}

// reach waits until an engine process answers, and starts one if nobody listens.
func (m *Monitor) reach(ctx context.Context) error {
	var started time.Time
	for {
		asked, cancel := context.WithTimeout(ctx, planTime)
		_, err := m.Health(asked)
		cancel()
		switch {
		case err == nil || ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, api.ErrNobody) && m.options.Start != nil && time.Since(started) > startEvery:
			started = time.Now()
			err = m.options.Start(ctx)
		}
		if err != nil && !errors.Is(err, api.ErrNobody) {
			m.say(err)
		}
		if err := beat.Pause(ctx, againEvery); err != nil {
			return err
		}
	}
}

// take takes one line of the stream of snapshots.
func (m *Monitor) take(p *api.Patch) error {
	if p.Engine != nil && m.options.Greet != nil {
		notices := m.options.Greet(m.ctx, m.Client, *p.Engine)
		m.mu.Lock()
		m.notices = notices
		m.mu.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Engine != nil {
		m.meet(*p.Engine)
	}
	before := m.fresh
	if before == nil {
		before, m.resume = m.resume, nil
	}
	fresh, err := p.Apply(before)
	if err != nil {
		m.fresh = nil
		return err
	}
	m.fresh = fresh
	m.show()
	return nil
}

// meet begins with an engine process, unless it is the one in use. It is called
// under mu.
func (m *Monitor) meet(e api.Engine) {
	if e.ID != m.engine.ID {
		if m.last != nil {
			m.epoch++
		}
		m.connected, m.ready = time.Now(), false
	}
	if m.engine.ID != "" && (e.ID != m.engine.ID || e.Settings != m.engine.Settings) {
		select {
		case m.changed <- struct{}{}:
		default: // nobody has looked since the last change
		}
	}
	m.engine = e
}

// SettingsChanged has a value when the engine process has seen a change of the
// configuration file, or may have missed one. There can be one receiver.
func (m *Monitor) SettingsChanged() <-chan struct{} { return m.changed }

// show makes a snapshot of what is known and gives it to the subscribers. It is
// called under mu.
func (m *Monitor) show() {
	if m.fresh == nil {
		return
	}
	m.ready = m.ready || m.fresh.Ready || m.epoch == 0 || time.Since(m.connected) > heldFor
	if !m.ready {
		return // what was seen last stays
	}
	shown := *m.fresh
	shown.Notices = slices.Concat(m.notices, m.fresh.Notices)
	if m.epoch > 0 {
		shown.Agents = slices.Clone(shown.Agents)
		for i := range shown.Agents {
			shown.Agents[i].Revision += m.epoch << revisionBits
		}
	}
	shown.Previews = maps.Clone(m.screens)
	m.put(&shown)
}

// put gives a snapshot to the subscribers. It is called under mu.
func (m *Monitor) put(s *engine.Snapshot) {
	m.seq++
	s.Seq = m.seq
	m.last = s
	m.shown.Put(s)
}

// Subscribe delivers snapshots, the latest one only, until cancel is called or the
// Monitor is closed, which closes the channel.
func (m *Monitor) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	return m.shown.Subscribe()
}

// lost says that the engine process has ended, or why it cannot be used.
func (m *Monitor) lost(err error) {
	if errors.Is(err, api.ErrNobody) || errors.Is(err, api.ErrLost) || errors.Is(err, engine.ErrStopped) {
		err = nil
	}
	if m.options.Lost != nil {
		defer m.options.Lost(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fresh != nil {
		m.resume, m.fresh = m.fresh, nil
	}
	if m.last == nil || err != nil || m.options.Lost != nil {
		return
	}
	s := *m.last
	notice := engine.Notice{
		Severity: engine.SeverityInfo, Text: "The engine process has ended. Another one is being started; this is what was seen last.",
	}
	if slices.Contains(s.Notices, notice) {
		return // one that is leaving may end several streams before it is gone
	}
	s.Notices = append([]engine.Notice{notice}, s.Notices...)
	m.put(&s)
}

// say shows what is wrong while no engine process can be used.
func (m *Monitor) say(err error) {
	if m.options.Lost != nil {
		m.options.Lost(err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := engine.Snapshot{At: time.Now()}
	if m.last != nil {
		s = *m.last
	}
	notice := engine.Notice{Severity: engine.SeverityError, Text: "agentwatch's engine process cannot be reached: " + err.Error()}
	if slices.Contains(s.Notices, notice) {
		return
	}
	s.Notices = []engine.Notice{notice}
	m.put(&s)
}

// Follow makes these panes those whose screens come with the snapshots: the ones
// that are shown, and the ones that are likely to be shown next, so that they are
// there when that happens.
func (m *Monitor) Follow(_ context.Context, shown, likely []health.PaneRef) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended || slices.Equal(shown, m.followed) && slices.Equal(likely, m.likely) {
		return nil
	}
	m.followed, m.likely = slices.Clone(shown), slices.Clone(likely)
	m.following++
	wanted := slices.Concat(shown, likely)
	for ref := range m.screens {
		if !slices.Contains(wanted, ref) {
			delete(m.screens, ref)
		}
	}
	m.show()
	before := m.unfollow
	if len(wanted) == 0 {
		m.unfollow = func() {}
		before()
		return nil
	}
	query, following := m.query(), m.following
	for _, ref := range shown {
		query.Add("follow", ref.String())
	}
	for _, ref := range likely {
		query.Add("likely", ref.String())
	}
	ctx, cancel := context.WithCancel(m.ctx)
	m.unfollow = cancel
	m.work.Go(func() { m.readScreens(ctx, query, following, before) })
	return nil
}

// readScreens reads the screens of panes until ctx ends, from one engine process
// after another. before ends the stream that was read until now: it is called when
// this one has been opened, so that the engine does not drop in between what both
// want.
func (m *Monitor) readScreens(ctx context.Context, query url.Values, following uint64, before context.CancelFunc) {
	defer before()
	for ctx.Err() == nil {
		known := make(map[health.PaneRef]*engine.Preview)
		_ = streamOpened(ctx, m.Client, "screens", query, before,
			func(p *api.ScreenPatch) error { return m.takeScreen(following, known, p) })
		// The stream of snapshots starts the next process.
		_ = beat.Pause(ctx, againEvery)
	}
}

// takeScreen takes one line of a stream of screens. Those of a stream that another
// one is about to replace are passed over.
func (m *Monitor) takeScreen(following uint64, known map[health.PaneRef]*engine.Preview, p *api.ScreenPatch) error {
	if p.Closed {
		delete(known, p.Ref)
	} else {
		next, err := p.Apply(known[p.Ref])
		if err != nil {
			return err
		}
		known[p.Ref] = next
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if following != m.following {
		return nil
	}
	before, next := m.screens[p.Ref], known[p.Ref]
	if next == nil {
		delete(m.screens, p.Ref)
		m.show()
		return nil
	}
	shown := *next
	shown.Revision += m.epoch << revisionBits
	m.screens[p.Ref] = &shown
	if before == nil || before.Revision != shown.Revision || (before.Err == nil) != (shown.Err == nil) {
		m.show()
	}
	return nil
}

// retried makes a call, and once more when the engine process ends meanwhile.
func retried[T any](ctx context.Context, m *Monitor, call func() (T, error)) (T, error) {
	v, err := call()
	if !isLost(err) {
		return v, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, api.ErrNobody)
	defer cancel()
	if m.reach(ctx) != nil {
		return v, context.Cause(ctx)
	}
	return call()
}

// isLost reports whether an error means that the engine process has ended.
func isLost(err error) bool {
	return errors.Is(err, api.ErrLost) || errors.Is(err, api.ErrNobody) || errors.Is(err, api.ErrUnreachable) || errors.Is(err, engine.ErrStopped)
}

// SwitchStrategy changes how rounds are planned, for all faces.
func (m *Monitor) SwitchStrategy(ctx context.Context, name engine.StrategyName) error {
	_, err := retried(ctx, m, func() (none, error) { return none{}, m.Client.SwitchStrategy(ctx, name) })
	return err
}

// MarkSeen says that the user has seen a finished agent.
func (m *Monitor) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	_, err := retried(ctx, m, func() (none, error) { return none{}, m.Client.MarkSeen(ctx, ref) })
	return err
}

// Refresh captures every pane anew.
func (m *Monitor) Refresh(ctx context.Context) error {
	_, err := retried(ctx, m, func() (none, error) { return none{}, m.Client.Refresh(ctx) })
	return err
}

// History returns the last rows that the pane has shown.
func (m *Monitor) History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	return retried(ctx, m, func() (engine.History, error) { return m.Client.History(ctx, ref, rows) })
}

// Explain says why a pane is judged as it is, from a fresh capture.
func (m *Monitor) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	return retried(ctx, m, func() (engine.Explained, error) { return m.Client.Explain(ctx, ref) })
}

// Diff returns what has changed in the folder that an agent works in.
func (m *Monitor) Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error) {
	return retried(ctx, m, func() (engine.Diff, error) { return m.Client.Diff(ctx, ref, base) })
}

// Search searches an agent's screen and scroll-back.
func (m *Monitor) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	return retried(ctx, m, func() (engine.Found, error) { return m.Client.Search(ctx, ref, q) })
}

// Plan says what an answer would type.
func (m *Monitor) Plan(r engine.Request) (engine.AnswerPlan, error) {
	ctx, cancel := context.WithTimeoutCause(m.ctx, planTime, api.ErrNoAnswer)
	defer cancel()
	return retried(ctx, m, func() (engine.AnswerPlan, error) { return m.PlanAnswer(ctx, r) })
}

// Answer types an answer into an agent's pane. It is given at most once: when the
// engine process is lost meanwhile, and does not know the answer when it is asked
// again, that may have been typed, and the outcome is uncertain.
func (m *Monitor) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	if m.options.ReadOnly {
		return engine.Outcome{Request: r}, engine.ErrReadOnly
	}
	select {
	case m.answers <- struct{}{}:
		defer func() { <-m.answers }()
	case <-ctx.Done():
		return engine.Outcome{Request: r}, ctx.Err()
	}
	id := rand.Text()
	outcome, asked, err := m.giveAnswer(ctx, id, r)
	if !isLost(err) || ctx.Err() != nil && !asked {
		return outcome, err
	}
	again, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), callTime, api.ErrNobody)
	defer cancel()
	if failed := m.reach(again); failed != nil && !asked {
		return outcome, context.Cause(again)
	}
	if !asked {
		outcome, asked, err = m.giveAnswer(ctx, id, r)
	} else if recalled, _, failed := m.recallAnswer(again, id, r); !errors.Is(failed, api.ErrUnknownAnswer) && !isLost(failed) {
		return recalled, failed
	}
	if asked && isLost(err) {
		outcome, err = uncertain(outcome, err)
	}
	return outcome, err
}

// Transitions calls take with every transition from now on, until ctx ends or take
// fails. It begins with one that is First for each agent that is there, also when
// another engine process has come; take is given nil before that.
func (m *Monitor) Transitions(ctx context.Context, take func(*engine.Transition) error) error {
	after, id := "", ""
	var failed error
	var there roster
	for ctx.Err() == nil {
		query := m.query()
		query.Set("agents", "1")
		if id != "" {
			query.Set("after", after)
			query.Set("engine", id)
		}
		_ = stream(ctx, m.Client, "transitions", query, func(line *api.TransitionLine) error {
			after, id = strconv.FormatUint(line.Seq, 10), line.Engine
			if line.Listed {
				failed = there.farewell(take)
				return failed
			}
			there.note(line.Transition)
			failed = take(line.Transition)
			return failed
		})
		if failed != nil {
			return failed
		}
		_ = beat.Pause(ctx, againEvery)
		_ = m.reach(ctx)
	}
	return ctx.Err()
}

// Sequences calls write with every control sequence that the engine process has
// for the terminal of this face, until ctx ends.
func (m *Monitor) Sequences(ctx context.Context, write func(string)) {
	for ctx.Err() == nil {
		_ = stream(ctx, m.Client, "sequences", m.query(), func(s *api.Sequence) error {
			if s.Text != "" {
				write(s.Text)
			}
			return nil
		})
		_ = beat.Pause(ctx, againEvery)
		_ = m.reach(ctx)
	}
}

// Tells asks to tell the user of the engine process's agents, by a name of our own,
// until ctx ends. take is told whether that is granted, and that it is not while no
// engine process can be asked.
func (m *Monitor) Tells(ctx context.Context, as string, take func(api.Tells)) {
	for ctx.Err() == nil {
		query := m.query()
		query.Set("as", as)
		_ = stream(ctx, m.Client, "tells", query, func(t *api.Tells) error {
			take(*t)
			return nil
		})
		take(api.Tells{})
		_ = beat.Pause(ctx, startEvery)
		_ = m.reach(ctx)
	}
}
