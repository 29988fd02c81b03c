package e2e

import (
	"testing"

	"agentwatch/internal/bench"
)

// harmStarts is how often agentwatch is started and ended; AGENTWATCH_HARM_STARTS says
// otherwise.
const harmStarts = 150

// TestNoServerDiesWhileAgentwatchStartsAndEndsBesideComingAndGoingSessions is the
// proof of the first promise: a tmux server, and every agent in it, survives
// agentwatch, and is as it was. Before 3.7 tmux crashes when a session or a client
// comes or goes while a control client identifies itself, so this fails when one is
// attached.
func TestNoServerDiesWhileAgentwatchStartsAndEndsBesideComingAndGoingSessions(t *testing.T) {
	t.Parallel()
	harm, err := bench.RunHarm(t.Context(), bench.HarmOptions{
		Command: []string{program, "watch"},
		Starts:  int(chaosSetting(t, "AGENTWATCH_HARM_STARTS", harmStarts)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(harm.Deaths)+len(harm.Changed) > 0 || harm.Spoke != harm.Starts {
		t.Errorf("%+v", harm)
	}
}
