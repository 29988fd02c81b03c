package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// TestABackgroundJobOfATerminalReportsItsErrorAndEnds is about whoever runs wait by
// timeout(1) or with &: a job that asks its terminal anything is stopped by the
// kernel, and no deadline of its own ends that.
func TestABackgroundJobOfATerminalReportsItsErrorAndEnds(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := u.server(tmuxtest.Size(100, 20))
	pane := server.NewSession("job", "bash", "--norc", "-ic", `"$@" & wait $!; echo "ended with $?"; exec cat`, "sh",
		program, "wait", "--any", "--timeout", "300ms", "-S", server.SocketPath())
	d := &dashboard{t: t, server: server, pane: pane}
	d.shows("wait: not within 300ms", "ended with 3")
}

// TestADeadlineHoldsWhateverBecomesOfTheEngineProcess lets one wait after another
// join an engine process that lingers, is about to leave, is killed or hangs.
func TestADeadlineHoldsWhateverBecomesOfTheEngineProcess(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := tmuxtest.New(t)
	idle := newStage(t).play(server, "api", corpus(t)["claude-code/idle-declined-80x24-1"])
	wait := func(timeout time.Duration) ran {
		return u.run(server, "wait", "--pane", idle, "--timeout", timeout.String())
	}
	tmuxtest.Eventually(t, patience, "the agent to have drawn", func() bool { return wait(patience).code == 0 })
	for i := range 12 {
		signal, what := []syscall.Signal{0, syscall.SIGTERM, syscall.SIGKILL}[i%3], ""
		if e, ok := u.engine(); ok {
			delay := time.Duration(rand.Int64N(int64(150 * time.Millisecond)))
			what = fmt.Sprintf("engine process %d got signal %d after %s", e.PID, signal, delay)
			time.AfterFunc(delay, func() { _ = syscall.Kill(e.PID, signal) })
		}
		if got := wait(patience); got.code != 0 || !strings.HasSuffix(got.out, "idle") {
			t.Errorf("run %d, %s: %+v", i, what, got)
		}
	}
	tmuxtest.Eventually(t, patience, "an engine process to answer", func() bool { _ = wait(patience); _, ok := u.engine(); return ok })
	e, _ := u.engine()
	if err := syscall.Kill(e.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(e.PID, syscall.SIGCONT) }()
	began := time.Now()
	if got := wait(time.Second); got.code != 3 || time.Since(began) > patience {
		t.Errorf("beside an engine process that hangs, after %s: %+v", time.Since(began), got)
	}
}
