package telemetry

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// maxSeries bounds the series of each metric in Prometheus, whatever happens. A
// histogram has one for each bucket, and two more.
const maxSeries = 300

// other stands for attributes that came when there were too many already.
const other = "other"

// The bounds of the histograms' buckets, in seconds.
func roundBounds() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}
func waitBounds() []float64     { return []float64{5, 15, 60, 300, 900, 3600, 14400} }
func deliveryBounds() []float64 { return []float64{.0001, .001, .01, .1, .5, 1, 5} }

// histogramSeries is how many series a histogram with so many bounds has for each
// set of attributes: its buckets with the one to infinity, its sum and its count.
func histogramSeries(bounds int) int { return bounds + 3 }

// instruments are what the metrics are recorded with.
type instruments struct {
	roundDuration, changeLatency, captureDuration, poolWait, agentWait metric.Float64Histogram
	captureIO, panesChecked, poolTimeouts                              metric.Int64Counter
	transitions, answers, notifications                                metric.Int64Counter

	cacheLookups, cacheEvictions       metric.Int64ObservableCounter
	cacheEntries, poolWorkers, agents  metric.Int64ObservableUpDownCounter
	oldestWait                         metric.Float64ObservableGauge
	byStrategy, byLink, byKindAndState bounded
	byKindAndReason, byFromAndTo       bounded
	byAction, byChannel                bounded
}

// attribute keys.
const (
	keyStrategy = "agentwatch.strategy"
	keyLink     = "agentwatch.link"
	keyResult   = "agentwatch.result"
	keyState    = "agentwatch.state"
	keyLayer    = "agentwatch.layer"
	keyReason   = "agentwatch.reason"
	keyKind     = "agentwatch.kind"
	keyFrom     = "agentwatch.from"
	keyTo       = "agentwatch.to"
	keyAction   = "agentwatch.action"
	keyOutcome  = "agentwatch.outcome"
	keyChannel  = "agentwatch.channel"

	keyOperation = "agentwatch.operation"
	keyError     = "error.type"
)

// maker makes instruments, and keeps what went wrong.
type maker struct {
	meter metric.Meter
	err   error
}

func made[T any](m *maker, instrument T, err error) T {
	m.err = errors.Join(m.err, err)
	return instrument
}

func (m *maker) seconds(name, about string, bounds []float64) metric.Float64Histogram {
	h, err := m.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(bounds...))
	return made(m, h, err)
}

func (m *maker) counter(name, unit, about string) metric.Int64Counter {
	c, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
	return made(m, c, err)
}

func (m *maker) observedCounter(name, unit, about string) metric.Int64ObservableCounter {
	c, err := m.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(about))
	return made(m, c, err)
}

func (m *maker) observedLevel(name, unit, about string) metric.Int64ObservableUpDownCounter {
	c, err := m.meter.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(about))
	return made(m, c, err)
}

func (m *maker) observedSeconds(name, about string) metric.Float64ObservableGauge {
	g, err := m.meter.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(about))
	return made(m, g, err)
}

// newInstruments makes the instruments. latest is the engine's newest snapshot,
// which is read whenever metrics are collected; nil before the first.
func newInstruments(meter metric.Meter, latest func() *engine.Snapshot) (*instruments, error) {
	m := &maker{meter: meter}
	i := &instruments{
		roundDuration:   m.seconds("agentwatch.round.duration", "How long a round over the panes of a tmux server took.", roundBounds()),
		changeLatency:   m.seconds("agentwatch.change.latency", "From an agent's last output before a change of state to the verdict.", roundBounds()),
		captureDuration: m.seconds("agentwatch.capture.duration", "How long an exchange with tmux took in which screens were captured.", roundBounds()),
		poolWait:        m.seconds("agentwatch.pool.connection.wait_time", "How long a call waited for a worker of the pool.", deliveryBounds()),
		agentWait:       m.seconds("agentwatch.agent.wait.duration", "How long an agent waited for its user.", waitBounds()),
		captureIO:       m.counter("agentwatch.capture.io", "By", "The size of the screens that were captured."),
		panesChecked:    m.counter("agentwatch.panes.checked", "{pane}", "Verdicts on panes, by where they came from."),
		poolTimeouts:    m.counter("agentwatch.pool.connection.timeouts", "{timeout}", "Calls that got no worker of the pool in time."),
		transitions:     m.counter("agentwatch.agent.transitions", "{transition}", "Changes of agents' states."),
		answers:         m.counter("agentwatch.answers", "{answer}", "Answers to agents, by what came of them."),
		notifications:   m.counter("agentwatch.notifications", "{notification}", "Messages to the user, by what came of them."),
		cacheLookups:    m.observedCounter("agentwatch.cache.lookups", "{lookup}", "Questions to the cache."),
		cacheEvictions:  m.observedCounter("agentwatch.cache.evictions", "{entry}", "Entries that left the cache."),
		cacheEntries:    m.observedLevel("agentwatch.cache.entry.count", "{entry}", "Entries in the cache."),
		poolWorkers:     m.observedLevel("agentwatch.pool.connection.count", "{connection}", "Workers of the pools of all tmux servers."),
		agents:          m.observedLevel("agentwatch.agent.count", "{agent}", "Agents by kind and state."),
		oldestWait:      m.observedSeconds("agentwatch.agent.wait.oldest", "How long the agent that waits longest has waited by now, by kind."),

		byStrategy: bounded{keys: []string{keyStrategy}, max: maxSeries / histogramSeries(len(roundBounds()))},
		byLink:     bounded{keys: []string{keyLink}, max: maxSeries / histogramSeries(len(roundBounds()))},
		// Every kind may have every state.
		byKindAndState:  bounded{keys: []string{keyKind}, max: maxSeries / int(engine.UrgencyExited+1)},
		byKindAndReason: bounded{keys: []string{keyKind, keyReason}, max: maxSeries / histogramSeries(len(waitBounds()))},
		byFromAndTo:     bounded{keys: []string{keyFrom, keyTo}, max: maxSeries},
		byAction:        bounded{keys: []string{keyAction, keyOutcome}, max: maxSeries},
		byChannel:       bounded{keys: []string{keyChannel, keyOutcome}, max: maxSeries},
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		i.observe(o, latest(), time.Now())
		return nil
	}, i.cacheLookups, i.cacheEvictions, i.cacheEntries, i.poolWorkers, i.agents, i.oldestWait)
	return i, errors.Join(m.err, err)
}

// observe reports what a snapshot says at a time.
func (i *instruments) observe(o metric.Observer, s *engine.Snapshot, now time.Time) {
	if s == nil {
		return
	}
	of := func(pairs ...string) metric.ObserveOption {
		var set []attribute.KeyValue
		for n := 0; n < len(pairs); n += 2 {
			set = append(set, attribute.String(pairs[n], pairs[n+1]))
		}
		return metric.WithAttributes(set...)
	}
	for _, l := range s.Cache.Layers {
		o.ObserveInt64(i.cacheLookups, int64(l.Hits), of(keyLayer, l.Name, keyResult, "hit"))
		o.ObserveInt64(i.cacheLookups, int64(l.Misses), of(keyLayer, l.Name, keyResult, "miss"))
		o.ObserveInt64(i.cacheEvictions, int64(l.Expiries), of(keyLayer, l.Name, keyReason, "expired"))
		o.ObserveInt64(i.cacheEvictions, int64(l.Evictions), of(keyLayer, l.Name, keyReason, "full"))
		o.ObserveInt64(i.cacheEvictions, int64(l.Invalidations), of(keyLayer, l.Name, keyReason, "invalidated"))
		o.ObserveInt64(i.cacheEntries, int64(l.Size), of(keyLayer, l.Name))
	}
	o.ObserveInt64(i.poolWorkers, int64(s.Pool.Busy), of(keyState, "used"))
	o.ObserveInt64(i.poolWorkers, int64(s.Pool.Open-s.Pool.Busy), of(keyState, "idle"))
	type group struct{ kind, state string }
	counts := make(map[group]int64)
	oldest := make(map[string]time.Duration)
	for _, a := range s.Agents {
		kind := i.byKindAndState.words(string(a.Kind))
		for u := range engine.UrgencyExited + 1 {
			counts[group{kind[0], u.String()}] += 0 // a state that ends is zero, not missing
		}
		counts[group{kind[0], a.Urgency().String()}]++
		oldest[kind[0]] += 0
		if a.State == health.StateWaiting && !a.Since.IsZero() {
			oldest[kind[0]] = max(oldest[kind[0]], now.Sub(a.Since))
		}
	}
	for kind, wait := range oldest {
		o.ObserveFloat64(i.oldestWait, wait.Seconds(), of(keyKind, kind))
	}
	for g, n := range counts {
		o.ObserveInt64(i.agents, n, of(keyKind, g.kind, keyState, g.state))
	}
}

// background is the context of recordings, of which nothing is read.
func background() context.Context { return context.Background() }

func (i *instruments) round(t engine.RoundTrace) {
	ended := t.Ends[engine.StagePublish]
	i.roundDuration.Record(background(), ended.Sub(t.Began).Seconds(), i.byStrategy.option(string(t.Strategy)))
	for result, n := range map[string]int{"captured": t.Captured, "cached": t.Cached, "failed": t.Failed} {
		if n > 0 {
			i.panesChecked.Add(background(), int64(n), metric.WithAttributes(attribute.String(keyResult, result)))
		}
	}
}

func (i *instruments) capture(t engine.CaptureTrace) {
	link := i.byLink.option(t.Link.String())
	i.captureDuration.Record(background(), t.Took.Seconds(), link)
	i.captureIO.Add(background(), int64(t.Bytes), link)
}

func (i *instruments) acquire(wait time.Duration, err error) {
	i.poolWait.Record(background(), wait.Seconds())
	if errors.Is(err, tmuxpool.ErrAcquireTimeout) {
		i.poolTimeouts.Add(background(), 1)
	}
}

// waits are the agents that wait for the user, and since when.
type waits map[health.PaneRef]waiting

type waiting struct {
	since        time.Time
	kind, reason string
}

// note takes one change of an agent into account.
func (w waits) note(t engine.Transition) (ended waiting, at time.Time, was bool) {
	ref := t.Agent.Ref
	if t.To == health.StateWaiting && !t.Gone {
		if _, known := w[ref]; !known {
			w[ref] = waiting{since: t.Agent.Since, kind: string(t.Agent.Kind), reason: t.Agent.Wait.String()}
		}
		return waiting{}, time.Time{}, false
	}
	ended, was = w[ref]
	delete(w, ref)
	return ended, t.At, was && !t.Gone
}

// transition counts a change of an agent, and the wait that ended with it.
func (i *instruments) transition(w waits, t engine.Transition) {
	from, to := t.Urgencies()
	i.transitions.Add(background(), 1, i.byFromAndTo.option(from.String(), to.String()))
	if ended, at, was := w.note(t); was {
		i.agentWait.Record(background(), max(at.Sub(ended.since), 0).Seconds(), i.byKindAndReason.option(ended.kind, ended.reason))
	}
}

// outcomeOf says in a word what came of an answer.
func outcomeOf(t engine.AnswerTrace) string {
	switch {
	case t.Outcome.Confirmed:
		return "confirmed"
	case t.Outcome.Sent:
		return "unconfirmed"
	default:
		return "refused"
	}
}

// bounded makes attributes of words, and other ones once there are too many. It is
// safe for concurrent use.
type bounded struct {
	keys []string
	max  int

	mu    sync.Mutex
	known map[[2]string]metric.MeasurementOption
}

// words are the words themselves, or other.
func (b *bounded) words(words ...string) [2]string {
	key, _ := b.find(words)
	return key
}

// option are the attributes of a measurement.
func (b *bounded) option(words ...string) metric.MeasurementOption {
	_, option := b.find(words)
	return option
}

func (b *bounded) find(words []string) ([2]string, metric.MeasurementOption) {
	var key [2]string
	copy(key[:], words)
	b.mu.Lock()
	defer b.mu.Unlock()
	if option, ok := b.known[key]; ok {
		return key, option
	}
	if len(b.known) >= b.max-1 {
		for n := range b.keys {
			key[n] = other
		}
		if option, ok := b.known[key]; ok {
			return key, option
		}
	}
	var set []attribute.KeyValue
	for n, name := range b.keys {
		set = append(set, attribute.String(name, key[n]))
	}
	option := metric.WithAttributeSet(attribute.NewSet(set...))
	if b.known == nil {
		b.known = make(map[[2]string]metric.MeasurementOption)
	}
	b.known[key] = option
	return key, option
}
