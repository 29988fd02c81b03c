package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// killTimeout is how long a killed process is waited for.
	killTimeout = 2 * time.Second
	// stderrDelay is how long the standard error of a process that is gone is
	// waited for, and how long one that has closed its output may take to end: a
	// child of its own may hold it open.
	stderrDelay = 300 * time.Millisecond
	// busyRetries and busyPause are for a file that is still being written.
	busyRetries = 10
	busyPause   = 100 * time.Millisecond
)

// errEnded is the end of a process that nobody asked for.
var errEnded = errors.New("it ended")

// process is one life of an executable. All of it belongs to one goroutine,
// except where a channel says otherwise.
type process struct {
	command *exec.Cmd
	stdin   *os.File
	stdout  *os.File
	stderr  *tail
	// lines are what it writes, closed after the last; readError is then why.
	lines     chan []byte
	readError error
	// gone is closed when nobody reads lines any more.
	gone chan struct{}
	// exited is closed when the process is no more; waitError is then how.
	exited    chan struct{}
	waitError error
}

// startProcess runs an executable in a process group of its own.
func startProcess(ctx context.Context, path string) (*process, error) {
	for try := 0; ; try++ {
		p, err := startOnce(path)
		if err == nil || try == busyRetries || !errors.Is(err, syscall.ETXTBSY) {
			return p, err
		}
		if err := pause(ctx, busyPause, nil); err != nil {
			return nil, err
		}
	}
}

func startOnce(path string) (*process, error) {
	theirIn, ourIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourOut, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), ourIn.Close())
	}
	p := &process{
		command: exec.Command(path), stdin: ourIn, stdout: ourOut, stderr: &tail{},
		lines: make(chan []byte), gone: make(chan struct{}), exited: make(chan struct{}),
	}
	p.command.Stdin, p.command.Stdout, p.command.Stderr = theirIn, theirOut, p.stderr
	p.command.Dir = filepath.Dir(path)
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.WaitDelay = stderrDelay
	err = p.command.Start()
	err = errors.Join(err, theirIn.Close(), theirOut.Close())
	if err != nil {
		return nil, errors.Join(err, ourIn.Close(), ourOut.Close())
	}
	go func() {
		defer close(p.exited)
		p.waitError = p.command.Wait()
	}()
	go p.read()
	return p, nil
}

// read passes lines on until there are no more or nobody wants them.
func (p *process) read() {
	defer close(p.lines)
	scanner := bufio.NewScanner(p.stdout)
	scanner.Buffer(nil, maxLineBytes)
	for scanner.Scan() {
		select {
		case p.lines <- append([]byte(nil), scanner.Bytes()...):
		case <-p.gone:
			return
		}
	}
	p.readError = scanner.Err()
	if errors.Is(p.readError, bufio.ErrTooLong) {
		p.readError = fmt.Errorf("it wrote a line of more than %d bytes", maxLineBytes)
	}
}

// send writes one line, for at most a time.
func (p *process) send(ctx context.Context, message any, timeout time.Duration) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if err := p.stdin.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.stdin.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err = p.stdin.Write(append(line, '\n'))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("it has not read its input for %s", timeout)
	case errors.Is(err, syscall.EPIPE):
		return p.died()
	default:
		return err
	}
}

// receive returns the next line, which must come within a time.
func (p *process) receive(ctx context.Context, timeout time.Duration) ([]byte, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			return nil, p.died()
		}
		return line, nil
	case <-timer.C:
		return nil, fmt.Errorf("it has not answered for %s", timeout)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// died says how a process ended that has closed a pipe or exited. It gives one
// that is about to exit a moment to do so.
func (p *process) died() error {
	select {
	case _, ok := <-p.lines:
		if !ok && p.readError != nil {
			return p.readError
		}
	default:
	}
	if !p.awaitExit(stderrDelay) {
		return errors.New("it closed its output and went on")
	}
	if err := p.stderr.overflow(); err != nil {
		return err
	}
	if p.waitError == nil {
		return fmt.Errorf("%w with exit status 0", errEnded)
	}
	return fmt.Errorf("%w: %w", errEnded, p.waitError)
}

// end ends the process and all of its group. For grace it may end by itself.
func (p *process) end(grace time.Duration) {
	close(p.gone)
	_ = p.stdin.Close()
	if grace > 0 {
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGTERM)
		p.awaitExit(grace)
	}
	// Also when it has exited by itself: its children may live. Its number is
	// not yet given to another then, since numbers are given in turn.
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	p.awaitExit(killTimeout)
	_ = p.stdout.Close()
	for range p.lines {
		// The reader ends at once: its pipe is closed.
		continue
	}
}

// awaitExit tells whether the process has ended within a time.
func (p *process) awaitExit(most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return false
	}
}
