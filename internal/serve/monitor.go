package serve

import (
	"context"
	"errors"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Options say how a Monitor comes to its engine.
type Options struct {
	// Path is where instances meet that watch the same: see the function Path.
	Path string
	// Version is that of this program, for messages.
	Version string
	// ReadOnly types nothing, for this instance and for those that it serves.
	ReadOnly bool
	// Terms are what this instance's engine does otherwise than usual, in words,
	// for those who use it. Guest is given the terms of another one whose engine is
	// used instead, and returns what the user should know of it, or nil. It may be
	// nil.
	Terms []string
	Guest func(terms []string) *engine.Notice
	// Plan says what an answer would type. It waits for nothing.
	Plan func(engine.Request) (engine.AnswerPlan, error)
	// Start makes an engine of this process, which the Monitor runs. before is
	// what was last seen through another instance; nil when there was none.
	Start func(before *engine.Snapshot) (Local, error)
	// Verbose is told what nobody needs to know: why this instance watches by
	// itself. It may be nil.
	Verbose func(error)
}

const (
	// maxAnswers bounds how many answers of this instance are under way at once.
	maxAnswers = 8
	// answerPatience bounds how long an answer waits for an engine.
	answerPatience = 5 * time.Second
)

// Monitor is an engine that may be another process's: the first instance runs
// one and serves it, the others use that. When it ends, one of them takes over.
// It has the methods of Watcher; all are safe for concurrent use. A call that
// meets a change of the engine waits for the next one, within its ctx.
type Monitor struct {
	options Options
	cancel  context.CancelFunc
	// done is closed at the end; err is to be read afterwards.
	done chan struct{}
	err  error

	// answers has room for maxAnswers.
	answers chan struct{}

	// following lets one set of panes be followed at a time. It is taken before
	// mu.
	following sync.Mutex

	mu     sync.Mutex
	source Watcher
	// arrived is closed when there is a source.
	arrived chan struct{}
	screen  screen
	boxes   boxes
	ended   bool
}

// Open joins the instance that serves at the path, or becomes it. It returns the
// error of Start; that others cannot be served is no error but a notice in the
// snapshots. The Monitor works until ctx ends; Close waits for that.
func Open(ctx context.Context, o Options) (*Monitor, error) {
	ctx, cancel := context.WithCancel(ctx)
	m := &Monitor{options: o, cancel: cancel, done: make(chan struct{}), arrived: make(chan struct{}), answers: make(chan struct{}, maxAnswers)}
	at, err := m.join(ctx)
	if err == nil && at.client == nil {
		at.local, err = o.Start(nil)
	}
	if err != nil {
		at.leave()
		cancel()
		return nil, err
	}
	go m.run(ctx, at)
	return m, nil
}

// Close ends the Monitor and returns when all has ended that it started, with
// the error of its own engine, if that had one.
func (m *Monitor) Close() error {
	m.cancel()
	<-m.done
	return m.err
}

// run watches from one post after another.
func (m *Monitor) run(ctx context.Context, at post) {
	defer close(m.done)
	defer m.finish()
	for {
		if at.client == nil {
			var client *Client
			if client, m.err = m.lead(ctx, at); client == nil {
				return
			}
			m.leave()
			at = post{client: client}
		}
		fruitful := m.attend(ctx, at.client)
		if ctx.Err() != nil {
			return
		}
		m.lose()
		var err error
		if at, err = m.next(ctx, fruitful); err != nil {
			return // ctx has ended
		}
	}
}

// finish tells all subscribers that nothing more comes.
func (m *Monitor) finish() {
	m.cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.boxes.close()
}

// attend takes what another instance sees, until that ends. It tells whether
// anything came.
func (m *Monitor) attend(ctx context.Context, c *Client) (fruitful bool) {
	defer c.Close()
	var word *engine.Notice
	if m.options.Guest != nil {
		word = m.options.Guest(c.terms)
	}
	m.notice(word)
	m.enter(ctx, c)
	return m.relay(ctx, c)
}

// relay shows what a source sees, until that or ctx ends, and tells whether
// anything came.
func (m *Monitor) relay(ctx context.Context, w Watcher) (fruitful bool) {
	snapshots, cancel := w.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return fruitful
		case s, ok := <-snapshots:
			if !ok {
				return fruitful
			}
			fruitful = true
			m.show(s)
		}
	}
}

// enter makes a source the one in use.
func (m *Monitor) enter(ctx context.Context, w Watcher) {
	m.following.Lock()
	defer m.following.Unlock()
	m.mu.Lock()
	m.source = w
	close(m.arrived)
	m.screen.begin(time.Now())
	wanted := m.screen.wanted
	m.mu.Unlock()
	if len(wanted) > 0 {
		// When it fails, the source is lost, or its next answer will say so.
		_ = w.Follow(ctx, wanted)
	}
}

// lose lets calls wait for the next source, and says so on the screen.
func (m *Monitor) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.source, m.arrived = nil, make(chan struct{})
	if s := m.screen.lost(); s != nil {
		m.boxes.put(s)
	}
}

// leave lets calls wait for the next source, which is about to come.
func (m *Monitor) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.source, m.arrived = nil, make(chan struct{})
}

// show publishes a snapshot of the source in use.
func (m *Monitor) show(s *engine.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if shown := m.screen.show(s, time.Now()); shown != nil {
		m.boxes.put(shown)
	}
}

// notice is what the user should know of the sharing; nil for nothing.
func (m *Monitor) notice(n *engine.Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.screen.notice = n
}

// Subscribe delivers snapshots, the latest one only, until cancel is called or
// the Monitor ends, which closes the channel.
func (m *Monitor) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := newBox(m.screen.last)
	if m.ended {
		b.close()
	} else {
		m.boxes.add(b)
	}
	return b.ch, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.boxes.remove(b)
	}
}

// Follow makes these panes those whose screens come with the snapshots.
func (m *Monitor) Follow(ctx context.Context, refs []health.PaneRef) error {
	m.following.Lock()
	defer m.following.Unlock()
	m.mu.Lock()
	m.screen.wanted = refs
	w := m.source
	m.mu.Unlock()
	if w == nil {
		return nil // the next source is told when it comes
	}
	if err := w.Follow(ctx, refs); !lost(err) {
		return err
	}
	return nil
}

// SwitchStrategy changes how rounds are planned, for all who share the engine.
func (m *Monitor) SwitchStrategy(ctx context.Context, name engine.StrategyName) error {
	return m.do(ctx, func(w Watcher) error { return w.SwitchStrategy(ctx, name) })
}

// MarkSeen says that the user has looked at a finished agent.
func (m *Monitor) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	return m.do(ctx, func(w Watcher) error { return w.MarkSeen(ctx, ref) })
}

// Refresh looks at every pane anew.
func (m *Monitor) Refresh(ctx context.Context) error {
	return m.do(ctx, func(w Watcher) error { return w.Refresh(ctx) })
}

// History returns the last rows that the pane has shown.
func (m *Monitor) History(ctx context.Context, ref health.PaneRef, rows int) (h engine.History, err error) {
	err = m.do(ctx, func(w Watcher) (err error) {
		h, err = w.History(ctx, ref, rows)
		return err
	})
	return h, err
}

// Explain says why a pane is judged as it is, from a fresh look.
func (m *Monitor) Explain(ctx context.Context, ref health.PaneRef) (e engine.Explained, err error) {
	err = m.do(ctx, func(w Watcher) (err error) {
		e, err = w.Explain(ctx, ref)
		return err
	})
	return e, err
}

// Plan says what an answer would type. Whoever types it compares that with
// Request.Shown.
func (m *Monitor) Plan(r engine.Request) (engine.AnswerPlan, error) { return m.options.Plan(r) }

// Answer types an answer into an agent's pane. It is given to a source once: only
// one that was lost before it has heard of it is followed by the next.
func (m *Monitor) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	none := engine.Outcome{Request: r}
	if m.options.ReadOnly {
		return none, engine.ErrReadOnly
	}
	select {
	case m.answers <- struct{}{}:
		defer func() { <-m.answers }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	var before Watcher
	for {
		w, err := m.within(ctx, before)
		if err != nil {
			return none, err
		}
		outcome, err := w.Answer(ctx, r)
		if outcome.Sent || !lost(err) {
			return outcome, err
		}
		before = w
	}
}

// within waits for a source as after does, but not for ever.
func (m *Monitor) within(ctx context.Context, before Watcher) (Watcher, error) {
	waiting, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	w, err := m.after(waiting, before)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = ErrNobody
	}
	return w, err
}

// do makes a call to the source in use, and again to the next one when that is
// lost meanwhile.
func (m *Monitor) do(ctx context.Context, call func(Watcher) error) error {
	var before Watcher
	for {
		w, err := m.after(ctx, before)
		if err != nil {
			return err
		}
		if err := call(w); !lost(err) {
			return err
		}
		before = w
	}
}

// lost tells whether an error means that the source has ended.
func lost(err error) bool { return errors.Is(err, ErrLost) || errors.Is(err, engine.ErrStopped) }

// after waits for a source that is another than before.
func (m *Monitor) after(ctx context.Context, before Watcher) (Watcher, error) {
	for {
		m.mu.Lock()
		w, arrived := m.source, m.arrived
		m.mu.Unlock()
		if w != nil && w != before {
			return w, nil
		}
		if w != nil {
			// It is lost, which run is about to find out.
			arrived = nil
		}
		select {
		case <-arrived:
		case <-time.After(settlePause):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-m.done:
			return nil, engine.ErrStopped
		}
	}
}
