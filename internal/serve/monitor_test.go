package serve

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// fleet are instances that meet at one place, with the engines that they have
// started.
type fleet struct {
	t    *testing.T
	path string

	mu      sync.Mutex
	engines []*fakeEngine
	before  []*engine.Snapshot
}

func newFleet(t *testing.T) *fleet { return &fleet{t: t, path: meetingPlace(t)} }

// start is what each instance starts its engine with.
func (f *fleet) start(before *engine.Snapshot) (Local, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := newFakeEngine(agentIn("%1", health.StateWorking))
	f.engines, f.before = append(f.engines, e), append(f.before, before)
	return e, nil
}

func (f *fleet) started() []*fakeEngine {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.engines)
}

// open opens an instance, which ends with the test at the latest.
func (f *fleet) open() *Monitor {
	f.t.Helper()
	m, err := Open(f.t.Context(), Options{Path: f.path, Version: "test", Start: f.start})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := m.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return m
}

// sees waits until an instance shows a pane's agent.
func (f *fleet) sees(m *Monitor, pane string) *engine.Snapshot {
	f.t.Helper()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	return newest(f.t, snapshots, "agent "+pane, func(s *engine.Snapshot) bool {
		return slices.ContainsFunc(s.Agents, func(a engine.Agent) bool { return a.Ref.Pane == pane })
	})
}

func TestTheSecondInstanceUsesTheEngineOfTheFirst(t *testing.T) {
	f := newFleet(t)
	first, second := f.open(), f.open()
	f.sees(first, "%1")
	f.sees(second, "%1")
	if n := len(f.started()); n != 1 {
		t.Fatalf("%d engines", n)
	}
	e := f.started()[0]
	e.show(snapshotOf(agentIn("%2", health.StateIdle)))
	f.sees(first, "%2")
	f.sees(second, "%2")
	one, two := health.PaneRef{Pane: "%1"}, health.PaneRef{Pane: "%2"}
	if err := errors.Join(first.Follow(t.Context(), []health.PaneRef{one}), second.Follow(t.Context(), []health.PaneRef{two})); err != nil {
		t.Fatal(err)
	}
	if got := e.follows(); !slices.Equal(got, []health.PaneRef{one, two}) {
		t.Errorf("it follows %v", got)
	}
	if err := second.SwitchStrategy(t.Context(), engine.StrategySequential); err != nil || e.strategy != engine.StrategySequential {
		t.Error(err, e.strategy)
	}
}

func TestWhenTheFirstEndsOneOfTheOthersTakesOverAndTheRestUsesThat(t *testing.T) {
	f := newFleet(t)
	first := f.open()
	rest := []*Monitor{f.open(), f.open(), f.open()}
	followed := []health.PaneRef{{Pane: "%7"}}
	for _, m := range rest {
		f.sees(m, "%1")
	}
	if err := rest[2].Follow(t.Context(), followed); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another engine", func() bool { return len(f.started()) == 2 })
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the next one took over after %s", took)
	}
	e := f.started()[1]
	eventually(t, "the panes to be followed again", func() bool { return slices.Equal(e.follows(), followed) })
	e.show(snapshotOf(agentIn("%5", health.StateIdle)))
	for _, m := range rest {
		f.sees(m, "%5")
	}
	if n := len(f.started()); n != 2 {
		t.Errorf("%d engines", n)
	}
	if before := f.before[1]; before == nil || before.Agents[0].Ref.Pane != "%1" {
		t.Errorf("the next engine was told %+v of what was seen before", before)
	}
}

func TestTheScreenIsNeverEmptyWhileAnotherTakesOver(t *testing.T) {
	f := newFleet(t)
	first, second := f.open(), f.open()
	snapshots, cancel := second.Subscribe()
	defer cancel()
	newest(t, snapshots, "the first", func(s *engine.Snapshot) bool { return len(s.Agents) == 1 })
	_ = first.Close()
	seq := uint64(0)
	newest(t, snapshots, "the new engine's", func(s *engine.Snapshot) bool {
		if len(s.Agents) == 0 || s.Seq <= seq {
			t.Fatalf("after %d came %+v", seq, s)
		}
		seq = s.Seq
		return s.Agents[0].Revision > 1
	})
}

func TestOfManyThatStartAtOnceOneServes(t *testing.T) {
	f := newFleet(t)
	var work sync.WaitGroup
	monitors := make([]*Monitor, 12)
	for i := range monitors {
		work.Go(func() { monitors[i] = f.open() })
	}
	work.Wait()
	for _, m := range monitors {
		f.sees(m, "%1")
	}
	if n := len(f.started()); n != 1 {
		t.Errorf("%d engines", n)
	}
}

func TestACallThatMeetsAChangeIsMadeToTheNextEngine(t *testing.T) {
	f := newFleet(t)
	first, second := f.open(), f.open()
	f.sees(second, "%1")
	_ = first.Close()
	ref := health.PaneRef{Pane: "%1"}
	if err := second.MarkSeen(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if h, err := second.History(t.Context(), ref, 1); err != nil || h.Ref != ref {
		t.Error(h, err)
	}
	if all := f.started(); len(all) != 2 || !slices.Contains(append(all[0].seen, all[1].seen...), ref) {
		t.Errorf("%d engines", len(all))
	}
}

func TestWithoutAFolderItWatchesAloneAndSaysSo(t *testing.T) {
	f := newFleet(t)
	f.path = filepath.Join(t.TempDir(), "nowhere", "deeper", "default.sock")
	m := f.open()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	f.started()[0].show(snapshotOf())
	s := newest(t, snapshots, "a notice", func(s *engine.Snapshot) bool { return len(s.Notices) == 1 })
	if text := s.Notices[0].Text; !strings.HasPrefix(text, "folder for the socket: ") || !strings.Contains(text, "looks by itself") {
		t.Error(text)
	}
}

func TestBesideOneThatHangsItWatchesAloneAndServesWhenThatHasGone(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	hung, err := occupy(f.path)
	if err != nil || hung.alone != nil {
		t.Fatal(err, hung.alone)
	}
	m := f.open()
	f.sees(m, "%1")
	hung.leave()
	eventually(t, "it to serve", func() bool {
		c, err := Dial(t.Context(), f.path, "test")
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
	other := f.open()
	f.sees(other, "%1")
	if n := len(f.started()); n != 1 {
		t.Errorf("%d engines", n)
	}
}

func TestBesideAnotherVersionItWatchesAloneAndTellsOnlyWhoWantsToKnow(t *testing.T) {
	f := newFleet(t)
	f.path = answering(t, `{"agentwatch":99}`+"\n")
	held, err := takeClaim(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	why := make(chan error, 1)
	m, err := Open(t.Context(), Options{Path: f.path, Start: f.start, Verbose: func(err error) { why <- err }})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-why; !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
	if s := f.sees(m, "%1"); len(s.Notices) != 0 {
		t.Errorf("%+v", s.Notices)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatKeepsAnEngineFromStartingIsSaidAndLeavesThePlaceFree(t *testing.T) {
	f := newFleet(t)
	wrong := errors.New("no such strategy")
	_, err := Open(t.Context(), Options{Path: f.path, Start: func(*engine.Snapshot) (Local, error) { return nil, wrong }})
	if !errors.Is(err, wrong) {
		t.Error(err)
	}
	if _, err := os.Lstat(f.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	f.sees(f.open(), "%1")
}

func TestATakeoverWhoseEngineDoesNotStartIsTriedAgain(t *testing.T) {
	f := newFleet(t)
	first := f.open()
	tries := 0
	second, err := Open(t.Context(), Options{Path: f.path, Start: func(before *engine.Snapshot) (Local, error) {
		if tries++; tries == 1 {
			return nil, errors.New("not now")
		}
		return f.start(before)
	}})
	if err != nil {
		t.Fatal(err)
	}
	f.sees(second, "%1")
	_ = first.Close()
	eventually(t, "the second try", func() bool { return len(f.started()) == 2 })
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnEngineThatFailsEndsTheMonitorWithItsError(t *testing.T) {
	f := newFleet(t)
	wrong := errors.New("broken")
	m, err := Open(t.Context(), Options{Path: f.path, Start: func(*engine.Snapshot) (Local, error) {
		return failing{newFakeEngine(), wrong}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	snapshots, cancel := m.Subscribe()
	defer cancel()
	for range snapshots {
	}
	if err := m.Refresh(t.Context()); !errors.Is(err, engine.ErrStopped) && err != nil {
		t.Error(err)
	}
	if err := m.Close(); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

// failing is an engine that does not run.
type failing struct {
	*fakeEngine
	err error
}

func (f failing) Run(context.Context) error { return f.err }
