package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// twelve are captures of both kinds in all states that a living program shows.
func twelve() []string {
	return []string{
		"claude-code/working-early-80x24-1", "claude-code/waiting-question-80x24-1",
		"claude-code/idle-declined-80x24-1", "claude-code/error-500-final-80x24-1",
		"claude-code/waiting-bash-40x24-1", "claude-code/limit-429-final-120x40-1",
		"claude-code/waiting-plan-120x40-2", "codex/waiting-edit-80x24-1",
		"codex/idle-typed-80x24-1", "codex/working-tool-120x40-1",
		"codex/limit-credit-120x40-1", "codex/starting-splash-120x40-1",
	}
}

func TestListNamesTwelveAgentsOnTwoServersWithKindAndState(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	servers := []*tmuxtest.Server{tmuxtest.New(t, tmuxtest.Size(120, 40)), tmuxtest.New(t, tmuxtest.Size(120, 40))}
	type place struct{ socket, pane string }
	want := make(map[place]captured)
	for i, id := range twelve() {
		c, known := screens[id]
		if !known {
			t.Fatalf("the corpus has no %s", id)
		}
		server := servers[i%2]
		pane := s.play(server, []string{"api", "web", "infra"}[i%3], c)
		want[place{server.SocketPath(), pane}] = c
	}
	var agents []listed
	tmuxtest.Eventually(t, patience, "all twelve to have drawn", func() bool {
		agents = list(u, servers...)
		right := 0
		for _, a := range agents {
			if c := want[place{a.Socket, a.Pane}]; c.Kind == a.Kind && c.accepts(a.State) {
				right++
			}
		}
		return right == len(want)
	})
	if len(agents) != len(want) {
		t.Errorf("%d agents listed, want %d: the panes without an agent are none", len(agents), len(want))
	}
	for _, a := range agents {
		c := want[place{a.Socket, a.Pane}]
		if _, err := time.Parse(time.RFC3339, a.Since); err != nil {
			t.Errorf("%s: since: %v", c.ID, err)
		}
		if a.Confidence <= 0 || a.Confidence > 1 || a.Evidence.Rule == "" || a.Evidence.Source == "none" {
			t.Errorf("%s: confidence %v, evidence %+v", c.ID, a.Confidence, a.Evidence)
		}
		if a.Width != c.Width || a.PID == 0 || a.CWD == "" || a.Title != c.Title {
			t.Errorf("%s: width %d, pid %d, cwd %q, title %q", c.ID, a.Width, a.PID, a.CWD, a.Title)
		}
	}
}

func TestListWithoutAServerIsEmptyAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	command := newUser(t, "TMUX=", "TMUX_TMPDIR="+t.TempDir()).command("list", "--json")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("exit: %v", err)
	}
	if strings.TrimSpace(string(out)) != "[]" {
		t.Errorf("stdout %q, want an empty array", out)
	}
	if !strings.Contains(stderr.String(), "tmux new") {
		t.Errorf("stderr does not say what to do: %q", stderr.String())
	}
}

func TestListWithoutAnAgentIsEmptyAndSaysSo(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := tmuxtest.New(t)
	out, err := u.command("list", "--json", "-S", server.SocketPath()).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(out); !strings.Contains(text, "[]") || !strings.Contains(text, "no agent found") {
		t.Errorf("%q", text)
	}
}

func TestAWrongNameOfAServerIsReported(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	missing := filepath.Join(t.TempDir(), "nowhere")
	for _, command := range [][]string{
		{"list"}, {"list", "--json"}, {"status"}, {"next", "--print"}, {"wait", "--any"}, {"watch", "--alone"},
	} {
		out, err := u.command(append(command, "-S", missing)...).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), "tmux server nowhere cannot be read") {
			t.Errorf("%q: %v, %q; want exit status 1 and the server's name", command, err, out)
		}
	}
}

func TestAWrongFlagExitsWithTwo(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	for _, args := range [][]string{
		{"list", "--no-such-flag"}, {"--strategy", "nonsense"}, {"list", "surplus"}, {"list", "--interval", "1ns"},
	} {
		err := u.command(args...).Run()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != 2 {
			t.Errorf("%q: %v, want exit status 2", args, err)
		}
	}
}

// list keeps nothing on disk: a full one, or none at all, is no trouble.
func TestAFullDiskIsNoTrouble(t *testing.T) {
	c := corpus(t)["claude-code/waiting-question-80x24-1"]
	server := tmuxtest.New(t, tmuxtest.Size(c.Width, c.Height))
	pane := newStage(t).play(server, "api", c)
	tmuxtest.Eventually(t, patience, "the agent to be listed", func() bool {
		// Not a byte may be written to any file.
		command := exec.Command("sh", "-c", `ulimit -f 0; exec "$0" -S "$1" list --json`, program, server.SocketPath())
		command.Env = append(os.Environ(), "HOME=/nonexistent", "TMPDIR=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "XDG_RUNTIME_DIR=/nonexistent")
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var agents []listed
		if err := json.Unmarshal(out, &agents); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return len(agents) == 1 && agents[0].Pane == pane && c.accepts(agents[0].State)
	})
}
