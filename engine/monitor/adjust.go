package monitor

import (
	"context"
	"slices"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// SetInterval changes the time between two rounds, from each server's next round
// on. A length that is not positive changes nothing.
func (s *Service) SetInterval(interval time.Duration) {
	if interval <= 0 {
		return
	}
	s.mu.Lock()
	s.chosen.interval = interval
	s.mu.Unlock()
	for _, w := range s.current() {
		signal(w.kick)
	}
	s.publish()
}

// Discover says where servers are searched for from now on: everywhere that one
// of the options names. Servers that are watched already stay watched. Until the
// search has been made, snapshots are not ready.
func (s *Service) Discover(options ...tmuxpool.DiscoverOptions) {
	s.mu.Lock()
	s.chosen.discover, s.searched = slices.Clone(options), false
	s.chosen.searches++
	s.mu.Unlock()
	s.publish() // whoever asks next must not take the last snapshot for an answer
	signal(s.searchNow)
}

// discoverChosen searches for servers.
func (s *Service) discoverChosen(ctx context.Context) (found []tmuxpool.Socket, problems []error) {
	if _, err := tmuxpool.FindTmux(); err != nil {
		return nil, []error{err}
	}
	s.mu.Lock()
	all := s.chosen.discover
	s.mu.Unlock()
	for _, options := range all {
		options.Known = s.answersAt
		more, wrong := tmuxpool.Discover(ctx, options)
		found, problems = append(found, more...), append(problems, wrong...)
	}
	slices.SortFunc(found, func(a, b tmuxpool.Socket) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(found), problems
}

// answersAt tells whether the server at a socket is watched and has answered when it
// was last asked.
func (s *Service) answersAt(socket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watchers[socket]
	return w != nil && w.latest.looked && w.latest.failed == nil && w.latest.status.Link != tmuxpool.LinkLost
}

// Ignore says which panes are never agents: those of the dashboards.
func (s *Service) Ignore(panes map[health.PaneRef]bool) {
	s.mu.Lock()
	s.chosen.ignore = panes
	s.mu.Unlock()
}
