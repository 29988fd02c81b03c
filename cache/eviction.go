package cache

import (
	"container/heap"
	"math"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// policy keeps the order in which the entries of a full store go. It is not safe
// for concurrent use.
type policy[E comparable] interface {
	// wrote tells of an entry that was added or rewritten.
	wrote(E)
	// read tells of a hit.
	read(E)
	// removed tells of an entry that has gone, for whatever reason.
	removed(E)
	// victim is the entry to go next; false when there is none.
	victim() (E, bool)
}

// newPolicy returns the policy of an eviction. ages is the order in which the
// store's entries expire, which the store keeps up to date by itself.
func newPolicy[E comparable](e Eviction, ages *recency[E]) policy[E] {
	switch e {
	case EvictLRU:
		return leastRecent[E]{newRecency[E]()}
	case EvictLFU:
		return newLeastFrequent[E]()
	default:
		return soonestToExpire[E]{ages}
	}
}

// recency keeps entries in the order in which they were last moved to its end.
type recency[E comparable] struct {
	order *simplelru.LRU[E, struct{}]
}

func newRecency[E comparable]() *recency[E] {
	// The store bounds itself before it adds, so the list must never drop an
	// entry on its own. NewLRU fails for a size below one only.
	order, err := simplelru.NewLRU[E, struct{}](math.MaxInt, nil)
	if err != nil {
		panic("cache: " + err.Error())
	}
	return &recency[E]{order}
}

func (r *recency[E]) toEnd(e E)  { r.order.Add(e, struct{}{}) }
func (r *recency[E]) remove(e E) { r.order.Remove(e) }

func (r *recency[E]) first() (E, bool) {
	e, _, ok := r.order.GetOldest()
	return e, ok
}

// soonestToExpire evicts by age. All entries of a store have the same time to
// live, so the one written longest ago expires soonest.
type soonestToExpire[E comparable] struct{ ages *recency[E] }

func (soonestToExpire[E]) wrote(E)             {}
func (soonestToExpire[E]) read(E)              {}
func (soonestToExpire[E]) removed(E)           {}
func (p soonestToExpire[E]) victim() (E, bool) { return p.ages.first() }

// leastRecent evicts what was neither read nor written for the longest time.
type leastRecent[E comparable] struct{ uses *recency[E] }

func (p leastRecent[E]) wrote(e E)         { p.uses.toEnd(e) }
func (p leastRecent[E]) read(e E)          { p.uses.toEnd(e) }
func (p leastRecent[E]) removed(e E)       { p.uses.remove(e) }
func (p leastRecent[E]) victim() (E, bool) { return p.uses.first() }

// leastFrequent evicts what was read and written least often. Old fame needs no
// fading: an entry that nobody writes again expires.
//
// Why not otter: it evicts by W-TinyLFU, which may refuse the newest entry, and
// it settles its bound later, in a task on another goroutine. Here a Put that
// returned true must be found, and a store must never exceed its capacity.
type leastFrequent[E comparable] struct {
	ranks map[E]*rank[E]
	heap  rankHeap[E]
	// clock numbers the uses, to tell which of two equally frequent entries was
	// used longer ago.
	clock uint64
}

func newLeastFrequent[E comparable]() *leastFrequent[E] {
	return &leastFrequent[E]{ranks: make(map[E]*rank[E])}
}

func (p *leastFrequent[E]) wrote(e E) { p.use(e) }
func (p *leastFrequent[E]) read(e E)  { p.use(e) }

func (p *leastFrequent[E]) use(e E) {
	p.clock++
	if r, known := p.ranks[e]; known {
		r.uses++
		r.last = p.clock
		heap.Fix(&p.heap, r.index)
		return
	}
	r := &rank[E]{entry: e, uses: 1, last: p.clock}
	p.ranks[e] = r
	heap.Push(&p.heap, r)
}

func (p *leastFrequent[E]) removed(e E) {
	if r, known := p.ranks[e]; known {
		heap.Remove(&p.heap, r.index)
		delete(p.ranks, e)
	}
}

func (p *leastFrequent[E]) victim() (E, bool) {
	if len(p.heap) == 0 {
		var none E
		return none, false
	}
	return p.heap[0].entry, true
}

// rank is an entry's place in the order of use.
type rank[E comparable] struct {
	entry E
	uses  uint64
	last  uint64
	index int
}

// rankHeap implements heap.Interface: least used first.
type rankHeap[E comparable] []*rank[E]

func (h rankHeap[E]) Len() int { return len(h) }

func (h rankHeap[E]) Less(i, j int) bool {
	if h[i].uses != h[j].uses {
		return h[i].uses < h[j].uses
	}
	return h[i].last < h[j].last
}

func (h rankHeap[E]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push and Pop take and give any because container/heap asks for it.
func (h *rankHeap[E]) Push(x any) {
	r := x.(*rank[E])
	r.index = len(*h)
	*h = append(*h, r)
}

func (h *rankHeap[E]) Pop() any {
	old := *h
	last := len(old) - 1
	r := old[last]
	old[last] = nil
	*h = old[:last]
	return r
}
