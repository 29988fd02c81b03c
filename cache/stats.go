package cache

import "time"

// Stats are the figures of one layer, counted from the start. What has been
// stored for the first time and is no longer there has left by exactly one of
// Invalidations, Expiries and Evictions.
type Stats struct {
	Layer Layer
	// TTL is that of the layer's first store.
	TTL time.Duration
	// Size is the number of entries, with those that have expired and that
	// nobody has met since. It never exceeds Capacity.
	Size     int
	Capacity int
	// Hits and Misses count the calls of Get and GetOrCompute.
	Hits   uint64
	Misses uint64
	// Invalidations are entries that were dropped because what they were made
	// from had changed; Expiries are those that outlived their TTL; Evictions
	// are those that made room for another.
	Invalidations uint64
	Expiries      uint64
	Evictions     uint64
	// HitRate is Hits/(Hits+Misses), 0 before the first call.
	HitRate float64
	// Warmed counts the values that were stored by Warm, before anybody had asked
	// for them, and WarmHits those of them that were then asked for. WarmCost sums
	// what they have cost, in the unit of whoever stored them.
	Warmed   uint64
	WarmHits uint64
	WarmCost uint64
}

// counters are the running figures of one store.
type counters struct {
	hits, misses                       uint64
	invalidations, expiries, evictions uint64
	warmed, warmHits, warmCost         uint64
}

func (c counters) stats(l Layer, cfg StoreConfig, size int) Stats {
	return Stats{
		Layer: l, TTL: cfg.TTL, Size: size, Capacity: cfg.Capacity,
		Hits: c.hits, Misses: c.misses,
		Invalidations: c.invalidations, Expiries: c.expiries, Evictions: c.evictions,
		HitRate: hitRate(c.hits, c.misses),
		Warmed:  c.warmed, WarmHits: c.warmHits, WarmCost: c.warmCost,
	}
}

// plus adds the figures of another store of the same layer.
func (s Stats) plus(other Stats) Stats {
	s.Size += other.Size
	s.Capacity += other.Capacity
	s.Hits += other.Hits
	s.Misses += other.Misses
	s.Invalidations += other.Invalidations
	s.Expiries += other.Expiries
	s.Evictions += other.Evictions
	s.HitRate = hitRate(s.Hits, s.Misses)
	s.Warmed += other.Warmed
	s.WarmHits += other.WarmHits
	s.WarmCost += other.WarmCost
	return s
}

func hitRate(hits, misses uint64) float64 {
	if hits+misses == 0 {
		return 0
	}
	return float64(hits) / float64(hits+misses)
}

// Stats returns the figures of every layer that has a store, in the order of the
// layers. Each layer's figures are consistent in themselves.
func (set *Set) Stats() []Stats {
	set.mu.RLock()
	defer set.mu.RUnlock()
	var all []Stats
	for _, layer := range Layers() {
		found := false
		var total Stats
		for _, m := range set.stores {
			switch {
			case m.inLayer() != layer:
			case !found:
				total, found = m.stats(), true
			default:
				total = total.plus(m.stats())
			}
		}
		if found {
			all = append(all, total)
		}
	}
	return all
}
