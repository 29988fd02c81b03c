package monitor

import (
	"context"
	"errors"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/repo"
)

// pullPace is how often gh is asked of one branch: when an agent has printed, and now and
// then for its checks, which go on without one.
const (
	pullPace  = time.Minute
	pullShare = 20
	pullTime  = 20 * time.Second
	pullAge   = 5 * time.Minute
)

// head is a branch in a worktree.
type head struct{ root, branch string }

// aboutPulls is the topic of what keeps pull requests from being read.
const aboutPulls engine.NoticeTopic = "pull requests"

func newPulls(now func() time.Time, ask func(ctx context.Context, folder, branch string) (repo.Pull, error)) *beside[head, engine.PullRequest] {
	read := func(ctx context.Context, h head) (*engine.PullRequest, error) {
		pull, err := ask(ctx, h.root, h.branch)
		if err != nil && !errors.Is(err, repo.ErrNoGH) {
			pull, err = engine.PullRequest{Problem: err.Error()}, nil
		}
		return &pull, err
	}
	b := newBeside(tempo{least: pullPace, share: pullShare, within: pullTime, age: pullAge}, now, read,
		func(a, b *engine.PullRequest) bool { return *a == *b })
	b.absent = repo.ErrNoGH
	return &b
}

// readPulls reads the pull requests of all agents' branches until ctx ends.
func (s *Service) readPulls(ctx context.Context) error {
	err := s.pulls.run(ctx, func() (all []used[head]) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, w := range s.watchers {
			all = append(all, w.latest.heads...)
		}
		return all
	}, s.reread)
	if err == nil {
		s.Tell(aboutPulls, engine.Notice{Severity: engine.SeverityWarning, Text: "pull requests cannot be shown ([watch] pull_requests): gh is not installed"})
	}
	return err
}

// head is the branch that the pane's agent works on; the zero head when that is not known.
func (p *pane) head() head {
	if r := p.repository; r != nil && p.tracked && !p.stale && r.Branch != "" {
		return head{r.Root, r.Branch}
	}
	return head{}
}

// takePulls gives each agent the pull request of its branch, and reports whether that is
// news.
func (w *watcher) takePulls() (news bool) {
	if w.pulls == nil {
		return false
	}
	for _, p := range w.order {
		known, _ := w.pulls.of(p.head())
		if known != nil && *known == (engine.PullRequest{}) {
			known = nil
		}
		if known != p.pull {
			p.pull, news = known, true
			w.touch(p)
		}
	}
	return news
}

// heads are the branches that are worth asking for.
func (w *watcher) heads() (all []used[head]) {
	if w.pulls == nil {
		return nil
	}
	for _, p := range w.order {
		if h := p.head(); h != (head{}) {
			all = append(all, used[head]{h, p.printedAt()})
		}
	}
	return all
}
