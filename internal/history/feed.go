package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
)

const (
	// beatEvery is how often a run says that it goes on: after a kill -9 at most
	// so much of the last state's time is not counted.
	beatEvery = 10 * time.Second
	// sleptAfter is the time without a beat that means that the machine slept.
	sleptAfter = 3 * beatEvery
	// rollEvery bounds a run. What agents are is told anew with each, so that no
	// state depends on an entry that is so old that it may have been removed.
	rollEvery = 24 * time.Hour
	// maxPending bounds what waits for a disk that does not take it.
	maxPending = 4096
)

// feed turns the transitions of one tmux server into entries. It knows nothing
// of files: it is told what has been kept.
type feed struct {
	socket string
	pid    int

	// base is what each agent was at horizon, by pane; pending what came after.
	base    map[string]engine.Transition
	horizon time.Time
	pending []engine.Transition
	// known is what the process before has left of the agents that have not been
	// seen yet.
	known map[lane]engine.Urgency
	// lost counts transitions that were given up; broken is set while the run
	// lacks some.
	lost   uint64
	broken bool

	// run is zero until the first one has begun.
	run     RunID
	seq     uint64
	started time.Time
	beat    time.Time
	// called is when next was last called; slept is set when that was so long
	// before the call after it that the machine must have slept.
	called time.Time
	slept  bool
	// outgoing is what is to be kept next. Once given to the store (inFlight) it
	// stays as it is until it is acknowledged.
	outgoing []Entry
	inFlight bool
}

// newFeed returns a feed that goes on where the process before has left some
// agents.
func newFeed(socket string, pid int, left []engine.Agent) *feed {
	f := &feed{socket: socket, pid: pid, base: make(map[string]engine.Transition), known: make(map[lane]engine.Urgency)}
	for _, a := range left {
		if a.Ref.Server == socket {
			f.known[AgentOf(a).lane()] = a.Urgency()
		}
	}
	return f
}

// take adds a transition.
func (f *feed) take(t engine.Transition) {
	f.pending = append(f.pending, t)
	if len(f.pending) <= maxPending {
		return
	}
	f.fold(1)
	if f.run != 0 {
		f.lost++
		f.broken = true
	}
}

// fold makes the first n pending transitions part of the base.
func (f *feed) fold(n int) {
	for _, t := range f.pending[:n] {
		if t.Gone {
			delete(f.base, t.Agent.Ref.Pane)
		} else {
			f.base[t.Agent.Ref.Pane] = t
		}
		f.horizon = later(f.horizon, t.At)
	}
	f.pending = slices.Delete(f.pending, 0, n)
}

// wait lets go of what another process records.
func (f *feed) wait() { f.fold(len(f.pending)) }

// begin starts a run: it tells what every agent is.
func (f *feed) begin(at time.Time) {
	f.run, f.seq, f.started, f.broken = NewRunID(), 0, at, false
	f.outgoing = append(f.outgoing, RunBegun{Run: f.run, Socket: f.socket, At: at, PID: f.pid})
	for _, pane := range slices.Sorted(maps.Keys(f.base)) {
		e := f.entry(f.base[pane])
		// What began before the run is told from its beginning on.
		e.At, e.First, e.Carried = at, false, true
		e.From = e.To
		delete(f.known, e.Agent.lane())
		f.outgoing = append(f.outgoing, e)
	}
}

// entry is a transition as it is kept.
func (f *feed) entry(t engine.Transition) Transition {
	f.seq++
	from, to := t.Urgencies()
	since := t.At
	if t.First {
		since = t.Agent.Since
	}
	e := Transition{
		Run: f.run, Seq: f.seq, At: t.At, Since: since, Agent: AgentOf(t.Agent), From: from, To: to,
		Wait: t.Agent.Wait, Source: t.Evidence.Source, Rule: t.Evidence.Rule, Text: t.Evidence.Text,
		First: t.First, Gone: t.Gone,
	}
	if t.Repeated != nil {
		e.Text = strings.TrimSpace(fmt.Sprintf("%s (before: %s)", e.Text, t.Repeated))
	}
	if was, ok := f.known[e.Agent.lane()]; ok && t.First {
		// It was there before.
		e.First, e.From, e.Carried = false, was, was == to
		delete(f.known, e.Agent.lane())
	}
	return e
}

// next returns what the store is to keep now: the same until kept is called. It
// is to be called at least every beatEvery.
func (f *feed) next(now time.Time) []Entry {
	f.notice(now)
	if f.inFlight {
		return f.outgoing
	}
	silent := now.Sub(f.beat)
	switch {
	case f.run == 0 && len(f.base) > 0:
		// Another process has recorded until now.
		f.begin(now)
	case f.run == 0:
		f.begin(f.firstAt(now))
	case f.broken:
		// What was given up is a gap.
		f.begin(f.horizon)
	case f.slept:
		f.slept = false
		f.begin(f.firstAt(now))
	case len(f.pending) == 0 && now.Sub(f.started) > rollEvery:
		f.outgoing = append(f.outgoing, RunEnded{Run: f.run, At: now})
		f.begin(now)
	case len(f.pending) == 0 && len(f.outgoing) == 0 && silent < beatEvery:
		return nil
	}
	n := min(len(f.pending), maxBatch)
	for _, t := range f.pending[:n] {
		f.outgoing = append(f.outgoing, f.entry(t))
	}
	f.fold(n)
	f.beat, f.inFlight = now, true
	if len(f.pending) == 0 {
		f.outgoing = append(f.outgoing, RunSeen{Run: f.run, At: now})
	}
	return f.outgoing
}

// notice tells a sleep of the machine from the time between two calls. What was
// not kept before it is given up: its run has ended.
func (f *feed) notice(now time.Time) {
	before := f.called
	f.called = now
	if before.IsZero() || now.Sub(before) <= sleptAfter {
		return
	}
	f.slept = true
	n := 0
	for n < len(f.pending) && !f.pending[n].At.After(before) {
		n++
	}
	f.fold(n)
	if f.run != 0 {
		f.lost += uint64(n)
	}
}

// firstAt is the time of the first pending transition, or now.
func (f *feed) firstAt(now time.Time) time.Time {
	if len(f.pending) > 0 {
		return earlier(f.pending[0].At, now)
	}
	return now
}

// kept says that what next returned has been acknowledged.
func (f *feed) kept() { f.outgoing, f.inFlight = nil, false }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
