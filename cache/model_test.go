package cache

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// modelEntry is what the model knows about one entry.
type modelEntry struct {
	key         Key
	value       int
	version     Version
	expires     time.Time
	wrote, used int
	uses        int
	warm        bool
}

// model is a store as simple as can be: one slice, searched from end to end.
type model struct {
	cfg     StoreConfig
	clock   int
	entries []modelEntry
	stats   Stats
	added   uint64
}

func (m *model) find(k Key) int {
	return slices.IndexFunc(m.entries, func(e modelEntry) bool { return e.key == k })
}

func (m *model) live(i int) bool {
	return i >= 0 && !time.Now().After(m.entries[i].expires)
}

func (m *model) drop(i int, counter *uint64) {
	*counter++
	m.entries = slices.Delete(m.entries, i, i+1)
}

func (m *model) expireIfDead(i int) {
	if i >= 0 && !m.live(i) {
		m.drop(i, &m.stats.Expiries)
	}
}

// least returns the entry that is smallest by the given order.
func (m *model) least(order func(a, b modelEntry) int) int {
	least := 0
	for i, e := range m.entries {
		if order(e, m.entries[least]) < 0 {
			least = i
		}
	}
	return least
}

func (m *model) victim() int {
	switch m.cfg.Eviction {
	case EvictLRU:
		return m.least(func(a, b modelEntry) int { return cmp.Compare(a.used, b.used) })
	case EvictLFU:
		return m.least(func(a, b modelEntry) int {
			return cmp.Or(cmp.Compare(a.uses, b.uses), cmp.Compare(a.used, b.used))
		})
	default:
		return m.least(func(a, b modelEntry) int { return cmp.Compare(a.wrote, b.wrote) })
	}
}

func (m *model) put(k Key, v int, version Version) bool {
	m.expireIfDead(m.find(k))
	i := m.find(k)
	if i >= 0 && m.entries[i].version > version {
		return false
	}
	if i < 0 {
		if len(m.entries) >= m.cfg.Capacity && m.sweep() == 0 {
			m.drop(m.victim(), &m.stats.Evictions)
		}
		m.added++
		i = len(m.entries)
		m.entries = append(m.entries, modelEntry{key: k})
	}
	m.clock++
	e := &m.entries[i]
	e.value, e.version, e.warm, e.expires = v, version, false, time.Now().Add(m.cfg.TTL)
	e.wrote, e.used, e.uses = m.clock, m.clock, e.uses+1
	return true
}

func (m *model) get(k Key) (int, Version, bool) {
	m.expireIfDead(m.find(k))
	i := m.find(k)
	if i < 0 {
		m.stats.Misses++
		return 0, 0, false
	}
	m.stats.Hits++
	if m.entries[i].warm {
		m.stats.WarmHits++
		m.entries[i].warm = false
	}
	m.clock++
	m.entries[i].used, m.entries[i].uses = m.clock, m.entries[i].uses+1
	return m.entries[i].value, m.entries[i].version, true
}

func (m *model) warm(k Key, v int, version Version, cost uint64) bool {
	m.stats.WarmCost += cost
	if !m.put(k, v, version) {
		return false
	}
	m.stats.Warmed++
	m.entries[m.find(k)].warm = true
	return true
}

func (m *model) renew(k Key, ttl time.Duration) bool {
	m.expireIfDead(m.find(k))
	i := m.find(k)
	if i < 0 {
		return false
	}
	m.clock++
	m.entries[i].wrote, m.entries[i].expires = m.clock, time.Now().Add(ttl)
	return true
}

// invalidate drops the live entries that match.
func (m *model) invalidate(match func(Key) bool) int {
	n := 0
	for i := len(m.entries) - 1; i >= 0; i-- {
		if match(m.entries[i].key) && m.live(i) {
			m.drop(i, &m.stats.Invalidations)
			n++
		}
	}
	return n
}

func (m *model) sweep() int {
	n := 0
	for i := len(m.entries) - 1; i >= 0; i-- {
		if !m.live(i) {
			m.drop(i, &m.stats.Expiries)
			n++
		}
	}
	return n
}

func drawKey(t *rapid.T) Key {
	return Key{
		Server: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "server"),
		Pane:   rapid.SampledFrom([]string{"", "%1", "%2", "%3", "%4", "%5"}).Draw(t, "pane"),
	}
}

// pair is a store and the model it must agree with.
type pair struct {
	set   *Set
	store *Store[int]
	model *model
}

func newPair(t *rapid.T) *pair {
	cfg := StoreConfig{
		TTL:      10 * time.Second,
		Capacity: rapid.IntRange(1, 9).Draw(t, "capacity"),
		Eviction: rapid.SampledFrom([]Eviction{EvictTTL, EvictLRU, EvictLFU}).Draw(t, "eviction"),
	}
	set := NewSet()
	return &pair{set, NewStore[int](set, LayerPaneContent, cfg), &model{cfg: cfg}}
}

func (p *pair) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		// Under two names, since a store that stays empty has nothing to show.
		"put":       p.put,
		"put again": p.put,
		"warm":      p.warm,
		"renew": func(t *rapid.T) {
			k, ttl := drawKey(t), time.Duration(rapid.IntRange(1, 20).Draw(t, "ttl"))*time.Second
			same(t, "renew", p.store.Renew(k, ttl), p.model.renew(k, ttl))
		},
		"peek": func(t *rapid.T) {
			k := drawKey(t)
			p.model.expireIfDead(p.model.find(k))
			v, ok := p.store.Peek(k)
			want := 0
			i := p.model.find(k)
			if i >= 0 {
				want = p.model.entries[i].value
			}
			same(t, "peek", result(v, 0, ok), result(want, 0, i >= 0))
		},
		"get": func(t *rapid.T) {
			k := drawKey(t)
			same(t, "get", result(p.store.Get(k)), result(p.model.get(k)))
		},
		"invalidate": p.invalidate,
		"sweep":      func(t *rapid.T) { same(t, "sweep", p.set.Sweep(), p.model.sweep()) },
		"wait": func(t *rapid.T) {
			// Whole seconds, to meet the very end of a life now and then; the
			// clock is that of the synctest bubble.
			time.Sleep(time.Duration(rapid.IntRange(1, 4).Draw(t, "seconds")) * time.Second)
		},
		"": p.check,
	}
}

func (p *pair) put(t *rapid.T) {
	k, v := drawKey(t), rapid.Int().Draw(t, "value")
	version := Version(rapid.IntRange(1, 5).Draw(t, "version"))
	same(t, "put", p.store.Put(k, v, version), p.model.put(k, v, version))
}

func (p *pair) warm(t *rapid.T) {
	k, v, cost := drawKey(t), rapid.Int().Draw(t, "value"), rapid.Uint64Range(0, 1).Draw(t, "cost")
	version := Version(rapid.IntRange(1, 5).Draw(t, "version"))
	same(t, "warm", p.store.Warm(k, v, version, cost), p.model.warm(k, v, version, cost))
}

func (p *pair) invalidate(t *rapid.T) {
	k := drawKey(t)
	switch rapid.SampledFrom([]string{"key", "key", "key", "pane", "pane", "server"}).Draw(t, "scope") {
	case "key":
		p.model.expireIfDead(p.model.find(k))
		same(t, "invalidate", p.store.Invalidate(k), p.model.invalidate(func(o Key) bool { return o == k }) == 1)
	case "pane":
		p.model.expireIfDead(p.model.find(k))
		same(t, "invalidate pane", p.set.InvalidatePane(k.Server, k.Pane),
			p.model.invalidate(func(o Key) bool { return o.Server == k.Server && o.Pane == k.Pane }))
	default:
		same(t, "invalidate server", p.set.InvalidateServer(k.Server),
			p.model.invalidate(func(o Key) bool { return o.Server == k.Server }))
	}
}

// check compares all that can be seen.
func (p *pair) check(t *rapid.T) {
	for _, server := range []string{"a", "b"} {
		for _, pane := range []string{"", "%1", "%2", "%3", "%4", "%5"} {
			k := Key{server, pane}
			want := result(0, 0, false)
			if i := p.model.find(k); p.model.live(i) {
				want = result(p.model.entries[i].value, p.model.entries[i].version, true)
			}
			same(t, "peek at "+k.id(), result(peek(p.store, k)), want)
		}
	}
	got, want := statsOf(t, p.set), p.model.stats
	want.TTL, want.Capacity, want.Size = p.model.cfg.TTL, p.model.cfg.Capacity, len(p.model.entries)
	want.HitRate = got.HitRate
	same(t, "figures", got, want)
	if got.Size > got.Capacity {
		t.Fatalf("%d entries in a store for %d", got.Size, got.Capacity)
	}
	if left := got.Invalidations + got.Expiries + got.Evictions; uint64(got.Size)+left != p.model.added {
		t.Fatalf("%d entries are there and %d have left, but %d were added", got.Size, left, p.model.added)
	}
	if looks := got.Hits + got.Misses; looks > 0 && got.HitRate != float64(got.Hits)/float64(looks) {
		t.Fatalf("hit rate %v with %d hits in %d looks", got.HitRate, got.Hits, looks)
	}
}

func result(v int, version Version, ok bool) string { return fmt.Sprint(v, version, ok) }

func same[T comparable](t *rapid.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %+v, the model says %+v", what, got, want)
	}
}

func TestStoreAgreesWithASimpleModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Under its bare interface: rapid asks a *testing.T for its deadline,
		// which has no meaning on the bubble's clock and panics.
		rapid.Check(struct{ testing.TB }{t}, func(t *rapid.T) { t.Repeat(newPair(t).actions()) })
	})
}
