package cache

import (
	"context"
	"fmt"
	"testing"
)

// filledStore returns a store with n panes, of which each has one entry.
func filledStore(b *testing.B, eviction Eviction, n int) (*Set, *Store[string], []Key) {
	b.Helper()
	set := NewSet()
	cfg := DefaultLayerConfig(LayerConfig)
	cfg.Capacity, cfg.Eviction = n, eviction
	s := NewStore[string](set, LayerPaneContent, cfg)
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = Key{Server: "/tmp/tmux-1000/default", Pane: fmt.Sprintf("%%%d", i)}
		s.Put(keys[i], "screen", 1)
	}
	return set, s, keys
}

func BenchmarkHit(b *testing.B) {
	for _, eviction := range []Eviction{EvictTTL, EvictLRU, EvictLFU} {
		_, s, keys := filledStore(b, eviction, 1000)
		b.Run(eviction.String(), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Get(keys[i%len(keys)])
			}
		})
		b.Run(eviction.String()+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					s.Get(keys[i%len(keys)])
				}
			})
		})
	}
}

func BenchmarkGetOrComputeHit(b *testing.B) {
	_, s, keys := filledStore(b, EvictLRU, 1000)
	compute := func(context.Context) (string, Version, error) { return "screen", 1, nil }
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.GetOrCompute(b.Context(), keys[i%len(keys)], compute); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetOrComputeMiss(b *testing.B) {
	_, s, keys := filledStore(b, EvictLRU, 1000)
	compute := func(context.Context) (string, Version, error) { return "screen", 1, nil }
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := keys[i%len(keys)]
		s.Invalidate(k)
		if _, err := s.GetOrCompute(b.Context(), k, compute); err != nil {
			b.Fatal(err)
		}
	}
}

// The cost must not depend on how many other panes there are.
func BenchmarkInvalidatePaneAndPut(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 4000} {
		set, s, keys := filledStore(b, EvictLRU, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				k := keys[i%len(keys)]
				set.InvalidatePane(k.Server, k.Pane)
				s.Put(k, "screen", 1)
			}
		})
	}
}

func BenchmarkPutWithEviction(b *testing.B) {
	for _, eviction := range []Eviction{EvictTTL, EvictLRU, EvictLFU} {
		_, s, keys := filledStore(b, eviction, 1000)
		// Twice as many keys as there is room for, in turn: each Put evicts.
		for _, k := range keys[:len(keys):len(keys)] {
			k.Server = "/tmp/tmux-1000/other"
			keys = append(keys, k)
		}
		b.Run(eviction.String(), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				s.Put(keys[i%len(keys)], "screen", 1)
			}
		})
	}
}

func BenchmarkSweepWithNothingExpired(b *testing.B) {
	set, _, _ := filledStore(b, EvictLRU, 4000)
	for b.Loop() {
		set.Sweep()
	}
}
