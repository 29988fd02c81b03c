package engine

import (
	"context"
	"slices"
	"time"

	"agentwatch/cache"
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
		if p.identified.change(p.print) == ChangeNone && now.Sub(p.identified.at) < reidentifyEvery {
			continue
		}
		w.readProcesses(ctx, p)
		p.identified = sighting{at: now, second: w.scanned, print: p.print}
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
	k := w.serverKey()
	if w.now().Sub(w.detailsAt) < detailsEvery {
		return
	}
	if _, _, ok := w.layers.details.Get(k); ok {
		return
	}
	listed, second, err := w.server.ListPanes(ctx, tmuxpool.DetailFull)
	if err != nil {
		return
	}
	w.detailsAt = w.now()
	all := make(map[string]details, len(listed))
	for _, meta := range listed {
		all[meta.ID] = details{command: meta.CurrentCommand, path: meta.CurrentPath}
	}
	w.layers.details.Put(k, all, cache.Version(second))
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
		p.setProcesses([]health.Process{}, w.ids.detector)
		return
	}
	print, err := w.ids.table.Fingerprint(p.meta.PID)
	if err != nil {
		p.setProcesses(nil, w.ids.detector)
		return
	}
	k := key(p.ref)
	kept, _, ok := w.layers.processes.Get(k)
	same := ok && kept.print == print
	if same && (p.direct || w.now().Sub(kept.at) < rereadWrapperAfter) {
		p.setProcesses(kept.list, w.ids.detector)
		return
	}
	info, err := w.ids.table.Foreground(ctx, p.meta.PID)
	if err != nil {
		p.setProcesses(nil, w.ids.detector)
		return
	}
	if !same || !slices.EqualFunc(kept.list, info.Processes, sameProcess) {
		w.layers.details.Invalidate(w.serverKey())
		p.looked = false
	}
	w.layers.processes.Invalidate(k)
	w.layers.processes.Put(k, processes{print: print, list: info.Processes, at: w.now()}, cache.Version(w.scanned))
	p.setProcesses(info.Processes, w.ids.detector)
}

func sameProcess(a, b health.Process) bool {
	return a.PID == b.PID && a.Comm == b.Comm && a.Foreground == b.Foreground
}

// setProcesses takes over the foreground processes and what they tell.
func (p *pane) setProcesses(list []health.Process, detector *health.LiveDetector) {
	p.processes = list
	o := p.observation()
	o.Before = health.KindNone
	id := detector.Identify(o)
	kind := health.KindNone
	if id.Process == health.ProcessAlive {
		kind = id.Kind
	}
	if kind != p.kind || id.Process != p.foreground {
		p.looked = false
	}
	if p.kind != health.KindNone && kind != p.kind {
		p.before = p.kind
	}
	p.kind, p.foreground = kind, id.Process
	p.direct = id.Process == health.ProcessShell
	p.pid = p.meta.PID
	if i := agentProcess(list, detector); i >= 0 {
		p.pid, p.direct = list[i].PID, i == 0
	}
}

// agentProcess returns which of a pane's foreground processes is the agent's; -1
// when none is.
func agentProcess(list []health.Process, detector *health.LiveDetector) int {
	return slices.IndexFunc(list, func(process health.Process) bool {
		alone := detector.Identify(health.Observation{Processes: []health.Process{process}})
		return alone.Process == health.ProcessAlive
	})
}
