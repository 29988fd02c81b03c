package cache

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

var errTest = errors.New("the pane does not answer")

func TestOneComputationServesAllWhoAskTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		computed, open := 0, make(chan struct{})
		compute := func(context.Context) (string, Version, error) {
			computed++
			<-open
			return "screen", 1, nil
		}
		answers := make(chan string, 50)
		for range cap(answers) {
			go func() {
				v, err := s.GetOrCompute(t.Context(), testKey(), compute)
				if err != nil {
					v = err.Error()
				}
				answers <- v
			}()
		}
		synctest.Wait()
		close(open)
		for range cap(answers) {
			if v := <-answers; v != "screen" {
				t.Fatalf("a caller got %q", v)
			}
		}
		if _, err := s.GetOrCompute(t.Context(), testKey(), compute); err != nil || computed != 1 {
			t.Fatalf("%d computations, error %v", computed, err)
		}
		if st := statsOf(t, set); st.Misses != 50 || st.Hits != 1 {
			t.Fatalf("%d misses, %d hits; want 50, 1", st.Misses, st.Hits)
		}
	})
}

func TestACallerWhoseContextEndsLeavesAndTheResultIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newTestStore()
		open, ended := make(chan struct{}), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := s.GetOrCompute(ctx, testKey(), func(ctx context.Context) (string, Version, error) {
				<-open
				return "screen", 1, ctx.Err()
			})
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("the caller that left got %v", err)
		}
		close(open)
		synctest.Wait()
		if v, _, ok := peek(s, testKey()); !ok || v != "screen" {
			t.Fatalf("stored is %q, %v", v, ok)
		}
	})
}

func TestAnErrorIsReturnedAndNotCached(t *testing.T) {
	set, s := newTestStore()
	_, err := s.GetOrCompute(t.Context(), testKey(), func(context.Context) (string, Version, error) { return "", 0, errTest })
	if !errors.Is(err, errTest) || statsOf(t, set).Size != 0 {
		t.Fatalf("got %v, and %d entries", err, statsOf(t, set).Size)
	}
}

func TestAnInvalidationOvertakesAComputation(t *testing.T) {
	k := testKey()
	ways := map[string]func(*Set, *Store[string]){
		"by key":    func(_ *Set, s *Store[string]) { s.Invalidate(k) },
		"by pane":   func(set *Set, _ *Store[string]) { set.InvalidatePane(k.Server, k.Pane) },
		"by server": func(set *Set, _ *Store[string]) { set.InvalidateServer(k.Server) },
	}
	for name, invalidate := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, s := newTestStore()
				open := make(chan struct{})
				go func() {
					_, _ = s.GetOrCompute(t.Context(), k, func(context.Context) (string, Version, error) {
						<-open
						return "old", 9, nil
					})
				}()
				synctest.Wait()
				invalidate(set, s)
				v, err := s.GetOrCompute(t.Context(), k, func(context.Context) (string, Version, error) { return "fresh", 1, nil })
				if v != "fresh" || err != nil {
					t.Fatalf("who asked later got %q, %v", v, err)
				}
				close(open)
				synctest.Wait()
				if v, _, _ := peek(s, k); v != "fresh" {
					t.Fatalf("stored is %q", v)
				}
			})
		})
	}
}
