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
	Invalidate(k Key) bool
	invalidateServer(server string) int
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
// returns how many entries that were. With an empty pane it drops the facts
// about the server itself.
func (set *Set) InvalidatePane(server, pane string) int {
	return set.sum(func(m member) int {
		if m.Invalidate(Key{Server: server, Pane: pane}) {
			return 1
		}
		return 0
	})
}

// InvalidateServer drops all that is known about a server and its panes, in
// every layer, and returns how many entries that were. It looks at every entry.
func (set *Set) InvalidateServer(server string) int {
	return set.sum(func(m member) int { return m.invalidateServer(server) })
}

// Sweep drops what has expired, in every layer, and returns how many entries
// that were. It looks at every entry. Expired entries are never returned even
// without it; it only gives their memory back.
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
