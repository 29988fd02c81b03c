package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAClientGetsWhatTheEngineSays(t *testing.T) {
	e := newFakeEngine(agentIn("%1", health.StateWaiting), agentIn("%2", health.StateWorking))
	c := dial(t, serving(t, e, serverOptions{}))
	ctx := t.Context()
	status, err := c.Status(ctx)
	if err != nil || status.Agents != 2 || status.NeedUser() != 1 || status.Counts[engine.UrgencyWorking] != 1 {
		t.Errorf("%+v, %v", status, err)
	}
	list, err := c.List(ctx)
	if err != nil || len(list.Agents) != 2 || list.Agents[0].State != health.StateWaiting {
		t.Errorf("%+v, %v", list, err)
	}
	ref := health.PaneRef{Server: "/tmp/tmux/default", Pane: "%1"}
	if h, err := c.History(ctx, ref, 3); err != nil || h.Ref != ref || strings.Count(h.Text, "row") != 3 {
		t.Errorf("%+v, %v", h, err)
	}
	if x, err := c.Explain(ctx, ref); err != nil || !x.Tracked || x.Agent.Ref != ref {
		t.Errorf("%+v, %v", x, err)
	}
	if err := errors.Join(c.SwitchStrategy(ctx, engine.StrategyPriority), c.MarkSeen(ctx, ref), c.Refresh(ctx)); err != nil {
		t.Fatal(err)
	}
	if e.strategy != engine.StrategyPriority || !slices.Equal(e.seen, []health.PaneRef{ref}) || e.looks != 1 {
		t.Errorf("%s, %v, %d", e.strategy, e.seen, e.looks)
	}
}

func TestErrorsComeThroughAsWhatTheyAre(t *testing.T) {
	c := dial(t, serving(t, newFakeEngine(), serverOptions{}))
	_, err := c.History(t.Context(), health.PaneRef{Pane: "%404"}, 1)
	if !errors.Is(err, engine.ErrUnknownPane) {
		t.Error(err)
	}
	if err := c.SwitchStrategy(t.Context(), "nonsense"); !errors.Is(err, engine.ErrUnknownStrategy) {
		t.Error(err)
	}
	if _, err := c.Wait(t.Context(), Condition{}); !errors.Is(err, ErrRequest) {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Wait(ctx, Condition{States: []engine.Urgency{engine.UrgencyIdle}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestAReadOnlyInstanceTypesForNobody(t *testing.T) {
	e := newFakeEngine(agentIn("%1", health.StateWaiting))
	c := dial(t, serving(t, e, serverOptions{readOnly: true}))
	if _, err := c.Answer(t.Context(), engine.Request{Action: engine.ActionApprove}); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	if len(e.answered) > 0 {
		t.Error("it was answered")
	}
	// To look, and to say that one has looked, types nothing.
	if err := errors.Join(c.SwitchStrategy(t.Context(), engine.StrategyPriority), c.MarkSeen(t.Context(), health.PaneRef{Pane: "%1"})); err != nil {
		t.Error(err)
	}
}

func TestEachClientSeesThePanesThatItFollowsAndTheEngineFollowsThoseOfAll(t *testing.T) {
	one, two, three := health.PaneRef{Pane: "%1"}, health.PaneRef{Pane: "%2"}, health.PaneRef{Pane: "%3"}
	e := newFakeEngine()
	path := serving(t, e, serverOptions{})
	a, b := dial(t, path), dial(t, path)
	if err := errors.Join(a.Follow(t.Context(), []health.PaneRef{one, two}), b.Follow(t.Context(), []health.PaneRef{two, three})); err != nil {
		t.Fatal(err)
	}
	if got := e.follows(); !slices.Equal(got, []health.PaneRef{one, two, three}) {
		t.Errorf("the engine follows %v", got)
	}
	s := snapshotOf()
	for _, ref := range []health.PaneRef{one, two, three} {
		s.Previews[ref] = &engine.Preview{Ref: ref, Text: ref.Pane, Revision: 1}
	}
	e.show(s)
	snapshots, cancel := b.Subscribe()
	defer cancel()
	got := newest(t, snapshots, "previews", func(s *engine.Snapshot) bool { return len(s.Previews) > 0 })
	if len(got.Previews) != 2 || got.Previews[one] != nil || got.Previews[three].Text != "%3" {
		t.Errorf("%+v", got.Previews)
	}
	b.Close()
	eventually(t, "the panes of one who has left to be forgotten", func() bool {
		return slices.Equal(e.follows(), []health.PaneRef{one, two})
	})
	a.Close()
	eventually(t, "nothing to be followed", func() bool { return len(e.follows()) == 0 })
}

func TestWaitingEndsWhenTheAgentIsThereAndWhenItIsGone(t *testing.T) {
	e := newFakeEngine(agentIn("%1", health.StateWorking), agentIn("%2", health.StateWorking))
	c := dial(t, serving(t, e, serverOptions{}))
	outcomes := make(chan Outcome, 2)
	for _, pane := range []string{"%1", "%2"} {
		go func() {
			w, _ := c.Wait(t.Context(), Condition{States: []engine.Urgency{engine.UrgencyIdle}, Pane: pane})
			outcomes <- w.Outcome
		}()
	}
	e.show(snapshotOf(agentIn("%1", health.StateIdle), agentIn("%2", health.StateWorking)))
	if got := <-outcomes; got != OutcomeReached {
		t.Error(got)
	}
	e.show(snapshotOf(agentIn("%1", health.StateIdle)))
	if got := <-outcomes; got != OutcomeGone {
		t.Error(got)
	}
}

func TestWhoDoesNotReadIsDroppedAndTheEngineNeverWaits(t *testing.T) {
	e := newFakeEngine()
	const patience = time.Second
	path := serving(t, e, serverOptions{patience: patience})
	idle := raw(t, path)
	fmt.Fprintf(idle, "{\"agentwatch\":1,\"shape\":%q}\n{\"do\":\"subscribe\"}\n", shape())
	reader := dial(t, path)
	snapshots, cancel := reader.Subscribe()
	defer cancel()
	large := agentIn("%1", health.StateWorking)
	large.Title = strings.Repeat("x", 1<<20)
	last := uint64(0)
	for n := uint64(1); n <= 20; n++ {
		large.Revision = n
		s := snapshotOf(large)
		s.Seq = n
		begun := time.Now()
		e.show(s)
		if took := time.Since(begun); took > patience/2 {
			t.Fatalf("the engine waited %s", took)
		}
		got := newest(t, snapshots, "the next snapshot", func(s *engine.Snapshot) bool { return s.Seq == n })
		last = got.Seq
	}
	if last != 20 {
		t.Errorf("the other client got %d", last)
	}
	eventually(t, "the connection of the idle one to be closed", func() bool {
		_, err := idle.Write([]byte("\n"))
		return err != nil
	})
}

func TestASlowReaderGetsTheNewestOnly(t *testing.T) {
	e := newFakeEngine()
	c := dial(t, serving(t, e, serverOptions{}))
	snapshots, cancel := c.Subscribe()
	defer cancel()
	newest(t, snapshots, "the first one", func(*engine.Snapshot) bool { return true })
	for n := uint64(1); n <= 100; n++ {
		s := snapshotOf()
		s.Seq = n
		e.show(s)
	}
	eventually(t, "the newest to arrive", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.last.Seq == 100
	})
	if s := <-snapshots; s.Seq != 100 {
		t.Errorf("%d lay in the box", s.Seq)
	}
}

// conversation sends lines, as a pipe does, and returns those that come back.
func conversation(t *testing.T, path string, lines ...string) []string {
	t.Helper()
	conn := raw(t, path)
	if _, err := conn.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var got []string
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		got = append(got, in.Text())
	}
	return got
}

func TestAScriptCanAskWithoutKnowingTheEnginesValues(t *testing.T) {
	path := serving(t, newFakeEngine(agentIn("%1", health.StateWaiting)), serverOptions{version: "v7"})
	got := conversation(t, path, `{"agentwatch":1}`, `{"id":7,"do":"status"}`)
	if len(got) != 2 || !strings.Contains(got[0], `"version":"v7"`) || !strings.Contains(got[1], `"id":7`) || !strings.Contains(got[1], `"waiting":1`) {
		t.Error(got)
	}
	got = conversation(t, path, `{"agentwatch":1}`, `{"id":1,"do":"subscribe"}`)
	if len(got) != 2 || !strings.Contains(got[1], "shape") {
		t.Error(got)
	}
}

func TestNonsenseIsAnsweredAndOtherVersionsAreTurnedAway(t *testing.T) {
	path := serving(t, newFakeEngine(), serverOptions{})
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"no JSON":           {[]string{`{"agentwatch":1}`, `hello`, `{"id":2,"do":"refresh"}`}, "not understood"},
		"no such operation": {[]string{`{"agentwatch":1}`, `{"id":2,"do":"dance"}`}, "dance"},
		"no first line":     {[]string{"GET / HTTP/1.1"}, "not understood"},
		"another protocol":  {[]string{`{"agentwatch":99,"version":"v99"}`}, "another version"},
		"other values":      {[]string{`{"agentwatch":1,"shape":"odd"}`}, "another version"},
		"far too long":      {[]string{`{"agentwatch":1}`, `{"do":"` + strings.Repeat("x", maxRequest) + `"}`}, "too long"},
	} {
		if got := strings.Join(conversation(t, path, c.lines...), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	// It is none the worse.
	if _, err := dial(t, path).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAClientTurnsAwayAnInstanceOfAnotherVersion(t *testing.T) {
	for _, first := range []string{`{"agentwatch":99,"version":"v99"}`, `{"agentwatch":1,"shape":"odd"}`, "nonsense"} {
		path := answering(t, first+"\n")
		if _, err := Dial(t.Context(), path, "test"); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", first, err)
		}
	}
}

// answering listens at a new place and says no more than one thing.
func answering(t *testing.T, what string) (path string) {
	t.Helper()
	path = meetingPlace(t)
	if err := makeFolder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	listener, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(what))
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return path
}

func TestAnInstanceThatHangsIsNoticedSoon(t *testing.T) {
	begun := time.Now()
	_, err := Dial(t.Context(), answering(t, ""), "test")
	if took := time.Since(begun); !errors.Is(err, ErrNoAnswer) || took > 2*dialPatience {
		t.Errorf("%v after %s", err, took)
	}
}

func TestAConnectionThatComesTooLateIsNoAnswer(t *testing.T) {
	if _, err := dialFor(t.Context(), serving(t, newFakeEngine(), serverOptions{}), "test", time.Nanosecond); !errors.Is(err, ErrNoAnswer) {
		t.Error(err)
	}
}

func TestNobodyIsThereWithoutAnInstance(t *testing.T) {
	path := meetingPlace(t)
	if _, err := Dial(t.Context(), path, "test"); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	// One that was killed leaves its socket behind.
	if err := makeFolder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	listener, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	if _, err := Dial(t.Context(), path, "test"); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
}

func TestCallsEndWhenTheInstanceDoes(t *testing.T) {
	e := newFakeEngine(agentIn("%1", health.StateWorking))
	path := meetingPlace(t)
	at, err := occupy(path)
	if err != nil || at.alone != nil {
		t.Fatal(err, at.alone)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		newServer(newHub(e), at.listener, serverOptions{}).serve(ctx)
		close(served)
	}()
	c := dial(t, path)
	waited := make(chan error, 1)
	go func() {
		_, err := c.Wait(t.Context(), Condition{States: []engine.Urgency{engine.UrgencyIdle}})
		waited <- err
	}()
	if _, err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-waited; !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	<-served
	at.claim.release()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestTooManyAtOnceAreTurnedAway(t *testing.T) {
	path := serving(t, newFakeEngine(), serverOptions{})
	for range maxSessions {
		dial(t, path)
	}
	if _, err := Dial(t.Context(), path, "test"); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
}

func TestAStreamThatFallsSilentIsGivenUp(t *testing.T) {
	c := dial(t, serving(t, newFakeEngine(), serverOptions{}))
	c.quiet = 100 * time.Millisecond
	snapshots, cancel := c.Subscribe()
	defer cancel()
	newest(t, snapshots, "the first one", func(*engine.Snapshot) bool { return true })
	eventually(t, "the stream to end", func() bool {
		select {
		case _, open := <-snapshots:
			return !open
		default:
			return false
		}
	})
	if err := c.Refresh(t.Context()); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
}
