package monitor

import (
	"context"
	"slices"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

const (
	// reidentifyEvery is the safety net for a process that changes without any
	// output.
	reidentifyEvery = 30 * time.Second
	// rereadWrapperAfter is how long the processes behind a wrapper are believed
	// while the pane prints: the fingerprint knows the group's leader only, and
	// an agent that a wrapper starts or loses leaves it as it was.
	rereadWrapperAfter = 2 * time.Second
	// settlesAfter is how long the processes of a new pane are read in every round:
	// tmux tells of it before its program has been started.
	settlesAfter = 3 * time.Second
	// detailsEvery is the least time between two listings of the costly facts.
	detailsEvery = 2 * time.Second
)

// identifier tells which agent program runs in a pane from its processes.
type identifier struct {
	table    health.ProcessTable
	detector *health.LiveDetector
	resets   *health.ResetReader
	// sessions reads what agents keep about themselves; nil when the user does
	// not want that.
	sessions *health.SessionFiles
}

// identify brings the processes of those panes up to date that may have
// changed: the cost follows the change, never the number of processes.
func (w *watcher) identify(ctx context.Context) {
	w.readVersion(ctx)
	now := w.now()
	for _, p := range w.order {
		heard := p.heard && p.isDue(now) || now.Sub(p.foundAt) < settlesAfter
		if !heard && p.identified.change(p.print) == engine.ChangeNone && now.Sub(p.identified.at) < reidentifyEvery {
			continue
		}
		w.readProcesses(ctx, p)
		p.identified = sighting{at: now, second: max(w.scanned, p.seenAt), print: p.print}
	}
	w.readDetails(ctx)
}

// note reads what the pane's agent keeps about itself, if anything.
func (i identifier) note(p *pane) *health.SessionNote {
	if i.sessions == nil || p.kind == health.KindNone {
		return nil
	}
	if note, ok := i.sessions.Note(p.kind, p.pid); ok {
		return &note
	}
	return nil
}

// readVersion keeps the server's version at hand.
func (w *watcher) readVersion(ctx context.Context) {
	version, err := w.layers.versions.GetOrCompute(ctx, w.serverKey(),
		func(ctx context.Context) (string, cache.Version, error) {
			v, err := w.server.Version(ctx)
			return v.Raw, 0, err
		})
	if err == nil {
		w.version = version
	}
}

// readDetails brings the costly facts of all panes up to date: from the cache,
// else by one listing for all, and not too often.
func (w *watcher) readDetails(ctx context.Context) {
	if w.now().Sub(w.detailsAt) < detailsEvery {
		return
	}
	if _, _, ok := w.layers.details.Get(w.serverKey()); ok {
		return
	}
	listed, second, err := w.server.ListPanes(ctx, tmuxpool.DetailFull)
	if err != nil {
		return
	}
	w.detailsAt = w.now()
	w.takeDetails(listed, second)
}

// detail is what a list of all panes asks for now: also the costly facts where they
// would be listed next, so that one list does for both.
func (w *watcher) detail() tmuxpool.Detail {
	if _, kept := w.layers.details.Peek(w.serverKey()); kept && !w.panesDiffer {
		return tmuxpool.DetailFast
	}
	return tmuxpool.DetailFull
}

// takeDetails takes over the costly facts of all panes.
func (w *watcher) takeDetails(listed []tmuxpool.Pane, second int64) {
	all := make(map[string]details, len(listed))
	for _, meta := range listed {
		all[meta.ID] = details{command: meta.CurrentCommand, path: meta.CurrentPath}
	}
	w.layers.details.Put(w.serverKey(), all, cache.Version(second))
	for _, p := range w.order {
		if d := all[p.ref.Pane]; d != p.details {
			p.details = d
			w.touch(p)
		}
	}
}

// serverKey is the cache's key of something that concerns the whole server.
func (w *watcher) serverKey() cache.Key {
	return cache.Key{Server: w.socket.Path}
}

// readProcesses identifies what runs in a pane's foreground. Of a dead pane
// tmux only remembers the process, whose id may be another's by now.
func (w *watcher) readProcesses(ctx context.Context, p *pane) {
	if p.meta.Dead {
		p.setProcesses([]health.Process{}, false, w.ids.detector)
		return
	}
	print, err := w.ids.table.Fingerprint(p.meta.PID)
	if err != nil {
		p.setProcesses(nil, false, w.ids.detector)
		return
	}
	k := key(p.ref)
	kept, _, ok := w.layers.processes.Get(k)
	same := ok && kept.print == print
	if left := kept.at.Add(w.fullLookPace()).Sub(w.now()); same && p.direct && p.hears && left > reidentifyEvery {
		w.layers.processes.Renew(k, left)
	}
	if same && (p.direct || w.now().Sub(kept.at) < rereadWrapperAfter) {
		p.setProcesses(kept.list, kept.raw, w.ids.detector)
		return
	}
	info, err := w.ids.table.Foreground(ctx, p.meta.PID)
	if err != nil {
		p.setProcesses(nil, false, w.ids.detector)
		return
	}
	if ok && !same || !slices.EqualFunc(p.processes, info.Processes, sameProcess) || p.raw != info.Raw {
		if !p.identified.at.IsZero() {
			// Those of a new pane have been listed with it, or are about to be.
			w.layers.details.Invalidate(w.serverKey())
		}
		p.looked = false
	}
	w.layers.processes.Invalidate(k)
	w.layers.processes.Put(k, processes{print: print, list: info.Processes, raw: info.Raw, at: w.now()}, cache.Version(w.scanned))
	p.setProcesses(info.Processes, info.Raw, w.ids.detector)
}

func sameProcess(a, b health.Process) bool {
	return a.PID == b.PID && a.Comm == b.Comm && a.Foreground == b.Foreground
}

// setProcesses takes over the foreground processes and what they tell.
func (p *pane) setProcesses(list []health.Process, raw bool, detector *health.LiveDetector) {
	p.processes, p.raw = list, raw
	if list != nil && !slices.ContainsFunc(list, func(process health.Process) bool { return process.PID == p.resident.PID }) {
		p.resident = health.Resident{}
	}
	o := p.observation()
	o.Before = health.KindNone
	id := detector.Identify(o)
	kind := health.KindNone
	if id.Process == health.ProcessAlive {
		kind = id.Kind
		p.resident = health.Resident{PID: id.PID, Kind: id.Kind}
	}
	p.consider(health.Resident{PID: id.PID, Kind: id.Candidate})
	if kind != p.kind || id.Process != p.foreground {
		p.looked = false
	}
	if p.kind != health.KindNone && kind != p.kind {
		p.before = p.kind
	}
	p.kind, p.foreground = kind, id.Process
	p.direct = id.Process == health.ProcessShell
	p.pid = p.meta.PID
	if id.Process == health.ProcessAlive && id.PID != 0 {
		p.pid, p.direct = id.PID, list[0].PID == id.PID
	}
}

// The times between looks at a program that may be an agent: often while it
// starts, seldom when it has shown nothing of one for long.
const (
	firstConsidered = 500 * time.Millisecond
	lastConsidered  = time.Minute
)

// consider notes the program that may be an agent; one of no kind is none.
func (p *pane) consider(candidate health.Resident) {
	switch {
	case candidate.Kind == health.KindNone:
		p.candidate, p.lookAt, p.wait = health.Resident{}, time.Time{}, 0
	case candidate != p.candidate:
		p.candidate, p.lookAt, p.wait = candidate, time.Time{}, firstConsidered
	}
}

// recognise takes the program that may be an agent for one, since its screen has
// shown it: from now on it is one for as long as it stays.
func (p *pane) recognise() {
	if p.candidate.Kind == health.KindNone || p.verdict.Kind != p.candidate.Kind || !p.fresh {
		return
	}
	p.resident, p.candidate = p.candidate, health.Resident{}
	p.kind, p.foreground = p.resident.Kind, health.ProcessAlive
	p.pid, p.direct = p.resident.PID, p.processes[0].PID == p.resident.PID
}

// considered tells whether the screen of a program that may be an agent is worth
// a look now. What it costs stays small, however much the program prints.
func (p *pane) considered(now time.Time) bool {
	if p.candidate.Kind == health.KindNone || !p.raw || now.Before(p.lookAt) || p.change() == engine.ChangeNone {
		return false
	}
	p.lookAt = now.Add(p.wait)
	p.wait = min(2*p.wait, lastConsidered)
	return true
}
