package monitor

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/typing"
)

const (
	raceTracks = 8
	racesEach  = 25
)

// raceScore sums what came of races.
type raceScore struct {
	mu sync.Mutex
	// pace is the mean of delay.
	pace time.Duration
	// typed and refused are races by whether anything was typed; wrong are keys
	// that were typed when tmux had drawn another dialog than the one seen,
	// early those that tmux typed rightly and the program read when it had
	// turned to another, at most late before.
	typed, refused, wrong, early int
	late                         time.Duration
}

// delay is how long after the start of an answer the dialog changes. How long an
// answer takes depends on the machine, so the races set the pace: it is sought so
// that about half of the answers are typed.
func (s *raceScore) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pace == 0 {
		s.pace = 100 * time.Millisecond
	}
	return time.Duration(rand.Int64N(2 * int64(s.pace)))
}

func (s *raceScore) note(n int, keys []racedKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(keys) == 0 {
		s.refused++
		s.pace = min(s.pace*5/4, 5*time.Second)
		return
	}
	s.typed++
	s.pace = max(s.pace*4/5, time.Millisecond)
	for _, k := range keys {
		switch {
		case k.Drawn != n:
			s.wrong++
		case k.Mind != n:
			s.early++
			s.late = max(s.late, k.Late)
		}
	}
}

// races starts a server with racers and a service that knows them, and runs a
// function for each at once.
func races(t *testing.T, run func(s *Service, r *raceTrack, ref health.PaneRef)) {
	t.Helper()
	server := tmuxtest.New(t)
	folder, err := os.MkdirTemp("/tmp", "awr-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	tracks := make([]*raceTrack, raceTracks)
	for i := range tracks {
		tracks[i] = newRaceTrack(t, server, folder, i)
	}
	s := liveService(t, server)
	snapshots, unsubscribe := s.Subscribe()
	for snapshot := range snapshots {
		if len(snapshot.Agents) == raceTracks {
			break
		}
	}
	unsubscribe()
	var all sync.WaitGroup
	for _, r := range tracks {
		all.Go(func() { run(s, r, health.PaneRef{Server: server.SocketPath(), Pane: r.pane}) })
	}
	all.Wait()
}

// liveService is a service that runs on the server until the test ends. What
// prepares it is called before it runs.
func liveService(t *testing.T, server *tmuxtest.Server, prepare ...func(*Service)) *Service {
	t.Helper()
	s, err := New(Options{
		Discover: tmuxpool.DiscoverOptions{Paths: []string{server.SocketPath()}}, Pool: tmuxpool.Options{Clients: tmuxpool.ClientsNever},
		NoSessionFiles: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prepare {
		p(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// seenNow is what a user sees in a pane now, and all of that look.
func seenNow(s *Service, ref health.PaneRef) (engine.Seen, typing.Look, error) {
	w, err := s.watcherOf(ref)
	if err != nil {
		return engine.Seen{}, typing.Look{}, err
	}
	return answer.Look(context.Background(), s.answerTools(w, engine.Request{Target: ref}, new(engine.Agent)), ref)
}

func TestInRacesNoAnswerReachesADialogThatWasNotSeen(t *testing.T) {
	var score raceScore
	races(t, func(s *Service, r *raceTrack, ref health.PaneRef) {
		for i := range racesEach {
			n := 2*i + 1
			r.tell(t, "show %d", n)
			seen, _, err := seenNow(s, ref)
			if err != nil {
				t.Error(err)
			}
			next := []int{n + 1, n + 2, 0}[rand.IntN(3)]
			r.tell(t, "turn %d %d", next, score.delay().Microseconds())
			request := engine.Request{Target: ref, Action: engine.ActionApprove, Seen: seen}
			outcome, err := s.Answer(context.Background(), request)
			keys := r.keys(t)
			if outcome.Sent != (len(keys) > 0) || (!outcome.Sent && !errors.Is(err, engine.ErrChanged)) {
				t.Errorf("%+v, %v, keys %v", outcome, err, keys)
			}
			score.note(n, keys)
		}
	})
	t.Logf("%d races: %d typed, %d refused; typed at another dialog: %d; read too late by the program: %d, at most %s after it had turned",
		score.typed+score.refused, score.typed, score.refused, score.wrong, score.early, score.late)
	if score.wrong > 0 {
		t.Errorf("%d keys were typed when another dialog was on the screen", score.wrong)
	}
	if score.typed < 10 || score.refused < 10 {
		t.Errorf("no races: %d typed, %d refused", score.typed, score.refused)
	}
}

// The same races without the condition in the server: a look, a comparison, and
// keys by another call. It shows that the races above are races.
func TestWithoutTheServersConditionAnswersDoReachOtherDialogs(t *testing.T) {
	var score raceScore
	races(t, func(s *Service, r *raceTrack, ref health.PaneRef) {
		typist := s.typist(ref.Server, false)
		for i := range racesEach {
			n := 2*i + 1
			r.tell(t, "show %d", n)
			seen, _, err := seenNow(s, ref)
			if err != nil {
				t.Error(err)
			}
			r.tell(t, "turn %d %d", n+1, score.delay().Microseconds())
			now, v, err := seenNow(s, ref)
			if err != nil {
				t.Error(err)
			}
			if now.Dialog.Equal(seen.Dialog) {
				if err := typist.Press(context.Background(), ref.Pane, []engine.Key{'1'}, v.Guard()); err != nil && !errors.Is(err, typing.ErrRefused) {
					t.Error(err)
				}
				tmuxtest.Eventually(t, 5*time.Second, "the key is read", func() bool { return len(r.keys(t)) > 0 })
			}
			score.note(n, r.keys(t))
		}
	})
	t.Logf("%d races: %d typed, %d refused; typed at another dialog: %d; read too late by the program: %d, at most %s after it had turned",
		score.typed+score.refused, score.typed, score.refused, score.wrong, score.early, score.late)
	if score.wrong == 0 {
		t.Error("no key was typed at another dialog: these are no races")
	}
}
