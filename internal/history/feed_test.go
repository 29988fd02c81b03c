package history

import (
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// second is a time, in seconds after noon.
func second(n int) time.Time { return noon().Add(time.Duration(n) * time.Second) }

// happened is a transition of the engine's, of the agent in a pane.
func happened(pane string, at time.Time, states ...engine.Urgency) engine.Transition {
	a := engine.Agent{
		Ref: health.PaneRef{Server: api().Socket, Pane: pane}, Server: "default", Session: "api", PanePID: 4001, Kind: "claude", Since: at,
	}
	for _, u := range states {
		a.Past = append(a.Past, engine.Phase{At: at, Urgency: u})
	}
	now := states[len(states)-1]
	a.State, a.Unseen = stateOf(now), now == engine.UrgencyDone
	return engine.Transition{At: at, Agent: a, To: a.State, First: len(states) == 1}
}

// stateOf is the state behind an urgency.
func stateOf(u engine.Urgency) health.State {
	if u == engine.UrgencyDone {
		return health.StateIdle
	}
	state, err := health.ParseState(u.String())
	if err != nil {
		panic(err)
	}
	return state
}

// disk keeps what a feed gives it.
type disk struct {
	runs    []RunBegun
	kept    []Transition
	seen    time.Time
	ended   int
	refuses bool
}

// serve lets a feed give what is due.
func (d *disk) serve(f *feed, now time.Time) {
	entries := f.next(now)
	if d.refuses || len(entries) == 0 {
		return
	}
	for _, e := range entries {
		switch e := e.(type) {
		case RunBegun:
			d.runs = append(d.runs, e)
		case Transition:
			d.kept = append(d.kept, e)
			d.seen = later(d.seen, e.At)
		case RunSeen:
			d.seen = later(d.seen, e.At)
		case RunEnded:
			d.ended++
		}
	}
	f.kept()
}

// left are the agents that the next process finds.
func (d *disk) left() []engine.Agent {
	var left []engine.Agent
	for _, e := range d.kept {
		left = append(left, e.Agent.engineAgent(e.To))
	}
	return left
}

// changes are the entries that tell one.
func (d *disk) changes() []Transition {
	var told []Transition
	for _, e := range d.kept {
		if !e.Carried {
			told = append(told, e)
		}
	}
	return told
}

// told checks the changes that are kept: what each led to, and when.
func (d *disk) told(t *testing.T, want ...engine.Urgency) {
	t.Helper()
	var got []engine.Urgency
	for _, e := range d.changes() {
		got = append(got, e.To)
	}
	if len(got) != len(want) {
		t.Fatalf("kept %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("kept %v, want %v", got, want)
		}
	}
}

const (
	working = engine.UrgencyWorking
	waiting = engine.UrgencyWaiting
	idle    = engine.UrgencyIdle
	done    = engine.UrgencyDone
)

// begun is a feed that records.
func begun(d *disk) *feed {
	f := newFeed(api().Socket, 1, nil)
	f.take(happened("%1", second(0), working))
	d.serve(f, second(1))
	return f
}

func TestARunBeginsWithTheFirstTransition(t *testing.T) {
	d := &disk{}
	begun(d)
	d.told(t, working)
	if e := d.kept[0]; !e.First || !d.runs[0].At.Equal(second(0)) || len(d.runs) != 1 {
		t.Errorf("%+v in %+v", e, d.runs)
	}
}

func TestAgentsGoOnOverAShortGapAndDoNotAppearAnew(t *testing.T) {
	d := &disk{}
	one := begun(d)
	one.take(happened("%2", second(2), waiting))
	d.serve(one, second(12))
	// It ends; the next dashboard begins some seconds later.
	two := newFeed(api().Socket, 2, d.left())
	for pane, u := range map[string]engine.Urgency{"%1": working, "%2": working, "%3": idle} {
		two.take(happened(pane, second(20), u))
	}
	before := len(d.kept)
	d.serve(two, second(21))
	for _, e := range d.kept[before:] {
		first, carried, from := e.Agent.Pane == "%3", e.Agent.Pane == "%1", map[string]engine.Urgency{"%1": working, "%2": waiting, "%3": e.From}[e.Agent.Pane]
		if e.First != first || e.Carried != carried || e.From != from {
			t.Errorf("%s is told as %+v", e.Agent.Pane, e)
		}
	}
	if len(d.kept) != before+3 || !d.runs[1].At.Equal(second(20)) {
		t.Errorf("%+v in %+v", d.kept[before:], d.runs[1])
	}
}

func TestWhatAnotherProcessHasRecordedIsNotToldAgain(t *testing.T) {
	d := &disk{}
	f := newFeed(api().Socket, 1, nil)
	f.take(happened("%1", second(0), working))
	f.take(happened("%1", second(50), working, waiting))
	f.wait()
	f.take(happened("%2", second(60), idle))
	d.serve(f, second(61))
	d.told(t, idle)
	if first := d.kept[0]; !d.runs[0].At.Equal(second(61)) || !first.Carried || first.To != waiting {
		t.Errorf("%+v in %+v", first, d.runs[0])
	}
}

func TestWhatTheDiskRefusesIsGivenAgainAsItWas(t *testing.T) {
	d := &disk{}
	f := begun(d)
	d.refuses = true
	f.take(happened("%1", second(2), working, waiting))
	first := f.next(second(2))
	for i := 3; i < 60; i++ {
		f.take(happened("%1", second(i), waiting, working))
		again := f.next(second(i))
		if len(again) != len(first) || again[0] != first[0] {
			t.Fatalf("after %d s it gives %v, before %v", i, again, first)
		}
	}
	d.refuses = false
	d.serve(f, second(60))
	d.serve(f, second(61))
	if got := len(d.changes()); got != 59 || f.lost != 0 || len(d.runs) != 1 {
		t.Errorf("%d changes in %d runs, %d lost, want 59 in one", got, len(d.runs), f.lost)
	}
}

func TestWhatHadToBeGivenUpIsCountedAndAGap(t *testing.T) {
	d := &disk{}
	f := begun(d)
	d.refuses = true
	f.take(happened("%1", second(2), working, waiting))
	f.next(second(2))
	for i := range maxPending + 7 {
		states := []engine.Urgency{waiting, working}
		if i%2 == 1 {
			states = []engine.Urgency{working, waiting}
		}
		f.take(happened("%1", second(3+i), states...))
		f.next(second(3 + i))
	}
	if f.lost != 7 {
		t.Errorf("%d are counted as lost, want 7", f.lost)
	}
	d.refuses = false
	end := second(3 + maxPending + 7)
	for len(f.pending) > 0 || f.inFlight {
		d.serve(f, end)
	}
	if len(d.runs) != 2 || !d.runs[1].At.Equal(second(9)) {
		t.Fatalf("runs %+v, want a second one from the last that was given up", d.runs)
	}
	if got := len(d.changes()); got != 2+maxPending {
		t.Errorf("%d changes are kept, want %d", got, 2+maxPending)
	}
	for _, e := range d.kept {
		if e.Carried && e.To != working {
			t.Errorf("the second run begins with %s", e.To)
		}
	}
}

func TestTheSleepOfTheMachineIsAGap(t *testing.T) {
	d := &disk{}
	f := begun(d)
	d.serve(f, second(5))
	d.serve(f, second(11))
	f.take(happened("%1", second(8*3600+1), working, waiting))
	d.serve(f, second(8*3600+2))
	d.told(t, working, waiting)
	if len(d.runs) != 2 || !d.runs[1].At.Equal(second(8*3600+1)) || d.ended != 0 {
		t.Errorf("runs %+v", d.runs)
	}
}

func TestALongRunTellsAnewWhatEveryAgentIsOnceADay(t *testing.T) {
	d := &disk{}
	f := begun(d)
	f.take(happened("%2", second(2), idle))
	for i := 2; i < 50*3600; i += 5 {
		d.serve(f, second(i))
	}
	if len(d.runs) != 3 || d.ended != 2 {
		t.Fatalf("%d runs, %d ended, want 3 and 2", len(d.runs), d.ended)
	}
	d.told(t, working, idle)
	carried := 0
	for _, e := range d.kept {
		if e.Carried && e.Run == d.runs[2].Run && e.At.Equal(d.runs[2].At) {
			carried++
		}
	}
	if carried != 2 {
		t.Errorf("%d agents are told anew, want 2", carried)
	}
	if d.seen.Before(second(50*3600 - 20)) {
		t.Errorf("the last beat is %s", d.seen)
	}
}

func TestAnAgentThatIsGoneIsNotToldAnew(t *testing.T) {
	d := &disk{}
	f := begun(d)
	gone := happened("%1", second(3), working)
	gone.Gone, gone.First = true, false
	f.take(gone)
	for i := 3; i < 25*3600; i += 5 {
		d.serve(f, second(i))
	}
	d.told(t, working, engine.UrgencyExited)
	if last := d.kept[1]; last.From != working || !last.Gone || len(d.kept) != 2 {
		t.Errorf("%+v", d.kept)
	}
}

func TestATurnInWhichAnAgentHasRepeatedItselfSaysSoAtItsEnd(t *testing.T) {
	f := newFeed(api().Socket, 1, nil)
	f.begin(second(0))
	end := happened("%1", second(2), engine.UrgencyWorking, engine.UrgencyError)
	end.Evidence.Text = "API Error"
	end.Repeated = &engine.Repetition{Verb: "ran", Step: "npm test", Times: 4, Failed: true, First: second(0), Last: second(90)}
	want := "API Error (before: ran `npm test` 4 times with the same failure in 2 min)"
	if e := f.entry(end); e.Text != want {
		t.Errorf("%q, want %q", e.Text, want)
	}
}
