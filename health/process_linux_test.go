package health

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// startOnTerminal runs a shell script as the first process of a terminal of its
// own, as tmux does, and returns its pid and the terminal's other end.
func startOnTerminal(t testing.TB, script string) (int, *os.File) {
	t.Helper()
	cmd := exec.Command("bash", "--norc", "-c", script)
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Each job of the shell is a process group, led by a child of it; a
		// hang-up would end the one in the foreground only.
		pid := cmd.Process.Pid
		for _, group := range append(procTable{root: "/proc"}.children(pid), pid) {
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
		_ = cmd.Wait()
		_ = terminal.Close()
	})
	return cmd.Process.Pid, terminal
}

// foregroundWhen polls until the foreground of a terminal is as wanted.
func foregroundWhen(t testing.TB, pid int, holds func(ForegroundInfo) bool) ForegroundInfo {
	t.Helper()
	table := NewProcessTable()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var info ForegroundInfo
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		info, err = table.Foreground(t.Context(), pid)
		if err == nil && holds(info) {
			return info
		}
		if err != nil && !errors.Is(err, ErrProcessChanged) && !errors.Is(err, ErrNoTerminal) {
			break
		}
	}
	t.Fatalf("the foreground is not as wanted: %+v, %v", info, err)
	return info
}

func lists(arg0 string) func(ForegroundInfo) bool {
	return func(info ForegroundInfo) bool {
		for _, p := range info.Processes {
			if len(p.Args) > 0 && p.Args[0] == arg0 {
				return true
			}
		}
		return false
	}
}

func TestTheForegroundIsFoundOnARealTerminal(t *testing.T) {
	for name, c := range map[string]struct {
		script, agent string
		leaderless    bool
	}{
		"the pane's own process": {script: "exec -a own-agent sleep 1000", agent: "own-agent"},
		"a job of the pane's shell": {
			script: `set -m; (exec -a job-agent sleep 1000)`, agent: "job-agent",
		},
		"below a wrapper script": {
			script: `set -m; bash -c '(exec -a wrapped-agent sleep 1000); true'`, agent: "wrapped-agent",
		},
		"behind a pipe": {
			script: `set -m; sleep 1000 | (exec -a piped-agent sleep 1000)`, agent: "piped-agent",
		},
		"behind a pipe whose first member has ended": {
			script: `set -m; true | (exec -a left-agent sleep 1000)`, agent: "left-agent", leaderless: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			pid, _ := startOnTerminal(t, c.script)
			info := foregroundWhen(t, pid, func(info ForegroundInfo) bool {
				return lists(c.agent)(info) && c.leaderless == (info.Fingerprint.Start == 0)
			})
			if !c.leaderless && info.Processes[0].PID != info.Fingerprint.Group {
				t.Errorf("the leader %d is not first in %+v", info.Fingerprint.Group, info.Processes)
			}
			for _, p := range info.Processes {
				if !p.Foreground {
					t.Errorf("%+v is not in the foreground", p)
				}
			}
			again, err := NewProcessTable().Fingerprint(pid)
			if err != nil || again != info.Fingerprint {
				t.Errorf("fingerprint %+v, %v; the list had %+v", again, err, info.Fingerprint)
			}
		})
	}
}

func TestABackgroundJobIsNotInTheForeground(t *testing.T) {
	pid, _ := startOnTerminal(t, `set -m; (exec -a back-agent sleep 1000) & (exec -a front-agent sleep 1000)`)
	info := foregroundWhen(t, pid, lists("front-agent"))
	if lists("back-agent")(info) {
		t.Errorf("the background job is listed: %+v", info.Processes)
	}
}

func TestTheFingerprintChangesWhenAProcessBecomesAnotherProgram(t *testing.T) {
	pid, terminal := startOnTerminal(t, `read -r line; exec sleep 1000`)
	shell := foregroundWhen(t, pid, lists("bash")).Fingerprint
	if shell.Comm != "bash" || shell.Group != pid {
		t.Fatalf("fingerprint %+v of a shell with pid %d", shell, pid)
	}
	if _, err := terminal.WriteString("go on\n"); err != nil {
		t.Fatal(err)
	}
	sleep := foregroundWhen(t, pid, lists("sleep")).Fingerprint
	if sleep == shell || sleep.Start != shell.Start || sleep.Group != shell.Group {
		t.Fatalf("fingerprint %+v became %+v", shell, sleep)
	}
}

func BenchmarkProcessTable(b *testing.B) {
	pid, _ := startOnTerminal(b, `set -m; bash -c '(exec -a wrapped-agent sleep 1000); true'`)
	table := NewProcessTable()
	foregroundWhen(b, pid, lists("wrapped-agent"))
	b.Run("fingerprint", func(b *testing.B) {
		for b.Loop() {
			if _, err := table.Fingerprint(pid); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("foreground", func(b *testing.B) {
		for b.Loop() {
			if _, err := table.Foreground(b.Context(), pid); err != nil {
				b.Fatal(err)
			}
		}
	})
}
