package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// toolCall calls a tool of `agentwatch mcp` and reads its result.
func toolCall[T any](t *testing.T, c *mcp.ClientSession, tool string, arguments map[string]any) (out T) {
	t.Helper()
	result, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	data, err := json.Marshal(result.StructuredContent)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil || result.IsError {
		t.Fatalf("%s: %v: %s", tool, err, data)
	}
	return out
}

func TestAnAgentListsReadsAnswersAndWaitsForAnotherOverStdio(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	command := u.command("mcp", "--allow-send", "-S", server.SocketPath())
	c, err := mcp.NewClient(&mcp.Implementation{Name: "e2e"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: command}, nil)
	if err != nil {
		t.Fatal(err)
	}
	type agents struct {
		Outcome string
		Agents  []struct {
			Pane, State, Ticket string
			Dialog              struct{ Question string }
		}
	}
	all := toolCall[agents](t, c, "list", nil)
	if len(all.Agents) != 1 || all.Agents[0].Pane != pane || all.Agents[0].State != "waiting" {
		t.Fatalf("%+v", all)
	}
	type shown struct{ Text string }
	question := all.Agents[0].Dialog.Question
	if screen := toolCall[shown](t, c, "screen", map[string]any{"pane": pane}); question == "" || !strings.Contains(screen.Text, question) {
		t.Errorf("it asks %q and shows:\n%s", question, screen.Text)
	}
	if why := toolCall[shown](t, c, "explain", map[string]any{"pane": pane}); !strings.Contains(why.Text, "waiting") {
		t.Errorf("%s", why.Text)
	}
	type answer struct{ Outcome, Problem string }
	if got := toolCall[answer](t, c, "send", map[string]any{"ticket": all.Agents[0].Ticket, "action": "approve"}); got.Outcome != "confirmed" {
		t.Errorf("%+v\n%s", got, server.Capture(pane))
	}
	waited := toolCall[agents](t, c, "wait", map[string]any{"pane": pane, "states": []string{"working", "idle"}, "timeout_seconds": 60})
	if waited.Outcome != "reached" || len(waited.Agents) != 1 || !slices.Contains([]string{"working", "idle", "done"}, waited.Agents[0].State) {
		t.Errorf("%+v", waited)
	}
	if err := c.Close(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	u.awaitNoEngine()
	if kept := answersInHistory(u, server); len(kept) != 1 || kept[0].Action != "approve" || kept[0].Outcome != "done" {
		t.Errorf("the history has %+v", kept)
	}
}
