package serve

import (
	"cmp"
	"context"
	"slices"
	"time"

	"agentwatch/engine"
)

// Status is what a status line needs.
type Status struct {
	// At is when it was seen; Ready is false until every server has been looked
	// at once.
	At    time.Time `json:"at"`
	Ready bool      `json:"ready"`
	// Counts are the agents by urgency.
	Counts  map[engine.Urgency]int `json:"counts"`
	Agents  int                    `json:"agents"`
	Panes   int                    `json:"panes"`
	Servers int                    `json:"servers"`
}

// StatusOf sums up a snapshot.
func StatusOf(s *engine.Snapshot) Status {
	status := Status{
		At: s.At, Ready: s.Ready, Counts: make(map[engine.Urgency]int), Agents: len(s.Agents), Panes: s.Panes, Servers: len(s.Servers),
	}
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if n := s.Counts.Of(u); n > 0 {
			status.Counts[u] = n
		}
	}
	return status
}

// NeedUser is how many agents stand still until the user acts: those that wait,
// have crashed or failed, as the dashboard's header counts.
func (s Status) NeedUser() int {
	sum := 0
	for u, n := range s.Counts {
		if u <= engine.UrgencyError {
			sum += n
		}
	}
	return sum
}

// List is what was seen at one moment.
type List struct {
	At    time.Time `json:"at"`
	Ready bool      `json:"ready"`
	// Agents are without their pasts.
	Agents  []engine.Agent  `json:"agents"`
	Notices []engine.Notice `json:"notices"`
}

// ListOf is a snapshot's list.
func ListOf(s *engine.Snapshot) List {
	l := List{At: s.At, Ready: s.Ready, Agents: slices.Clone(s.Agents), Notices: s.Notices}
	for i := range l.Agents {
		l.Agents[i].Past = nil
	}
	return l
}

// Neediest is the agent that needs the user most: of the most urgent ones that
// which has been so for longest. ok is false when none does. What a server shows
// that does not answer counts only when there is nothing else.
func Neediest(agents []engine.Agent) (neediest engine.Agent, ok bool) {
	var needy []engine.Agent
	for _, a := range agents {
		if a.Urgency().NeedsUser() {
			needy = append(needy, a)
		}
	}
	if len(needy) == 0 {
		return engine.Agent{}, false
	}
	return slices.MinFunc(needy, func(a, b engine.Agent) int {
		return cmp.Or(cmp.Compare(stale(a), stale(b)), cmp.Compare(a.Urgency(), b.Urgency()), a.Since.Compare(b.Since))
	}), true
}

func stale(a engine.Agent) int {
	if a.Stale {
		return 1
	}
	return 0
}

// firstLook bounds how long an answer waits for an instance that has only begun
// to look.
const firstLook = 2 * time.Second

// ready returns a snapshot from after every server was looked at, or the last
// one within firstLook. It returns engine.ErrStopped when there is none.
func ready(ctx context.Context, from Watcher) (*engine.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	snapshots, unsubscribe := from.Subscribe()
	defer unsubscribe()
	var last *engine.Snapshot
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				return last, stoppedWithout(last)
			}
			if last = s; s.Ready {
				return s, nil
			}
		case <-ctx.Done():
			return last, stoppedWithout(last)
		}
	}
}

func stoppedWithout(last *engine.Snapshot) error {
	if last == nil {
		return engine.ErrStopped
	}
	return nil
}
