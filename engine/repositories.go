package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"agentwatch/health"
	"agentwatch/internal/repo"
)

// Repository is what git knows of the folder that an agent works in.
type Repository = repo.State

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

// folder is where an agent works, and when it last printed.
type folder struct {
	path    string
	printed time.Time
}

// reading is what is known of one folder.
type reading struct {
	// state is nil where there is no repository or it could not be read. What it
	// points to is never changed; it is another pointer only for another state.
	state *Repository
	// at is when the reading began, took how long it lasted.
	at   time.Time
	took time.Duration
}

// dueAt is when the folder is to be read again; zero when nothing has been printed
// there since.
func (r reading) dueAt(printed time.Time) time.Time {
	// tmux's times are whole seconds: what was printed in the reading's own may
	// have come after it.
	if printed.Before(r.at.Truncate(time.Second)) {
		return time.Time{}
	}
	return r.at.Add(max(repositoryPace, repositoryShare*r.took))
}

// repositories are those of the agents' folders. Beside the rounds, one reading at
// a time, each is read again when an agent has printed there.
type repositories struct {
	read func(ctx context.Context, folder string) (repo.State, error)
	diff func(ctx context.Context, folder string, base bool) (repo.Diff, error)
	now  func() time.Time
	// wake says that watchers have reported.
	wake chan struct{}

	// mu guards what is known, by folder.
	mu    sync.Mutex
	known map[string]reading
	// absent is set when there is no git.
	absent bool
}

func newRepositories(now func() time.Time) *repositories {
	reader := repo.NewReader()
	return &repositories{read: reader.Read, diff: reader.Diff, now: now, wake: make(chan struct{}, 1), known: make(map[string]reading)}
}

// of returns the repository that a folder is in, nil when it is in none, and
// whether that has been read.
func (r *repositories) of(path string) (state *Repository, read bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, read := r.known[path]
	return known.state, read || r.absent || path == ""
}

// forget makes all folders be read again.
func (r *repositories) forget() {
	if r == nil {
		return
	}
	r.mu.Lock()
	for path, known := range r.known {
		known.at = time.Time{}
		r.known[path] = known
	}
	r.mu.Unlock()
	signal(r.wake)
}

// run reads until ctx ends. used tells which folders there are, changed is called
// when something else is known of one. It returns nil when git cannot be found.
func (r *repositories) run(ctx context.Context, used func() []folder, changed func()) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.wake:
		case <-timer.C:
		}
		path, wait := r.next(used())
		if path == "" {
			if wait > 0 {
				timer.Reset(wait)
			}
			continue
		}
		news, err := r.update(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if news {
			changed()
		}
		if errors.Is(err, repo.ErrNoGit) {
			return nil
		}
		timer.Reset(0)
	}
}

// next is the folder to be read now, else how long the first is to be waited for;
// zero when none is due. Folders that nobody uses are forgotten.
func (r *repositories) next(used []folder) (path string, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	printed := make(map[string]time.Time, len(used))
	for _, f := range used {
		if last, known := printed[f.path]; !known || f.printed.After(last) {
			printed[f.path] = f.printed
		}
	}
	for known := range r.known {
		if _, still := printed[known]; !still {
			delete(r.known, known)
		}
	}
	var first time.Time
	for _, f := range used {
		known, read := r.known[f.path]
		if !read || known.at.IsZero() {
			return f.path, 0
		}
		if due := known.dueAt(printed[f.path]); !due.IsZero() && (first.IsZero() || due.Before(first)) {
			path, first = f.path, due
		}
	}
	if wait = first.Sub(now); path == "" || wait <= 0 {
		return path, 0
	}
	return "", wait
}

// update reads a folder and reports whether something else is known of it now.
// What could not be read is not known.
func (r *repositories) update(ctx context.Context, path string) (news bool, err error) {
	began := r.now()
	within, cancel := context.WithTimeout(ctx, repositoryTime)
	defer cancel()
	state, err := r.read(within, path)
	r.mu.Lock()
	defer r.mu.Unlock()
	known, read := r.known[path]
	news = !read
	known.at, known.took = began, r.now().Sub(began)
	switch {
	case err != nil:
		news = news || known.state != nil
		known.state = nil
		r.absent = errors.Is(err, repo.ErrNoGit)
	case known.state == nil || *known.state != state:
		known.state, news = &state, true
	}
	r.known[path] = known
	return news, err
}

// readRepositories reads those of all agents' folders until ctx ends.
func (s *Service) readRepositories(ctx context.Context) error {
	used := func() (all []folder) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, w := range s.watchers {
			all = append(all, w.latest.folders...)
		}
		return all
	}
	return s.repositories.run(ctx, used, func() {
		for _, w := range s.current() {
			signal(w.reread)
		}
	})
}

// folder is where the pane's agent works. Of one that runs elsewhere (ssh, a
// container) tmux tells the folder of the program that leads there, which says
// nothing: the path is empty.
func (p *pane) folder() folder {
	if !p.tracked || p.stale || p.foreground == health.ProcessUnknown {
		return folder{}
	}
	printed := p.lastOutput()
	if printed.IsZero() && p.print.activity > 0 {
		printed = time.Unix(p.print.activity, 0)
	}
	return folder{path: p.details.path, printed: printed}
}

// takeRepositories gives each agent what is known of its folder, and reports
// whether that is news.
func (w *watcher) takeRepositories() (news bool) {
	if w.repositories == nil {
		return false
	}
	w.unread = false
	for _, p := range w.order {
		known, read := w.repositories.of(p.folder().path)
		if known != p.repository {
			p.repository, news = known, true
			w.touch(p)
		}
		w.unread = w.unread || !read
	}
	return news
}

// folders are those that are worth reading.
func (w *watcher) folders() (all []folder) {
	if w.repositories == nil {
		return nil
	}
	for _, p := range w.order {
		if f := p.folder(); f.path != "" {
			all = append(all, f)
		}
	}
	return all
}
