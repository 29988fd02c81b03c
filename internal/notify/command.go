package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// program runs a command with the event on its standard input and in its
// environment.
type program struct {
	argv  []string
	shell bool
}

// reapTimeout bounds the wait for the pipes of a process that has ended.
const reapTimeout = time.Second

func (p program) send(ctx context.Context, m Message) error {
	event, err := eventJSON(m)
	if err != nil {
		return err
	}
	argv := p.argv
	if p.shell {
		argv = append([]string{"sh", "-c", p.argv[0], "agentwatch"}, p.argv[1:]...)
	}
	return runProgram(ctx, argv, event, environment(m))
}

// runProgram runs a program to its end. When ctx ends first, its whole process
// group is killed.
func runProgram(ctx context.Context, argv []string, input []byte, env []string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(input)
	var complaints head
	cmd.Stderr = &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = reapTimeout
	err := cmd.Run()
	name := plain(argv[0], maxName)
	said := plain(string(complaints.text), maxNote)
	if said != "" {
		said = ": " + said
	}
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		// What it has left running in the background holds the pipes.
		return nil
	case ctx.Err() != nil:
		return failed(fmt.Sprintf("%s has not ended in time and was killed%s", name, said),
			"let it do what takes long in the background", ctx.Err())
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return refused(name+" was not found", "install it, or write its whole path")
	case errors.Is(err, os.ErrPermission):
		return refused(name+" may not be run", "make it executable with chmod +x")
	case errors.As(err, &exit):
		return failed(fmt.Sprintf("%s ended with %s%s", name, exit.ProcessState, said), "run it by hand to see why", err)
	default:
		return failed(name+" cannot be run: "+plain(err.Error(), maxNote), "", err)
	}
}

// head keeps the first bytes of what is written.
type head struct{ text []byte }

// maxHead is how many bytes of a complaint are kept.
const maxHead = 4 << 10

func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), maxHead-len(h.text))]...)
	return len(b), nil
}
