// Package monitor is the engine at work: it finds the tmux servers, makes rounds
// over their panes by the strategy in force, keeps what is known of each agent, and
// tells the rest of the program by snapshots and transitions. A server has a watcher,
// a pane a track; package engine has the values that come of them.
//
// What is delivered and what may be lost: snapshots are lossy, the latest wins;
// transitions are ordered and every one is delivered. Neither ever makes the
// engine wait for its readers.
package monitor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/internal/repo"
	"agentwatch/internal/tokens"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
	"agentwatch/tmuxpool/typing"
)

// Options configure a service.
type Options struct {
	// Discover says where to look for tmux servers.
	Discover tmuxpool.DiscoverOptions
	// Pool configures the connections to each of them.
	Pool tmuxpool.Options
	// Strategy is the one to begin with; StrategyPush when empty.
	Strategy engine.StrategyName
	// Strategies are those beside the built-in ones; see SetStrategies.
	Strategies []engine.Strategy
	// StrategyProblems are what is wrong with others: notices until
	// SetStrategies is called.
	StrategyProblems []error
	// Interval is the time between two rounds while something may have
	// changed; DefaultInterval when 0.
	Interval time.Duration
	// ReadOnly makes a service that cannot type at all: Answer always fails.
	ReadOnly bool
	// NoSessionFiles leaves the files alone that agents keep about themselves.
	NoSessionFiles bool
	// NoGeneric leaves agents alone that no profile describes.
	NoGeneric bool
	// GoOn says which kinds go on by themselves after a limit.
	GoOn engine.GoOn
	// Wishes says where what the user has asked for is kept.
	Wishes engine.KeepWishes
	// NoGit leaves the repositories alone that agents work in.
	NoGit bool
	// Pulls has gh asked for the pull requests of the agents' branches.
	Pulls bool
	// Prices say what tokens cost.
	Prices engine.Prices
	// Detector judges; one with the built-in kinds when nil.
	Detector *health.Detector
	// ProfileProblems are what is wrong with the user's profiles: notices until
	// SetDetector is called.
	ProfileProblems []error
}

// DefaultInterval is the pace of rounds that nobody has set.
const DefaultInterval = 250 * time.Millisecond

const (
	// discoverEvery is how often sockets are looked for.
	discoverEvery = 2 * time.Second
	// forgetAfter is how long a server that is gone is shown as last seen.
	forgetAfter = 30 * time.Second
	// trendEvery is the length of one sample, restTick how often figures are
	// published while nothing moves.
	trendEvery = time.Second
	restTick   = 10 * time.Second
)

// Service is the monitor. Build it with New, let Run work, and talk to it by
// its other methods, which are safe for concurrent use at any time, also before
// and after Run.
type Service struct {
	options   Options
	layers    *layers
	meter     *meter
	detector  *health.LiveDetector
	processes health.ProcessTable
	sessions  *health.SessionFiles
	// repositories is nil in a service that does not read them.
	repositories *repositories
	// tokens is nil in a service that leaves session files alone; prices reads them.
	tokens *beside[account, engine.Tokens]
	prices *tokens.Reader
	// pulls is nil in a service that does not ask for pull requests.
	pulls   *beside[head, engine.PullRequest]
	wishes  *wishes
	now     func() time.Time
	connect func(tmuxpool.Socket) paneServer
	// typist types into the panes of the server at a socket; nil in a service
	// that only looks.
	typist func(socket string, inPopup bool) answer.Typist
	// unread tells how many bytes at a terminal its program has not read.
	unread   func(tty string) (int, bool)
	discover func(context.Context) ([]tmuxpool.Socket, []error)

	// listen begins to hear terminals; nil where that is not wanted. listener is
	// what it returned, or deaf is why it did not: both are set when Run begins.
	listen   func() (*hearing.Listener, error)
	listener *hearing.Listener
	deaf     error
	// hear returns an ear for the server at a socket.
	hear func(l *hearing.Listener, socket string) ear

	// saving lets one goroutine at a time save wishes; textsWake says that texts wait,
	// and has room for one. refused and refusedTold belong to the goroutine that types
	// them: what could not be typed, and how many of these the notices tell of.
	saving      sync.Mutex
	textsWake   chan struct{}
	limitsWake  chan struct{}
	refused     []refusedText
	refusedTold int

	// done is closed when Run has returned.
	done chan struct{}
	// stirred says that a watcher has reported, and has room for one.
	stirred chan struct{}
	// searchNow lets the search for servers begin at once.
	searchNow chan struct{}

	// publishing lets one snapshot be made at a time, so that a later one never
	// has earlier figures. It is taken before mu.
	publishing sync.Mutex

	// mu guards the fields below. Nothing that can wait is done under it.
	mu  sync.Mutex
	ran bool
	// began is when Run was called.
	began   time.Time
	stopped bool
	chosen  settings
	// wanted is the strategy that was asked for, in force or gone.
	wanted   engine.StrategyName
	watchers map[string]*watching
	boxes    map[*mailbox]struct{}
	streams  []*engine.TransitionStream
	// screens are the streams of screens. It does not change once Run works.
	screens []*ScreenStream
	// answers are the streams of answers, answering the panes that are being
	// answered.
	answers   []*engine.AnswerStream
	answering map[health.PaneRef]bool
	// typing are the panes for which a text that has waited is being typed.
	typing   map[health.PaneRef]bool
	problems []error
	// profileProblems are what is wrong with the user's profiles.
	profileProblems []error
	// told are notices of other parts of the program, by topic.
	told map[engine.NoticeTopic][]engine.Notice
	// strategyProblems are what is wrong with the user's strategies.
	strategyProblems []error
	// searched is set once servers have been looked for.
	searched bool
	// inherited is what another service saw last.
	inherited []engine.Agent
	// departed is what agents that are gone have spent.
	departed departed
	seq      uint64
	last     *engine.Snapshot
}

// watching is one watcher at work with its latest report.
type watching struct {
	watcher *watcher
	cancel  context.CancelFunc
	latest  report
	// lostAt is when a search first found its server neither listening nor
	// answering; zero while it does either.
	lostAt time.Time
}

// New returns a service that has not started.
func New(o Options) (*Service, error) {
	if o.Strategy == "" {
		o.Strategy = engine.StrategyPush
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Detector == nil {
		o.Detector = health.NewDetector()
	}
	if o.NoGeneric {
		o.Detector = o.Detector.WithoutGeneric()
	}
	s := &Service{
		options: o, wishes: newWishes(o.Wishes.Before), layers: newLayers(), meter: newMeter(),
		detector: health.NewLiveDetector(o.Detector), processes: health.NewProcessTable(), now: time.Now,
		done: make(chan struct{}), searchNow: make(chan struct{}, 1), stirred: make(chan struct{}, 1), watchers: make(map[string]*watching), boxes: make(map[*mailbox]struct{}), told: make(map[engine.NoticeTopic][]engine.Notice),
		answering: make(map[health.PaneRef]bool), typing: make(map[health.PaneRef]bool), textsWake: make(chan struct{}, 1), limitsWake: make(chan struct{}, 1), unread: typing.Unread, listen: hearing.Listen,
	}
	s.hear = func(l *hearing.Listener, socket string) ear { return l.Ear(socket) }
	o.Pool.Waited = func(wait time.Duration, err error) {
		if observer := s.meter.observing(); observer != nil {
			observer.Acquire(wait, err)
		}
	}
	s.connect = func(socket tmuxpool.Socket) paneServer { return tmuxpool.NewServer(socket, o.Pool) }
	s.chosen.discover = []tmuxpool.DiscoverOptions{o.Discover}
	s.discover = s.discoverChosen
	if !o.ReadOnly {
		s.typist = func(socket string, inPopup bool) answer.Typist {
			return typing.New(typing.Options{Tmux: o.Pool.TmuxPath, Socket: socket, InPopup: inPopup})
		}
	}
	if !o.NoSessionFiles {
		s.sessions = health.NewSessionFiles()
		now := func() time.Time { return s.now() }
		s.prices = tokens.NewReader(health.StartedAt, now)
		s.tokens = newTokens(s.prices, now, s.others)
		s.SetPrices(o.Prices)
	}
	if o.Pulls && !o.NoGit {
		s.pulls = newPulls(func() time.Time { return s.now() }, repo.ReadPull)
	}
	if !o.NoGit {
		s.repositories = newRepositories(func() time.Time { return s.now() })
	}
	s.profileProblems, s.chosen.goOn = o.ProfileProblems, o.GoOn
	s.chosen.interval, s.wanted = o.Interval, o.Strategy
	s.setStrategies(o.Strategies, o.StrategyProblems)
	if _, err := s.strategy(o.Strategy); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Service) strategy(name engine.StrategyName) (engine.Strategy, error) {
	s.mu.Lock()
	all := s.chosen.strategies
	s.mu.Unlock()
	names := make([]string, 0, len(all))
	for _, candidate := range all {
		if candidate.Name() == name {
			return candidate, nil
		}
		names = append(names, string(candidate.Name()))
	}
	return nil, fmt.Errorf("%w: %q (there are: %s)", engine.ErrUnknownStrategy, name, strings.Join(names, ", "))
}

// Run watches until ctx ends, and returns when everything that it started has
// ended. It returns nil after an orderly end.
func (s *Service) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.ran {
		s.mu.Unlock()
		return engine.ErrAlreadyRun
	}
	s.ran, s.began = true, s.now()
	s.mu.Unlock()
	defer s.stop()
	if s.listen != nil {
		if s.listener, s.deaf = s.listen(); s.deaf == nil {
			defer s.listener.Close()
		}
	}
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return s.search(within, group) })
	group.Go(func() error { return s.tick(within) })
	if !s.options.ReadOnly {
		group.Go(func() error { return s.typeTexts(within) })
		group.Go(func() error { return s.followLimits(within) })
	}
	if s.options.Wishes.Save != nil {
		group.Go(func() error { return s.keepWishes(within) })
	}
	if s.repositories != nil {
		group.Go(func() error { return s.readRepositories(within) })
	}
	if s.pulls != nil {
		group.Go(func() error { return s.readPulls(within) })
	}
	if s.tokens != nil {
		group.Go(func() error { return s.readTokens(within) })
	}
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// stop ends all streams.
func (s *Service) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for box := range s.boxes {
		box.close()
	}
	for _, stream := range s.streams {
		stream.End()
	}
	for _, stream := range s.answers {
		stream.End()
	}
	close(s.done)
}

// search looks for servers, begins to watch new ones and forgets those that
// have been gone for long.
func (s *Service) search(ctx context.Context, group *errgroup.Group) error {
	ticker := beat.NewTicker(discoverEvery)
	defer ticker.Stop()
	for {
		s.mu.Lock()
		asked := s.chosen.searches
		s.mu.Unlock()
		found, problems := s.discover(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.adopt(ctx, group, found, problems, asked) {
			s.publish()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.Next():
		case <-s.searchNow:
		}
	}
}

// adopt takes over what a search has found that was asked for as the asked'th, and
// reports whether that is news.
func (s *Service) adopt(ctx context.Context, group *errgroup.Group, found []tmuxpool.Socket, problems []error, asked uint64) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	searched := s.chosen.searches == asked
	sameProblem := func(a, b error) bool { return a.Error() == b.Error() }
	news = searched != s.searched || !slices.EqualFunc(problems, s.problems, sameProblem)
	s.searched, s.problems = searched, problems
	for _, socket := range found {
		if s.watchers[socket.Path] == nil {
			s.begin(ctx, group, socket)
			news = true
		}
	}
	return s.forgetLost(found) || news
}

// begin starts a watcher. It is called under mu.
func (s *Service) begin(ctx context.Context, group *errgroup.Group, socket tmuxpool.Socket) {
	ctx, cancel := context.WithCancel(ctx)
	w := s.newWatcher(socket)
	w.deaf = s.deaf
	s.watchers[socket.Path] = &watching{watcher: w, cancel: cancel}
	group.Go(func() error {
		defer cancel()
		defer w.server.Close()
		if s.listener != nil {
			w.ear = s.hear(s.listener, socket.Path)
		}
		w.run(ctx)
		return nil
	})
}

func (s *Service) newWatcher(socket tmuxpool.Socket) *watcher {
	server := &observedServer{paneServer: s.connect(socket), meter: s.meter, now: s.now}
	w := &watcher{
		stopwatch: stopwatch{now: s.now}, observed: server,
		socket: socket, server: server, layers: s.layers, now: s.now, meter: s.meter,
		ids:     identifier{table: s.processes, detector: s.detector, resets: health.NewResetReader(), sessions: s.sessions},
		screens: s.screens, allColours: len(s.screens) > 0,
		source: &source{server: server, layers: s.layers, now: s.now, meter: s.meter},
		inbox:  make(chan envelope), kick: make(chan struct{}, 1), refollow: make(chan struct{}, 1), ended: make(chan struct{}),
		wishes: s.wishes, repositories: s.repositories, tokens: s.tokens, pulls: s.pulls, reread: make(chan struct{}, 1),
		panes: make(map[string]*pane), previews: make(map[string]*engine.Preview), ahead: make(map[*pane]health.Screen), report: s.take, timeout: roundTimeout,
		heritage: s.heritage(socket.Path), began: s.began,
		settings: func() settings {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.chosen
		},
	}
	return w
}

// forgetLost drops servers that have been gone for forgetAfter, and reports whether
// there was one. It is called under mu.
func (s *Service) forgetLost(found []tmuxpool.Socket) (dropped bool) {
	alive := make(map[string]bool, len(found))
	for _, socket := range found {
		alive[socket.Path] = true
	}
	now := s.now()
	for path, w := range s.watchers {
		switch {
		case alive[path], w.latest.looked && w.latest.status.Link != tmuxpool.LinkLost:
			w.lostAt = time.Time{}
		case w.lostAt.IsZero():
			w.lostAt = now
		case now.Sub(w.lostAt) > forgetAfter:
			w.cancel()
			delete(s.watchers, path)
			s.meter.foresee(path, nil)
			s.layers.set.InvalidateServer(path)
			s.deliver(w.farewell(now))
			dropped = true
		}
	}
	return dropped
}

// farewell are the transitions of agents whose server has gone for good.
func (w *watching) farewell(now time.Time) []engine.Transition {
	var gone []engine.Transition
	for _, a := range w.latest.agents {
		gone = append(gone, engine.Transition{
			At: now, Agent: a, From: a.State, To: health.StateExited, Gone: true,
			Evidence: health.Evidence{Source: health.SourceProcess, Rule: "server.gone", Text: "its tmux server is gone"},
		})
	}
	return gone
}

// deliver hands transitions to every stream. It is called under mu.
func (s *Service) deliver(transitions []engine.Transition) {
	if len(transitions) == 0 {
		return
	}
	s.departed.note(transitions, s.now())
	s.streams = slices.DeleteFunc(s.streams, (*engine.TransitionStream).Closed)
	for _, stream := range s.streams {
		stream.Push(transitions...)
	}
}

// take receives a watcher's report. It never waits for a reader.
func (s *Service) take(r report) {
	s.mu.Lock()
	w := s.watchers[r.socket.Path]
	if w != nil {
		w.latest = r
		w.latest.transitions = nil
	}
	s.deliver(r.transitions)
	s.mu.Unlock()
	s.meter.busy(r.stats.Busy)
	signal(s.stirred)
	if s.repositories != nil {
		signal(s.repositories.wake)
	}
	if s.tokens != nil {
		signal(s.tokens.wake)
	}
	if s.pulls != nil {
		signal(s.pulls.wake)
	}
	s.publish()
}

// tick samples the trends once a second. While no round is made nothing but the cost
// can be new: then it waits for the next round, up to restTick, and adds the seconds
// in which nothing happened afterwards.
func (s *Service) tick(ctx context.Context) error {
	timer := time.NewTimer(trendEvery)
	defer timer.Stop()
	var cost costMeter
	var rounds uint64
	var stirred <-chan struct{} // nil unless a round is waited for
	for last := s.now(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stirred:
			stirred = nil
			timer.Reset(trendEvery - s.now().Sub(last)%trendEvery)
			continue
		case <-timer.C:
		}
		at := s.now()
		idle := at.Sub(last).Round(trendEvery)/trendEvery - 1
		last = at
		s.layers.set.Sweep()
		s.meter.spent(cost.sample(at, s.serverPIDs()))
		stats := s.cacheStats()
		hits := uint64(0)
		for _, l := range stats.Layers {
			hits += l.Hits
		}
		s.meter.tick(at, int(idle), s.poolStats().Busy, hits, stats.Looks)
		made, _, _ := s.meter.read()
		if made.Rounds == rounds && idle == 0 {
			stirred = s.stirred
			timer.Reset(restTick)
			continue
		}
		rounds = made.Rounds
		timer.Reset(trendEvery)
		s.publish()
	}
}
