package monitor

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/repo"
)

// Paces of reading repositories.
const (
	// repositoryPace is the least time between two readings of one folder, however
	// much its agents print; repositoryShare times what the last reading took, if
	// that is longer, so that a large repository costs no more than a small one.
	repositoryPace  = 4 * time.Second
	repositoryShare = 20
	// repositoryTime bounds one reading.
	repositoryTime = 5 * time.Second
)

// repositories are those of the agents' folders.
type repositories struct {
	beside[string, engine.Repository]
	diff func(ctx context.Context, folder string, base bool) (repo.Diff, error)
}

func newRepositories(now func() time.Time) *repositories {
	reader := repo.NewReader()
	read := func(ctx context.Context, folder string) (*engine.Repository, error) {
		state, err := reader.Read(ctx, folder)
		return &state, err
	}
	r := &repositories{
		beside: newBeside(tempo{least: repositoryPace, share: repositoryShare, within: repositoryTime}, now, read,
			func(a, b *engine.Repository) bool { return *a == *b }),
		diff: reader.Diff,
	}
	r.absent = repo.ErrNoGit
	return r
}

// readRepositories reads those of all agents' folders until ctx ends.
func (s *Service) readRepositories(ctx context.Context) error {
	all := func() (all []used[string]) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, w := range s.watchers {
			all = append(all, w.latest.folders...)
		}
		return all
	}
	return s.repositories.run(ctx, all, s.reread)
}

// reread tells all watchers that more is known of their agents.
func (s *Service) reread() {
	for _, w := range s.current() {
		signal(w.reread)
	}
}

// folder is where the pane's agent works. Of one that runs elsewhere (ssh, a
// container) tmux tells the folder of the program that leads there, which says
// nothing: the path is empty.
func (p *pane) folder() string {
	if !p.tracked || p.stale || p.foreground == health.ProcessUnknown {
		return ""
	}
	return p.details.path
}

// printedAt is when the pane last printed, as far as that is known.
func (p *pane) printedAt() time.Time {
	printed := p.lastOutput()
	if printed.IsZero() && p.print.activity > 0 {
		printed = time.Unix(p.print.activity, 0)
	}
	return printed
}

// takeReadings gives each agent what was read beside the rounds, and reports whether
// that is news.
func (w *watcher) takeReadings() (news bool) {
	w.unread = false
	repositories, tokens := w.takeRepositories(), w.takeTokens()
	return w.takePulls() || repositories || tokens
}

// takeRepositories gives each agent what is known of its folder, and reports
// whether that is news.
func (w *watcher) takeRepositories() (news bool) {
	if w.repositories == nil {
		return false
	}
	for _, p := range w.order {
		known, read := w.repositories.of(p.folder())
		if known != p.repository {
			p.repository, news = known, true
			w.touch(p)
		}
		w.unread = w.unread || !read
	}
	return news
}

// folders are those that are worth reading.
func (w *watcher) folders() (all []used[string]) {
	if w.repositories == nil {
		return nil
	}
	for _, p := range w.order {
		if path := p.folder(); path != "" {
			all = append(all, used[string]{path, p.printedAt()})
		}
	}
	return all
}
