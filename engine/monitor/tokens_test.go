package monitor

import (
	"context"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/tokens"
)

// spending answers readings of session files.
type spending struct {
	mu     sync.Mutex
	reads  int
	input  int64
	shared map[int]bool
}

func (r *spending) set(input int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.input = input
}

func (r *spending) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func (r *spending) read(_ context.Context, a account, shared bool) (*engine.Tokens, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads++
	r.shared[a.pid] = shared
	return &engine.Tokens{Day: "2026-11-29", Today: tokens.Totals{Count: tokens.Count{Input: r.input}}}, nil
}

func TestWhatAnAgentHasUsedIsReadAgainWhenItHasPrintedAndNotAtRest(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeIdle)
	server.show("%1", claudeIdle)
	server.inFolder("%0", "/api")
	server.inFolder("%1", "/api")
	r := &spending{input: 5, shared: map[int]bool{}}
	prepare := func(s *Service) {
		s.tokens = newTokens(nil, func() time.Time { return s.now() }, s.others)
		s.tokens.read = func(ctx context.Context, a account) (*engine.Tokens, error) {
			return r.read(ctx, a, len(s.others(a)) > 0)
		}
	}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": server}, prepare, func(t *testing.T, s *Service) {
		got := after(s, time.Second)
		if a := got.Agents[0]; got.Unread || a.Tokens == nil || a.Tokens.Today.Input != 5 {
			t.Fatalf("unread %v, %+v", got.Unread, a.Tokens)
		}
		for pid, shared := range r.shared {
			if !shared {
				t.Errorf("process %d shares its folder with another of its kind", pid)
			}
		}
		revision, reads := got.Agents[1].Revision, r.count()
		after(s, 5*time.Minute)
		if now := r.count(); now != reads || reads > 4 {
			t.Errorf("%d readings, then %d while nothing was printed", reads, now)
		}
		r.set(9)
		server.show("%1", claudeIdle)
		got = after(s, 30*time.Second)
		if a := got.Agents[1]; a.Tokens.Today.Input != 9 || a.Revision == revision {
			t.Errorf("after a print: %+v, revision %d", a.Tokens.Today, a.Revision)
		}
	})
}

func TestWhatAnAgentRepeatsIsShownInItsTurnAndToldAtTheTurnsEnd(t *testing.T) {
	server := newFakeServer()
	server.show("%0", claudeWorking)
	server.inFolder("%0", "/api")
	var mu sync.Mutex
	told := &engine.Tokens{}
	set := func(r *engine.Repetition) {
		mu.Lock()
		defer mu.Unlock()
		told = &engine.Tokens{Repeating: r}
	}
	prepare := func(s *Service) {
		s.tokens = newTokens(nil, func() time.Time { return s.now() }, s.others)
		s.tokens.read = func(context.Context, account) (*engine.Tokens, error) {
			mu.Lock()
			defer mu.Unlock()
			return told, nil
		}
	}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": server}, prepare, func(t *testing.T, s *Service) {
		stream := s.Transitions()
		defer stream.Close()
		if a := agentIn(after(s, time.Second), "%0"); a.Repeating != nil {
			t.Fatalf("%s", a.Repeating)
		}
		r := &engine.Repetition{Verb: "ran", Step: "npm test", Times: 4, Failed: true}
		set(r)
		server.show("%0", claudeWorking)
		if a := agentIn(after(s, 10*time.Second), "%0"); a.Repeating == nil || *a.Repeating != *r {
			t.Fatalf("it says %v", a.Repeating)
		}
		server.show("%0", claudeIdle)
		if a := agentIn(after(s, 5*time.Second), "%0"); a.State != health.StateIdle || a.Repeating != nil {
			t.Errorf("at rest: %s, %v", a.State, a.Repeating)
		}
		ended := false
		for !ended {
			next, err := stream.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if ended = next.From == health.StateWorking; ended && (next.Repeated == nil || *next.Repeated != *r) {
				t.Errorf("the turn's end tells %v", next.Repeated)
			}
		}
		server.show("%0", claudeWorking)
		if a := agentIn(after(s, time.Second), "%0"); a.State != health.StateWorking || a.Repeating != nil {
			t.Errorf("in the next turn: %s, %v", a.State, a.Repeating)
		}
		set(&engine.Repetition{Verb: "ran", Step: "npm test", Times: 3})
		server.show("%0", claudeWorking)
		if a := agentIn(after(s, 10*time.Second), "%0"); a.Repeating == nil || a.Repeating.Times != 3 {
			t.Errorf("when that one repeats itself: %v", a.Repeating)
		}
	})
}
