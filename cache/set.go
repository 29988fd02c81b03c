package cache

import "sync"

// Set is all stores of one cache. Its methods are safe for concurrent use.
type Set struct {
	mu     sync.RWMutex
	stores []member
}

// member is what a set needs of a store, whatever the type of its values.
type member interface {
	inLayer() Layer
	invalidatePane(server, pane string) int
	invalidateServer(server string) int
	invalidateStore() int
	sweep() int
	stats() Stats
}

// NewSet returns a set without stores; NewStore adds them.
func NewSet() *Set { return &Set{} }

func (set *Set) register(m member) {
	set.mu.Lock()
	defer set.mu.Unlock()
	set.stores = append(set.stores, m)
}

// InvalidatePane drops all that is known about one pane, in every layer, and
// returns how many entries that were. Its cost does not depend on how much is
// known about other panes. With an empty pane it drops the facts about the
// server itself.
func (set *Set) InvalidatePane(server, pane string) int {
	return set.sum(func(m member) int { return m.invalidatePane(server, pane) })
}

// InvalidateServer drops all that is known about a server and its panes, in
// every layer, and returns how many entries that were.
func (set *Set) InvalidateServer(server string) int {
	return set.sum(func(m member) int { return m.invalidateServer(server) })
}

// InvalidateLayer drops all that is in a layer and returns how many entries that
// were.
func (set *Set) InvalidateLayer(l Layer) int {
	return set.sum(func(m member) int {
		if m.inLayer() != l {
			return 0
		}
		return m.invalidateStore()
	})
}

// Sweep drops what has expired, in every layer, and returns how many entries
// that were. Its cost follows that number. Expired entries are never returned
// even without it; it only gives their memory back.
func (set *Set) Sweep() int {
	return set.sum(member.sweep)
}

func (set *Set) sum(each func(member) int) int {
	set.mu.RLock()
	defer set.mu.RUnlock()
	n := 0
	for _, m := range set.stores {
		n += each(m)
	}
	return n
}
