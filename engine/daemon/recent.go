package daemon

import (
	"maps"
	"slices"
	"sync"

	"agentwatch/engine"
	"agentwatch/health"
)

// keptSnapshots is how many snapshots a reader may be behind to go on with what it
// has.
const keptSnapshots = 32

// recent are the last snapshots that were sent, for readers whose connection was
// lost. Safe for concurrent use.
type recent struct {
	mu   sync.Mutex
	kept []sent
}

// sent is a snapshot with the panes that were hidden when it was sent.
type sent struct {
	snapshot *engine.Snapshot
	hidden   map[health.PaneRef]bool
	// ambiguous is set when it was sent with other hidden panes, too.
	ambiguous bool
}

// add keeps a snapshot.
func (r *recent) add(s *engine.Snapshot, hidden map[health.PaneRef]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.kept, func(known sent) bool { return known.snapshot.Seq >= s.Seq })
	switch {
	case i < 0:
		r.kept = append(r.kept[max(0, len(r.kept)+1-keptSnapshots):], sent{snapshot: s, hidden: hidden})
	case r.kept[i].snapshot == s && !maps.Equal(r.kept[i].hidden, hidden):
		r.kept[i].ambiguous = true
	}
}

// find returns the snapshot with a number, if it is known how it was sent.
func (r *recent) find(seq uint64) (sent, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.kept, func(known sent) bool { return known.snapshot.Seq == seq && !known.ambiguous })
	if i < 0 {
		return sent{}, false
	}
	return r.kept[i], true
}
