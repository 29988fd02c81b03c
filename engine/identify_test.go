package engine

import (
	"testing"

	"agentwatch/health"
)

func TestAnAgentThatHasRenamedItselfIsStillTheOneThatIsAnswered(t *testing.T) {
	detector := health.NewLiveDetector(health.NewDetector())
	list := []health.Process{
		{PID: 7, Comm: "bash", Args: []string{"bash"}, Foreground: true},
		{PID: 8, Comm: "its-own-name", Args: []string{"its-own-name"}, Foreground: true},
	}
	if i := agentProcess(list, health.Resident{}, detector); i != -1 {
		t.Fatalf("a program that nobody knows: %d", i)
	}
	if i := agentProcess(list, health.Resident{PID: 8, Kind: health.KindClaude}, detector); i != 1 {
		t.Errorf("the known agent: %d, want 1", i)
	}
	// Its id is a shell's by now.
	if i := agentProcess(list, health.Resident{PID: 7, Kind: health.KindClaude}, detector); i != -1 {
		t.Errorf("a shell: %d", i)
	}
}
