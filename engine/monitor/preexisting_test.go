package monitor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

// firsts are the first transitions of each pane, by pane.
func firsts(t *testing.T, stream *engine.TransitionStream) map[string]engine.Transition {
	t.Helper()
	found := make(map[string]engine.Transition)
	for _, next := range read(t, stream) {
		if next.First {
			found[next.Agent.Ref.Pane] = next
		}
	}
	return found
}

func TestOnlyAgentsThatWereThereAtTheStartAreCalledPreexisting(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	f.show("%1", "$ ")
	var stream *engine.TransitionStream
	table := &programs{}
	table.run(1001, "bash")
	prepare := func(s *Service) { s.processes, stream = table, s.Transitions() }
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, prepare,
		func(t *testing.T, s *Service) {
			after(s, 3*time.Second)
			table.run(1001, "claude")
			f.show("%1", claudeWaiting) // started in a pane that was there
			f.show("%2", claudeWaiting) // and in a new one
			after(s, 3*time.Second)
			f.drop("%0")
			after(s, 3*time.Second)
			f.show("%0", claudeWaiting) // and where another one was before
			after(s, 3*time.Second)
			preexisting := make(map[string][]bool)
			for _, next := range read(t, stream) {
				if next.First {
					pane := next.Agent.Ref.Pane
					preexisting[pane] = append(preexisting[pane], next.Preexisting)
				}
			}
			if got := preexisting["%0"]; len(got) != 2 || !got[0] || got[1] {
				t.Errorf("the pane with an agent at the start: %v, want one that was there and one that was not", got)
			}
			for _, pane := range []string{"%1", "%2"} {
				if got := preexisting[pane]; len(got) != 1 || got[0] {
					t.Errorf("%s: %v, want one agent that was not there at the start", pane, got)
				}
			}
		})
}

func TestAnAgentOnAServerThatCouldNotBeListedAtFirstIsPreexisting(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	f.unlistable = tmuxpool.ErrProtocol
	var stream *engine.TransitionStream
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, func(s *Service) { stream = s.Transitions() },
		func(t *testing.T, s *Service) {
			after(s, 5*time.Second)
			f.mu.Lock()
			f.unlistable = nil
			f.mu.Unlock()
			after(s, 10*time.Second)
			if got := firsts(t, stream)["%0"]; !got.Preexisting {
				t.Errorf("%+v, want one that was there at the start", got)
			}
		})
}

func TestAnAgentOnAServerThatStartedLaterIsNotPreexisting(t *testing.T) {
	// Files have the real time, the service the bubble's, which is long ago.
	socket := filepath.Join(t.TempDir(), "later")
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFakeServer()
	f.show("%0", claudeWaiting)
	var stream *engine.TransitionStream
	runningAfter(t, Options{}, map[string]*fakeServer{socket: f}, func(s *Service) { stream = s.Transitions() },
		func(t *testing.T, s *Service) {
			after(s, 3*time.Second)
			if got := firsts(t, stream)["%0"]; !got.First || got.Preexisting {
				t.Errorf("%+v, want one that started later", got)
			}
		})
}

func TestTheAgeOfAServerIsThatOfItsSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	if startedSince(socket, time.Time{}) {
		t.Error("a socket that is not there counts as new")
	}
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := os.Chtimes(socket, now, now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	// tmux changes the mode when somebody attaches.
	if err := os.Chmod(socket, 0o700); err != nil {
		t.Fatal(err)
	}
	if startedSince(socket, now.Add(-30*time.Second)) || !startedSince(socket, now.Add(-2*time.Minute)) {
		t.Error("the age is not that of the file's contents")
	}
}
