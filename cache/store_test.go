package cache

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func newTestStore() (*Set, *Store[string]) {
	set := NewSet()
	return set, NewStore[string](set, LayerPaneContent, DefaultLayerConfig(LayerPaneContent))
}

func testKey() Key { return Key{Server: "/tmp/tmux-0/default", Pane: "%3"} }

// peek reads a live value and leaves no trace in figures or order.
func peek[V any](s *Store[V], k Key) (V, Version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, live := s.items.Get(k.id())
	if !live {
		var none V
		return none, 0, false
	}
	return e.(*entry[V]).value, e.(*entry[V]).version, true
}

func TestLayersHaveTheirDefaults(t *testing.T) {
	want := map[Layer]time.Duration{
		LayerPaneContent: 10 * time.Second, LayerAgentStatus: 30 * time.Second,
		LayerSessionInfo: 60 * time.Second, LayerConfig: 300 * time.Second, LayerFleet: time.Hour,
	}
	for _, layer := range Layers() {
		cfg := DefaultLayerConfig(layer)
		if cfg.TTL != want[layer] || cfg.Capacity <= 0 {
			t.Errorf("%s: TTL %s, capacity %d", layer, cfg.TTL, cfg.Capacity)
		}
		set := NewSet()
		NewStore[int](set, layer, StoreConfig{})
		if st := statsOf(t, set); st.TTL != cfg.TTL || st.Capacity != cfg.Capacity {
			t.Errorf("%s: a store without bounds got TTL %s, capacity %d", layer, st.TTL, st.Capacity)
		}
	}
}

func TestNamesOfEnumsAreTheirContract(t *testing.T) {
	got := fmt.Sprint(Layers(), Layer(9), EvictTTL, EvictLRU, EvictLFU, Eviction(9))
	want := "[pane_content agent_status session_info config fleet] layer(9) ttl lru lfu eviction(9)"
	if got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestAnEntryLivesForItsTTLAndReadingDoesNotProlongIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		s.Put(testKey(), "screen", 7)
		for range 10 {
			if v, version, ok := s.Get(testKey()); v != "screen" || version != 7 || !ok {
				t.Fatalf("got %q, %d, %v within its life", v, version, ok)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Nanosecond)
		if _, _, ok := s.Get(testKey()); ok {
			t.Fatal("the entry outlived its TTL")
		}
		if !s.Put(testKey(), "older", 6) {
			t.Fatal("an expired entry kept an older version out")
		}
		if st := statsOf(t, set); st.Expiries != 1 || st.Invalidations != 0 || st.Hits != 10 || st.Misses != 1 {
			t.Fatalf("figures %+v", st)
		}
	})
}

func TestWritingAnewProlongsALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newTestStore()
		for range 5 {
			s.Put(testKey(), "screen", 1)
			time.Sleep(9 * time.Second)
		}
		if _, _, ok := peek(s, testKey()); !ok {
			t.Fatal("a rewritten entry expired with its first life")
		}
	})
}

func TestASweepFindsTheExpiredBehindOneThatWasRewritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, s := newTestStore()
		for _, pane := range []string{"%1", "%2", "%3"} {
			s.Put(Key{Pane: pane}, "screen", 1)
		}
		time.Sleep(6 * time.Second)
		s.Put(Key{Pane: "%1"}, "screen", 2)
		time.Sleep(6 * time.Second)
		if n := set.Sweep(); n != 2 || statsOf(t, set).Size != 1 {
			t.Fatalf("%d entries swept, %d left", n, statsOf(t, set).Size)
		}
	})
}

func TestAFullStoreDropsTheExpiredBeforeTheLive(t *testing.T) {
	for _, eviction := range []Eviction{EvictTTL, EvictLRU, EvictLFU} {
		t.Run(eviction.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := NewSet()
				s := NewStore[int](set, LayerConfig, StoreConfig{TTL: time.Minute, Capacity: 2, Eviction: eviction})
				s.Put(Key{Pane: "popular"}, 1, 1)
				for range 9 {
					s.Get(Key{Pane: "popular"})
				}
				time.Sleep(30 * time.Second)
				s.Put(Key{Pane: "rare"}, 1, 1)
				time.Sleep(31 * time.Second)
				s.Put(Key{Pane: "new"}, 1, 1)
				if _, _, ok := peek(s, Key{Pane: "rare"}); !ok {
					t.Fatal("a live entry went before an expired one")
				}
				if st := statsOf(t, set); st.Evictions != 0 || st.Expiries != 1 {
					t.Fatalf("figures %+v", st)
				}
			})
		})
	}
}

func TestEachEvictionPicksItsOwnVictim(t *testing.T) {
	// Written in the order a, b, c. The one read first is b, the one read least
	// is c.
	reads := []string{"b", "b", "b", "c", "a", "a", "a"}
	for eviction, victim := range map[Eviction]string{EvictTTL: "a", EvictLRU: "b", EvictLFU: "c"} {
		t.Run(eviction.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewStore[int](NewSet(), LayerConfig, StoreConfig{Capacity: 3, Eviction: eviction})
				for _, item := range []string{"a", "b", "c"} {
					s.Put(Key{Pane: item}, 1, 1)
					time.Sleep(time.Second)
				}
				for _, item := range reads {
					s.Get(Key{Pane: item})
				}
				s.Put(Key{Pane: "d"}, 1, 1)
				var gone []string
				for _, item := range []string{"a", "b", "c", "d"} {
					if _, _, ok := peek(s, Key{Pane: item}); !ok {
						gone = append(gone, item)
					}
				}
				if !slices.Equal(gone, []string{victim}) {
					t.Fatalf("gone is %v, want %s", gone, victim)
				}
			})
		})
	}
}

func TestASetInvalidatesInAllLayersAndOnlyWhatItIsTold(t *testing.T) {
	set := NewSet()
	text := NewStore[string](set, LayerPaneContent, StoreConfig{})
	status := NewStore[int](set, LayerAgentStatus, StoreConfig{})
	for _, server := range []string{"a", "b"} {
		for _, pane := range []string{"", "%1", "%11"} {
			text.Put(Key{server, pane}, "t", 1)
			status.Put(Key{server, pane}, 1, 1)
		}
	}
	steps := []struct {
		name   string
		do     func() int
		n, all int
	}{
		{"a pane", func() int { return set.InvalidatePane("a", "%1") }, 2, 10},
		{"the same pane again", func() int { return set.InvalidatePane("a", "%1") }, 0, 10},
		{"facts about a server alone", func() int { return set.InvalidatePane("b", "") }, 2, 8},
		{"a server", func() int { return set.InvalidateServer("a") }, 4, 4},
		{"an unknown server", func() int { return set.InvalidateServer("c") }, 0, 4},
	}
	for _, step := range steps {
		n, size := step.do(), 0
		for _, st := range set.Stats() {
			size += st.Size
		}
		if n != step.n || size != step.all {
			t.Fatalf("%s: dropped %d and left %d, want %d and %d", step.name, n, size, step.n, step.all)
		}
	}
}

func TestStoresOfOneLayerAreSummed(t *testing.T) {
	set := NewSet()
	plain := NewStore[string](set, LayerPaneContent, StoreConfig{Capacity: 10})
	NewStore[int](set, LayerConfig, StoreConfig{})
	colour := NewStore[[]byte](set, LayerPaneContent, StoreConfig{Capacity: 5})
	plain.Put(testKey(), "t", 1)
	colour.Put(testKey(), nil, 1)
	plain.Get(testKey())
	plain.Get(testKey())
	plain.Get(testKey())
	colour.Get(Key{})
	all := set.Stats()
	if len(all) != 2 || all[0].Layer != LayerPaneContent || all[1].Layer != LayerConfig {
		t.Fatalf("layers of %+v", all)
	}
	want := Stats{
		Layer: LayerPaneContent, TTL: 10 * time.Second, Size: 2, Capacity: 15,
		Hits: 3, Misses: 1, HitRate: 0.75,
	}
	if all[0] != want {
		t.Fatalf("got  %+v\nwant %+v", all[0], want)
	}
}

func TestPanesThatCameAndWentLeaveNoMemoryBehind(t *testing.T) {
	set := NewSet()
	s := NewStore[int](set, LayerPaneContent, StoreConfig{Capacity: 64, Eviction: EvictLFU})
	heapAfter := func(n int) uint64 {
		for i := range n {
			pane := fmt.Sprintf("%%%d", i)
			s.Put(Key{Server: "a", Pane: pane}, i, 1)
			if i%3 == 0 {
				set.InvalidatePane("a", pane)
			}
		}
		set.InvalidateServer("a")
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heapAfter(1000)
	after := heapAfter(50_000)
	if after > before+256<<10 {
		t.Fatalf("the heap grew from %d to %d bytes", before, after)
	}
	if n := s.items.ItemCount(); n != 0 {
		t.Fatalf("an empty store still has %d items", n)
	}
}
