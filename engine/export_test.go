package engine

import (
	"fmt"
	"testing"

	"agentwatch/tmuxpool"
)

// NewFakeProbe is a probe on a server in memory with n agents at rest, for tests
// outside of this package. turn makes the first of them change in a way that is
// seen at once.
func NewFakeProbe(t *testing.T, n int, extra []Strategy) (probe *Probe, turn func(changed, turn int)) {
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
