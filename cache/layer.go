// Package cache keeps what was read from tmux and what was concluded from it, in
// layers that differ in how long their entries may live and which go first when
// a layer is full.
//
// A time to live is the safety net. Freshness comes from invalidation: whoever
// learns that a pane has changed drops what the cache holds about it, and both
// ways of leaving are counted apart.
//
// The package starts no janitor: its owner calls Set.Sweep now and then. The only
// goroutines are the running computations of Store.GetOrCompute.
package cache

import (
	"fmt"
	"time"
)

// Layer names one sort of cached fact.
type Layer uint8

// The layers, from the shortest-lived to the longest-lived.
const (
	// LayerPaneContent: the text of panes.
	LayerPaneContent Layer = iota
	// LayerAgentStatus: what was concluded about an agent.
	LayerAgentStatus
	// LayerSessionInfo: facts about sessions, windows and processes.
	LayerSessionInfo
	// LayerConfig: options and versions of tmux servers.
	LayerConfig
	// LayerFleet: the agents of other machines, as a hub has them.
	LayerFleet
)

// layerCount is how many layers there are.
const layerCount = int(LayerFleet) + 1

// Layers lists every layer in declaration order.
func Layers() []Layer {
	all := make([]Layer, layerCount)
	for i := range all {
		all[i] = Layer(i)
	}
	return all
}

// String returns the layer's name, or "layer(N)" for a value out of range.
func (l Layer) String() string {
	words := [layerCount]string{"pane_content", "agent_status", "session_info", "config", "fleet"}
	if int(l) < len(words) {
		return words[l]
	}
	return fmt.Sprintf("layer(%d)", uint8(l))
}

// Eviction says which entry goes when a full store gets another one. An expired
// entry always goes before a live one.
type Eviction uint8

// The eviction policies.
const (
	// EvictTTL: the entry that expires soonest.
	EvictTTL Eviction = iota
	// EvictLRU: the entry that was not used for the longest time.
	EvictLRU
	// EvictLFU: the entry that was used least often; of several, the one that
	// was not used for the longest time.
	EvictLFU
)

// String returns the policy's name, or "eviction(N)" for a value out of range.
func (e Eviction) String() string {
	words := [...]string{"ttl", "lru", "lfu"}
	if int(e) < len(words) {
		return words[e]
	}
	return fmt.Sprintf("eviction(%d)", uint8(e))
}

// StoreConfig bounds one store.
type StoreConfig struct {
	// TTL is how long an entry lives after it was written. Reading does not
	// prolong it.
	TTL time.Duration
	// Capacity is the greatest number of entries.
	Capacity int
	// Eviction picks the entry that goes when the store is full.
	Eviction Eviction
}

// DefaultLayerConfig returns the configuration that a layer has unless the user
// says otherwise. A layer out of range gets that of LayerPaneContent, the
// shortest-lived one.
func DefaultLayerConfig(l Layer) StoreConfig {
	switch l {
	case LayerAgentStatus:
		return StoreConfig{TTL: 30 * time.Second, Capacity: 4096, Eviction: EvictLRU}
	case LayerSessionInfo:
		return StoreConfig{TTL: 60 * time.Second, Capacity: 4096, Eviction: EvictTTL}
	case LayerConfig:
		return StoreConfig{TTL: 300 * time.Second, Capacity: 256, Eviction: EvictLFU}
	case LayerFleet:
		return StoreConfig{TTL: time.Hour, Capacity: 20000, Eviction: EvictLRU}
	default:
		return StoreConfig{TTL: 10 * time.Second, Capacity: 2048, Eviction: EvictLRU}
	}
}

// orDefault replaces a missing time to live or capacity by the layer's own, so
// that no store is without bounds.
func (c StoreConfig) orDefault(l Layer) StoreConfig {
	standard := DefaultLayerConfig(l)
	if c.TTL <= 0 {
		c.TTL = standard.TTL
	}
	if c.Capacity <= 0 {
		c.Capacity = standard.Capacity
	}
	return c
}
