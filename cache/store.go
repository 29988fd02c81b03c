package cache

import (
	"strconv"
	"sync"

	gocache "github.com/patrickmn/go-cache"
)

// Store holds the values of one type in one layer. All methods are safe for
// concurrent use. A value that was put in is handed to every reader as it is:
// nobody may change what it points to.
type Store[V any] struct {
	layer Layer
	cfg   StoreConfig

	mu      sync.Mutex
	entries keyIndex[*entry[V]]
	flights keyIndex[*flight[V]]
	// live knows which entries have not expired; it is keyed by entry.id.
	live *gocache.Cache
	// ages has the entries in the order in which they expire.
	ages    *recency[*entry[V]]
	policy  policy[*entry[V]]
	lastID  uint64
	figures counters
}

// entry is one cached value.
type entry[V any] struct {
	key Key
	// id is the entry's key in Store.live: short to hash, and never ambiguous
	// as the three joined parts of a Key could be.
	id      string
	value   V
	version Version
}

// NewStore adds a store to a layer of the set. A TTL or capacity that is not
// positive is replaced by the layer's default. Several stores may share a layer;
// each has bounds of its own, and Set.Stats adds them up.
func NewStore[V any](set *Set, layer Layer, cfg StoreConfig) *Store[V] {
	cfg = cfg.orDefault(layer)
	ages := newRecency[*entry[V]]()
	s := &Store[V]{
		layer:   layer,
		cfg:     cfg,
		entries: newKeyIndex[*entry[V]](),
		flights: newKeyIndex[*flight[V]](),
		// A cleanup interval of 0 means: no janitor goroutine, no finalizer.
		live:   gocache.New(cfg.TTL, 0),
		ages:   ages,
		policy: newPolicy(cfg.Eviction, ages),
	}
	set.register(s)
	return s
}

// Get returns the value of a key and the version it was made from; false when
// there is none. It counts as a hit or as a miss.
func (s *Store[V]) Get(k Key) (V, Version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.lookUp(k)
	if !ok {
		var none V
		return none, 0, false
	}
	return e.value, e.version, true
}

// Peek is Get without a trace: it counts nothing and does not keep the entry
// from being evicted.
func (s *Store[V]) Peek(k Key) (V, Version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.entries.get(k)
	if !known || !s.isLive(e) {
		var none V
		return none, 0, false
	}
	return e.value, e.version, true
}

// Put stores a value for the store's TTL. It returns false, and changes nothing,
// when the key has a value of a newer version that has neither expired nor been
// invalidated. A value of the same version is replaced and lives anew.
func (s *Store[V]) Put(k Key, v V, version Version) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(k, v, version)
}

// Invalidate drops the value of a key, because what it was made from has
// changed. A running computation of it goes on for those who wait, but its
// result is not stored. It returns false when there was no live value.
func (s *Store[V]) Invalidate(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights.remove(k)
	e, known := s.entries.get(k)
	return known && s.invalidate(e)
}

// lookUp finds a live entry and counts the hit or the miss. The caller holds mu.
func (s *Store[V]) lookUp(k Key) (*entry[V], bool) {
	e, known := s.entries.get(k)
	if known && s.isLive(e) {
		s.figures.hits++
		s.policy.read(e)
		return e, true
	}
	if known {
		s.expire(e)
	}
	s.figures.misses++
	return nil, false
}

// put stores a value unless a newer one is there. The caller holds mu.
func (s *Store[V]) put(k Key, v V, version Version) bool {
	e, known := s.entries.get(k)
	if known && !s.isLive(e) {
		s.expire(e)
		known = false
	}
	if known && e.version > version {
		return false
	}
	if !known {
		s.makeRoom()
		s.lastID++
		e = &entry[V]{key: k, id: strconv.FormatUint(s.lastID, 36)}
		s.entries.set(k, e)
	}
	e.value, e.version = v, version
	s.live.SetDefault(e.id, e)
	s.ages.toEnd(e)
	s.policy.wrote(e)
	return true
}

// makeRoom drops entries until one more fits: expired ones if there are any,
// else what the policy names. The caller holds mu.
func (s *Store[V]) makeRoom() {
	for s.entries.size >= s.cfg.Capacity {
		if s.expireOldest() {
			continue
		}
		e, ok := s.policy.victim()
		if !ok {
			return
		}
		s.figures.evictions++
		s.remove(e)
	}
}

// expireOldest drops the entry that expires soonest if its time has come. The
// caller holds mu.
func (s *Store[V]) expireOldest() bool {
	e, ok := s.ages.first()
	if !ok || s.isLive(e) {
		return false
	}
	s.expire(e)
	return true
}

// isLive tells whether an entry has not expired. The caller holds mu.
func (s *Store[V]) isLive(e *entry[V]) bool {
	_, ok := s.live.Get(e.id)
	return ok
}

// expire drops an entry whose time has come. The caller holds mu.
func (s *Store[V]) expire(e *entry[V]) {
	s.figures.expiries++
	s.remove(e)
}

// invalidate drops an entry that was pushed out; it returns false, and counts an
// expiry, when the entry had expired before. The caller holds mu.
func (s *Store[V]) invalidate(e *entry[V]) bool {
	if !s.isLive(e) {
		s.expire(e)
		return false
	}
	s.figures.invalidations++
	s.remove(e)
	return true
}

// remove takes an entry out of every index. The caller holds mu.
func (s *Store[V]) remove(e *entry[V]) {
	s.entries.remove(e.key)
	s.live.Delete(e.id)
	s.ages.remove(e)
	s.policy.removed(e)
}

// invalidateAll drops the given entries, and forgets the given computations so
// that their results are not stored. The caller holds mu.
func (s *Store[V]) invalidateAll(entries []*entry[V], flights []*flight[V]) int {
	for _, f := range flights {
		s.flights.remove(f.key)
	}
	n := 0
	for _, e := range entries {
		if s.invalidate(e) {
			n++
		}
	}
	return n
}

func (s *Store[V]) invalidatePane(server, pane string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invalidateAll(s.entries.ofPane(server, pane), s.flights.ofPane(server, pane))
}

func (s *Store[V]) invalidateServer(server string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invalidateAll(s.entries.ofServer(server), s.flights.ofServer(server))
}

func (s *Store[V]) invalidateStore() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invalidateAll(s.entries.all(), s.flights.all())
}

func (s *Store[V]) inLayer() Layer { return s.layer }

// sweep drops the expired entries. It looks at those and at one live one.
func (s *Store[V]) sweep() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for s.expireOldest() {
		n++
	}
	return n
}

func (s *Store[V]) stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.figures.stats(s.layer, s.cfg, s.entries.size)
}
