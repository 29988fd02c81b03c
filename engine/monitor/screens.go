package monitor

import (
	"cmp"
	"slices"
	"sync"

	"agentwatch/engine"
	"agentwatch/health"
)

// maxHeldScreens bounds how many screens wait for a reader.
const maxHeldScreens = 1024

// ScreenStream holds the screens of agents that have been captured for their
// verdicts: the newest of each pane that has not been taken yet. Nobody waits
// for its reader.
type ScreenStream struct {
	mu      sync.Mutex
	held    map[health.PaneRef]engine.Screen
	refused uint64
	closed  bool
}

func newScreenStream() *ScreenStream {
	return &ScreenStream{held: make(map[health.PaneRef]engine.Screen)}
}

// put replaces what is held of the pane. Beyond maxHeldScreens panes it refuses.
func (s *ScreenStream) put(next engine.Screen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := next.Agent.Ref
	if _, known := s.held[ref]; !known && len(s.held) >= maxHeldScreens {
		s.refused++
		return
	}
	if !s.closed {
		s.held[ref] = next
	}
}

// Take returns what is held, oldest first, and holds it no longer.
func (s *ScreenStream) Take() []engine.Screen {
	s.mu.Lock()
	taken := make([]engine.Screen, 0, len(s.held))
	for _, screen := range s.held {
		taken = append(taken, screen)
	}
	clear(s.held)
	s.mu.Unlock()
	slices.SortFunc(taken, func(a, b engine.Screen) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Agent.Ref.Server, b.Agent.Ref.Server), cmp.Compare(a.Agent.Ref.Pane, b.Agent.Ref.Pane))
	})
	return taken
}

// Refused is how many screens have not been held because too many others were.
func (s *ScreenStream) Refused() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Close ends the stream for its reader: nothing more is held for it.
func (s *ScreenStream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	clear(s.held)
}

// Screens returns a stream of the screens that are captured anyway. All captures
// then have colours, which costs the tmux server about four times as much for
// each. It must be called before Run.
func (s *Service) Screens() *ScreenStream {
	stream := newScreenStream()
	s.mu.Lock()
	s.screens = append(s.screens, stream)
	s.mu.Unlock()
	return stream
}

// tellScreen hands the screen that a fresh verdict was made from to those who
// asked for it.
func (w *watcher) tellScreen(p *pane) {
	if !p.fresh || !p.tracked {
		return
	}
	for _, stream := range w.screens {
		stream.put(engine.Screen{Agent: p.agent, At: p.captured.at, Text: p.input})
	}
}
