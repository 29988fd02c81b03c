package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// publish makes a snapshot of all reports and hands it to every subscriber.
func (s *Service) publish() {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	round, trend, cost := s.meter.read()
	cacheStats := s.cacheStats()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.seq++
	round.Interval = s.chosen.interval
	next := &engine.Snapshot{
		Seq: s.seq, At: s.now(), Ready: s.searched, Strategy: s.chosen.strategy.Name(),
		Strategies: s.meter.strategies(s.chosen.strategies), Round: round, Cache: cacheStats, Cost: cost, Trend: trend,
		Previews: make(map[health.PaneRef]*engine.Preview),
	}
	for _, w := range s.inOrder() {
		r := w.latest
		next.Ready = next.Ready && r.looked
		next.Unread = next.Unread || r.unread
		next.Agents = append(next.Agents, r.agents...)
		next.Panes += r.panes
		next.Servers = append(next.Servers, w.status())
		next.Notices = append(next.Notices, w.notices()...)
		next.Pool = addPool(next.Pool, r.stats)
		for _, p := range r.previews {
			if s.chosen.follow.previews(p.Ref) {
				next.Previews[p.Ref] = p
			}
		}
	}
	next.Counts, next.Snoozed = engine.CountsOf(next.Agents)
	next.Today = s.departed.today(next.Agents, next.At)
	for _, p := range s.problems {
		next.Notices = append(next.Notices, engine.Notice{Severity: problemSeverity(p), Text: problemText(p)})
	}
	for _, p := range s.profileProblems {
		next.Notices = append(next.Notices, engine.Notice{
			Severity: engine.SeverityWarning, Text: fmt.Sprintf("%v; the file is left out", p),
		})
	}
	for _, topic := range slices.Sorted(maps.Keys(s.told)) {
		next.Notices = append(next.Notices, s.told[topic]...)
	}
	next.Notices = append(next.Notices, s.strategyNotices()...)
	slices.SortStableFunc(next.Notices, func(a, b engine.Notice) int { return cmp.Compare(b.Severity, a.Severity) })
	s.last = next
	for box := range s.boxes {
		box.put(next)
	}
}

// inOrder returns the watchers by the names of their servers. It is called
// under mu.
func (s *Service) inOrder() []*watching {
	all := make([]*watching, 0, len(s.watchers))
	for _, w := range s.watchers {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *watching) int {
		if by := strings.Compare(a.watcher.socket.Name, b.watcher.socket.Name); by != 0 {
			return by
		}
		return strings.Compare(a.watcher.socket.Path, b.watcher.socket.Path)
	})
	return all
}

// status describes a server for the snapshot.
func (w *watching) status() engine.ServerStatus {
	r := w.latest
	problem := ""
	if r.failed != nil {
		problem = problemText(r.failed)
	}
	return engine.ServerStatus{
		Problem: problem,
		Name:    w.watcher.socket.Name, Socket: w.watcher.socket.Path, Version: r.version,
		Link: linkOf(r.status.Link), Reason: r.status.Reason, Degraded: r.status.Degraded, Since: r.status.Since, RetryAt: r.status.RetryAt,
		Panes: r.panes, Agents: len(r.agents), Hearing: r.hearing,
	}
}

func linkOf(l tmuxpool.Link) engine.Link {
	switch l {
	case tmuxpool.LinkControl:
		return engine.LinkControl
	case tmuxpool.LinkBatch:
		return engine.LinkBatch
	case tmuxpool.LinkProcess:
		return engine.LinkExec
	case tmuxpool.LinkLost:
		return engine.LinkLost
	default:
		return engine.LinkConnecting
	}
}

// addPool sums the pools of several servers.
func addPool(sum engine.PoolStats, s tmuxpool.Stats) engine.PoolStats {
	sum.Open += s.Open
	sum.Busy += s.Busy
	sum.Max += s.Max
	sum.Created += s.Created
	sum.Recycled += s.Recycled
	sum.Reused += s.Reused
	sum.Waits += s.Waits
	sum.Timeouts += s.Timeouts
	sum.MeanWait = max(sum.MeanWait, s.MeanWait)
	if uses := sum.Reused + sum.Created; uses > 0 {
		sum.ReuseRate = float64(sum.Reused) / float64(uses)
	}
	return sum
}

// serverPIDs are the processes of all servers that tell theirs.
func (s *Service) serverPIDs() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pids []int
	for _, w := range s.watchers {
		if pid := w.latest.status.PID; pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *Service) poolStats() engine.PoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum engine.PoolStats
	for _, w := range s.watchers {
		sum = addPool(sum, w.latest.stats)
	}
	return sum
}

func (s *Service) cacheStats() engine.CacheStats {
	var out engine.CacheStats
	hits := uint64(0)
	for _, l := range s.layers.set.Stats() {
		out.Layers = append(out.Layers, engine.LayerStats{
			Name: l.Layer.String(), TTL: l.TTL, Size: l.Size, Capacity: l.Capacity, Hits: l.Hits, Misses: l.Misses,
			Invalidations: l.Invalidations, Expiries: l.Expiries, Evictions: l.Evictions, HitRate: l.HitRate,
			Warmed: l.Warmed, WarmHits: l.WarmHits, WarmCaptures: l.WarmCost,
		})
		hits += l.Hits
		out.Looks += l.Hits + l.Misses
	}
	if out.Looks > 0 {
		out.HitRate = float64(hits) / float64(out.Looks)
	}
	return out
}

// notices says in words what the user should know about a server. How it is
// watched is news only when it should be watched in a better way.
func (w *watching) notices() []engine.Notice {
	s, r := w.status(), w.latest
	var list []engine.Notice
	switch s.Link {
	case engine.LinkLost:
		return []engine.Notice{{Severity: engine.SeverityError, Text: lostText(s), Until: s.RetryAt}}
	case engine.LinkBatch, engine.LinkExec:
		if s.Degraded {
			each := "round"
			if s.Link == engine.LinkExec {
				each = "capture"
			}
			text := fmt.Sprintf("tmux server %s is watched by a process per %s: %s", s.Name, each, s.Reason)
			list = append(list, engine.Notice{Severity: engine.SeverityWarning, Text: text, Until: s.RetryAt})
		}
	case engine.LinkConnecting, engine.LinkControl:
	}
	if s.Problem != "" {
		text := fmt.Sprintf("the panes of tmux server %s could not be listed: %s", s.Name, s.Problem)
		list = append(list, engine.Notice{Severity: engine.SeverityError, Text: text})
	}
	if n := len(r.unreadable); n > 0 {
		panes := "a pane"
		if n > 1 {
			panes = fmt.Sprintf("%d panes", n)
		}
		text := fmt.Sprintf("%s of tmux server %s could not be read: %s", panes, s.Name, problemText(r.unreadable[0]))
		list = append(list, engine.Notice{Severity: engine.SeverityWarning, Text: text})
	}
	return list
}

func problemSeverity(err error) engine.Severity {
	if errors.Is(err, tmuxpool.ErrTmuxMissing) || errors.Is(err, tmuxpool.ErrTmuxTooOld) {
		return engine.SeverityError
	}
	return engine.SeverityWarning
}

func problemText(err error) string { return strings.TrimPrefix(err.Error(), "tmuxpool: ") }

func lostText(s engine.ServerStatus) string {
	text := fmt.Sprintf("tmux server %s does not answer", s.Name)
	if s.Reason != "" {
		text += " (" + s.Reason + ")"
	}
	switch s.Agents {
	case 0:
		return text + "."
	case 1:
		return text + ". Its agent is shown as last seen."
	default:
		return fmt.Sprintf("%s. Its %d agents are shown as last seen.", text, s.Agents)
	}
}
