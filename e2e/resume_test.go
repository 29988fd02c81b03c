package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// shellWithClaude is a pane with a shell in which "claude" starts a simulated one, and
// the file in which that writes with what arguments.
func shellWithClaude(u *user) (server *tmuxtest.Server, pane, started string) {
	u.t.Helper()
	folder := u.t.TempDir()
	started = filepath.Join(folder, "started")
	script := fmt.Sprintf("#!/bin/bash\necho \"claude $*\" >> %q\nexec -a claude %q simulate --kind claude --script working --speed 0.02\n", started, program)
	if err := os.WriteFile(filepath.Join(folder, "claude"), []byte(script), 0o700); err != nil {
		u.t.Fatal(err)
	}
	server = tmuxtest.New(u.t, tmuxtest.Size(100, 40))
	pane = server.NewSession("work", "env", "PATH="+folder+":"+os.Getenv("PATH"), "PS1=dev@box:~$ ", "bash", "--norc", "--noprofile")
	tmuxtest.Eventually(u.t, patience, "the shell's prompt", func() bool { return strings.Contains(server.Capture(pane), "dev@box:~$") })
	return server, pane, started
}

// crash starts the claude of a shell and kills it.
func crash(u *user, server *tmuxtest.Server, pane string) {
	u.t.Helper()
	server.SendKeys(pane, "claude", "Enter")
	awaitState(u, server, pane, "working")
	agent := list(u, server)[0]
	if err := syscall.Kill(agent.PID, syscall.SIGKILL); err != nil {
		u.t.Fatal(err)
	}
	awaitState(u, server, pane, "crashed")
}

func TestACrashedAgentIsBroughtBackByItsOwnCommandWhichIsShownFirst(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane, started := shellWithClaude(u)
	d := openDashboard(u, 120, 40, server)
	crash(u, server, pane)
	d.shows("bring back")
	d.press("B")
	d.shows("claude --continue", "at the shell's prompt")
	if text, _ := os.ReadFile(started); string(text) != "claude \n" {
		t.Fatalf("typed before it was agreed to: %q", text)
	}
	t.Log(d.server.Capture(d.pane))
	d.press("Enter")
	tmuxtest.Eventually(t, patience, "claude to be back", func() bool {
		text, err := os.ReadFile(started)
		return err == nil && string(text) == "claude \nclaude --continue\n"
	})
	d.shows("resume sent to")
	awaitState(u, server, pane, "working")
	d.quit()
}

func TestNothingIsBroughtBackBehindWhatIsTypedInTheShell(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane, started := shellWithClaude(u)
	crash(u, server, pane)
	server.Type(pane, "rm -rf build")
	tmuxtest.Eventually(t, patience, "what is typed", func() bool { return strings.Contains(server.Capture(pane), "rm -rf build") })
	// The screen may tell less of the crash now; whatever it is called, nothing is typed.
	if got, code := send(u, server, pane, "--resume"); got.Sent || code == 0 {
		t.Fatalf("%+v, %d", got, code)
	}
	if text, _ := os.ReadFile(started); string(text) != "claude \n" {
		t.Fatalf("%q", text)
	}
	server.SendKeys(pane, "C-u")
	tmuxtest.Eventually(t, patience, "the empty prompt", func() bool { return !strings.Contains(server.Capture(pane), "rm -rf build") })
	if got, code := send(u, server, pane, "--resume"); !got.Confirmed || code != 0 {
		t.Fatalf("%+v, %d\n%s", got, code, server.Capture(pane))
	}
}
