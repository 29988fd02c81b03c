package api

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Engine describes an engine process.
type Engine struct {
	// ID differs with every start: sequence numbers and revisions begin anew.
	ID string `json:"id"`
	Build
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	// Flags are those that it was started with, of those that say how to watch.
	Flags []string `json:"flags,omitempty"`
	// Held is set while it stays without a face; ReadOnly when it types nothing.
	Held     bool `json:"held,omitempty"`
	ReadOnly bool `json:"read_only,omitempty"`
	// History is set when it records.
	History bool `json:"history,omitempty"`
	// Settings counts the changes of the configuration file.
	Settings uint64 `json:"settings,omitempty"`
}

// Build identifies a build of the program.
type Build struct {
	Version string `json:"version"`
	// Installed is when its file was written.
	Installed time.Time `json:"installed,omitzero"`
}

// Newer reports whether b is another build than that one and was installed
// later.
func (b Build) Newer(than Build) bool {
	return b.Version != than.Version && b.Installed.After(than.Installed)
}

// Patch is one line of the stream of snapshots: what has changed since the line
// before. Fields that are missing are as they were, except those that every line
// has (Seq, At, Ready, Panes, Strategy, Counts, Snoozed).
type Patch struct {
	Seq uint64    `json:"seq"`
	At  time.Time `json:"at"`
	// Engine is in the first line, and whenever it has changed.
	Engine *Engine `json:"engine,omitempty"`
	// Whole is set when nothing of what was sent before counts any more.
	Whole bool `json:"whole,omitempty"`

	Ready    bool                `json:"ready"`
	Panes    int                 `json:"panes"`
	Strategy engine.StrategyName `json:"strategy"`
	Counts   engine.Counts       `json:"counts"`
	Snoozed  int                 `json:"snoozed,omitempty"`
	// Order has the panes of all agents when one has come, gone or moved.
	Order *[]health.PaneRef `json:"order,omitempty"`
	// Agents are those that have changed, Checked those of which only times have.
	Agents  []AgentPatch           `json:"agents,omitempty"`
	Checked []Checked              `json:"checked,omitempty"`
	Servers *[]engine.ServerStatus `json:"servers,omitempty"`
	Notices *[]engine.Notice       `json:"notices,omitempty"`
	// Figures are sent along with other changes, once a second at most, and by
	// themselves as often as the stream's reader has asked.
	Figures *Figures `json:"figures,omitempty"`
}

// AgentPatch is an agent that has changed. Its Past is not whole: it continues
// the first PastKept phases of the one known before.
type AgentPatch struct {
	engine.Agent
	PastKept int `json:"past_kept,omitempty"`
}

// Checked are the times of an agent of which nothing else has changed.
type Checked struct {
	Ref       health.PaneRef `json:"ref"`
	CheckedAt time.Time      `json:"checked_at,omitzero"`
	ActiveAt  time.Time      `json:"active_at,omitzero"`
}

// Figures are what watching does and costs.
type Figures struct {
	Today      engine.Durations      `json:"today"`
	Round      engine.RoundStats     `json:"round"`
	Pool       engine.PoolStats      `json:"pool"`
	Cache      engine.CacheStats     `json:"cache"`
	Cost       engine.Cost           `json:"cost"`
	Strategies []engine.StrategyInfo `json:"strategies"`
	Servers    []engine.ServerStatus `json:"servers"`
	// TrendDropped is how many of the oldest samples are gone, Trend those that
	// are new; all of them when TrendWhole is set.
	TrendDropped int             `json:"trend_dropped,omitempty"`
	TrendWhole   bool            `json:"trend_whole,omitempty"`
	Trend        []engine.Sample `json:"trend,omitempty"`
}

// Diff returns what leads from one snapshot to the next, without figures, and
// whether that is worth a line: times of checks alone are not. A nil before is
// that of a stream that begins.
func Diff(before, next *engine.Snapshot) (p Patch, news bool) {
	p = Patch{
		Seq: next.Seq, At: next.At, Ready: next.Ready, Panes: next.Panes, Strategy: next.Strategy, Counts: next.Counts, Snoozed: next.Snoozed,
	}
	if before == nil {
		p.Whole, before = true, &engine.Snapshot{}
	}
	if !slices.EqualFunc(before.Servers, next.Servers, sameServer) {
		p.Servers = changed(before.Servers, next.Servers)
	}
	p.Notices = changed(before.Notices, next.Notices)
	p.diffAgents(before.Agents, next.Agents)
	news = p.Whole || p.Order != nil || len(p.Agents) > 0 || p.Servers != nil || p.Notices != nil || p.Ready != before.Ready ||
		p.Panes != before.Panes || p.Strategy != before.Strategy || p.Counts != before.Counts || p.Snoozed != before.Snoozed
	return p, news
}

// sameServer compares two servers without what is counted all the time.
func sameServer(a, b engine.ServerStatus) bool {
	a.Hearing.Events, a.Hearing.Merged, a.Hearing.Lost = b.Hearing.Events, b.Hearing.Merged, b.Hearing.Lost
	return a == b
}

// changed returns the list when it differs from the one before.
func changed[T comparable](before, next []T) *[]T {
	if slices.Equal(before, next) {
		return nil
	}
	list := append([]T{}, next...)
	return &list
}

func (p *Patch) diffAgents(before, next []engine.Agent) {
	same := slices.EqualFunc(before, next, func(a, b engine.Agent) bool { return a.Ref == b.Ref })
	places := make(map[health.PaneRef]int)
	if !same {
		order := make([]health.PaneRef, len(next))
		for i := range next {
			order[i] = next[i].Ref
		}
		p.Order = &order
		for i := range before {
			places[before[i].Ref] = i
		}
	}
	var none engine.Agent
	for i := range next {
		was := &none
		if same {
			was = &before[i]
		} else if at, known := places[next[i].Ref]; known {
			was = &before[at]
		}
		p.diffAgent(was, &next[i])
	}
}

// diffAgent adds what has changed of one agent. All that is drawn has a revision
// (see engine.Agent).
func (p *Patch) diffAgent(before, next *engine.Agent) {
	if before.Ref == next.Ref && before.Revision == next.Revision {
		if before.CheckedAt.Equal(next.CheckedAt) && before.ActiveAt.Equal(next.ActiveAt) && before.PanePID == next.PanePID {
			return // what it is comes from a check, and there was none
		}
		checked := *before
		checked.CheckedAt, checked.ActiveAt = next.CheckedAt, next.ActiveAt
		if reflect.DeepEqual(&checked, next) {
			p.Checked = append(p.Checked, Checked{next.Ref, next.CheckedAt, next.ActiveAt})
			return
		}
	}
	kept := 0
	for kept < min(len(before.Past), len(next.Past)) && before.Past[kept] == next.Past[kept] {
		kept++
	}
	sent := AgentPatch{*next, kept}
	sent.Past = next.Past[kept:]
	p.Agents = append(p.Agents, sent)
}

// FiguresOf returns the figures of a snapshot for a reader who has those of the
// one before; nil when it has none.
func FiguresOf(before, next *engine.Snapshot) *Figures {
	if before == nil {
		before = &engine.Snapshot{}
	}
	dropped := len(before.Trend)
	for n := range before.Trend {
		if rest := before.Trend[n:]; len(rest) <= len(next.Trend) && slices.Equal(rest, next.Trend[:len(rest)]) {
			dropped = n
			break
		}
	}
	return &Figures{
		Today: next.Today, Round: next.Round, Pool: next.Pool, Cache: next.Cache, Cost: next.Cost, Strategies: next.Strategies, Servers: next.Servers,
		TrendDropped: dropped, Trend: next.Trend[len(before.Trend)-dropped:],
	}
}

// ErrPatch says that a patch does not fit what its reader has: the stream has to
// begin anew.
var ErrPatch = errors.New("the patch does not fit the snapshot before")

// Apply makes the next snapshot. before is nil at the beginning of a stream, and
// is not changed.
func (p *Patch) Apply(before *engine.Snapshot) (*engine.Snapshot, error) {
	if p.Whole || before == nil {
		before = &engine.Snapshot{}
	}
	next := *before
	next.Seq, next.At, next.Ready, next.Panes, next.Strategy, next.Counts, next.Snoozed = p.Seq, p.At, p.Ready, p.Panes, p.Strategy, p.Counts, p.Snoozed
	if p.Servers != nil {
		next.Servers = *p.Servers
	}
	if p.Notices != nil {
		next.Notices = *p.Notices
	}
	if f := p.Figures; f != nil {
		dropped := f.TrendDropped
		if f.TrendWhole {
			dropped = len(before.Trend)
		}
		if dropped < 0 || dropped > len(before.Trend) {
			return nil, fmt.Errorf("%w: %d samples fewer than %d", ErrPatch, dropped, len(before.Trend))
		}
		next.Today, next.Round, next.Pool, next.Cache, next.Cost, next.Strategies = f.Today, f.Round, f.Pool, f.Cache, f.Cost, f.Strategies
		next.Servers = f.Servers
		next.Trend = slices.Concat(before.Trend[dropped:], f.Trend)
	}
	var err error
	next.Agents, err = p.applyAgents(before.Agents)
	return &next, err
}

func (p *Patch) applyAgents(before []engine.Agent) ([]engine.Agent, error) {
	if p.Order == nil && len(p.Agents)+len(p.Checked) == 0 {
		return before, nil
	}
	places := make(map[health.PaneRef]int, len(before))
	for i := range before {
		places[before[i].Ref] = i
	}
	next := slices.Clone(before)
	if p.Order != nil {
		next = make([]engine.Agent, len(*p.Order))
		order := make(map[health.PaneRef]int, len(next))
		for i, ref := range *p.Order {
			if was, known := places[ref]; known {
				next[i] = before[was]
			}
			next[i].Ref, order[ref] = ref, i
		}
		places = order
	}
	for _, c := range p.Checked {
		i, known := places[c.Ref]
		if !known {
			return nil, fmt.Errorf("%w: no agent is in %s", ErrPatch, c.Ref)
		}
		next[i].CheckedAt, next[i].ActiveAt = c.CheckedAt, c.ActiveAt
	}
	for _, sent := range p.Agents {
		i, known := places[sent.Ref]
		if !known || sent.PastKept < 0 || sent.PastKept > len(next[i].Past) {
			return nil, fmt.Errorf("%w: agent in %s", ErrPatch, sent.Ref)
		}
		past := slices.Concat(next[i].Past[:sent.PastKept], sent.Past)
		next[i] = sent.Agent
		next[i].Past = past
	}
	return next, nil
}
