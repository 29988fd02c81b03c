package stdio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"agentwatch/engine/api"
)

const (
	// maxNoise is how much other text may come before the hello, maxHello how long
	// that may be, in bytes.
	maxNoise = 64 << 10
	maxHello = 4 << 10
	// helloTime bounds the wait for it.
	helloTime = 30 * time.Second
	// endTime is how long a command may take to end by itself when its input has
	// ended.
	endTime = time.Second
	// keptErrors is how much of the command's last words is kept, in bytes.
	keptErrors = 4 << 10
)

// Command is one that serves the API on its standard output.
type Command struct {
	// Args are the command with its arguments.
	Args []string
	// Env is its environment; ours when nil.
	Env []string
}

// CommandError is returned when a command ends before it has greeted.
type CommandError struct {
	// Command is its name, Code its exit code, below zero when a signal has ended
	// it. Said is the last line that it wrote on standard error; untrusted.
	Command string
	Code    int
	Said    string
}

// Error says how it ended, with its last words.
func (e *CommandError) Error() string {
	text := fmt.Sprintf("%s ended with exit code %d", e.Command, e.Code)
	if e.Said != "" {
		text += ": " + e.Said
	}
	return text
}

// Unwrap makes it an api.ErrUnreachable.
func (e *CommandError) Unwrap() error { return api.ErrUnreachable }

// Dial starts the command and returns a connection, a *Conn, once it has greeted.
// Closing that ends the command. Errors are api.ErrUnreachable.
func (c Command) Dial(ctx context.Context) (net.Conn, error) {
	if len(c.Args) == 0 {
		return nil, fmt.Errorf("%w: no command", api.ErrUnreachable)
	}
	p, err := c.start()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", api.ErrUnreachable, err)
	}
	began := time.Now()
	_ = p.in.SetReadDeadline(began.Add(helloTime))
	stop := context.AfterFunc(ctx, func() { _ = p.in.SetReadDeadline(time.Unix(1, 0)) })
	hello, err := ReadHello(p.in)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = p.in.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return nil, p.failed(ctx, err)
	}
	return &Conn{conn: conn{in: p.in, out: p.out, closed: p.end}, Hello: hello, Asked: began, Greeted: time.Now(), process: p}, nil
}

// Conn is a connection to a command.
type Conn struct {
	conn
	// Hello is what it has greeted with, between Asked and Greeted.
	Hello          api.Hello
	Asked, Greeted time.Time
	process        *process
	// finished is set once the command has ended its output.
	finished atomic.Bool
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.conn.Read(p)
	if errors.Is(err, io.EOF) {
		c.finished.Store(true)
	}
	return n, err
}

// Farewell reports, once the connection is closed, whether the command has ended by
// itself and in good order; else the last line that it has written on standard error,
// untrusted.
func (c *Conn) Farewell() (ended bool, said string) {
	select {
	case <-c.process.ended:
	default:
		return false, ""
	}
	return c.finished.Load() && c.process.cmd.ProcessState.Success(), c.process.said.last()
}

// process is a command that runs. in is what it writes, out what it reads.
type process struct {
	cmd     *exec.Cmd
	in, out *os.File
	said    lastWords
	// ended is closed when it has ended.
	ended chan struct{}
}

func (c Command) start() (*process, error) {
	stdin, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in, stdout, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), out.Close())
	}
	p := &process{cmd: exec.Command(c.Args[0], c.Args[1:]...), in: in, out: out, ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = c.Env, stdin, stdout, &p.said
	// What is typed into our terminal is not meant for it; its children go with it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = endTime
	err = p.cmd.Start()
	_, _ = stdin.Close(), stdout.Close()
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// end waits until the process has ended, whose input has, and kills it when it does
// not.
func (p *process) end() {
	timer := time.NewTimer(endTime)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// failed ends the process and says why it cannot be used.
func (p *process) failed(ctx context.Context, err error) error {
	_ = p.out.Close()
	byItself := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	p.end()
	_ = p.in.Close()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case byItself:
		return &CommandError{Command: p.cmd.Args[0], Code: p.cmd.ProcessState.ExitCode(), Said: p.said.last()}
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("no greeting within %s", helloTime)
	}
	if said := p.said.last(); said != "" {
		err = fmt.Errorf("%w; it says: %s", err, said)
	}
	if errors.Is(err, api.ErrUnreachable) {
		return fmt.Errorf("%s: %w", p.cmd.Args[0], err)
	}
	return fmt.Errorf("%w: %s: %w", api.ErrUnreachable, p.cmd.Args[0], err)
}

// lastWords keeps the end of what is written. Safe for concurrent use.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	l.text = l.text[max(0, len(l.text)-keptErrors):]
	return len(p), nil
}

// last is the last line that is not empty.
func (l *lastWords) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(string(l.text))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
