package monitor

import (
	"slices"

	"agentwatch/engine"
	"agentwatch/health"
)

// Inherit tells a service, before it runs, what another one saw last. Agents that
// are still there go on with their past, their age and their unseen mark, as if
// one service had watched all the time. The slice must not be changed afterwards.
func (s *Service) Inherit(agents []engine.Agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inherited = agents
}

// heritage are the inherited agents of one server, by pane. It is called under
// mu.
func (s *Service) heritage(server string) map[string]engine.Agent {
	left := make(map[string]engine.Agent)
	for _, a := range s.inherited {
		if a.Ref.Server == server {
			left[a.Ref.Pane] = a
		}
	}
	return left
}

// inherit lets an agent that is seen for the first time go on where another
// service left it, when it is the same one.
func (w *watcher) inherit(p *pane, visible bool) {
	before, known := w.heritage[p.ref.Pane]
	if !known || before.PanePID != p.meta.PID || before.Kind != p.track.kind || before.PID != p.pid {
		return
	}
	delete(w.heritage, p.ref.Pane)
	p.track = p.track.resume(before, visible)
	p.past = slices.Clip(before.Past)
}

// resume is a track that begins where another service left the agent.
func (t track) resume(before engine.Agent, visible bool) track {
	if t.state == before.State {
		t.since = before.Since
	}
	// A question belongs to a turn; that somebody has answered it may not have been
	// seen.
	t.busy = t.busy || before.State == health.StateWorking || before.State == health.StateWaiting
	t.unseen = before.Unseen
	return t.mark(visible)
}
