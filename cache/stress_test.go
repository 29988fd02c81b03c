package cache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stamped is a value that tells the version it was made from.
type stamped struct{ version Version }

func TestVersionsNeverGoBackUnderConcurrentUse(t *testing.T) {
	for _, eviction := range []Eviction{EvictTTL, EvictLRU, EvictLFU} {
		t.Run(eviction.String(), func(t *testing.T) {
			set := NewSet()
			// More room than keys, and nothing is invalidated: no entry may ever
			// be followed by an older one.
			s := NewStore[stamped](set, LayerPaneContent, StoreConfig{TTL: time.Hour, Capacity: 8, Eviction: eviction})
			var clock atomic.Uint64
			together(8, func(r *rand.Rand) {
				var seen [4]Version
				for range 2000 {
					n := r.IntN(4)
					k := Key{Server: "a", Pane: fmt.Sprint(n)}
					if r.IntN(3) == 0 {
						version := Version(clock.Add(1))
						s.Put(k, stamped{version}, version)
						continue
					}
					v, version, ok := s.Get(k)
					if ok && (v.version != version || version < seen[n]) {
						t.Errorf("version %d (stamped %d) after version %d", version, v.version, seen[n])
						return
					}
					seen[n] = max(seen[n], version)
				}
			})
		})
	}
}

func TestFiguresAddUpAndBoundsHoldUnderConcurrentUse(t *testing.T) {
	set := NewSet()
	const capacity = 20
	s := NewStore[stamped](set, LayerPaneContent, StoreConfig{TTL: 200 * time.Microsecond, Capacity: capacity, Eviction: EvictLFU})
	var looks, running, dropped atomic.Uint64
	compute := func(ctx context.Context) (stamped, Version, error) {
		running.Add(1)
		defer running.Add(^uint64(0))
		if err := ctx.Err(); err != nil {
			return stamped{}, 0, err
		}
		return stamped{1}, 1, nil
	}
	together(8, func(r *rand.Rand) {
		for range 1500 {
			k := Key{Server: fmt.Sprint(r.IntN(2)), Pane: fmt.Sprint(r.IntN(30))}
			switch r.IntN(8) {
			case 0:
				dropped.Add(uint64(set.InvalidatePane(k.Server, k.Pane)))
			case 1:
				set.Sweep()
			case 2:
				s.Put(k, stamped{2}, 2)
			case 3:
				looks.Add(1)
				s.Get(k)
			default:
				looks.Add(1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(100))*time.Microsecond)
				v, err := s.GetOrCompute(ctx, k, compute)
				cancel()
				if err == nil && v.version == 0 || err != nil && !isContextError(err) {
					t.Errorf("got %v, %v", v, err)
					return
				}
			}
			if size := statsOf(t, set).Size; size > capacity {
				t.Errorf("%d entries in a store for %d", size, capacity)
				return
			}
		}
	})
	// A computation is forgotten a little after it has ended.
	waitUntil(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return running.Load() == 0 && len(s.computing) == 0
	})
	st := statsOf(t, set)
	if st.Hits+st.Misses != looks.Load() || st.Invalidations != dropped.Load() {
		t.Fatalf("%+v after %d looks and %d invalidations", st, looks.Load(), dropped.Load())
	}
}

func isContextError(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// together runs work n times at once, each with its own source of chance.
func together(n int, work func(*rand.Rand)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { work(rand.New(rand.NewPCG(uint64(i), 1))) })
	}
	group.Wait()
}

// waitUntil polls a condition for up to 5 seconds.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); <-tick.C {
		if holds() {
			return
		}
	}
	t.Fatal("the condition does not come true")
}
