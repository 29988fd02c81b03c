package history

import (
	"maps"
	"slices"
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
	// standbyKeeps is how much of what another process records is remembered, to
	// go on without a gap when that process has been killed.
	standbyKeeps = 6 * beatEvery
	// sameChange is within which time two processes see one change.
	sameChange = 2 * time.Second
	// maxPending bounds what waits for a disk that does not take it.
	maxPending = 4096
	// goesOn is how long nobody may have recorded for an agent to be the one from
	// before: one dashboard has ended and the next begins.
	goesOn = time.Minute
)

// feed turns the transitions of one tmux server into entries. It knows nothing
// of files: it is told when it holds the lease, and what has been kept.
type feed struct {
	socket string
	pid    int
	// began is since when we watch the server.
	began time.Time

	// base is what each agent was at horizon, by pane; pending what came after.
	base    map[string]engine.Transition
	horizon time.Time
	pending []engine.Transition
	// known are the agents that whoever recorded before has left, as far as they
	// have not been seen yet.
	known map[lane]engine.Urgency
	// lost counts transitions that were given up; broken is set while the run
	// lacks some.
	lost   uint64
	broken bool

	// holds is set while this process may record the server.
	holds   bool
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

func newFeed(socket string, pid int, began time.Time) *feed {
	return &feed{socket: socket, pid: pid, began: began, base: make(map[string]engine.Transition)}
}

// take adds a transition.
func (f *feed) take(t engine.Transition) {
	f.pending = append(f.pending, t)
	if len(f.pending) <= maxPending {
		return
	}
	f.fold(1)
	if f.holds {
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

// standBy lets go of what another process has certainly recorded.
func (f *feed) standBy(now time.Time) {
	cut := now.Add(-standbyKeeps)
	n := 0
	for n < len(f.pending) && f.pending[n].At.Before(cut) {
		n++
	}
	f.fold(n)
}

// takeOver begins to record where whoever recorded before has stopped.
func (f *feed) takeOver(left standing, now time.Time) {
	f.holds = true
	start := earlier(later(left.seen, later(f.horizon, f.began)), now)
	n := 0
	for n < len(f.pending) && (f.pending[n].At.Before(start) || f.pending[n].At.Equal(left.seen)) {
		n++
	}
	f.fold(n)
	if start.Equal(left.seen) {
		f.foldSeenByBoth(left)
	} else {
		// A time lies between in which nobody recorded: that is a gap. After a short
		// one, agents that we see for the first time are those from before.
		if start.Sub(left.seen) <= goesOn {
			f.known = left.urgencies
		}
		left.urgencies = nil
	}
	f.begin(start, left.urgencies)
}

// foldSeenByBoth lets go of changes that were recorded just before the end, and
// that we have seen a little later.
func (f *feed) foldSeenByBoth(left standing) {
	touched := make(map[lane]bool)
	kept := f.pending[:0]
	for _, t := range f.pending {
		key := AgentOf(t.Agent).lane()
		_, to := t.Urgencies()
		was, known := left.urgencies[key]
		if first := !touched[key]; first && known && was == to && !t.Gone && t.At.Sub(left.seen) < sameChange {
			f.base[t.Agent.Ref.Pane] = t
		} else {
			kept = append(kept, t)
		}
		touched[key] = true
	}
	f.pending = kept
}

// begin starts a run: it tells what every agent is. Where something else is
// recorded, that is a change, which nobody had recorded.
func (f *feed) begin(at time.Time, recorded map[lane]engine.Urgency) {
	f.run, f.seq, f.started, f.broken = NewRunID(), 0, at, false
	f.outgoing = append(f.outgoing, RunBegun{Run: f.run, Socket: f.socket, At: at, PID: f.pid})
	for _, pane := range slices.Sorted(maps.Keys(f.base)) {
		e := f.entry(f.base[pane])
		// What began before the run is told from its beginning on.
		e.At, e.First, e.Carried = at, false, true
		e.From = e.To
		if was, ok := recorded[e.Agent.lane()]; ok && was != e.To {
			e.From, e.Carried = was, false
		}
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
	if !f.holds || f.inFlight {
		return f.outgoing
	}
	silent := now.Sub(f.beat)
	switch {
	case f.broken:
		// What was given up is a gap.
		f.begin(f.horizon, nil)
	case f.slept:
		f.slept = false
		f.begin(f.firstAt(now), nil)
	case len(f.pending) == 0 && now.Sub(f.started) > rollEvery:
		f.outgoing = append(f.outgoing, RunEnded{Run: f.run, At: now})
		f.begin(now, nil)
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
	if f.holds {
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
