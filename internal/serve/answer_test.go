package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestNoFieldOfAnAnswerIsLostOnTheWay(t *testing.T) {
	var f filler
	asked := request{ID: 1, Do: opAnswer, Answer: new(filled[engine.Request](&f))}
	told := reply{ID: 1, Answered: new(filled[engine.Outcome](&f))}
	var gotAsked request
	var gotTold reply
	for sent, got := range map[any]any{&asked: &gotAsked, &told: &gotTold} {
		data, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sent, got, alike()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatComesOfAnAnswerComesThroughAsWhatItIs(t *testing.T) {
	changed := &engine.ChangedError{Differences: []engine.Difference{{Aspect: engine.AspectQuestion, Seen: "Proceed?", Now: "Delete?"}}}
	for _, want := range []error{
		engine.ErrBusy, engine.ErrCannot, engine.ErrUnconfirmed, engine.ErrUnknownPane, changed,
		fmt.Errorf("%w: %w", engine.ErrUnconfirmed, changed),
	} {
		e := newFakeEngine()
		e.answer = func(_ context.Context, r engine.Request) (engine.Outcome, error) {
			return engine.Outcome{Request: r, Sent: true, Problem: "as it is"}, fmt.Errorf("engine: approve %%1: %w", want)
		}
		c := dial(t, serving(t, e, serverOptions{}))
		got, err := c.Answer(t.Context(), engine.Request{Action: engine.ActionApprove})
		if !errors.Is(err, want) && !errors.Is(want, changed) || got.Problem != "as it is" || !got.Sent {
			t.Errorf("%v came as %v with %+v", want, err, got)
		}
		var differs *engine.ChangedError
		if errors.As(err, &differs) != errors.Is(want, engine.ErrChanged) || differs != nil && differs.Error() != changed.Error() {
			t.Errorf("%v came with the differences %v", want, differs)
		}
		if errors.Is(want, engine.ErrUnconfirmed) != errors.Is(err, engine.ErrUnconfirmed) {
			t.Errorf("%v came as %v", want, err)
		}
	}
}

func TestAnAnswerWhoseInstanceEndsIsUncertainAndNeverTypedByTheNext(t *testing.T) {
	f := newFleet(t)
	first, second := f.open(), f.open()
	f.sees(second, "%1")
	e := f.started()[0]
	begun, over := make(chan struct{}), make(chan struct{})
	second.mu.Lock()
	client := second.source.(*Client)
	second.mu.Unlock()
	e.answer = func(_ context.Context, r engine.Request) (engine.Outcome, error) {
		close(begun)
		<-over
		return engine.Outcome{Request: r}, engine.ErrStopped
	}
	go func() {
		<-begun
		// As when it is killed: nothing more comes of it.
		_ = client.wire.conn.Close()
		close(over)
		_ = first.Close()
	}()
	got, err := second.Answer(t.Context(), engine.Request{Action: engine.ActionApprove})
	if !errors.Is(err, engine.ErrUnconfirmed) || !got.Sent || !got.Uncertain || lost(err) {
		t.Errorf("%+v, %v", got, err)
	}
	eventually(t, "another engine", func() bool { return len(f.started()) == 2 })
	// The next answer is the next engine's.
	if _, err := second.Answer(t.Context(), engine.Request{Action: engine.ActionDeny}); err != nil {
		t.Error(err)
	}
	if all := f.started()[1].answered; len(all) != 1 || all[0].Action != engine.ActionDeny {
		t.Errorf("the next engine was asked for %v", all)
	}
}

func TestManyAnswersAtOnceAreAllTyped(t *testing.T) {
	f := newFleet(t)
	f.open()
	second := f.open()
	f.sees(second, "%1")
	var work sync.WaitGroup
	for i := range 100 {
		work.Go(func() {
			ref := health.PaneRef{Pane: fmt.Sprintf("%%%d", i)}
			if _, err := second.Answer(t.Context(), engine.Request{Target: ref, Action: engine.ActionApprove}); err != nil {
				t.Errorf("%s: %v", ref.Pane, err)
			}
		})
	}
	work.Wait()
	if n := len(f.started()[0].answered); n != 100 {
		t.Errorf("%d were typed", n)
	}
}

func TestAReadOnlyMonitorTypesNothingEvenWhereAnotherWould(t *testing.T) {
	f := newFleet(t)
	f.open()
	m, err := Open(t.Context(), Options{Path: f.path, Version: "test", Start: f.start, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f.sees(m, "%1")
	if _, err := m.Answer(t.Context(), engine.Request{Action: engine.ActionApprove}); !errors.Is(err, engine.ErrReadOnly) {
		t.Error(err)
	}
	if n := len(f.started()[0].answered); n != 0 {
		t.Errorf("%d were typed", n)
	}
}
