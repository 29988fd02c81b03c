package demo

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// startDemo starts a fleet whose agents are played by this test binary.
func startDemo(t *testing.T, o Options) *Demo {
	t.Helper()
	t.Setenv(roleVariable, "simulator")
	t.Setenv("TMPDIR", shortTempDir(t))
	d, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// shortTempDir is t.TempDir without the test's name, which would make the path
// of a socket too long.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "demo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Error("the demo left something behind:", err)
		}
	})
	return dir
}

// eventually waits until ok holds, and fails the test when it does not in time.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(limit)
	defer end.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-end.C:
			t.Fatalf("not within %v: %s", limit, what)
		case <-look.C:
		}
	}
}

func capture(t *testing.T, d *Demo, target string) string {
	t.Helper()
	out, err := d.server.run(t.Context(), "", "capture-pane", "-p", "-t", target)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// processesNaming lists the processes whose command line or environment names
// dir, on systems that show them.
func processesNaming(dir string) []string {
	var found []string
	for _, file := range []string{"cmdline", "environ"} {
		paths, _ := filepath.Glob("/proc/[0-9]*/" + file)
		for _, p := range paths {
			if data, err := os.ReadFile(p); err == nil && strings.Contains(string(data), dir) {
				found = append(found, p+": "+string(data))
			}
		}
	}
	return found
}

func TestEveryPaneRunsAProgramCalledLikeItsAgentAndCloseLeavesNothing(t *testing.T) {
	var progress []int
	d := startDemo(t, Options{Agents: 23, Seed: 1, Progress: func(done, _ int) { progress = append(progress, done) }})
	found := slices.IndexFunc(FindRunning(), func(r Running) bool { return r.Socket == d.SocketPath() && r.State == d.StateFolder() })
	if found < 0 {
		t.Error("the demo is not found while it runs")
	}
	if len(progress) != 2 || progress[1] != 23 {
		t.Errorf("progress was reported as %v", progress)
	}
	kinds := make(map[string]int)
	eventually(t, 15*time.Second, "an agent in every pane that is to stay up", func() bool {
		panes, err := d.server.panes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		clear(kinds)
		for _, p := range panes {
			if p.command == p.kind {
				kinds[p.kind]++
			}
		}
		// The one that begins with a crash may be down already, others of the
		// random openings may have left.
		return len(panes) == 23 && kinds["claude"]+kinds["codex"]+kinds["gemini"]+kinds["opencode"] >= 20
	})
	if kinds["claude"] < 8 || kinds["codex"] < 4 || kinds["gemini"] < 2 || kinds["opencode"] < 2 {
		t.Errorf("the mixture of kinds is %v", kinds)
	}
	dir := filepath.Dir(d.SocketPath())
	if len(processesNaming(dir)) == 0 && hasProc() {
		t.Error("the processes of a running demo are not found, so their absence would prove nothing")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	expectNothingLeft(t, dir)
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/environ")
	return err == nil
}

func expectNothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left := processesNaming(dir); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
}

func TestACrashLeavesAShellSayingKilledAndTheDirectorStartsTheAgentAgain(t *testing.T) {
	d := startDemo(t, Options{Agents: 9, Seed: 2, Speed: 10})
	eventually(t, 10*time.Second, "the word Killed in the ninth window", func() bool {
		return strings.Contains(capture(t, d, "=infra:"), "Killed")
	})
	eventually(t, 12*time.Second, "the crashed agent runs again", func() bool {
		out, err := d.server.run(t.Context(), "", "display-message", "-p", "-t", "=infra:",
			"#{pane_current_command} #{@demo_kind}")
		f := strings.Fields(out)
		return err == nil && len(f) == 2 && f[0] == f[1] && !strings.Contains(capture(t, d, "=infra:"), "Killed")
	})
}

func TestAReplyTypedIntoAPaneAnswersItsDialog(t *testing.T) {
	d := startDemo(t, Options{Agents: 2, Seed: 4, Speed: 0.05, Width: 90, Height: 30})
	target := "=api:migrate"
	eventually(t, 10*time.Second, "a permission dialog", func() bool {
		return strings.Contains(capture(t, d, target), "Press enter to confirm")
	})
	if _, err := d.server.run(t.Context(), "", "send-keys", "-t", target, "Enter"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the agent works on", func() bool {
		return strings.Contains(capture(t, d, target), "esc to interrupt")
	})
}

func TestAResizedPaneIsDrawnAnewAtItsNewSize(t *testing.T) {
	d := startDemo(t, Options{Agents: 1, Seed: 5, Speed: 0.05})
	eventually(t, 10*time.Second, "a screen of 120 columns", func() bool {
		return strings.Contains(capture(t, d, "=api:"), strings.Repeat("─", 120))
	})
	if _, err := d.server.run(t.Context(), "", "resize-window", "-t", "=api:", "-x", "60", "-y", "20"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "a screen of 60 columns", func() bool {
		rows := strings.Split(capture(t, d, "=api:"), "\n")
		return len(rows) >= 19 && strings.Contains(rows[18], strings.Repeat("─", 60)) && strings.Contains(rows[19], "manual mode")
	})
}

func TestNothingIsLeftWhenTheStarterIsKilled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	starter := exec.CommandContext(ctx, os.Args[0])
	starter.Env = append(os.Environ(), roleVariable+"=starter", "TMPDIR="+shortTempDir(t))
	out, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	socket, err := bufio.NewReader(out).ReadString('\n')
	before := len(processesNaming(filepath.Dir(strings.TrimSpace(socket))))
	killed := starter.Process.Kill()
	_ = starter.Wait()
	if err != nil || killed != nil {
		t.Fatal(err, killed)
	}
	if before == 0 && hasProc() {
		t.Error("the processes of a running demo are not found, so their absence would prove nothing")
	}
	socket = strings.TrimSpace(socket)
	dir := filepath.Dir(socket)
	eventually(t, 8*time.Second, "the end of server, processes and files", func() bool {
		_, statErr := os.Stat(dir)
		conn, dialErr := net.DialTimeout("unix", socket, time.Second)
		if dialErr == nil {
			_ = conn.Close()
		}
		return errors.Is(statErr, os.ErrNotExist) && dialErr != nil && len(processesNaming(dir)) == 0
	})
}

func TestAFailedStartLeavesNothingAndCloseTakesIt(t *testing.T) {
	temp := shortTempDir(t)
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, err := Start(ctx, Options{Agents: 2})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Start(t.Context(), Options{Agents: MaxAgents + 1}); !errors.Is(err, ErrAgents) {
		t.Errorf("too large a fleet gives %v", err)
	}
	if _, err := Start(t.Context(), Options{TmuxPath: filepath.Join(temp, "no-tmux")}); err == nil {
		t.Error("a missing tmux is no error")
	}
}

func TestCloseEndsAlsoTheWatchdogAndMayBeRepeated(t *testing.T) {
	d := startDemo(t, Options{Agents: 1})
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if d.box.watchdog.ProcessState == nil {
		t.Error("the watchdog has not been reaped")
	}
}

func TestTheProjectsOfTheDemoAreRepositoriesWithSomethingToSee(t *testing.T) {
	folder := t.TempDir()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	if err := makeRepository(t.Context(), git, folder, "api"); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(git, "-C", folder, "status", "--porcelain", "--branch").Output()
	if want := "## orders\n M retry.go\n?? retry_test.go\n"; err != nil || string(out) != want {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}
