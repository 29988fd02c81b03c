package cache

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type answer struct {
	value string
	err   error
}

// ask calls GetOrCompute on a goroutine of its own.
func ask(
	ctx context.Context, s *Store[string], k Key,
	compute func(context.Context) (string, Version, error),
) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		v, err := s.GetOrCompute(ctx, k, compute)
		out <- answer{v, err}
	}()
	return out
}

// gate is a computation that ends when it is told to, or when it is cancelled.
type gate struct {
	value     string
	version   Version
	err       error
	open      chan struct{}
	cancelled bool
}

func newGate(value string, version Version) *gate {
	return &gate{value: value, version: version, open: make(chan struct{})}
}

func (g *gate) compute(ctx context.Context) (string, Version, error) {
	select {
	case <-g.open:
		return g.value, g.version, g.err
	case <-ctx.Done():
		g.cancelled = true
		return "", 0, ctx.Err()
	}
}

var errTest = errors.New("the pane does not answer")

func newTestStore() (*Set, *Store[string]) {
	set := NewSet()
	return set, NewStore[string](set, LayerPaneContent, DefaultLayerConfig(LayerPaneContent))
}

func testKey() Key { return Key{Server: "/tmp/tmux-0/default", Pane: "%3", Item: "plain"} }

func wantAnswer(t *testing.T, from <-chan answer, value string, err error) {
	t.Helper()
	got := <-from
	if got.value != value || !errors.Is(got.err, err) {
		t.Fatalf("got %q and error %v, want %q and %v", got.value, got.err, value, err)
	}
}

func TestOneComputationServesAllWhoAskTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		g := newGate("screen", 1)
		var answers []<-chan answer
		for range 50 {
			answers = append(answers, ask(t.Context(), s, testKey(), g.compute))
		}
		synctest.Wait()
		close(g.open)
		for _, a := range answers {
			wantAnswer(t, a, "screen", nil)
		}
		wantAnswer(t, ask(t.Context(), s, testKey(), nil), "screen", nil)
		if st := statsOf(t, set); st.Computes != 1 || st.Misses != 50 || st.Hits != 1 {
			t.Fatalf("%d computations, %d misses, %d hits; want 1, 50, 1", st.Computes, st.Misses, st.Hits)
		}
	})
}

func TestACallerWhoseContextEndsLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newTestStore()
		g := newGate("screen", 1)
		first, cancel := context.WithCancel(t.Context())
		leaving := ask(first, s, testKey(), g.compute)
		synctest.Wait()
		staying := ask(t.Context(), s, testKey(), g.compute)
		synctest.Wait()
		cancel()
		wantAnswer(t, leaving, "", context.Canceled)
		close(g.open)
		wantAnswer(t, staying, "screen", nil)
		if g.cancelled {
			t.Fatal("the computation was cancelled under the caller that stayed")
		}
	})
}

func TestAComputationIsCancelledWhenItsLastCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		doomed := newGate("old", 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		one, two := ask(ctx, s, testKey(), doomed.compute), ask(ctx, s, testKey(), doomed.compute)
		wantAnswer(t, one, "", context.DeadlineExceeded)
		wantAnswer(t, two, "", context.DeadlineExceeded)
		// Who asks now must get an answer of its own and not the cancellation.
		g := newGate("new", 1)
		close(g.open)
		wantAnswer(t, ask(t.Context(), s, testKey(), g.compute), "new", nil)
		synctest.Wait()
		if !doomed.cancelled {
			t.Fatal("the computation runs on for nobody")
		}
		if n := statsOf(t, set).Computes; n != 2 {
			t.Fatalf("%d computations, want 2", n)
		}
	})
}

func TestACallerWhoseContextHasEndedGetsHitsOnly(t *testing.T) {
	set, s := newTestStore()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantAnswer(t, ask(ctx, s, testKey(), nil), "", context.Canceled)
	s.Put(testKey(), "screen", 1)
	wantAnswer(t, ask(ctx, s, testKey(), nil), "screen", nil)
	if n := statsOf(t, set).Computes; n != 0 {
		t.Fatalf("%d computations for a caller that had left", n)
	}
}

func TestErrorsAreNotCached(t *testing.T) {
	set, s := newTestStore()
	failing := newGate("", 1)
	failing.err = errTest
	close(failing.open)
	wantAnswer(t, ask(t.Context(), s, testKey(), failing.compute), "", errTest)
	if size := statsOf(t, set).Size; size != 0 {
		t.Fatalf("%d entries after a failure", size)
	}
	g := newGate("screen", 1)
	close(g.open)
	wantAnswer(t, ask(t.Context(), s, testKey(), g.compute), "screen", nil)
}

func TestAPanicReachesTheCallersAndLocksNothing(t *testing.T) {
	var empty []string
	bad := map[string]func(context.Context) (string, Version, error){
		"hostile screen":          func(context.Context) (string, Version, error) { panic("hostile screen") },
		"its goroutine was ended": func(context.Context) (string, Version, error) { runtime.Goexit(); return "", 0, nil },
		"index out of range":      func(context.Context) (string, Version, error) { return empty[0], 0, nil },
	}
	for reason, compute := range bad {
		t.Run(reason, func(t *testing.T) {
			_, s := newTestStore()
			got := <-ask(t.Context(), s, testKey(), compute)
			if !errors.Is(got.err, ErrPanicked) || !strings.Contains(got.err.Error(), reason) {
				t.Fatalf("got error %v, want a panic with %q", got.err, reason)
			}
			g := newGate("screen", 1)
			close(g.open)
			wantAnswer(t, ask(t.Context(), s, testKey(), g.compute), "screen", nil)
		})
	}
}

func TestAnInvalidationOvertakesAComputation(t *testing.T) {
	k := testKey()
	ways := map[string]func(*Set, *Store[string]){
		"by key":    func(_ *Set, s *Store[string]) { s.Invalidate(k) },
		"by pane":   func(set *Set, _ *Store[string]) { set.InvalidatePane(k.Server, k.Pane) },
		"by server": func(set *Set, _ *Store[string]) { set.InvalidateServer(k.Server) },
		"by layer":  func(set *Set, _ *Store[string]) { set.InvalidateLayer(LayerPaneContent) },
	}
	for name, invalidate := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, s := newTestStore()
				old, fresh := newGate("old", 9), newGate("fresh", 1)
				before := ask(t.Context(), s, k, old.compute)
				synctest.Wait()
				invalidate(set, s)
				after := ask(t.Context(), s, k, fresh.compute)
				synctest.Wait()
				close(old.open)
				wantAnswer(t, before, "old", nil)
				if v, _, ok := s.Peek(k); ok {
					t.Fatalf("the overtaken result %q was stored", v)
				}
				close(fresh.open)
				wantAnswer(t, after, "fresh", nil)
				if v, _, _ := s.Peek(k); v != "fresh" {
					t.Fatalf("stored is %q, want the result of the second computation", v)
				}
			})
		})
	}
}

func TestAnInvalidationOfAnotherPaneOvertakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		g := newGate("screen", 1)
		a := ask(t.Context(), s, testKey(), g.compute)
		synctest.Wait()
		set.InvalidatePane(testKey().Server, "%33")
		set.InvalidatePane("/tmp/other", testKey().Pane)
		set.InvalidatePane(testKey().Server, "")
		close(g.open)
		wantAnswer(t, a, "screen", nil)
		if _, _, ok := s.Peek(testKey()); !ok {
			t.Fatal("the result was not stored")
		}
	})
}

func TestAnOlderResultNeverReplacesANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newTestStore()
		g := newGate("old", 1)
		a := ask(t.Context(), s, testKey(), g.compute)
		synctest.Wait()
		if !s.Put(testKey(), "new", 2) {
			t.Fatal("the newer value was refused")
		}
		close(g.open)
		wantAnswer(t, a, "old", nil)
		if v, version, _ := s.Peek(testKey()); v != "new" || version != 2 {
			t.Fatalf("stored is %q of version %d, want the newer one", v, version)
		}
		if s.Put(testKey(), "old", 1) {
			t.Fatal("an older value was accepted")
		}
		if !s.Put(testKey(), "newer still", 2) {
			t.Fatal("a value of the same version was refused")
		}
	})
}

func TestAComputationHasTheValuesOfItsFirstCaller(t *testing.T) {
	type trace struct{}
	_, s := newTestStore()
	ctx := context.WithValue(t.Context(), trace{}, "round 7")
	v, err := s.GetOrCompute(ctx, testKey(), func(ctx context.Context) (string, Version, error) {
		return ctx.Value(trace{}).(string), 1, nil
	})
	if v != "round 7" || err != nil {
		t.Fatalf("got %q, %v", v, err)
	}
}
