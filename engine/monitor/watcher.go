package monitor

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// paneServer is what a watcher needs of a tmux server; *tmuxpool.Server is one.
type paneServer interface {
	ListPanes(ctx context.Context, detail tmuxpool.Detail) ([]tmuxpool.Pane, int64, error)
	PaneIDs(ctx context.Context) (string, error)
	ActiveSince(ctx context.Context, epoch int64) ([]tmuxpool.Pane, int64, error)
	CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, method tmuxpool.Method, limit int,
		deliver func(i int, c tmuxpool.Capture, err error))
	Version(ctx context.Context) (tmuxpool.Version, error)
	Events() <-chan tmuxpool.Event
	Status() tmuxpool.Status
	Stats() tmuxpool.Stats
	Close() error
}

// Paces of a watcher.
const (
	// rescanEvery is how often all panes are listed, for what activity does
	// not tell: new, closed, resized, swapped and dead panes. With many panes a
	// list costs more (about 10 us a pane) and comes rarer by rescanPerPane:
	// every two seconds with a thousand.
	rescanEvery   = time.Second
	rescanPerPane = time.Millisecond
	// roundTimeout bounds one round; a server that needs longer is reported as
	// hung by tmuxpool before this ends.
	roundTimeout = 15 * time.Second
	// reportEvery is the longest time between two reports while nothing
	// changes, so that figures stay live.
	reportEvery = time.Second
	// eventPace is the least time between two rounds that notifications ask for,
	// if the interval is not longer.
	eventPace = 100 * time.Millisecond
)

// watcher watches one tmux server: it owns what is known of its panes and makes
// its rounds. All of it but inbox and kick belongs to the goroutine of run.
type watcher struct {
	socket tmuxpool.Socket
	server paneServer
	layers *layers
	source *source
	ids    identifier
	now    func() time.Time
	// settings gives what the user has chosen, read once per round.
	settings func() settings
	meter    *meter
	// stopwatch times the rounds for whoever observes them; observed is server.
	stopwatch stopwatch
	observed  *observedServer
	report    func(report)
	// timeout bounds one round.
	timeout time.Duration
	// heritage are the agents that another service saw last, by pane, until they
	// are seen here.
	heritage map[string]engine.Agent
	// began is when the service began; preexisting is set when the server was there
	// before that, and listed once its panes have been listed.
	began       time.Time
	preexisting bool
	listed      bool

	// ear hears the panes; nil where the kernel does not tell.
	ear ear
	// deaf is why there is no ear.
	deaf error

	inbox chan envelope
	// kick asks for a round now, refollow for other previews; both have room for
	// one. forgetAll makes the next round look at everything.
	kick     chan struct{}
	refollow chan struct{}
	// reread says that more is known of repositories, which are nil where nobody
	// reads them. It has room for one.
	reread       chan struct{}
	repositories *repositories
	tokens       *beside[account, engine.Tokens]
	pulls        *beside[head, engine.PullRequest]
	wishes       *wishes
	// unread is set while that of an agent has not been read.
	unread    bool
	forgetAll atomic.Bool
	// ended is closed when run has returned.
	ended chan struct{}

	// allColours asks for colours in every capture; screens is who wants them.
	allColours bool
	screens    []*ScreenStream

	panes map[string]*pane
	order []*pane // in tmux order
	// scanned is the server's second of the last look at all activity.
	scanned int64
	// scannedAt and scannedBefore are our clock's times of the last two scans.
	scannedAt     time.Time
	scannedBefore time.Time
	rescanAt      time.Time
	reportedAt    time.Time
	eventAt       time.Time
	detailsAt     time.Time
	// listDue is when panes are to be listed because terminals have come or gone,
	// zero when they are not; listsMade counts those made since the last of them,
	// listedAt is when it was last done.
	listDue time.Time
	// children are the server's processes as of the last of these lists; empty when
	// they say nothing.
	children string
	// rearmDue is when panes are to be armed again that have printed and wait for
	// their look; zero when there are none.
	rearmDue  time.Time
	listedAt  time.Time
	listsMade int
	// warmDue is when a likely pane may be captured in colour again that has
	// changed; zero when there is none.
	warmDue time.Time
	// listWait is the least time between two such lists at the moment, paneIDs what
	// the last of them said.
	listWait time.Duration
	paneIDs  string
	// panesDiffer is set when that says that panes have come or gone, until they are
	// listed.
	panesDiffer bool
	// roundEarned is until when rounds have had their share of the time.
	roundEarned time.Time
	// looked is set once all that the server shows has been seen, which begins at
	// startedAt.
	looked    bool
	startedAt time.Time
	// failed is why the last scan failed; unreadable are the checks of the last
	// round that did.
	failed     error
	unreadable []error
	lastStatus tmuxpool.Status
	generation cache.Version
	// ahead are the screens that came with the facts of their panes in this round.
	ahead    map[*pane]health.Screen
	version  string
	revision uint64
	// previews are those of the followed panes, by pane id.
	previews map[string]*engine.Preview
	outbox   []engine.Transition
	// forecast is what each strategy would do.
	forecast forecast
}

// settings is what the user has chosen, as of one round.
type settings struct {
	// discover says where servers are searched for; searches counts how often
	// that has changed.
	discover []tmuxpool.DiscoverOptions
	searches uint64
	// ignore are panes that are never agents. It is never changed.
	ignore   map[health.PaneRef]bool
	strategy engine.Strategy
	// strategies are all that there are. The slice is never changed.
	strategies []engine.Strategy
	interval   time.Duration
	follow     followed
	goOn       engine.GoOn
}

// command is something a user asks of a watcher; it is applied between two
// rounds.
type command interface {
	apply(w *watcher) error
}

// envelope is a command with the way back for its answer.
type envelope struct {
	command command
	answer  chan<- error
}

// report is what a watcher tells the service after a round. Its slices are
// never changed afterwards.
type report struct {
	socket      tmuxpool.Socket
	version     string
	looked      bool
	status      tmuxpool.Status
	stats       tmuxpool.Stats
	hearing     engine.Hearing
	agents      []engine.Agent
	panes       int
	previews    []*engine.Preview
	transitions []engine.Transition
	// failed is why nothing could be listed, if so; unreadable are the panes
	// that could not be read.
	failed     error
	unreadable []error
	// folders are those that agents work in, unread is set while one of them has
	// not been read.
	folders []used[string]
	unread  bool
	// accounts are the agents whose session files are known.
	accounts []used[account]
	// heads are the branches that agents work on.
	heads []used[head]
}

// run makes rounds until ctx ends.
func (w *watcher) run(ctx context.Context) {
	defer close(w.ended)
	w.preexisting = !startedSince(w.socket.Path, w.began)
	w.startedAt = w.now()
	var woken <-chan struct{}
	if w.ear != nil {
		defer w.ear.Close()
		woken = w.ear.Woken()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	planned := w.now()
	for {
		select {
		case <-ctx.Done():
			return
		case env := <-w.inbox:
			env.answer <- env.command.apply(w)
			w.publish(true)
			continue
		case <-w.refollow:
			w.preparePreviews(ctx)
			timer.Reset(w.wakesAt(planned).Sub(w.now()))
			continue
		case <-w.reread:
			w.takeReadings()
			w.takeTexts()
			w.takeGoOn(w.settings().goOn)
			w.publish(true)
			continue
		case <-woken:
			w.listen()
			timer.Reset(w.wakesAt(planned).Sub(w.now()))
			continue
		case <-w.kick:
			planned = w.now()
		case <-w.server.Events():
			w.rescan()
			// The first hint is heeded at once, those that follow at a pace.
			if wait := w.eventAt.Add(max(eventPace, w.settings().interval)).Sub(w.now()); wait > 0 {
				planned = w.now().Add(wait)
				timer.Reset(wait)
				continue
			}
			w.eventAt = w.now()
			planned = w.eventAt
		case <-timer.C:
			w.rearm(w.now())
			w.disregard(w.now())
			if wait := w.wakesAt(planned).Sub(w.now()); wait > 0 {
				timer.Reset(wait)
				continue
			}
		}
		began := w.now()
		woken := began.Before(planned)
		next := began.Add(w.round(ctx, woken))
		ended := w.now()
		w.earn(began, ended.Sub(began))
		if next = next.Add(ended.Sub(began)); !woken || next.Before(planned) {
			planned = next
		}
		timer.Reset(w.wakesAt(planned).Sub(ended))
	}
}

// startedSince reports whether the server that listens at a socket started after
// a time: tmux creates the file when it starts and does not write to it again. A
// socket that cannot be examined counts as older.
func startedSince(path string, at time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && info.ModTime().After(at)
}

// round makes one round and returns when the next is due. One that was woken, by
// what the kernel has told, comes before that time.
func (w *watcher) round(ctx context.Context, woken bool) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	began := w.now()
	w.stopwatch.begin(w.meter, began)
	w.warmDue = time.Time{}
	set := w.settings()
	if w.forgetAll.Swap(false) {
		w.forgetEverything()
	}
	w.relist(ctx, began)
	w.gather(began, set.follow)
	known := w.failed
	clear(w.ahead)
	if woken && w.needsNoList(set, began) {
		capturing := w.now()
		w.captureHeard(ctx, set, began)
		w.stopwatch.ahead(capturing)
		w.failed = nil
	} else {
		w.failed = w.scan(ctx)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// We are ending: what fails now says nothing of the server.
		w.failed = nil
		return set.interval
	}
	if w.failed != nil {
		w.lost()
		w.publish(known == nil)
		w.stopwatch.done(w.meter, set.strategy.Name(), 0, 0, w.failed)
		return set.interval
	}
	w.stopwatch.end(engine.StageList)
	w.identify(ctx)
	candidates := w.candidates(set.follow)
	input := w.planInput(candidates, set, began)
	plan := set.strategy.Plan(input)
	if w.forecast.update(set, input, plan) {
		w.meter.foresee(w.socket.Path, w.forecast.rates)
	}
	w.stopwatch.end(engine.StagePlan)
	captures := len(w.ahead) + w.look(ctx, candidates, plan, set.follow)
	w.stopwatch.looked(w.observed)
	w.postpone(candidates, began, set.interval)
	w.passOver(candidates, began)
	changed := w.settle(candidates)
	if w.takeReadings() {
		changed = true
	}
	if texts, goOn := w.takeTexts(), w.takeGoOn(set.goOn); texts || goOn {
		changed = true
	}
	if w.noteSilence(w.now()) {
		changed = true
	}
	if w.refreshPreviews(ctx, set.follow) {
		changed = true
	}
	w.meter.round(set.strategy.Name(), w.now().Sub(began), captures, len(candidates)-captures)
	if errors.Is(ctx.Err(), context.Canceled) {
		return plan.NextIn
	}
	if !w.looked && w.lookedAtAll(candidates) {
		w.looked, changed = true, true
	}
	w.publish(changed)
	w.stopwatch.done(w.meter, set.strategy.Name(), captures, len(candidates)-captures, nil)
	if !w.looked {
		return min(plan.NextIn, retryLooks)
	}
	return plan.NextIn
}

// firstLooks is how long a server's panes are waited for, before what has been seen
// of it counts as all that there is; retryLooks is when they are tried again meanwhile.
const (
	firstLooks = 2 * time.Second
	retryLooks = 100 * time.Millisecond
)

// lookedAtAll reports whether each candidate has been seen: on a busy machine the
// first captures of some fail, and who asks then would be told that nothing is there.
func (w *watcher) lookedAtAll(candidates []*pane) bool {
	return w.now().Sub(w.startedAt) > firstLooks || !slices.ContainsFunc(candidates, func(p *pane) bool { return !p.looked })
}

// scan reads the cheap facts: of all panes when a rescan is due, else only of
// those in windows that have printed since the last scan.
func (w *watcher) scan(ctx context.Context) error {
	now := w.now()
	w.scannedBefore, w.scannedAt = w.scannedAt, now
	if now.Before(w.rescanAt) {
		active, second, err := w.server.ActiveSince(ctx, w.scanned)
		if err != nil {
			return err
		}
		w.scanned = second
		for _, meta := range active {
			p, known := w.panes[meta.ID]
			switch {
			case known && p.meta.PID == meta.PID:
				p.see(meta)
			case !w.ignored(meta.ID):
				// A pane that we do not know: list them all.
				w.rescan()
			}
		}
		if now.Before(w.rescanAt) {
			return nil
		}
	}
	detail := w.detail()
	all, second, err := w.server.ListPanes(ctx, detail)
	if err != nil {
		return err
	}
	w.panesDiffer = false
	w.scanned, w.rescanAt = second, now.Add(rescanEvery+time.Duration(len(all))*rescanPerPane)
	w.merge(all)
	if detail == tmuxpool.DetailFull {
		w.takeDetails(all, second)
	}
	w.follow()
	return nil
}

// ignored tells whether a pane is never to be looked at.
func (w *watcher) ignored(id string) bool {
	return w.settings().ignore[health.PaneRef{Server: w.socket.Path, Pane: id}]
}

// rescan makes the next scan list all panes.
func (w *watcher) rescan() { w.rescanAt = time.Time{} }

// merge takes over a complete list of panes.
func (w *watcher) merge(all []tmuxpool.Pane) {
	known, now := w.panes, w.now()
	w.panes = make(map[string]*pane, len(all))
	w.order = w.order[:0]
	for _, meta := range all {
		if w.ignored(meta.ID) {
			continue
		}
		meta.CurrentCommand, meta.CurrentPath = "", "" // kept as details
		p, ok := known[meta.ID]
		if ok && p.meta.PID != meta.PID {
			// Respawned, or another server with the same ids.
			w.leave(p)
			ok = false
		}
		if !ok {
			p = &pane{
				ref: health.PaneRef{Server: w.socket.Path, Pane: meta.ID}, preexisting: w.preexisting && !w.listed,
				foundAt: now,
			}
			w.forget(p.ref)
			w.layers.details.Invalidate(w.serverKey())
		}
		delete(known, meta.ID)
		if p.stale {
			p.stale = false
			w.touch(p)
		}
		p.see(meta)
		w.panes[meta.ID] = p
		w.order = append(w.order, p)
	}
	for _, p := range known {
		w.leave(p)
	}
	w.listed = true
}

// leave says goodbye to a pane that has closed.
func (w *watcher) leave(p *pane) {
	w.forget(p.ref)
	if p.tracked {
		w.outbox = append(w.outbox, engine.Transition{
			At: w.now(), Agent: p.agent, From: p.track.state, To: health.StateExited,
			Gone: true, Evidence: health.Evidence{Source: health.SourceProcess, Rule: "pane.closed", Text: "the pane has closed"},
		})
	}
}

// forget drops all that is cached of a pane.
func (w *watcher) forget(ref health.PaneRef) {
	w.layers.set.InvalidatePane(ref.Server, ref.Pane)
}

// forgetEverything makes this round list, identify and capture everything.
func (w *watcher) forgetEverything() {
	w.layers.set.InvalidateServer(w.socket.Path)
	w.rescan()
	w.detailsAt = time.Time{}
	for _, p := range w.order {
		p.captured, p.identified = sighting{}, sighting{}
	}
}

// lost marks all agents as last seen: their server does not answer.
func (w *watcher) lost() {
	w.rescan()
	w.layers.versions.Invalidate(w.serverKey())
	w.layers.details.Invalidate(w.serverKey())
	for _, p := range w.order {
		if !p.stale {
			p.stale = true
			w.touch(p)
		}
	}
	w.looked = true
}

// touch gives a pane's agent a new revision.
func (w *watcher) touch(p *pane) {
	w.revision++
	p.revision = w.revision
}

// publish reports when there is something new, or when it is time to.
func (w *watcher) publish(changed bool) {
	status, now := w.server.Status(), w.now()
	if !changed && status == w.lastStatus && len(w.outbox) == 0 && now.Sub(w.reportedAt) < reportEvery {
		return
	}
	w.lastStatus, w.reportedAt = status, now
	r := report{
		socket: w.socket, version: w.version, looked: w.looked, status: status, stats: w.server.Stats(), hearing: w.hearing(),
		panes: len(w.order), previews: slices.Collect(maps.Values(w.previews)), transitions: w.outbox, failed: w.failed, unreadable: w.unreadable,
		folders: w.folders(), accounts: w.accounts(), heads: w.heads(), unread: w.unread,
	}
	w.outbox = nil
	for _, p := range w.order {
		if p.tracked {
			r.agents = append(r.agents, p.agentNow(w.socket.Name))
		}
	}
	w.report(r)
}
