package monitor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// Ear is what a watcher hears its panes by.
type Ear = ear

// SoakOptions is how a service of NewSoakService hears.
type SoakOptions struct {
	// Listen begins to hear; nil for a service that does not try to.
	Listen func() (*hearing.Listener, error)
	// Wrap changes what an ear hears; nil leaves it as it is.
	Wrap func(Ear) Ear
	// Captured is called when a pane has been captured, before the engine knows.
	Captured func(pane string)
}

// NewSoakService returns a service whose cached screens and verdicts do not
// expire, so that nothing but what the engine notices brings it to look again.
func NewSoakService(t *testing.T, socket string, o SoakOptions) *Service {
	t.Helper()
	s, err := New(Options{
		Discover: tmuxpool.DiscoverOptions{Paths: []string{socket}, Env: func(string) string { return "" }},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.layers.screens = cache.NewStore[screen](s.layers.set, cache.LayerPaneContent, endless(cache.LayerPaneContent))
	s.layers.verdicts = cache.NewStore[health.Verdict](s.layers.set, cache.LayerAgentStatus, endless(cache.LayerAgentStatus))
	s.listen = o.Listen
	if hear := s.hear; o.Wrap != nil {
		s.hear = func(l *hearing.Listener, socket string) ear { return o.Wrap(hear(l, socket)) }
	}
	connect := s.connect
	s.connect = func(socket tmuxpool.Socket) paneServer { return capturedServer{connect(socket), o.Captured} }
	return s
}

func endless(l cache.Layer) cache.StoreConfig {
	c := cache.DefaultLayerConfig(l)
	c.TTL = 24 * time.Hour
	return c
}

// capturedServer tells of each capture.
type capturedServer struct {
	paneServer
	captured func(pane string)
}

func (c capturedServer) CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, method tmuxpool.Method, limit int,
	deliver func(int, tmuxpool.Capture, error),
) {
	c.paneServer.CaptureAll(ctx, requests, method, limit, func(i int, got tmuxpool.Capture, err error) {
		c.captured(requests[i].Pane)
		deliver(i, got, err)
	})
}

// Judged is what a service knows of a pane: the screen that the verdict in force
// was made from.
type Judged struct {
	Screen  string
	Verdict health.Verdict
}

// judge is the command by which Judge asks a watcher.
type judge struct{ known map[string]Judged }

func (j judge) apply(w *watcher) error {
	for _, p := range w.order {
		if p.looked {
			j.known[p.ref.Pane] = Judged{p.input, p.verdict}
		}
	}
	return nil
}

// Judge returns what the service knows of the panes of a server, by pane id.
func (s *Service) Judge(ctx context.Context, socket string) (map[string]Judged, error) {
	j := judge{make(map[string]Judged)}
	w, err := s.watcherOf(health.PaneRef{Server: socket})
	if err != nil {
		return nil, err
	}
	return j.known, s.send(ctx, w, j)
}

// NewFakeProbe is a probe on a server in memory with n agents at rest, for tests
// outside of this package. turn makes the first of them change in a way that is
// seen at once.
func NewFakeProbe(t *testing.T, n int, extra []engine.Strategy) (probe *Probe, turn func(changed, turn int)) {
	t.Helper()
	fake := newFakeServer()
	for i := range n {
		fake.show(fmt.Sprintf("%%%d", i), claudeIdle)
	}
	fake.enterBubble()
	s, err := New(Options{Strategies: extra})
	if err != nil {
		t.Fatal(err)
	}
	s.processes = &programs{}
	s.connect = func(tmuxpool.Socket) paneServer { return fake }
	probe = &Probe{service: s, watcher: s.newWatcher(tmuxpool.Socket{Path: "/fake", Name: "fake"})}
	t.Cleanup(func() {
		if err := probe.Close(); err != nil {
			t.Error(err)
		}
	})
	return probe, fake.rename
}
