package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

// board is what all pages show: the newest state of everything, and in which version
// each part of it has changed last. What a page lacks follows from the version that
// it has, so that nothing is kept for each page, and a slow one gets less. It is not
// safe for concurrent use.
type board struct {
	version uint64
	entries map[string]*entry
	ids     map[health.PaneRef]string
	lastID  int
	// gone are the agents that left last, oldest first. forgotten is the version up
	// to which that is not known any more.
	gone      []farewell
	forgotten uint64
	parts     map[string]*part
	screens   map[string]*screen
}

// entry is an agent with the version in which each field has changed last.
type entry struct {
	agent   engine.Agent
	name    engine.Name
	fields  [fieldCount]json.RawMessage
	changed [fieldCount]uint64
	newest  uint64
}

// farewell is an agent that has left.
type farewell struct {
	id      string
	version uint64
}

// part is anything else that is shown.
type part struct {
	value   json.RawMessage
	version uint64
}

// keptFarewells is how many agents that have left are known by name. A page that
// lacks more begins anew.
const keptFarewells = 1024

// The parts. Figures are sent to those that ask for them.
const (
	partOrder    = "order"
	partCounts   = "counts"
	partServers  = "servers"
	partHosts    = "hosts"
	partNotices  = "notices"
	partSummary  = "summary"
	partFigures  = "figures"
	partStrategy = "strategies"
)

func newBoard() *board {
	return &board{
		entries: make(map[string]*entry), ids: make(map[health.PaneRef]string), parts: make(map[string]*part), screens: make(map[string]*screen),
	}
}

// take takes a newer snapshot and reports whether anything that is shown has changed.
func (b *board) take(s *engine.Snapshot) bool {
	before := b.version
	b.version++
	changed := b.takeAgents(s.Agents)
	for name, value := range partsOf(s) {
		changed = b.put(name, value) || changed
	}
	for ref, p := range s.Previews {
		changed = b.takeScreen(ref, p) || changed
	}
	if !changed {
		b.version = before
	}
	return changed
}

// put stores a part.
func (b *board) put(name string, value any) bool {
	data := encoded(value)
	old := b.parts[name]
	if old != nil && bytes.Equal(old.value, data) {
		return false
	}
	b.parts[name] = &part{data, b.version}
	return true
}

func (b *board) takeAgents(agents []engine.Agent) bool {
	names := engine.NamesOf(agents, sanitize.Text)
	changed, present := false, make(map[string]bool, len(agents))
	order := make([]string, len(agents))
	for i := range agents {
		a := &agents[i]
		id := b.id(a)
		order[i], present[id] = id, true
		changed = b.takeAgent(id, a, nameOf(a, names)) || changed
	}
	for id, e := range b.entries {
		if !present[id] {
			b.leave(id, e)
			changed = true
		}
	}
	return b.put(partOrder, order) || changed
}

// id is the name by which pages know an agent. Another program in the same pane of
// the same server is another agent only when its pane is.
func (b *board) id(a *engine.Agent) string {
	id, known := b.ids[a.Ref]
	if known && b.entries[id].agent.PanePID == a.PanePID {
		return id
	}
	b.lastID++
	id = strconv.Itoa(b.lastID)
	b.ids[a.Ref] = id
	return id
}

func (b *board) takeAgent(id string, a *engine.Agent, name engine.Name) bool {
	e := b.entries[id]
	if e == nil {
		e = &entry{}
		b.entries[id] = e
	} else if e.name == name && sameShown(&e.agent, a) {
		e.agent = *a
		return false
	}
	next := fieldsOf(a, name)
	changed := e.newest == 0
	for f := range next {
		if !bytes.Equal(e.fields[f], next[f]) {
			e.changed[f], changed = b.version, true
		}
	}
	e.agent, e.name, e.fields = *a, name, next
	if changed {
		e.newest = b.version
	}
	return changed
}

// sameShown reports whether nothing that is shown of an agent has changed. Its
// revision tells, but for what does not come from a look at the pane.
func sameShown(a, b *engine.Agent) bool {
	return a.Revision == b.Revision && a.Stale == b.Stale && a.Unseen == b.Unseen && a.State == b.State && a.Since.Equal(b.Since) &&
		(a.Repo == b.Repo || reflect.DeepEqual(a.Repo, b.Repo)) && (a.Pull == b.Pull || reflect.DeepEqual(a.Pull, b.Pull))
}

func (b *board) leave(id string, e *entry) {
	delete(b.entries, id)
	delete(b.screens, id)
	if b.ids[e.agent.Ref] == id {
		delete(b.ids, e.agent.Ref)
	}
	b.gone = append(b.gone, farewell{id, b.version})
	if n := len(b.gone) - keptFarewells; n > 0 {
		b.forgotten = b.gone[n-1].version
		b.gone = slices.Delete(b.gone, 0, n)
	}
}

// update is what leads a page from the version that it has to the newest one.
type update struct {
	// N counts the updates of a connection. A page acknowledges each by it.
	N uint64 `json:"n"`
	// Snap is set when nothing that was sent before counts any more.
	Snap *changes `json:"snap,omitempty"`
	// Patch is what has changed.
	Patch *changes `json:"patch,omitempty"`
	// Screens are those that the page follows, by agent.
	Screens map[string]screenPatch `json:"screens,omitempty"`
}

// changes are the agents of which something has changed, with their fields (null for
// one that is empty now), those that are gone, and the other parts.
type changes struct {
	Up      map[string]map[string]json.RawMessage `json:"up,omitempty"`
	Gone    []string                              `json:"gone,omitempty"`
	Order   json.RawMessage                       `json:"order,omitempty"`
	Counts  json.RawMessage                       `json:"counts,omitempty"`
	Servers json.RawMessage                       `json:"servers,omitempty"`
	Hosts   json.RawMessage                       `json:"hosts,omitempty"`
	Notices json.RawMessage                       `json:"notices,omitempty"`
	Summary json.RawMessage                       `json:"summary,omitempty"`
	Figures json.RawMessage                       `json:"figures,omitempty"`
	// Strategies come with the figures.
	Strategies json.RawMessage `json:"strategies,omitempty"`
}

var null = json.RawMessage("null")

// since returns what has changed after a version; nil for nothing. whole is set when
// the page has to begin anew. figures are left out unless they are wanted.
func (b *board) since(have uint64, figures bool) (c *changes, whole bool) {
	if whole = have == 0 || have < b.forgotten; whole {
		have = 0
	}
	c = &changes{Up: make(map[string]map[string]json.RawMessage)}
	for id, e := range b.entries {
		if e.newest > have || whole {
			c.Up[id] = e.since(have, whole)
		}
	}
	for _, f := range b.gone {
		if f.version > have && !whole {
			c.Gone = append(c.Gone, f.id)
		}
	}
	news := whole || len(c.Up)+len(c.Gone) > 0
	for name, into := range map[string]*json.RawMessage{
		partOrder: &c.Order, partCounts: &c.Counts, partServers: &c.Servers, partHosts: &c.Hosts, partNotices: &c.Notices, partSummary: &c.Summary,
		partFigures: &c.Figures, partStrategy: &c.Strategies,
	} {
		p := b.parts[name]
		if p == nil || p.version <= have && !whole || !figures && (name == partFigures || name == partStrategy) {
			continue
		}
		*into, news = p.value, true
	}
	if !news {
		return nil, false
	}
	return c, whole
}

// since are the fields that have changed after a version.
func (e *entry) since(have uint64, whole bool) map[string]json.RawMessage {
	sent := make(map[string]json.RawMessage)
	for f, value := range e.fields {
		switch {
		case whole && value == nil, !whole && e.changed[f] <= have:
		case value == nil:
			sent[field(f).String()] = null
		default:
			sent[field(f).String()] = value
		}
	}
	return sent
}

// withFigures adds the figures to what is sent to a page that begins to show them.
func (b *board) withFigures(c *changes) *changes {
	if c == nil {
		c = &changes{}
	}
	if p := b.parts[partFigures]; p != nil {
		c.Figures = p.value
	}
	if p := b.parts[partStrategy]; p != nil {
		c.Strategies = p.value
	}
	return c
}

// sawOf reports whether a page that has a version shows of an agent all that an
// answer to it depends on.
func (b *board) sawOf(id string, have uint64) (engine.Agent, bool) {
	e := b.entries[id]
	if e == nil {
		return engine.Agent{}, false
	}
	for _, f := range seenFields() {
		if e.changed[f] > have {
			return e.agent, false
		}
	}
	return e.agent, true
}

// refs are the panes of agents, without those that are gone.
func (b *board) refs(ids []string) []health.PaneRef {
	var all []health.PaneRef
	for _, id := range ids {
		if e := b.entries[id]; e != nil {
			all = append(all, e.agent.Ref)
		}
	}
	return all
}

// agents are all agents.
func (b *board) agents() map[string]engine.Agent {
	all := make(map[string]engine.Agent, len(b.entries))
	for id, e := range b.entries {
		all[id] = e.agent
	}
	return all
}

// keepScreens forgets the screens of all agents that nobody follows.
func (b *board) keepScreens(ids []string) {
	maps.DeleteFunc(b.screens, func(id string, _ *screen) bool { return !slices.Contains(ids, id) })
}
