package engine_test

import (
	"testing"

	"agentwatch/engine"
)

func TestAnAgentIsCalledAsItsWindowWhereSomebodyNamedIt(t *testing.T) {
	for _, c := range []struct{ window, want string }{
		{"fix-auth", "fix-auth"},
		{"claude", "work"}, // named after the program
		{"node", "work"},   // by its wrapper's name
		{"tmux", "work"},   // before the pane's process has become the program
		{"", "work"},
	} {
		a := engine.Agent{Window: c.window, Session: "work", Command: "node", Kind: "claude"}
		if got := a.Name(); got != c.want {
			t.Errorf("in a window %q it is called %q, want %q", c.window, got, c.want)
		}
	}
}
