package tmuxpool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// program starts tmux processes for one server.
type program struct {
	path   string
	socket string
	// hang is how long a process may say nothing.
	hang time.Duration
}

// reapTimeout bounds the wait for a killed process's pipes.
const reapTimeout = time.Second

// command prepares a tmux process. It does not hang on our terminal, our
// folder, or the tmux we may run in ourselves. -u makes its output UTF-8.
func (p program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, append([]string{"-u", "-S", p.socket}, args...)...)
	cmd.Dir = "/"
	cmd.Env = environment(os.Environ())
	cmd.SysProcAttr = detached()
	cmd.WaitDelay = reapTimeout
	return cmd
}

// environment keeps what a tmux client needs. The less there is, the fewer
// messages it takes to introduce itself.
func environment(ours []string) []string {
	env := []string{"LC_CTYPE=C.UTF-8", "TERM=dumb"}
	for _, pair := range ours {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH":
			env = append(env, pair)
		}
	}
	return env
}

// file is the program's file; nil when there is none.
func (p program) file() os.FileInfo {
	path, err := exec.LookPath(p.path)
	if err != nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// run runs a script as one process, with flags of tmux before it, and returns
// what it printed.
func (p program) run(ctx context.Context, s script, flags ...string) (string, error) {
	args, err := s.arguments()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	complaint, err := p.stream(ctx, append(flags, args...), nil, &out)
	if err == nil && complaint != "" {
		err = commandError(complaint)
	}
	return out.String(), err
}

// stream runs a tmux process with an input and hands its output to w as it
// comes; what it complained about is returned. A process that is silent for too
// long is killed: ErrServerHung. That a command failed is no error here as long
// as it was complained about.
func (p program) stream(ctx context.Context, args []string, input io.Reader, w io.Writer) (complaint string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(p.hang, func() { cancel(ErrServerHung) })
	defer watch.Stop()
	cmd := p.command(ctx, args...)
	cmd.Stdin = input
	cmd.Stdout = pulse{w, watch, p.hang}
	var complaints errorText
	cmd.Stderr = &complaints
	err = cmd.Run()
	switch complaint = complaints.String(); {
	case err == nil, ctx.Err() == nil && complaint != "":
		return complaint, nil
	case ctx.Err() != nil:
		return complaint, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return complaint, ErrTmuxMissing
	default:
		return complaint, fmt.Errorf("%w: %w", ErrCommand, err)
	}
}

// pulse passes a process's output on and notes that it lives.
type pulse struct {
	w     io.Writer
	watch *time.Timer
	hang  time.Duration
}

func (p pulse) Write(b []byte) (int, error) {
	p.watch.Reset(p.hang)
	return p.w.Write(b)
}

// errorText keeps the first 64 KiB of what a process complains about.
type errorText struct {
	mu   sync.Mutex
	text []byte
}

func (t *errorText) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	room := max(0, 64<<10-len(t.text))
	t.text = append(t.text, b[:min(len(b), room)]...)
	return len(b), nil
}

func (t *errorText) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
