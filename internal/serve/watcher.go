package serve

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"agentwatch/engine"
	"agentwatch/health"
)

// Watcher is what a dashboard needs of an engine, wherever that runs.
type Watcher interface {
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
	SwitchStrategy(ctx context.Context, name engine.StrategyName) error
	Follow(ctx context.Context, refs []health.PaneRef) error
	MarkSeen(ctx context.Context, ref health.PaneRef) error
	History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error)
	Answer(ctx context.Context, r engine.Request) (engine.Outcome, error)
	Refresh(ctx context.Context) error
}

// Local is an engine of this process; *engine.Service satisfies it.
type Local interface {
	Watcher
	// Run watches until ctx ends, and returns when all has ended that it started.
	Run(ctx context.Context) error
}

// hub lets several share one engine: each follows panes of its own, and the
// engine follows those of all. Safe for concurrent use.
type hub struct {
	Watcher

	mu     sync.Mutex
	wanted map[*follower][]health.PaneRef
}

func newHub(w Watcher) *hub { return &hub{Watcher: w, wanted: make(map[*follower][]health.PaneRef)} }

// follower is one of those who share: the engine, with the panes that it
// follows.
type follower struct{ *hub }

// join adds one who follows nothing yet.
func (h *hub) join() *follower { return &follower{h} }

// Follow makes these panes those that this one follows.
func (f *follower) Follow(ctx context.Context, refs []health.PaneRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(refs) == 0 {
		delete(f.wanted, f)
	} else {
		f.wanted[f] = refs
	}
	all := make(map[health.PaneRef]bool)
	for _, refs := range f.wanted {
		for _, ref := range refs {
			all[ref] = true
		}
	}
	union := slices.SortedFunc(maps.Keys(all), func(a, b health.PaneRef) int { return strings.Compare(a.String(), b.String()) })
	// Under the lock, so that the last union made is the last one followed.
	return f.Watcher.Follow(ctx, union)
}

// only is a snapshot with no previews but those of the panes given.
func only(s *engine.Snapshot, refs []health.PaneRef) *engine.Snapshot {
	surplus := false
	for ref := range s.Previews {
		surplus = surplus || !slices.Contains(refs, ref)
	}
	if !surplus {
		return s
	}
	narrowed := *s
	narrowed.Previews = make(map[health.PaneRef]*engine.Preview, len(refs))
	for _, ref := range refs {
		if p := s.Previews[ref]; p != nil {
			narrowed.Previews[ref] = p
		}
	}
	return &narrowed
}
