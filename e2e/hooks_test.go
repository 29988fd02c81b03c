package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/hooks"
	"agentwatch/internal/tmuxtest"
)

func TestHooksAreShownInstalledAndRemovedAndTheRestOfTheFileStays(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "settings.json")
	const before = "{\n  \"model\": \"opus\"\n}\n"
	newStage(t).write(path, before, 0o644)
	run := func(args ...string) string {
		t.Helper()
		command := u.command(append([]string{"hooks"}, args...)...)
		command.Env = append(command.Env, "CLAUDE_CONFIG_DIR="+folder)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if out := run("install", "claude", "--yes"); !strings.Contains(out, "+ ") || !strings.Contains(out, "UserPromptSubmit") {
		t.Errorf("what is added is not shown:\n%s", out)
	}
	text, err := os.ReadFile(path)
	var settings struct {
		Model string
		Hooks map[string]any
	}
	if err != nil || json.Unmarshal(text, &settings) != nil || settings.Model != "opus" || len(settings.Hooks) != 4 {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Logf("%s", text)
	if out := run("status"); !strings.Contains(out, "claude    installed") {
		t.Error(out)
	}
	run("remove", "claude", "--yes")
	var after map[string]any
	if text, err = os.ReadFile(path); err != nil || json.Unmarshal(text, &after) != nil || len(after) != 1 || after["model"] != "opus" {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestWhatAHookSaysIsHeardAndALieIsSeen(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	command := exec.Command("sh", "-c", hooks.Command("idle"))
	command.Env = append(os.Environ(), "TMUX_PANE="+pane, "TMUX="+server.SocketPath()+",1,0")
	if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	if said := server.Run("show-options", "-pv", "-t", pane, "@agentwatch_state"); !strings.HasPrefix(said, "idle 1") {
		t.Fatalf("%q", said)
	}
	tmuxtest.Eventually(t, patience, "the lie is seen", func() bool {
		out, err := u.command("explain", pane, "-S", server.SocketPath(), "--json").Output()
		return err == nil && strings.Contains(string(out), "says so itself: idle") && strings.Contains(string(out), `"waiting"`)
	})
	// A program whose screen tells nothing.
	folder := t.TempDir()
	script := filepath.Join(folder, "claude")
	if err := os.WriteFile(script, []byte("#!/bin/bash\nclear; for i in $(seq 30); do echo some words that no rule knows; done\nexec -a claude sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	mute := server.NewWindow("work", "mute", script)
	server.Run("set-option", "-p", "-t", mute, "@agentwatch_state", fmt.Sprintf("waiting %d for a word", time.Now().Unix()))
	tmuxtest.Eventually(t, patience, "its own word to count", func() bool {
		out, err := u.command("list", "-S", server.SocketPath(), "--json").Output()
		return err == nil && strings.Contains(string(out), "claude.said.waiting") && strings.Contains(string(out), "says so itself")
	})
}

// Codex runs its hooks in a daemon that has the environment of another pane, or of one
// that is gone: they find their pane by the folder, and say nothing where that is not
// certain.
func TestAHookThatRunsInADaemonSaysWhatItSaysOfItsOwnPane(t *testing.T) {
	t.Parallel()
	server := tmuxtest.New(t)
	codex, err := hooks.Find("codex")
	if err != nil {
		t.Fatal(err)
	}
	// tmux calls a pane's program by the first of its arguments.
	root := t.TempDir()
	at := func(folder string) string {
		full := filepath.Join(root, folder)
		if err := os.MkdirAll(full, 0o700); err != nil {
			t.Fatal(err)
		}
		return full
	}
	began := server.NewSession("work", "bash", "-c", "cd "+at("one")+"; exec -a codex sleep 1000")
	window := func(folder, name string) string {
		return server.NewWindow("work", "w", "bash", "-c", "cd '"+at(folder)+"'; exec -a "+name+" sleep 1000")
	}
	own := window("its #{q:x} {2}", "codex")
	window("its #{q:x} {2}", "vim")
	twins := []string{window("twins", "codex"), window("twins", "codex")}
	for _, pane := range append([]string{began, own}, twins...) {
		tmuxtest.Eventually(t, patience, "its program to be there", func() bool {
			return server.Run("display-message", "-p", "-t", pane, "#{pane_current_command}") == "codex"
		})
	}
	say := func(folder string) {
		t.Helper()
		command := exec.Command("sh", "-c", codex.Command("working"))
		command.Dir = at(folder)
		command.Env = append(os.Environ(), "TMUX_PANE="+began, "TMUX="+server.SocketPath()+",1,0")
		if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%v: %s", err, out)
		}
	}
	said := func(pane string) string {
		return server.Run("display-message", "-p", "-t", pane, "#{@agentwatch_state}")
	}
	say("twins")
	say("nobody is here")
	say("its #{q:x} {2}")
	if got := said(own); !strings.HasPrefix(got, "working 1") {
		t.Errorf("its own pane: %q", got)
	}
	for _, pane := range append([]string{began}, twins...) {
		if got := said(pane); got != "" {
			t.Errorf("another pane: %q", got)
		}
	}
	say("one")
	if got := said(began); !strings.HasPrefix(got, "working 1") {
		t.Errorf("the pane that has begun the daemon: %q", got)
	}
}

func TestAHookCostsTheAgentLessThanTenMilliseconds(t *testing.T) {
	server := tmuxtest.New(t)
	pane := server.NewSession("hook", "sleep", "1000")
	best := time.Hour
	for range 20 {
		command := exec.Command("sh", "-c", hooks.Command("working"))
		command.Env = append(os.Environ(), "TMUX_PANE="+pane, "TMUX="+server.SocketPath()+",1,0")
		began := time.Now()
		if err := command.Run(); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	t.Logf("the fastest of 20: %s", best)
	// On a busy machine a process start alone can take that.
	if best > 50*time.Millisecond {
		t.Errorf("the fastest of 20 took %s", best)
	}
}
