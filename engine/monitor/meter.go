package monitor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
)

const (
	// durationsKept is how many rounds the percentiles are taken over.
	durationsKept = 512
	// samplesKept is how many seconds the trends go back.
	samplesKept = 60
)

// ring keeps the last durations, in their order and by length: the percentiles are
// read far more often than there is time to sort.
type ring struct {
	kept   [durationsKept]time.Duration
	sorted [durationsKept]time.Duration
	n      uint64
}

func (r *ring) add(d time.Duration) {
	full, oldest := min(r.n, durationsKept), &r.kept[r.n%durationsKept]
	sorted := r.sorted[:full]
	if full == durationsKept {
		at, _ := slices.BinarySearch(sorted, *oldest)
		sorted = slices.Delete(sorted, at, at+1)
	}
	at, _ := slices.BinarySearch(sorted, d)
	_ = slices.Insert(sorted, at, d) // there is room for one more
	*oldest = d
	r.n++
}

// percentiles returns the given percentiles (0 to 100) of what is kept; zeros
// when nothing is.
func (r *ring) percentiles(ps ...int) []time.Duration {
	kept := r.sorted[:min(r.n, durationsKept)]
	out := make([]time.Duration, len(ps))
	if len(kept) == 0 {
		return out
	}
	for i, p := range ps {
		out[i] = kept[min(len(kept)-1, len(kept)*p/100)]
	}
	return out
}

// usage is what one strategy has cost while it was in force.
type usage struct {
	durations ring
	late      ring
	rounds    uint64
	captures  uint64
}

// meter counts rounds and captures of all watchers. Safe for concurrent use.
type meter struct {
	mu       sync.Mutex
	total    ring
	latency  ring
	cost     engine.Cost
	stats    engine.RoundStats
	usage    map[engine.StrategyName]*usage
	samples  []engine.Sample
	current  engine.Sample
	lastHits uint64
	lastAsks uint64
	// inForce is the strategy that the total, the latency and the counts of rounds
	// and captures are of: those since the last switch.
	inForce engine.StrategyName
	// foreseen are the captures a second that each strategy would make, by
	// server.
	foreseen map[string]map[engine.StrategyName]float64
	// observer is told what is measured; nil for nobody.
	observer atomic.Pointer[engine.Observer]
}

func newMeter() *meter {
	return &meter{usage: make(map[engine.StrategyName]*usage), foreseen: make(map[string]map[engine.StrategyName]float64)}
}

// switched begins the figures of a strategy that comes into force: what the ones
// before it have cost would hide what this one does.
func (m *meter) switched(name engine.StrategyName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name == m.inForce {
		return
	}
	if m.inForce != "" {
		delete(m.usage, name)
		m.total, m.latency = ring{}, ring{}
		m.stats = engine.RoundStats{Interval: m.stats.Interval, Bytes: m.stats.Bytes, Failures: m.stats.Failures}
	}
	m.inForce = name
}

// round records one round of one server. One that ends after its strategy was
// replaced counts as that strategy's only.
func (m *meter) round(name engine.StrategyName, took time.Duration, captured, avoided int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.of(name)
	u.durations.add(took)
	u.rounds++
	u.captures += uint64(captured)
	m.current.Captured += captured
	m.current.Round = max(m.current.Round, took)
	if name != m.inForce {
		return
	}
	m.total.add(took)
	m.stats.Rounds++
	m.stats.Last = took
	m.stats.LastCaptured, m.stats.LastAvoided = captured, max(avoided, 0)
	m.stats.Captured += uint64(captured)
	m.stats.Avoided += uint64(max(avoided, 0))
}

// verdict records how late a change of state reached its verdict, while a strategy
// was in force.
func (m *meter) verdict(name engine.StrategyName, late time.Duration) {
	if o := m.observing(); o != nil {
		o.Late(late)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(name).late.add(late)
	if name == m.inForce {
		m.latency.add(late)
	}
}

// of is the usage of a strategy. It is called under mu.
func (m *meter) of(name engine.StrategyName) *usage {
	u := m.usage[name]
	if u == nil {
		u = &usage{}
		m.usage[name] = u
	}
	return u
}

// foresee records what the strategies would do on a server; nil forgets it.
func (m *meter) foresee(server string, rates map[engine.StrategyName]float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rates == nil {
		delete(m.foreseen, server)
		return
	}
	m.foreseen[server] = rates
}

// spent records what watching costs now.
func (m *meter) spent(c engine.Cost) {
	m.mu.Lock()
	m.cost = c
	m.mu.Unlock()
}

// capture records one capture's size.
func (m *meter) capture(bytes int) {
	m.mu.Lock()
	m.stats.Bytes += uint64(bytes)
	m.mu.Unlock()
}

// inVain records a look at a pane that had printed and shows nothing new.
func (m *meter) inVain() {
	m.mu.Lock()
	m.stats.InVain++
	m.mu.Unlock()
}

// failure records one failed check.
func (m *meter) failure() {
	m.mu.Lock()
	m.stats.Failures++
	m.mu.Unlock()
}

// failed is how many checks have failed in all.
func (m *meter) failed() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats.Failures
}

// tick ends one second of the trends, which so many in which nothing happened came
// before.
func (m *meter) tick(at time.Time, idle, busy int, hits, asks uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current.At = at
	m.current.Busy = max(m.current.Busy, busy)
	m.current.HitRate = -1
	if asked := asks - m.lastAsks; asks > m.lastAsks {
		m.current.HitRate = float64(hits-m.lastHits) / float64(asked)
	}
	m.lastHits, m.lastAsks = hits, asks
	// A new slice each time: snapshots keep the old one.
	kept := slices.Clone(m.samples)
	for n := min(idle, samplesKept); n > 0; n-- {
		kept = append(kept, engine.Sample{At: at.Add(-time.Duration(n) * trendEvery), HitRate: -1})
	}
	kept = append(kept, m.current)
	m.samples = kept[max(0, len(kept)-samplesKept):]
	m.current = engine.Sample{}
}

// busy notes how many connections were seen busy in this second.
func (m *meter) busy(n int) {
	m.mu.Lock()
	m.current.Busy = max(m.current.Busy, n)
	m.mu.Unlock()
}

// read returns the figures as of now.
func (m *meter) read() (engine.RoundStats, []engine.Sample, engine.Cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	p := m.total.percentiles(50, 99)
	s.P50, s.P99 = p[0], p[1]
	late := m.latency.percentiles(50, 99)
	s.LatencyP50, s.LatencyP99 = late[0], late[1]
	return s, m.samples, m.cost
}

// strategies describes the strategies with what each has cost so far.
func (m *meter) strategies(all []engine.Strategy) []engine.StrategyInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	infos := make([]engine.StrategyInfo, len(all))
	for i, s := range all {
		infos[i] = engine.StrategyInfo{Name: s.Name(), Summary: s.Summary(), Source: strategies.SourceOf(s), Health: strategies.HealthOf(s)}
		for _, rates := range m.foreseen {
			rate, known := rates[s.Name()]
			infos[i].Rate += rate
			infos[i].Foreseen = infos[i].Foreseen || known
		}
		if u := m.usage[s.Name()]; u != nil && u.rounds > 0 {
			infos[i].Rounds = u.rounds
			infos[i].P50 = u.durations.percentiles(50)[0]
			infos[i].Late = u.late.percentiles(99)[0]
			infos[i].Captures = float64(u.captures) / float64(u.rounds)
		}
	}
	return infos
}
