package cache

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLayersHaveTheirDefaults(t *testing.T) {
	want := map[Layer]time.Duration{
		LayerPaneContent: 10 * time.Second, LayerAgentStatus: 30 * time.Second,
		LayerSessionInfo: 60 * time.Second, LayerConfig: 300 * time.Second,
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
	want := "[pane_content agent_status session_info config] layer(9) ttl lru lfu eviction(9)"
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
		if _, _, ok := s.Peek(testKey()); !ok {
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
				s.Put(Key{Item: "popular"}, 1, 1)
				for range 9 {
					s.Get(Key{Item: "popular"})
				}
				time.Sleep(30 * time.Second)
				s.Put(Key{Item: "rare"}, 1, 1)
				time.Sleep(31 * time.Second)
				s.Put(Key{Item: "new"}, 1, 1)
				if _, _, ok := s.Peek(Key{Item: "rare"}); !ok {
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
					s.Put(Key{Item: item}, 1, 1)
					time.Sleep(time.Second)
				}
				for _, item := range reads {
					s.Get(Key{Item: item})
				}
				// Peeking must not save it.
				s.Peek(Key{Item: victim})
				s.Put(Key{Item: "d"}, 1, 1)
				var gone []string
				for _, item := range []string{"a", "b", "c", "d"} {
					if _, _, ok := s.Peek(Key{Item: item}); !ok {
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
			text.Put(Key{server, pane, "plain"}, "t", 1)
			text.Put(Key{server, pane, "colour"}, "t", 1)
			status.Put(Key{server, pane, ""}, 1, 1)
		}
	}
	steps := []struct {
		name   string
		do     func() int
		n, all int
	}{
		{"a pane", func() int { return set.InvalidatePane("a", "%1") }, 3, 15},
		{"the same pane again", func() int { return set.InvalidatePane("a", "%1") }, 0, 15},
		{"facts about a server alone", func() int { return set.InvalidatePane("b", "") }, 3, 12},
		{"a layer", func() int { return set.InvalidateLayer(LayerAgentStatus) }, 4, 8},
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
	if s.entries.size != 0 || len(s.entries.servers) != 0 || s.live.ItemCount() != 0 {
		t.Fatal("an empty store still knows something")
	}
}
