package hub

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
)

// Host is a machine as it is shown. Agents is shared and must not be changed.
type Host struct {
	Status engine.HostStatus
	Agents []engine.Agent
	// Counts and Snoozed are what engine.CountsOf says of Agents.
	Counts  engine.Counts
	Snoozed int
	// Notices are what the user should know of it.
	Notices []string
}

// row is what is known of an agent that is shown: at is its place in the host's shown.
type row struct {
	version Version
	at      int
	// hole is set while the hub has lost its record.
	hole bool
}

// hostView is one host of a viewer. It is used under the viewer's mu.
type hostView struct {
	id     HostID
	name   string
	record HostRecord
	// beat and its epoch are the last heard; heard is when, by our clock. written is
	// when its record was, where nothing has been heard.
	beat           string
	epoch          int64
	ended          bool
	heard, written time.Time
	// asked are panes whose records have been read since the host began.
	asked map[string]struct{}
	rows  map[string]row
	// lost are panes whose records the hub did not have when they were read last.
	lost map[string]struct{}
	// dirty is set when all is to be made anew that is shown; else turned are the panes
	// whose records have changed.
	dirty  bool
	turned map[string]struct{}
	// skew is by how much the times of what is shown have been put right.
	skew  time.Duration
	holes int
	state engine.HostState
	since time.Time
	// shown are its agents, in the order of the record's index. They are changed in their
	// place, and copied for whoever is shown them.
	shown    []engine.Agent
	counts   engine.Counts
	snoozed  int
	needUser int
}

func newHostView(id HostID) *hostView {
	return &hostView{id: id, asked: make(map[string]struct{}), rows: make(map[string]row), lost: make(map[string]struct{}), turned: make(map[string]struct{}), since: time.Now()}
}

// takeBeat takes a sign of life, and reports whether the host's state may be another one
// now: that it is live still is shown with what comes next.
func (h *hostView) takeBeat(text string, now time.Time) (changed bool) {
	epoch, ended := epochOf(text)
	if epoch < max(h.epoch, 1) || text == h.beat {
		return false
	}
	changed = ended != h.ended || h.state != engine.HostLive
	if h.ended = ended; !ended {
		h.heard = now
	}
	h.beat, h.epoch = text, epoch
	return changed
}

// unasked are the panes that the host names and that have not been read.
func (h *hostView) unasked() []string {
	var panes []string
	for _, pane := range h.record.Index {
		if _, asked := h.asked[pane]; !asked {
			panes = append(panes, pane)
		}
	}
	return panes
}

// lastHeard is when the host was heard last, as far as is known.
func (h *hostView) lastHeard() time.Time {
	if h.heard.IsZero() {
		return h.written
	}
	return h.heard
}

// stateAt is what the host is at a time.
func (h *hostView) stateAt(now time.Time) engine.HostState {
	if h.record.V == 0 {
		return engine.HostConnecting
	}
	silence := now.Sub(h.lastHeard())
	switch {
	case silence >= goneAfter:
		return engine.HostGone
	case h.ended:
		return engine.HostEnded
	case silence >= staleAfter || h.heard.IsZero():
		return engine.HostStale
	case silence >= lateAfter:
		return engine.HostLate
	default:
		return engine.HostLive
	}
}

// nameHosts gives each host a name of its own: of two that are called the same, the
// one with the greater id has a part of that added. It is called under mu.
func (v *Viewer) nameHosts() {
	v.order = v.order[:0]
	for h := range maps.Values(v.hosts) {
		if h.record.V > 0 {
			v.order = append(v.order, h)
		}
	}
	slices.SortFunc(v.order, func(a, b *hostView) int {
		return cmp.Or(strings.Compare(a.record.Name, b.record.Name), cmp.Compare(a.id, b.id))
	})
	before := ""
	for _, h := range v.order {
		name := h.record.Name
		if name == before {
			name = name[:min(len(name), 55)] + "-" + string(h.id[:6])
		} else {
			before = name
		}
		if name != h.name {
			h.name, h.dirty = name, true
		}
	}
}

// rebuild makes what is shown of a host. It is called under mu.
func (v *Viewer) rebuild(h *hostView) {
	servers := make(map[string]Server, len(h.record.Servers))
	for _, s := range h.record.Servers {
		servers[s.ID] = s
	}
	skew := time.Duration(h.record.Skew)*time.Millisecond - v.skew
	rows, moved := make(map[string]row, len(h.record.Index)), skew != h.skew
	shown := make([]engine.Agent, 0, len(h.record.Index))
	h.skew, h.holes = skew, 0
	for _, pane := range h.record.Index {
		if _, twice := rows[pane]; twice {
			continue
		}
		var agent engine.Agent
		before, known := h.rows[pane]
		if known {
			agent = h.shown[before.at]
		}
		r, _, cached := v.records.Get(cache.Key{Server: string(h.id), Pane: pane})
		id, _, _ := strings.Cut(pane, ".")
		server, named := servers[id]
		_, lost := h.lost[pane]
		switch {
		case cached && named && r.Epoch >= h.record.Epoch:
			if !known || before.version != r.Version || before.hole || moved || agent.Ref.Host != h.name {
				v.revision++
				before, agent = row{version: r.Version}, r.agent(h.name, server, skew)
				agent.Revision = v.revision
			}
		case known && lost:
			h.holes++
			if !before.hole {
				v.revision++
				agent.Stale, agent.Revision, before.hole = true, v.revision, true
			}
		case !known:
			h.holes++
			continue
		}
		before.at = len(shown)
		rows[pane], shown = before, append(shown, agent)
	}
	for pane := range h.rows {
		if _, stays := rows[pane]; !stays {
			v.records.Invalidate(cache.Key{Server: string(h.id), Pane: pane})
			delete(h.asked, pane)
			delete(h.lost, pane)
		}
	}
	h.rows, h.shown, h.dirty = rows, shown, false
	clear(h.turned)
	h.count()
}

// count counts what is shown. An agent whose record is lost needs nobody that is known.
func (h *hostView) count() {
	h.counts, h.snoozed = engine.CountsOf(h.shown)
	h.needUser = 0
	for i := range h.shown {
		if h.shown[i].Urgency() <= engine.UrgencyError {
			h.needUser++
		}
	}
	if h.holes == 0 {
		return
	}
	for _, r := range h.rows {
		if r.hole && h.shown[r.at].Urgency() <= engine.UrgencyError {
			h.needUser--
		}
	}
}

// renew makes what is shown of the agents whose records have changed, and reports whether
// that was all: else the host is to be rebuilt. It is called under mu.
func (v *Viewer) renew(h *hostView) bool {
	for pane := range h.turned {
		before, known := h.rows[pane]
		r, _, cached := v.records.Get(cache.Key{Server: string(h.id), Pane: pane})
		id, _, _ := strings.Cut(pane, ".")
		i := slices.IndexFunc(h.record.Servers, func(s Server) bool { return s.ID == id })
		if !known || !cached || before.hole || i < 0 || r.Epoch < h.record.Epoch {
			return false
		}
		v.revision++
		h.rows[pane] = row{version: r.Version, at: before.at}
		h.shown[before.at] = r.agent(h.name, h.record.Servers[i], h.skew)
		h.shown[before.at].Revision = v.revision
	}
	clear(h.turned)
	h.count()
	return true
}

// hidden reports whether a host's agents are shown as they were last.
func hidden(state engine.HostState) bool {
	return state == engine.HostStale || state == engine.HostEnded
}

// staleBit in an agent's revision tells what is drawn as stale from what is not.
const staleBit = 1 << 63

// Hosts returns what is shown at a time, by name, but for those that are gone.
func (v *Viewer) Hosts(now time.Time) []Host {
	hosts, _ := v.HostsAfter(nil, now)
	return hosts
}

// HostsAfter is Hosts, whose agents it returns as one list, too, after those of first: all
// are copied once.
func (v *Viewer) HostsAfter(first []engine.Agent, now time.Time) (hosts []Host, agents []engine.Agent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := len(first)
	for _, h := range v.order {
		if h.dirty || len(h.turned) > 0 && !v.renew(h) {
			v.rebuild(h)
		}
		if state := h.stateAt(now); state != h.state {
			h.state, h.since = state, now
		}
		n += len(h.shown)
	}
	hosts, agents = make([]Host, 0, len(v.order)), append(make([]engine.Agent, 0, n), first...)
	for _, h := range v.order {
		s := engine.HostStatus{
			Name: h.name, Way: "hub", State: h.state, Since: h.since, Heard: h.lastHeard(), Version: h.record.Build,
			Skew: (time.Duration(h.record.Skew)*time.Millisecond - v.skew).Round(time.Second), Panes: h.record.Panes, Agents: len(h.shown), NeedUser: h.needUser,
		}
		if v.problem != nil && h.state != engine.HostLive {
			s.Problem = "the hub cannot be read: " + v.problem.Error()
		}
		shown := Host{Status: s, Counts: h.counts, Snoozed: h.snoozed}
		if h.state != engine.HostGone {
			at := len(agents)
			agents = append(agents, h.shown...)
			shown.Agents = agents[at:len(agents):len(agents)]
		}
		if hidden(h.state) {
			makeStale(shown.Agents, s.Heard)
		} else if h.state != engine.HostGone {
			shown.Notices = h.record.Notices
		}
		hosts = append(hosts, shown)
	}
	return hosts, agents
}

// makeStale makes agents those that were seen last.
func makeStale(agents []engine.Agent, heard time.Time) {
	for i := range agents {
		a := &agents[i]
		a.Stale, a.Revision = true, a.Revision|staleBit
		if heard.After(a.CheckedAt) {
			a.CheckedAt = heard
		}
	}
}

// Knows reports whether a host is shown by that name.
func (v *Viewer) Knows(name string) bool {
	_, known := v.Skew(name)
	return known
}

// Skew is by how much the times of a host's agents have been put right: what is added
// gives those of its own clock.
func (v *Viewer) Skew(name string) (skew time.Duration, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.order {
		if h.name == name && h.state != engine.HostGone {
			return h.skew, true
		}
	}
	return 0, false
}

// Age reports whether the state of a host has changed since it was shown last.
func (v *Viewer) Age(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.order {
		if h.stateAt(now) != h.state {
			return true
		}
	}
	return false
}

// Notices are what the user should know of the hub itself.
func (v *Viewer) Notices() []engine.Notice {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []engine.Notice
	if v.problem != nil {
		text := "the hub cannot be read: "
		if v.whole {
			text = fmt.Sprintf("the hub cannot be read since %s, and what its hosts show is from then: ", v.lostAt.Format(time.TimeOnly))
		}
		all = append(all, engine.Notice{Severity: engine.SeverityWarning, Text: text + v.problem.Error() + "."})
	}
	if n := len(v.refusals); n > 0 {
		sum := uint64(0)
		for reason, n := range v.refusals {
			if reason != refusedOld {
				sum += n
			}
		}
		if sum > 0 {
			all = append(all, engine.Notice{Severity: engine.SeverityWarning, Text: fmt.Sprintf(
				"the hub holds what no host of ours writes: %d values were refused; `agentwatch hub check` says more.", sum)})
		}
	}
	return all
}
