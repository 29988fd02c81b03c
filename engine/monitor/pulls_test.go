package monitor

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/repo"
)

func TestPullRequestsAreAskedForSeldomOneAtATimeAndWhatFailsIsSaid(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeWorking)
	server.show("%1", claudeIdle)
	server.inFolder("%0", "/api")
	server.inFolder("%1", "/api")
	r := &readings{counts: map[string]int{}, branch: "fix"}
	var mu sync.Mutex
	asked, failure := 0, error(nil)
	ask := func(_ context.Context, _, branch string) (repo.Pull, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return repo.Pull{Number: 42, Title: branch}, failure
	}
	set := func(err error) int {
		mu.Lock()
		defer mu.Unlock()
		failure = err
		return asked
	}
	prepare := func(s *Service) {
		s.repositories = newRepositories(func() time.Time { return s.now() })
		s.repositories.read = func(ctx context.Context, folder string) (*engine.Repository, error) {
			state, err := r.read(ctx, folder)
			return &state, err
		}
		s.pulls = newPulls(func() time.Time { return s.now() }, ask)
	}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": server}, prepare, func(t *testing.T, s *Service) {
		got := after(s, 2*time.Second)
		for _, a := range got.Agents {
			if a.Pull == nil || a.Pull.Number != 42 || a.Pull.Title != "fix" {
				t.Fatalf("%+v", a.Pull)
			}
		}
		if n := set(nil); n != 1 {
			t.Errorf("two agents on one branch led to %d questions", n)
		}
		after(s, 10*time.Minute)
		if n := set(errors.New("gh: no login")); n < 2 || n > 4 {
			t.Errorf("asked %d times in ten minutes at rest", n)
		}
		got = after(s, 10*time.Minute)
		if a := got.Agents[0]; a.Pull == nil || a.Pull.Number != 0 || a.Pull.Problem != "gh: no login" {
			t.Errorf("%+v", a.Pull)
		}
		set(repo.ErrNoGH)
		got = after(s, 10*time.Minute)
		if len(got.Notices) != 1 || got.Agents[0].Pull != nil {
			t.Errorf("without gh: %v, %+v", got.Notices, got.Agents[0].Pull)
		}
	})
}
