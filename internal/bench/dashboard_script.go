package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Script is a monitor without tmux: its agents do what a load asks for, and it
// delivers snapshots at a steady rate. So the cost of the dashboard is measured
// alone. It is safe for concurrent use; Run must be running.
type Script struct {
	mu             sync.Mutex
	actors         []actor
	index          map[health.PaneRef]int
	follow, likely []int
	changes        int
	// asked is set when screens have been asked for that have not been delivered.
	asked bool
	// turn is the next actor to change, changed how many have been changed.
	turn, changed int
	figures       scriptFigures
	box           chan *engine.Snapshot
}

const (
	// scriptInterval is the time between two snapshots while agents change: 10 a
	// second.
	scriptInterval = 100 * time.Millisecond
	// restEvery is how many intervals pass between two snapshots while nothing
	// changes: the monitor reports once a second then, and samples its trends once
	// a second.
	restEvery = 5
)

// actor is one simulated agent.
type actor struct {
	agent    engine.Agent
	preview  *engine.Preview
	revision uint64
	// rows counts the rows that it has printed.
	rows int
}

// NewScript returns a monitor of so many agents at rest.
func NewScript(agents int) *Script {
	s := &Script{index: make(map[health.PaneRef]int, agents), box: make(chan *engine.Snapshot, 1)}
	now := time.Now()
	for i := range agents {
		a := scriptAgent(i, now)
		s.actors = append(s.actors, actor{agent: a, rows: 60 + i%40})
		s.index[a.Ref] = i
	}
	s.figures = newScriptFigures(now, agents)
	return s
}

// SetChanges makes so many agents change with each snapshot from now on: those
// that are followed first, so that what is seen moves.
func (s *Script) SetChanges(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = n
}

// Run delivers snapshots until ctx ends.
func (s *Script) Run(ctx context.Context) {
	ticker := time.NewTicker(scriptInterval)
	defer ticker.Stop()
	s.deliver(time.Now())
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			s.mu.Lock()
			due := s.changes > 0 || s.asked || i%restEvery == 0
			s.mu.Unlock()
			if due {
				s.deliver(now)
			}
		}
	}
}

// deliver lets agents change and hands out the snapshot.
func (s *Script) deliver(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.changes
	s.asked = false
	s.change(now, n)
	snap := s.figures.snapshot(now, n)
	snap.Agents = make([]engine.Agent, len(s.actors))
	for i := range s.actors {
		snap.Agents[i] = s.actors[i].agent
		snap.Counts[s.actors[i].agent.Urgency()]++
	}
	snap.Panes, snap.Servers[0].Panes, snap.Servers[0].Agents = len(s.actors), len(s.actors), len(s.actors)
	snap.Previews = make(map[health.PaneRef]*engine.Preview, len(s.follow)+len(s.likely))
	for _, i := range slices.Concat(s.follow, s.likely) {
		snap.Previews[s.actors[i].agent.Ref] = s.actors[i].screen(now)
	}
	select {
	case <-s.box:
	default:
	}
	s.box <- snap
}

// Per snapshot at most seenChanges changes hit visible panes; every stateEvery-th of
// the rest changes a state.
const (
	seenChanges = 3
	stateEvery  = 10
)

// change lets n agents go on: first those that are seen, then others in turn.
func (s *Script) change(now time.Time, n int) {
	// Of those that are seen, first those that work.
	followed := slices.Clone(s.follow)
	slices.SortStableFunc(followed, func(a, b int) int {
		return cmp.Compare(b2i(s.actors[b].agent.State == health.StateWorking), b2i(s.actors[a].agent.State == health.StateWorking))
	})
	seen := min(n, seenChanges, len(followed))
	for _, i := range followed[:seen] {
		s.actors[i].goOn(now)
	}
	for range n - seen {
		s.changed++
		a := s.next()
		if s.changed%stateEvery == 0 && s.turn > len(s.actors)/2 {
			a.turnRound(now)
			continue
		}
		a.goOn(now)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// next is the next actor in turn that is not seen, and works or rests between two
// turns.
func (s *Script) next() *actor {
	for range s.actors {
		i := s.turn % len(s.actors)
		a := &s.actors[i]
		s.turn = i + 1
		if slices.Contains(s.follow, i) {
			continue
		}
		if a.agent.State == health.StateWorking || a.agent.State == health.StateIdle && !a.agent.Unseen {
			return a
		}
	}
	return &s.actors[0]
}

// goOn prints another row.
func (a *actor) goOn(now time.Time) {
	a.rows++
	a.agent.Activity = spinnerText(a.rows)
	a.agent.ActiveAt, a.agent.CheckedAt = now, now
	a.touch()
}

// turnRound ends a turn, or begins one.
func (a *actor) turnRound(now time.Time) {
	if a.agent.State == health.StateWorking {
		a.agent.State = health.StateIdle
	} else {
		a.agent.State = health.StateWorking
	}
	a.agent.Since = now
	past := a.agent.Past
	a.agent.Past = append(past[max(len(past)-20, 0):len(past):len(past)], engine.Phase{At: now, Urgency: a.agent.Urgency()})
	a.touch()
}

func (a *actor) touch() {
	a.agent.Revision++
	a.preview = nil
}

// screen is its screen, drawn when it is asked for.
func (a *actor) screen(now time.Time) *engine.Preview {
	if a.preview == nil {
		a.revision++
		a.preview = &engine.Preview{Ref: a.agent.Ref, Text: scriptScreen(a.rows), At: now, Revision: a.revision}
	}
	return a.preview
}

// Subscribe implements the dashboard's monitor. There is one subscriber.
func (s *Script) Subscribe() (<-chan *engine.Snapshot, func()) { return s.box, func() {} }

// SwitchStrategy does nothing: there is only one.
func (s *Script) SwitchStrategy(context.Context, engine.StrategyName) error { return nil }

// Follow makes the screens of these panes come with the snapshots.
func (s *Script) Follow(_ context.Context, shown, likely []health.PaneRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follow, s.likely, s.asked = s.places(shown), s.places(likely), true
	return nil
}

// places are those of the actors in these panes.
func (s *Script) places(refs []health.PaneRef) []int {
	var places []int
	for _, ref := range refs {
		if i, known := s.index[ref]; known {
			places = append(places, i)
		}
	}
	return places
}

// MarkSeen does nothing.
func (s *Script) MarkSeen(context.Context, health.PaneRef) error { return nil }

// Snooze and Wake do nothing.
func (s *Script) Snooze(context.Context, health.PaneRef, time.Time) error { return nil }

// Wake does nothing.
func (s *Script) Wake(context.Context, health.PaneRef) error { return nil }

// LetGoOn does nothing.
func (s *Script) LetGoOn(context.Context, health.PaneRef, bool) error { return nil }

// SendWhenIdle and TakeBack do nothing.
func (s *Script) SendWhenIdle(context.Context, engine.Request) (engine.WaitingText, error) {
	return engine.WaitingText{}, nil
}

// TakeBack does nothing.
func (s *Script) TakeBack(context.Context, health.PaneRef, string) (engine.WaitingText, error) {
	return engine.WaitingText{}, nil
}

// History returns what the pane has printed.
func (s *Script) History(_ context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, known := s.index[ref]
	if !known {
		return engine.History{}, fmt.Errorf("bench: no pane %s", ref.Pane)
	}
	return engine.History{Ref: ref, Text: scriptHistory(s.actors[i].rows, rows), At: time.Now()}, nil
}

// errUnscripted is what a call comes to that the script has nothing for.
var errUnscripted = fmt.Errorf("bench: %w", errors.ErrUnsupported)

// Explain is not scripted.
func (s *Script) Explain(context.Context, health.PaneRef) (engine.Explained, error) {
	return engine.Explained{}, errUnscripted
}

// Diff is not scripted.
func (s *Script) Diff(context.Context, health.PaneRef, bool) (engine.Diff, error) {
	return engine.Diff{}, errUnscripted
}

// Search is not scripted.
func (s *Script) Search(context.Context, health.PaneRef, engine.SearchQuery) (engine.Found, error) {
	return engine.Found{}, errUnscripted
}

// Plan is not scripted.
func (s *Script) Plan(engine.Request) (engine.AnswerPlan, error) {
	return engine.AnswerPlan{}, errUnscripted
}

// Answer is not scripted: nothing is typed anywhere.
func (s *Script) Answer(context.Context, engine.Request) (engine.Outcome, error) {
	return engine.Outcome{}, errUnscripted
}

// Refresh does nothing.
func (s *Script) Refresh(context.Context) error { return nil }

// scriptFigures are the figures beside the agents: they move as those of a
// monitor do.
type scriptFigures struct {
	seq     uint64
	random  *rand.Rand
	started time.Time
	round   engine.RoundStats
	looks   uint64
	trend   []engine.Sample
	sampled time.Time
}

func newScriptFigures(now time.Time, agents int) scriptFigures {
	f := scriptFigures{random: rand.New(rand.NewPCG(11, uint64(agents))), started: now, sampled: now.Add(-time.Minute), looks: 5000}
	f.round = engine.RoundStats{
		Rounds: 2000, P50: 600 * time.Microsecond, P99: 4 * time.Millisecond, LatencyP50: 130 * time.Millisecond,
		LatencyP99: 262 * time.Millisecond, Captured: 3000, Avoided: 60_000, Bytes: 31_000_000, Interval: 250 * time.Millisecond,
	}
	for f.sampled.Before(now.Add(-time.Second)) {
		f.sample(f.sampled.Add(time.Second), 0)
	}
	return f
}

// sample ends one second of the trends.
func (f *scriptFigures) sample(at time.Time, captured int) {
	f.sampled = at
	round := time.Duration(500+f.random.IntN(300)+60*captured) * time.Microsecond
	next := engine.Sample{At: at, Captured: captured, Round: round, HitRate: 1 - float64(captured)/200}
	f.trend = append(f.trend[max(len(f.trend)-59, 0):len(f.trend):len(f.trend)], next)
}

// snapshot is a snapshot without agents, after a round with so many captures.
func (f *scriptFigures) snapshot(now time.Time, captured int) *engine.Snapshot {
	f.seq++
	if now.Sub(f.sampled) >= time.Second {
		f.sample(now, 10*captured)
	}
	f.round.Rounds++
	f.round.Captured += uint64(captured)
	f.round.Avoided += 40
	f.round.Last = time.Duration(500+f.random.IntN(300)) * time.Microsecond
	f.looks += 40
	rates := []float64{0.89, 0.92, 0.98, 1}
	snap := &engine.Snapshot{
		Seq: f.seq, At: now, Ready: true, Strategy: engine.StrategyPush, Round: f.round, Trend: f.trend,
		Pool:    engine.PoolStats{Open: 4, Max: 20, Created: 5, Reused: f.round.Rounds, ReuseRate: 0.998},
		Cache:   engine.CacheStats{HitRate: 0.914, Looks: f.looks},
		Cost:    engine.Cost{Own: 0.004, Servers: 0.0023, Memory: 21_000_000},
		Servers: []engine.ServerStatus{{Name: "default", Socket: scriptServer, Version: "3.3a", Link: engine.LinkControl, Since: f.started}},
	}
	for i, name := range []string{"pane_content", "agent_status", "session_info", "config"} {
		looks := f.looks / uint64(1+i)
		hits := uint64(float64(looks) * rates[i])
		snap.Cache.Layers = append(snap.Cache.Layers, engine.LayerStats{
			Name: name, TTL: 10 * time.Second << i, Hits: hits, Misses: looks - hits, HitRate: rates[i],
		})
	}
	for _, name := range []engine.StrategyName{engine.StrategySequential, engine.StrategyConcurrent, engine.StrategyPipelined, engine.StrategyPush} {
		snap.Strategies = append(snap.Strategies, engine.StrategyInfo{
			Name: name, Summary: "as in the monitor", Rounds: 40, P50: time.Millisecond, Captures: 3, Rate: 68,
		})
	}
	return snap
}
