package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// drawn plays one captured agent on a server of its own and waits until it is
// listed in the state that it was captured in.
func drawn(u *user, id string) (socket, pane string) {
	u.t.Helper()
	c, known := corpus(u.t)[id]
	if !known {
		u.t.Fatalf("the corpus has no %s", id)
	}
	server := tmuxtest.New(u.t, tmuxtest.Size(c.Width, c.Height))
	pane = newStage(u.t).play(server, "api", c)
	tmuxtest.Eventually(u.t, patience, id+" to have drawn", func() bool {
		for _, a := range list(u, server) {
			if a.Pane == pane && c.accepts(a.State) {
				return true
			}
		}
		return false
	})
	return server.SocketPath(), pane
}

func TestExplainShowsTheWayToAVerdict(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	socket, pane := drawn(u, "claude-code/waiting-question-80x24-1")
	out, err := u.command("-S", socket, "explain", pane).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"verdict", "claude waiting (question)", "what was tried, in the order of precedence", "it asks", "PostgreSQL",
		"the screen (> marks what decided)", "dialog",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	out, err = u.command("-S", socket, "explain", pane, "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Kind, State, Wait string
		Steps             []struct{ Stage string }
		Dialog            struct{ Options []struct{ Key, Label string } }
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got.Kind != "claude" || got.State != "waiting" || got.Wait != "question" || len(got.Steps) == 0 || len(got.Dialog.Options) != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestExplainSaysWhatIsWrongWithItsArgument(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	socket := tmuxtest.New(t, tmuxtest.Size(80, 24)).SocketPath()
	for _, wrong := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"explain"}, 2, "needs one pane id"},
		{[]string{"explain", "3"}, 2, "needs one pane id"},
		{[]string{"-S", socket, "explain", "%4711"}, 1, "no such pane"},
	} {
		command := u.command(wrong.args...)
		out, _ := command.CombinedOutput()
		if command.ProcessState.ExitCode() != wrong.code || !strings.Contains(string(out), wrong.want) {
			t.Errorf("%v: exit code %d\n%s", wrong.args, command.ProcessState.ExitCode(), out)
		}
	}
}

func TestEvalScoresAFileAndFailsBelowTheWantedShare(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	file := filepath.Join("..", "health", "testdata", "kinds.jsonl")
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	lines := strings.Join([]string{
		`{"id": "a", "kind": "claude", "state": "waiting", "screen": "Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n"}`,
		`{"id": "b", "kind": "claude", "state": "idle", "screen": "Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n"}`,
	}, "\n")
	command := u.command("eval", "--screen-only", "--under", "0.9", "-")
	command.Stdin = strings.NewReader(lines)
	out, _ := command.CombinedOutput()
	if command.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d", command.ProcessState.ExitCode())
	}
	for _, want := range []string{"1 of 2 right, 50.00 %", "misses (1 of 1)", "b: claude waiting, wanted idle", "the score is too low"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	command = u.command("eval", "-")
	command.Stdin = strings.NewReader("{}\n")
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "-:1: the fields kind and state are needed") {
		t.Errorf("a line without labels: %v\n%s", err, out)
	}
}

// The user's own profile is in force in a running watch, without a restart; a
// broken one is reported and the built-in one stays.
func TestAProfileOfTheUsersIsFollowed(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	socket, pane := drawn(u, "claude-code/idle-declined-80x24-1")
	kinds := u.configFolder("kinds")
	explain := func() string {
		out, err := u.command("-S", socket, "explain", pane).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if out := explain(); !strings.Contains(out, "profile built in") {
		t.Errorf("without a profile:\n%s", out)
	}
	file := filepath.Join(kinds, "claude.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("kind = 'claude'\nseen = 'mine'\n")
	if out := explain(); !strings.Contains(out, file) || !strings.Contains(out, "mine") {
		t.Errorf("the profile is not in force:\n%s", out)
	}
	write("kind = 'claude'\nsseen = 'mine'\n")
	out, err := u.command("-S", socket, "list").CombinedOutput()
	if err != nil || !strings.Contains(string(out), file+":2:") || !strings.Contains(string(out), "claude") {
		t.Errorf("a broken profile: %v\n%s", err, out)
	}
}
