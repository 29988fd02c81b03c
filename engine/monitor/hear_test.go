package monitor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// scriptedEar hears what it is told.
type scriptedEar struct {
	mu   sync.Mutex
	next hearing.Heard
	wake chan struct{}
	// children are the server's processes.
	children string
}

func newScriptedEar() *scriptedEar { return &scriptedEar{wake: make(chan struct{}, 1)} }

// print lets the panes print.
func (e *scriptedEar) print(at time.Time, panes ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range panes {
		e.next.Printed = append(e.next.Printed, hearing.Print{Pane: id, At: at})
	}
}

func (e *scriptedEar) Follow([]hearing.Pane)  {}
func (e *scriptedEar) Arm(string) bool        { return true }
func (e *scriptedEar) Hears(string) bool      { return true }
func (e *scriptedEar) Woken() <-chan struct{} { return e.wake }
func (e *scriptedEar) Status() hearing.Status { return hearing.Status{} }
func (e *scriptedEar) Children() string       { return e.children }
func (e *scriptedEar) Close()                 {}
func (e *scriptedEar) Take() (h hearing.Heard) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h, e.next = e.next, h
	return h
}

// exchanges counts how often a fake server is asked for something.
type exchanges struct {
	*fakeServer
	lists, captures, paneIDs int
}

func (x *exchanges) PaneIDs(ctx context.Context) (string, error) {
	x.paneIDs++
	return x.fakeServer.PaneIDs(ctx)
}

func (x *exchanges) ActiveSince(ctx context.Context, epoch int64) ([]tmuxpool.Pane, int64, error) {
	x.lists++
	return x.fakeServer.ActiveSince(ctx, epoch)
}

func (x *exchanges) CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, m tmuxpool.Method, limit int,
	deliver func(int, tmuxpool.Capture, error),
) {
	x.captures++
	x.fakeServer.CaptureAll(ctx, requests, m, limit, deliver)
}

// printNow lets panes print, and makes them due at once.
func printNow(w *watcher, ear *scriptedEar, panes ...string) {
	ear.print(w.now(), panes...)
	w.listen()
	for _, id := range panes {
		w.panes[id].dueAt = w.now()
	}
}

// hearingWatcher is a watcher with two agents, both looked at, and what it asks
// its server for.
func hearingWatcher(t *testing.T) (*watcher, *scriptedEar, *exchanges) {
	t.Helper()
	fake := newFakeServer()
	fake.show("%1", claudeIdle)
	fake.show("%2", claudeWorking)
	s := newTestService(t, Options{}, nil)
	x := &exchanges{fakeServer: fake}
	s.connect = func(tmuxpool.Socket) paneServer { return x }
	w, ear := s.newWatcher(tmuxpool.Socket{Path: "/s", Name: "s"}), newScriptedEar()
	w.ear = ear
	w.round(t.Context(), false)
	if len(w.panes) != 2 || !w.panes["%1"].looked {
		t.Fatalf("%d panes", len(w.panes))
	}
	x.lists, x.captures = 0, 0
	return w, ear, x
}

func TestAPanesPrintTakesOneExchangeWithTheServer(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	x.show("%1", claudeWaiting)
	printNow(w, ear, "%1")
	w.round(t.Context(), true)
	if got := w.panes["%1"].track.state; got != health.StateWaiting {
		t.Errorf("state is %s", got)
	}
	if x.lists != 0 || x.captures != 1 {
		t.Errorf("%d lists, %d captures", x.lists, x.captures)
	}
	if n := slices.Collect(maps.Values(x.fakeServer.captures)); slices.Max(n) != 2 {
		t.Errorf("captured %v times", n)
	}
}

func TestAPaneThatClosesWhileItsPrintIsLookedAtIsOnlyGone(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	printNow(w, ear, "%1", "%2")
	x.drop("%1")
	delete(x.screens, "%1")
	x.show("%2", claudeWaiting)
	w.round(t.Context(), true)
	if got := w.panes["%2"].track.state; got != health.StateWaiting || len(w.unreadable) > 0 {
		t.Errorf("the other is %s, unreadable %v", got, w.unreadable)
	}
	if w.round(t.Context(), false); w.panes["%1"] != nil {
		t.Error("it is still there")
	}
}

func TestASilentPanesFirstPrintsAreLookedAtAtOnceAndAStreamAtItsPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pane{tracked: true, printing: printing{hears: true}}
		p.track.state = rapid.SampledFrom([]health.State{health.StateWorking, health.StateIdle}).Draw(t, "state")
		pace, began := p.pace(false), time.Unix(1000, 0)
		now, looks, firstLate := began, 0, time.Duration(0)
		for range rapid.IntRange(1, 200).Draw(t, "prints") {
			now = now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "ms between")) * time.Millisecond)
			if !p.dueAt.IsZero() && !p.dueAt.After(now) {
				looks++
				p.noteLook(p.dueAt, pace)
			}
			silentFor := now.Sub(p.at)
			p.hear(now, false)
			if late := p.dueAt.Sub(now); looks == 0 || silentFor > burstLooks*pace {
				firstLate = max(firstLate, late)
			}
		}
		if firstLate > readAfter {
			t.Errorf("after silence it was %s late", firstLate)
		}
		if most := burstLooks + quietLooks + int(now.Sub(began)/pace) + 1; looks > most {
			t.Errorf("%d looks in %s, at most %d", looks, now.Sub(began), most)
		}
	})
}

func TestPanesThatAreDueSoonAreLookedAtTogether(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	printNow(w, ear, "%1", "%2")
	w.panes["%2"].dueAt = w.now().Add(workingPace / gatherShare / 2)
	w.round(t.Context(), true)
	if x.lists != 0 || x.captures != 1 || w.panes["%2"].heard {
		t.Errorf("%d lists, %d captures", x.lists, x.captures)
	}
}

func TestTerminalsOfOtherProgramsCostNoListOfPanes(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	for range 2 {
		ear.next.Terminals = true
		w.listen()
		w.listDue = w.now()
		x.fakeServer.lists = 0
		w.round(t.Context(), true)
	}
	if x.fakeServer.lists != 0 || w.listWait <= listPace {
		t.Errorf("%d lists, the next after %s", x.fakeServer.lists, w.listWait)
	}
	x.show("%3", claudeIdle)
	w.listDue = w.now()
	if w.round(t.Context(), true); w.panes["%3"] == nil || w.listWait != listPace {
		t.Errorf("%d lists, the next after %s, %d panes", x.fakeServer.lists, w.listWait, len(w.panes))
	}
}

func TestWhatANewPaneIsTakesOneListOfAll(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	x.fakeServer.lists = 0
	x.show("%3", claudeIdle)
	x.panes[2].CurrentPath = "/nowhere"
	ear.next.Terminals = true
	w.listen()
	w.listDue = w.now()
	w.detailsAt = w.now().Add(-time.Hour)
	w.round(t.Context(), true)
	if p := w.panes["%3"]; p == nil || p.details.path != "/nowhere" || x.fakeServer.lists != 1 {
		t.Errorf("%d lists, %+v", x.fakeServer.lists, p)
	}
}

func TestTerminalsAreDisregardedWhileTheServerHasTheProcessesItHad(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	ear.children = "7 8 "
	terminal := func(closed bool) {
		ear.next.Terminals, ear.next.Closed = !closed, closed
		w.listen()
		w.listDue = w.now()
	}
	terminal(false)
	if w.disregard(w.now()); w.listDue.After(w.now()) {
		t.Fatal("disregarded before its processes were known")
	}
	w.round(t.Context(), true)
	x.paneIDs = 0
	for range 3 {
		terminal(false)
		if w.disregard(w.now()); !w.listDue.After(w.now()) {
			t.Error("another program's terminal is worth a list")
		}
	}
	ear.children = "7 8 9 "
	if terminal(false); w.listDue.After(w.now()) {
		t.Fatal("not due")
	}
	if w.disregard(w.now()); w.listDue.After(w.now()) {
		t.Error("a new process of the server's is disregarded")
	}
	w.round(t.Context(), true)
	if x.paneIDs != 1 {
		t.Errorf("asked %d times which panes there are", x.paneIDs)
	}
	// The program of a pane that has closed may live on.
	terminal(true)
	if w.disregard(w.now()); w.listDue.After(w.now()) {
		t.Error("a closed pane is disregarded")
	}
}

func TestASpinnerThatStopsIsLookedAtSoonAfterwards(t *testing.T) {
	p := &pane{tracked: true, printing: printing{hears: true}}
	p.track.state = health.StateWorking
	now, looks := time.Unix(1000, 0), 0
	for range 100 {
		now = now.Add(100 * time.Millisecond)
		for !p.dueAt.IsZero() && !p.dueAt.After(now) {
			looks++
			p.noteLook(p.dueAt, workingPace)
		}
		p.hear(now, false)
	}
	if looks > burstLooks+10+1 {
		t.Errorf("%d looks at a spinner in ten seconds", looks)
	}
	if late := p.dueAt.Sub(now); late > quietAfter {
		t.Errorf("what it printed last is looked at after %s", late)
	}
}

func TestAnAgentThatChangesItsStateAgainAndAgainIsNeverLookedAtLate(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	p, now := w.panes["%1"], time.Now()
	w.now = func() time.Time { return now }
	for i := range 40 {
		now = now.Add([]time.Duration{110, 480}[i/2%2] * time.Millisecond)
		x.show("%1", []string{claudeWaiting, claudeWorking}[i%2])
		ear.print(now, "%1")
		w.listen()
		if late := p.dueAt.Sub(now); late > readAfter {
			t.Fatalf("change %d is looked at after %s", i, late)
		}
		now = p.dueAt
		w.source.now = w.now
		w.round(t.Context(), true)
	}
	// A stream whose screen changes its meaning all the time is still a stream.
	looks := 0
	for i := range 200 {
		now = now.Add(50 * time.Millisecond)
		x.show("%1", []string{claudeWaiting, claudeWorking}[i%2])
		ear.print(now, "%1")
		if w.listen(); p.isDue(now.Add(readAfter)) {
			now = now.Add(readAfter)
			w.round(t.Context(), true)
			looks++
		}
	}
	if looks > 10*(4+4)+2*burstLooks {
		t.Errorf("%d looks in ten seconds", looks)
	}
}

func TestWhereALookTookLongAndFoundNothingYetTheNextComesSoon(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	x.slow = 2 * lookAgainAfter
	p := w.panes["%1"]
	printNow(w, ear, "%1")
	w.round(t.Context(), true)
	if wait := p.dueAt.Sub(p.captured.at); wait != lookAgainAfter {
		t.Errorf("the next look comes after %s", wait)
	}
	time.Sleep(lookAgainAfter)
	w.round(t.Context(), true)
	if wait := p.dueAt.Sub(p.captured.at); wait != lastLookAfter {
		t.Errorf("the last look comes after %s", wait)
	}
}

func TestOnlyALookThatFindsAnotherScreenIsALatency(t *testing.T) {
	w, ear, x := hearingWatcher(t)
	before := w.meter.latency
	printNow(w, ear, "%1")
	w.round(t.Context(), true)
	if w.meter.latency != before {
		t.Error("the same screen counts")
	}
	printNow(w, ear, "%1")
	x.show("%1", claudeWaiting)
	w.round(t.Context(), true)
	if w.meter.latency == before {
		t.Error("another screen does not count")
	}
}

// countedTable counts the full readings of a process table.
type countedTable struct {
	programs
	readings int
}

func (c *countedTable) Foreground(ctx context.Context, pid int) (health.ForegroundInfo, error) {
	c.readings++
	return c.programs.Foreground(ctx, pid)
}

func TestTheProcessesOfASilentPaneAreReadInFullAsSeldomAsItsScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ear, x := hearingWatcher(t)
		const panes = 1000
		for i := len(w.panes); i < panes; i++ {
			x.show(fmt.Sprintf("%%1%d", i), claudeIdle)
		}
		table := &countedTable{}
		w.ids.table = table
		w.forgetEverything()
		for range 33 {
			w.round(t.Context(), false)
			time.Sleep(strategies.NetAtRest)
		}
		if each := table.readings / panes; each != 2 {
			t.Errorf("each pane's were read %d times in five and a half minutes", each)
		}
		before := table.readings
		for range 26 {
			printNow(w, ear, "%1", "%2")
			w.round(t.Context(), true)
			time.Sleep(strategies.NetAtRest)
		}
		if table.readings < before+2 {
			t.Error("they are not read any more")
		}
	})
}

func TestTheLatencyIsThatOfChangesOfStateFromTheLastOutputOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ear, x := hearingWatcher(t)
		// A spinner turns for a minute and is looked at every now and then: no state changes.
		for i := range 60 {
			x.show("%2", fmt.Sprintf("%s\n%d", claudeWorking, i))
			time.Sleep(time.Second)
			printNow(w, ear, "%2")
			w.round(t.Context(), true)
		}
		if got, _, _ := w.meter.read(); got.LatencyP99 != 0 {
			t.Errorf("a spinner has a latency of %v", got.LatencyP99)
		}
		x.show("%1", claudeWaiting)
		ear.print(w.now(), "%1")
		w.listen()
		time.Sleep(30 * time.Millisecond)
		w.round(t.Context(), true)
		if got, _, _ := w.meter.read(); got.LatencyP99 != 30*time.Millisecond {
			t.Errorf("latency is %v, the dialog was printed 30 ms before the look", got.LatencyP99)
		}
	})
}
