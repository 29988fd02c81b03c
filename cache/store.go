package cache

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"
)

// Key names one cached fact in a store. It is comparable.
type Key struct {
	// Server is the path of the tmux server's socket.
	Server string
	// Pane is tmux's pane id, such as "%3"; empty for a fact about the server.
	Pane string
}

// id is the key in go-cache's terms. No path contains a zero byte.
func (k Key) id() string { return k.Server + "\x00" + k.Pane }

// Version orders results by what they were made from: a result made from later
// facts has a greater version. Only versions of the same key are compared.
type Version uint64

// Store holds the values of one type in one layer. All methods are safe for
// concurrent use. A value that was put in is handed to every reader as it is:
// nobody may change what it points to.
type Store[V any] struct {
	layer   Layer
	cfg     StoreConfig
	flights singleflight.Group

	// mu makes an operation on items and its figures one step.
	mu    sync.Mutex
	items *gocache.Cache // of *entry[V], by Key.id
	// uses numbers reads and writes, to order entries by their use.
	uses uint64
	// computing are the computations whose result may still be stored.
	computing map[Key]*computation
	figures   counters
	// leaving is the counter for entries that are being deleted.
	leaving *uint64
}

// entry is one cached value.
type entry[V any] struct {
	key     Key
	value   V
	version Version
	// written and used are the numbers of the last write and the last use, uses
	// how many there were.
	written, used, uses uint64
	// warm is set until the first reader of a value that was stored by Warm.
	warm bool
}

// computation is one under way; overtaken is set when its key is invalidated.
type computation struct{ overtaken bool }

// NewStore adds a store to a layer of the set. A TTL or capacity that is not
// positive is replaced by the layer's default. Several stores may share a layer;
// each has bounds of its own, and Set.Stats adds them up.
func NewStore[V any](set *Set, layer Layer, cfg StoreConfig) *Store[V] {
	cfg = cfg.orDefault(layer)
	s := &Store[V]{
		layer: layer, cfg: cfg, computing: make(map[Key]*computation),
		// No cleanup interval: no goroutine. Set.Sweep does its work.
		items: gocache.New(cfg.TTL, 0),
	}
	s.items.OnEvicted(func(string, any) { *s.leaving++ })
	set.register(s)
	return s
}

// Get returns the value of a key and the version it was made from; false when
// there is none. It counts as a hit or as a miss.
func (s *Store[V]) Get(k Key) (V, Version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, live := s.find(k)
	if !live {
		s.figures.misses++
		var none V
		return none, 0, false
	}
	s.figures.hits++
	if e.warm {
		s.figures.warmHits++
		e.warm = false
	}
	s.use(e)
	return e.value, e.version, true
}

// Peek is Get for the owner of the cache: it neither counts nor is a use.
func (s *Store[V]) Peek(k Key) (V, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, live := s.find(k)
	if !live {
		var none V
		return none, false
	}
	return e.value, true
}

// Put stores a value for the store's TTL. It returns false, and changes nothing,
// when the key has a value of a newer version that has neither expired nor been
// invalidated. A value of the same version is replaced and lives anew.
func (s *Store[V]) Put(k Key, v V, version Version) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(k, v, version) != nil
}

// Warm is Put for a value that nobody has asked for yet. cost is what getting it
// has cost for that alone, in the caller's unit; the figures sum it.
func (s *Store[V]) Warm(k Key, v V, version Version, cost uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.figures.warmCost += cost
	e := s.put(k, v, version)
	if e == nil {
		return false
	}
	e.warm = true
	s.figures.warmed++
	return true
}

// Renew lets the value of a key live for so long from now on, because its owner
// knows by other means that it is still good. It returns false when there is no live
// value.
func (s *Store[V]) Renew(k Key, ttl time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, live := s.find(k)
	if live {
		s.uses++
		e.written = s.uses
		s.items.Set(k.id(), e, ttl)
	}
	return live
}

// put stores a value and returns its entry; nil when a newer one is kept. The
// caller holds mu.
func (s *Store[V]) put(k Key, v V, version Version) *entry[V] {
	e, live := s.find(k)
	switch {
	case live && e.version > version:
		return nil
	case !live:
		s.makeRoom()
		e = &entry[V]{key: k}
	}
	e.value, e.version, e.warm = v, version, false
	s.use(e)
	e.written = e.used
	s.items.SetDefault(k.id(), e)
	return e
}

// GetOrCompute returns the value of a key; when there is none it computes and
// stores it. However many callers ask at once, one computation runs and all get
// its result; a caller whose context ends stops waiting, and the computation goes
// on with the values, but not the deadline, of the first caller's context. It
// must bound itself.
//
// A failed computation is not stored, and neither is one whose key has been
// invalidated since it began.
func (s *Store[V]) GetOrCompute(
	ctx context.Context, k Key, compute func(context.Context) (V, Version, error),
) (V, error) {
	var none V
	if v, _, live := s.Get(k); live {
		return v, nil
	}
	done := s.flights.DoChan(k.id(), func() (any, error) {
		c := &computation{}
		s.mu.Lock()
		s.computing[k] = c
		s.mu.Unlock()
		v, version, err := compute(context.WithoutCancel(ctx))
		s.mu.Lock()
		overtaken := c.overtaken
		if s.computing[k] == c {
			delete(s.computing, k)
		}
		s.mu.Unlock()
		if err == nil && !overtaken {
			s.Put(k, v, version)
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		return none, fmt.Errorf("%s of %s: %w", s.layer, k.Server, ctx.Err())
	case result := <-done:
		if result.Err != nil {
			return none, result.Err
		}
		return result.Val.(V), nil
	}
}

// Invalidate drops the value of a key, because what it was made from has
// changed; the result of a running computation will not be stored. It returns
// false when there was no live value.
func (s *Store[V]) Invalidate(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overtake(k)
	_, live := s.find(k)
	if live {
		s.drop(k, &s.figures.invalidations)
	}
	return live
}

// overtake keeps the result of a running computation out of the store, and lets
// whoever asks next start another. The caller holds mu.
func (s *Store[V]) overtake(k Key) {
	if c, running := s.computing[k]; running {
		c.overtaken = true
		s.flights.Forget(k.id())
	}
}

// find returns the live entry of a key, and drops an expired one. The caller
// holds mu.
func (s *Store[V]) find(k Key) (*entry[V], bool) {
	if e, live := s.items.Get(k.id()); live {
		return e.(*entry[V]), true
	}
	s.drop(k, &s.figures.expiries)
	return nil, false
}

// use notes a read or a write. The caller holds mu.
func (s *Store[V]) use(e *entry[V]) {
	s.uses++
	e.used, e.uses = s.uses, e.uses+1
}

// drop deletes an entry, if there is one, and counts it. The caller holds mu.
func (s *Store[V]) drop(k Key, counter *uint64) {
	s.leaving = counter
	s.items.Delete(k.id())
}

// makeRoom drops entries until one more fits: the expired ones if there are any,
// else the one that the eviction names. It looks at every entry of a full store,
// which is rare: capacities are far above what anybody watches. The caller holds
// mu.
func (s *Store[V]) makeRoom() {
	for s.items.ItemCount() >= s.cfg.Capacity && s.expire() == 0 {
		var victim *entry[V]
		for _, item := range s.items.Items() {
			if e := item.Object.(*entry[V]); victim == nil || s.before(e, victim) {
				victim = e
			}
		}
		// There is none when all have expired in between.
		if victim != nil {
			s.drop(victim.key, &s.figures.evictions)
		}
	}
}

// before tells whether a is evicted before b.
func (s *Store[V]) before(a, b *entry[V]) bool {
	switch s.cfg.Eviction {
	case EvictLRU:
		return a.used < b.used
	case EvictLFU:
		return cmp.Or(cmp.Compare(a.uses, b.uses), cmp.Compare(a.used, b.used)) < 0
	default:
		// All entries live about equally long: the one written first expires first.
		return a.written < b.written
	}
}

// expire drops all that has expired and returns how many entries that were. The
// caller holds mu.
func (s *Store[V]) expire() int {
	before := s.figures.expiries
	s.leaving = &s.figures.expiries
	s.items.DeleteExpired()
	return int(s.figures.expiries - before)
}

func (s *Store[V]) invalidateServer(server string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.computing {
		if k.Server == server {
			s.overtake(k)
		}
	}
	n := 0
	for _, item := range s.items.Items() {
		if e := item.Object.(*entry[V]); e.key.Server == server {
			s.drop(e.key, &s.figures.invalidations)
			n++
		}
	}
	return n
}

func (s *Store[V]) inLayer() Layer { return s.layer }

func (s *Store[V]) sweep() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expire()
}

func (s *Store[V]) stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.figures.stats(s.layer, s.cfg, s.items.ItemCount())
}
