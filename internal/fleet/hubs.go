package fleet

import (
	"context"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/hub"
)

const (
	// reachTime bounds how long an asked host may take to be connected to.
	reachTime = 15 * time.Second
	// reachEvery is how often it is looked whether it is.
	reachEvery = 20 * time.Millisecond
)

// readHub makes a snapshot due whenever the hub shows something else.
func (m *Monitor) readHub(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.hub.Changed():
			m.changed()
		}
	}
}

func (m *Monitor) isOfHub(name string) bool { return m.hub != nil && m.hub.Knows(name) }

// wantUnknown connects to the hosts that the hub does not show, once it has been read
// or cannot be.
func (m *Monitor) wantUnknown() {
	if m.hub == nil {
		return
	}
	if _, problem := m.hub.Problem(); problem == nil && !m.hub.Figures().Whole {
		return
	}
	for _, l := range m.links {
		if !m.hub.Knows(l.host.Name) {
			l.want()
		}
	}
}

// addShown adds the agents of the hosts that the hub shows to those of this machine. A
// host that is also connected to stands where it would without the hub, and is not
// among the others, which are returned.
func (m *Monitor) addShown(s *engine.Snapshot, now time.Time) (others []hub.Host) {
	local := s.Agents
	hosts, agents := m.hub.HostsAfter(local, now)
	if len(m.links) == 0 {
		// This is done often, and there may be ten thousand.
		s.Agents = agents
		return hosts
	}
	s.Agents = append(make([]engine.Agent, 0, len(agents)+m.elsewhere()), local...)
	shown := make(map[string]int, len(hosts))
	for i := range hosts {
		shown[hosts[i].Status.Name] = i
	}
	taken := make([]bool, len(hosts))
	for _, l := range m.links {
		i, known := shown[l.host.Name]
		if known {
			taken[i] = true
		}
		if known && l.live() != nil {
			hosts[i].Status.Way = l.host.Way() + ", hub"
			s.Agents = append(s.Agents, hosts[i].Agents...)
			addHost(s, &hosts[i])
			continue
		}
		l.add(s)
	}
	for i := range hosts {
		if !taken[i] {
			s.Agents = append(s.Agents, hosts[i].Agents...)
			others = append(others, hosts[i])
		}
	}
	return others
}

// addHub adds what the hub shows, what is to be known of it, and the figures of its
// cache.
func (m *Monitor) addHub(s *engine.Snapshot, now time.Time) {
	others := m.addShown(s, now)
	for i := range others {
		addHost(s, &others[i])
	}
	s.Notices = append(s.Notices, m.hub.Notices()...)
	layer := m.hub.Layer()
	hits := s.Cache.HitRate*float64(s.Cache.Looks) + float64(layer.Hits)
	s.Cache.Layers = append(slices.Clone(s.Cache.Layers), layer)
	if s.Cache.Looks += layer.Hits + layer.Misses; s.Cache.Looks > 0 {
		s.Cache.HitRate = hits / float64(s.Cache.Looks)
	}
}

// addHost adds a host as the hub shows it, but for its agents. Those that are not heard
// count for nothing.
func addHost(s *engine.Snapshot, h *hub.Host) {
	s.Hosts = append(s.Hosts, h.Status)
	if h.Status.State != engine.HostLive && h.Status.State != engine.HostLate {
		return
	}
	s.Panes += h.Status.Panes
	for u, n := range h.Counts {
		s.Counts[u] += n
	}
	s.Snoozed += h.Snoozed
	for _, text := range h.Notices {
		s.Notices = append(s.Notices, engine.Notice{Severity: engine.SeverityWarning, Text: h.Status.Name + ": " + text})
	}
}

// reach connects to a host that the hub shows, if need be, and returns why it cannot be
// asked.
func (m *Monitor) reach(ctx context.Context, l *link) error {
	err := l.live()
	if err == nil || m.hub == nil {
		return err
	}
	l.want()
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	look := time.NewTicker(reachEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return err
		case <-look.C:
		}
		var tried bool
		if err, tried = l.tried(); err == nil || tried {
			return err
		}
	}
}

// tried reports whether the host can be asked now, and whether it is known why not.
func (l *link) tried() (err error, tried bool) {
	err = l.live()
	l.mu.Lock()
	defer l.mu.Unlock()
	// Until its agents are known it is not known what an answer was meant for.
	if err == nil && l.last == nil {
		return &AwayError{Host: l.host.Name}, false
	}
	return err, l.status.Problem != ""
}

// skewOf is by how much the times of a request differ from those of the host: the ones
// that the hub has shown were put right by its clock.
func (m *Monitor) skewOf(l *link, r engine.Request) time.Duration {
	skew := l.ahead()
	if m.hub == nil || r.Seen.Since.IsZero() {
		return skew
	}
	ofHub, known := m.hub.Skew(l.host.Name)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !known || l.last == nil {
		return skew
	}
	for i := range l.last.Agents {
		a := &l.last.Agents[i]
		if theirs(a.Ref) == (health.PaneRef{Server: r.Target.Server, Pane: r.Target.Pane}) && a.Since.Equal(r.Seen.Since.Add(ofHub)) {
			return ofHub
		}
	}
	return skew
}
