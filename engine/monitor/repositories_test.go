package monitor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/repo"
)

// readings counts readings of folders and answers with a branch.
type readings struct {
	mu     sync.Mutex
	counts map[string]int
	branch string
	err    error
	takes  time.Duration
	active int
	most   int
}

func (r *readings) read(_ context.Context, folder string) (repo.State, error) {
	r.mu.Lock()
	r.counts[folder]++
	r.active++
	r.most = max(r.most, r.active)
	takes := r.takes
	r.mu.Unlock()
	time.Sleep(takes)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active--
	return repo.State{Name: "api", Branch: r.branch}, r.err
}

func (r *readings) count(folder string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[folder]
}

func (r *readings) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// inFolder makes a pane's program run in a folder.
func (f *fakeServer) inFolder(id, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.panes {
		if f.panes[i].ID == id {
			f.panes[i].CurrentPath = path
		}
	}
}

// readingBy runs a service whose repositories are read by r.
func readingBy(t *testing.T, r *readings, server *fakeServer, test func(t *testing.T, s *Service)) {
	t.Helper()
	runningAfter(t, Options{}, map[string]*fakeServer{"one": server}, func(s *Service) {
		s.repositories = newRepositories(func() time.Time { return s.now() })
		s.repositories.read = func(ctx context.Context, folder string) (*engine.Repository, error) {
			state, err := r.read(ctx, folder)
			return &state, err
		}
	}, test)
}

func branches(snap *engine.Snapshot) map[string]string {
	all := map[string]string{}
	for _, a := range snap.Agents {
		if a.Repo != nil {
			all[a.Ref.Pane] = a.Repo.Branch
		}
	}
	return all
}

func TestARepositoryIsReadOnceAndAgainWhenAnAgentHasPrintedThere(t *testing.T) {
	server := newFakeServer()
	for _, id := range []string{"%0", "%1", "%2"} {
		server.show(id, claudeIdle)
	}
	server.inFolder("%0", "/api")
	server.inFolder("%1", "/api")
	server.inFolder("%2", "/web")
	r := &readings{counts: map[string]int{}, branch: "main"}
	readingBy(t, r, server, func(t *testing.T, s *Service) {
		got := after(s, time.Second)
		if b := branches(got); b["%0"] != "main" || b["%1"] != "main" || b["%2"] != "main" || got.Unread {
			t.Fatalf("branches %v, unread %v", b, got.Unread)
		}
		revision := got.Agents[0].Revision
		after(s, 5*time.Minute)
		if a, w := r.count("/api"), r.count("/web"); a != 1 || w != 1 {
			t.Errorf("read %d and %d times while nothing was printed", a, w)
		}
		r.set(func() { r.branch = "fix" })
		server.show("%1", claudeIdle)
		got = after(s, 30*time.Second)
		if b := branches(got); b["%0"] != "fix" || b["%1"] != "fix" || b["%2"] != "main" {
			t.Errorf("after a print: %v", b)
		}
		if got.Agents[0].Revision == revision {
			t.Error("the revision does not tell of another branch")
		}
		if n := r.count("/api"); n < 2 || n > 3 {
			t.Errorf("one print led to %d readings", n-1)
		}
	})
}

func TestAFolderWhoseAgentPrintsAllTheTimeIsReadAtItsPaceAndALargeOneSeldom(t *testing.T) {
	for takes, most := range map[time.Duration]int{0: 17, time.Second: 4} {
		server := newFakeServer()
		server.show("%0", claudeWorking)
		server.inFolder("%0", "/api")
		r := &readings{counts: map[string]int{}, branch: "main", takes: takes}
		readingBy(t, r, server, func(t *testing.T, s *Service) {
			for range 60 {
				server.show("%0", claudeWorking)
				after(s, time.Second)
			}
			if n := r.count("/api"); n < 2 || n > most {
				t.Errorf("a reading of %s was made %d times in a minute, want at most %d", takes, n, most)
			}
		})
	}
}

func TestReadingsAreMadeOneAfterAnotherAndHoldUpNoRound(t *testing.T) {
	server := newFakeServer()
	for _, id := range []string{"%0", "%1", "%2", "%3"} {
		server.show(id, claudeIdle)
		server.inFolder(id, "/"+id)
	}
	r := &readings{counts: map[string]int{}, branch: "main", takes: 3 * time.Second}
	readingBy(t, r, server, func(t *testing.T, s *Service) {
		if got := after(s, time.Second); !got.Ready || !got.Unread || len(got.Agents) != 4 {
			t.Errorf("while repositories are read: ready %v, unread %v, %d agents", got.Ready, got.Unread, len(got.Agents))
		}
		if got := after(s, 20*time.Second); got.Unread || len(branches(got)) != 4 || r.most != 1 {
			t.Errorf("unread %v, branches %v, %d at once", got.Unread, branches(got), r.most)
		}
	})
}

func TestWhatCannotBeReadIsNotKnownAndNothingIsReadWhereThatIsSwitchedOff(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeIdle)
	server.inFolder("%0", "/api")
	r := &readings{counts: map[string]int{}, branch: "main"}
	readingBy(t, r, server, func(t *testing.T, s *Service) {
		after(s, time.Second)
		r.set(func() { r.err = context.DeadlineExceeded })
		server.show("%0", claudeIdle)
		if got := after(s, time.Minute); len(branches(got)) != 0 {
			t.Errorf("a branch that could not be read again: %v", branches(got))
		}
		r.set(func() { r.err = nil })
		if err := s.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		if got := after(s, time.Minute); len(branches(got)) != 1 {
			t.Error("a refresh does not read again")
		}
	})
	running(t, Options{NoGit: true}, map[string]*fakeServer{"one": server}, func(t *testing.T, s *Service) {
		if got := after(s, time.Minute); got.Agents[0].Repo != nil || got.Unread || s.Refresh(t.Context()) != nil {
			t.Errorf("%+v, unread %v", got.Agents[0].Repo, got.Unread)
		}
	})
}

func TestWithoutGitNothingIsAwaited(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeIdle)
	server.inFolder("%0", "/api")
	r := &readings{counts: map[string]int{}, err: repo.ErrNoGit}
	readingBy(t, r, server, func(t *testing.T, s *Service) {
		if got := after(s, time.Second); got.Unread {
			t.Error("repositories are awaited for which there is no git")
		}
		server.show("%0", claudeWorking)
		if after(s, time.Minute); r.count("/api") != 1 {
			t.Errorf("git was looked for %d times", r.count("/api"))
		}
	})
}

func TestFoldersThatNobodyUsesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRepositories(time.Now)
		r.read = func(context.Context, string) (*engine.Repository, error) { return nil, errors.ErrUnsupported }
		for _, path := range []string{"/a", "/b"} {
			if _, err := r.update(t.Context(), path); !errors.Is(err, errors.ErrUnsupported) {
				t.Error(err)
			}
		}
		r.next([]used[string]{{key: "/b"}})
		if _, known := r.known["/a"]; known || len(r.known) != 1 {
			t.Errorf("%v", r.known)
		}
	})
}

func TestADiffIsReadWhereAnAgentWorksAndRefusedWhereThatIsNotKnown(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeIdle)
	server.inFolder("%0", "/api")
	r := &readings{counts: map[string]int{}, branch: "main"}
	readingBy(t, r, server, func(t *testing.T, s *Service) {
		after(s, time.Second)
		asked := ""
		failed := error(nil)
		s.repositories.diff = func(ctx context.Context, folder string, base bool) (repo.Diff, error) {
			if failed == nil && base {
				<-ctx.Done()
				return repo.Diff{}, ctx.Err()
			}
			asked = folder
			return repo.Diff{Against: "HEAD"}, failed
		}
		ref := after(s, time.Second).Agents[0].Ref
		if d, err := s.Diff(t.Context(), ref, false); err != nil || d.Against != "HEAD" || asked != "/api" {
			t.Errorf("%+v in %q, %v", d, asked, err)
		}
		if _, err := s.Diff(t.Context(), ref, true); !errors.Is(err, engine.ErrNoDiff) || !strings.Contains(err.Error(), "9s") {
			t.Errorf("a git that hangs: %v", err)
		}
		failed = repo.ErrNone
		if _, err := s.Diff(t.Context(), ref, true); !errors.Is(err, engine.ErrNoDiff) || !errors.Is(err, repo.ErrNone) {
			t.Errorf("in no repository: %v", err)
		}
		ref.Pane = "%9"
		if _, err := s.Diff(t.Context(), ref, false); !errors.Is(err, engine.ErrUnknownPane) {
			t.Errorf("of no agent: %v", err)
		}
		server.inFolder("%0", "")
		server.show("%0", claudeIdle)
		after(s, time.Minute)
		ref.Pane = "%0"
		if _, err := s.Diff(t.Context(), ref, false); !errors.Is(err, engine.ErrNoDiff) {
			t.Errorf("in no folder that is known: %v", err)
		}
	})
	running(t, Options{NoGit: true}, map[string]*fakeServer{"one": server}, func(t *testing.T, s *Service) {
		ref := after(s, time.Minute).Agents[0].Ref
		if _, err := s.Diff(t.Context(), ref, false); !errors.Is(err, engine.ErrNoDiff) {
			t.Errorf("without git: %v", err)
		}
	})
}
