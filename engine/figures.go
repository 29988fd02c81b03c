package engine

import (
	"fmt"
	"time"
)

// Link says by what means a server is being watched.
type Link uint8

// The links, best first. A lost server has none.
const (
	// LinkConnecting: nothing has been heard yet.
	LinkConnecting Link = iota
	// LinkControl: control-mode clients.
	LinkControl
	// LinkBatch: one batched process per round.
	LinkBatch
	// LinkExec: one process per capture.
	LinkExec
	// LinkLost: the server does not answer.
	LinkLost
)

// String returns the link's word.
func (l Link) String() string {
	words := [...]string{"connecting", "control", "batch", "process", "lost"}
	if int(l) < len(words) {
		return words[l]
	}
	return fmt.Sprintf("link(%d)", uint8(l))
}

// ServerStatus tells how one tmux server is being watched.
type ServerStatus struct {
	// Name is the short name, Socket the path.
	Name    string `json:"name,omitempty"`
	Socket  string `json:"socket,omitempty"`
	Version string `json:"version,omitempty"`
	Link    Link   `json:"link"`
	// Reason says why the link is not LinkControl; empty when it is.
	Reason string `json:"reason,omitempty"`
	// Problem says why its panes could not be listed the last time; empty when they
	// were.
	Problem string `json:"problem,omitempty"`
	// Degraded is set when a better link is called for and does not work.
	Degraded bool `json:"degraded,omitempty"`
	// Since is when Link began.
	Since time.Time `json:"since,omitzero"`
	// RetryAt is when a better link is tried again; zero when none is due.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Hearing says how changes are noticed.
	Hearing Hearing `json:"hearing"`
	Panes   int     `json:"panes,omitempty"`
	Agents  int     `json:"agents,omitempty"`
}

// HeardBy says how a server's changes are noticed.
type HeardBy uint8

const (
	// HeardByActivity: tmux is asked which windows were active.
	HeardByActivity HeardBy = iota
	// HeardByKernel: the kernel reports what panes print.
	HeardByKernel
)

// String returns the word.
func (h HeardBy) String() string {
	if h == HeardByKernel {
		return "kernel"
	}
	return "activity"
}

// MarshalText writes the word.
func (h HeardBy) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Hearing says how a server's changes are noticed, and what that has told.
type Hearing struct {
	By HeardBy `json:"by"`
	// Reason says why it is not the kernel, or not for all panes.
	Reason string `json:"reason,omitempty"`
	// Heard and Unheard count panes that the kernel reports on or does not.
	Heard   int `json:"heard,omitempty"`
	Unheard int `json:"unheard,omitempty"`
	// Events counts the kernel's reports, Merged those that shared a wake-up with
	// another, Lost how often the queue overflowed.
	Events uint64 `json:"events,omitempty"`
	Merged uint64 `json:"merged,omitempty"`
	Lost   uint64 `json:"lost,omitempty"`
}

// PoolStats sums the connection pools of all servers.
type PoolStats struct {
	Open      int     `json:"open,omitempty"`
	Busy      int     `json:"busy,omitempty"`
	Max       int     `json:"max,omitempty"`
	Created   uint64  `json:"created,omitempty"`
	Recycled  uint64  `json:"recycled,omitempty"`
	Reused    uint64  `json:"reused,omitempty"`
	Waits     uint64  `json:"waits,omitempty"`
	Timeouts  uint64  `json:"timeouts,omitempty"`
	ReuseRate float64 `json:"reuse_rate,omitempty"`
	// MeanWait is the longest of the pools' mean waits for a connection.
	MeanWait time.Duration `json:"mean_wait_ns"`
}

// CacheStats are the live figures of the cache.
type CacheStats struct {
	// HitRate is that of all layers together, 0 to 1; 0 before the first look.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Looks is hits plus misses of all layers.
	Looks  uint64       `json:"looks,omitempty"`
	Layers []LayerStats `json:"layers,omitempty"`
}

// LayerStats are the figures of one cache layer.
type LayerStats struct {
	Name string        `json:"name,omitempty"`
	TTL  time.Duration `json:"ttl_ns"`
	Size int           `json:"size,omitempty"`
	// Capacity bounds Size.
	Capacity      int    `json:"capacity,omitempty"`
	Hits          uint64 `json:"hits,omitempty"`
	Misses        uint64 `json:"misses,omitempty"`
	Invalidations uint64 `json:"invalidations,omitempty"`
	Expiries      uint64 `json:"expiries,omitempty"`
	Evictions     uint64 `json:"evictions,omitempty"`
	// HitRate is Hits/(Hits+Misses), 0 before the first look.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Warmed counts what was made ready before anybody had asked for it: the
	// coloured screens that the user is likely to look at next. WarmHits are those
	// of them that were then asked for, WarmCaptures the captures that were made
	// for that alone.
	Warmed       uint64 `json:"warmed,omitempty"`
	WarmHits     uint64 `json:"warm_hits,omitempty"`
	WarmCaptures uint64 `json:"warm_captures,omitempty"`
}

// RoundStats are the figures of the rounds.
type RoundStats struct {
	// Rounds is how many have been made. Like all but the last three it begins anew
	// when another strategy comes into force.
	Rounds uint64 `json:"rounds,omitempty"`
	// Last is how long the last one took; P50 and P99 are over the last 512.
	Last time.Duration `json:"last_ns"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	// LatencyP50 and LatencyP99 are how late changes of state reached a verdict, over
	// the last 512: the time from the agent's last output before the look that showed
	// the change, or, of panes that the kernel does not tell of, from the last list in
	// which it was not there, which bounds it.
	LatencyP50 time.Duration `json:"latency_p50_ns"`
	LatencyP99 time.Duration `json:"latency_p99_ns"`
	// LastCaptured and LastAvoided are panes captured and panes whose verdict
	// stood without a capture, in the last round; Captured and Avoided in all.
	LastCaptured int    `json:"last_captured,omitempty"`
	LastAvoided  int    `json:"last_avoided,omitempty"`
	Captured     uint64 `json:"captured,omitempty"`
	Avoided      uint64 `json:"avoided,omitempty"`
	// InVain is how many looks at panes that had printed found nothing new.
	InVain uint64 `json:"in_vain,omitempty"`
	// Bytes is how many bytes of screens were read in all.
	Bytes uint64 `json:"bytes,omitempty"`
	// Failures is how many checks failed in all.
	Failures uint64 `json:"failures,omitempty"`
	// Interval is the time between two rounds now.
	Interval time.Duration `json:"interval_ns"`
}

// Sample is one second of the trends.
type Sample struct {
	At time.Time `json:"at,omitzero"`
	// Busy is the greatest number of busy connections in that second.
	Busy int `json:"busy,omitempty"`
	// HitRate is that second's cache hit rate, 0 to 1; -1 when nothing was
	// asked.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Captured is the number of captures in that second.
	Captured int `json:"captured,omitempty"`
	// Round is the longest round of that second.
	Round time.Duration `json:"round_ns"`
}

// Cost is what watching costs, over the last ten seconds or, at rest, twenty.
type Cost struct {
	// Own is our own processor time as a share of one core.
	Own float64 `json:"own,omitempty"`
	// Servers is that of all watched tmux servers together; negative where the
	// system does not tell.
	Servers float64 `json:"servers,omitempty"`
	// Memory is our resident memory in bytes; 0 where the system does not tell.
	Memory uint64 `json:"memory,omitempty"`
}
