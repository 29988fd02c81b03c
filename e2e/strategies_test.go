package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// The example in Python makes a round every two seconds while nothing works;
// push, which plans until it has answered the handshake, makes four a second.
func TestAStrategyInTheUsersFolderPlansTheRounds(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	folder := u.configFolder("strategies")
	example, err := os.ReadFile("../examples/strategy-python/agentwatch-strategy-quiet")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "agentwatch-strategy-quiet"), example, 0o755); err != nil {
		t.Fatal(err)
	}
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	// A busy machine answers late now and then, and push plans that round: over
	// some spans the strategy must be seen to make rounds rarer.
	tmuxtest.Eventually(t, patience, "the strategy to plan the rounds", func() bool {
		out, err := u.command("stats", "--json", "--for", "6s", "--strategy", "quiet", "-S", server.SocketPath()).Output()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Strategy string
			Agents   int
			Rounds   struct{ Count int }
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got.Strategy != "quiet" || got.Agents != 1 || got.Rounds.Count < 1 {
			t.Fatalf("%s", out)
		}
		return got.Rounds.Count <= 15
	})
}
