package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"agentwatch/internal/tmuxtest"
)

const (
	// harmStarts is how often agentwatch is started and ended on each server;
	// AGENTWATCH_HARM_STARTS says otherwise.
	harmStarts = 150
	// sessionEvery makes twenty sessions a second come and go, terminalEvery two
	// terminals attach and leave.
	sessionEvery  = 50 * time.Millisecond
	terminalEvery = 500 * time.Millisecond
)

// TestNoServerDiesWhileAgentwatchStartsAndEndsBesideComingAndGoingSessions is the
// proof of the first promise: a tmux server, and every agent in it, survives
// agentwatch. Before 3.7 tmux crashes when a session or a client comes or goes
// while a control client identifies itself, so this fails when one is attached.
func TestNoServerDiesWhileAgentwatchStartsAndEndsBesideComingAndGoingSessions(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	pid := server.PID()

	ctx, stop := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer stop()
	crowd.Go(func() { comeAndGo(ctx, sessionEvery, func(i int) { passingSession(server, i) }) })
	crowd.Go(func() { comeAndGo(ctx, terminalEvery, func(int) { passingTerminal(ctx, server) }) })

	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}
	for i := range chaosSetting(t, "AGENTWATCH_HARM_STARTS", harmStarts) {
		startAndEnd(u, server, signals[i%2])
		if err := syscall.Kill(pid, 0); err != nil {
			t.Fatalf("the server died after start %d, ended by %s: %v", i+1, signals[i%2], err)
		}
	}
	if now := server.PID(); now != pid {
		t.Fatalf("the server is another: process %d instead of %d", now, pid)
	}
}

// startAndEnd runs `agentwatch watch` until it has told of an agent, and ends it.
func startAndEnd(u *user, server *tmuxtest.Server, end syscall.Signal) {
	u.t.Helper()
	command := u.command("watch", "-S", server.SocketPath())
	out, err := command.StdoutPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		u.t.Fatal(err)
	}
	hung := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer hung.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		u.t.Errorf("agentwatch told of nothing: %q, %v", line, err)
	}
	if err := command.Process.Signal(end); err != nil {
		u.t.Error(err)
	}
	var exit *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exit) {
		u.t.Error(err)
	}
}

// comeAndGo does something at a pace until ctx ends.
func comeAndGo(ctx context.Context, every time.Duration, do func(i int)) {
	pace := time.NewTicker(every)
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
			do(i)
		}
	}
}

// passingSession makes a session and ends the one made ten before, so that some
// are always there. Failures are those of a dead server, which the test notices.
func passingSession(server *tmuxtest.Server, i int) {
	_, _ = server.Try("new-session", "-d", "-s", fmt.Sprintf("passing-%d", i), "exec cat")
	_, _ = server.Try("kill-session", "-t", fmt.Sprintf("=passing-%d", i-10))
}

// passingTerminal attaches a terminal for a moment.
func passingTerminal(ctx context.Context, server *tmuxtest.Server) {
	ctx, cancel := context.WithTimeout(ctx, terminalEvery)
	defer cancel()
	command := exec.CommandContext(ctx, "tmux", "-u", "-S", server.SocketPath(), "-f", "/dev/null", "attach-session", "-t", "=main")
	command.Env = tmuxtest.Environ()
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Second
	terminal, err := pty.Start(command)
	if err != nil {
		return
	}
	defer terminal.Close()
	_ = command.Wait()
}
