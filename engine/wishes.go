package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/health"
)

// Wishes are what the user has asked for that outlives a snapshot and the process:
// whoever keeps them writes them down and gives them to the next service.
type Wishes struct {
	Snoozes []KeptSnooze `json:"snoozes,omitempty"`
}

// Empty tells whether there is none.
func (w Wishes) Empty() bool { return len(w.Snoozes) == 0 }

// KeepWishes says where a service's wishes are kept.
type KeepWishes struct {
	// Before are those that the service begins with.
	Before Wishes
	// Save writes them down; nil where they end with the service. It is called by
	// one goroutine at a time.
	Save func(Wishes) error
}

// aboutWishes is the topic of notices on wishes that cannot be kept.
const aboutWishes NoticeTopic = "wishes"

// wishes are those of a service. Safe for concurrent use; nothing that can wait is
// done under its lock.
type wishes struct {
	// changed wakes the goroutine that saves. It has room for one.
	changed chan struct{}

	mu      sync.Mutex
	snoozes map[health.PaneRef]KeptSnooze
}

func newWishes(before Wishes) *wishes {
	w := &wishes{changed: make(chan struct{}, 1), snoozes: make(map[health.PaneRef]KeptSnooze)}
	for _, s := range before.Snoozes {
		w.snoozes[s.Ref] = s
	}
	return w
}

// all are the wishes as they are written down.
func (w *wishes) all() Wishes {
	w.mu.Lock()
	defer w.mu.Unlock()
	snoozes := slices.SortedFunc(maps.Values(w.snoozes), func(a, b KeptSnooze) int {
		return strings.Compare(a.Ref.String(), b.Ref.String())
	})
	return Wishes{Snoozes: snoozes}
}

func (w *wishes) snoozed(ref health.PaneRef) (KeptSnooze, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, is := w.snoozes[ref]
	return s, is
}

// snooze keeps a snooze; the zero value takes that of the pane away.
func (w *wishes) snooze(ref health.PaneRef, s KeptSnooze) {
	w.mu.Lock()
	if s == (KeptSnooze{}) {
		delete(w.snoozes, ref)
	} else {
		w.snoozes[ref] = s
	}
	w.mu.Unlock()
	signal(w.changed)
}

// saveEvery is the least time between two tries to save wishes.
const saveEvery = 100 * time.Millisecond

// keepWishes saves the wishes whenever they have changed, and what is left when ctx
// ends.
func (s *Service) keepWishes(ctx context.Context) error {
	failed := false
	save := func() {
		if err := s.options.Wishes.Save(s.wishes.all()); err != nil {
			failed = true
			s.Tell(aboutWishes, Notice{
				Severity: SeverityWarning, Text: "what is snoozed will not be remembered: " + err.Error(),
			})
			return
		}
		if failed {
			failed = false
			s.Tell(aboutWishes)
		}
	}
	for {
		select {
		case <-ctx.Done():
			select {
			case <-s.wishes.changed:
				save()
			default:
			}
			return ctx.Err()
		case <-s.wishes.changed:
			save()
		}
		timer := time.NewTimer(saveEvery)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
