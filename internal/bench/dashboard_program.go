package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// ServeDashboard is the program that RunDashboard measures: a dashboard, as
// shown by show, on a script of so many agents. It is told what to do by lines
// on orders and answers on answers; the end of orders ends it.
func ServeDashboard(ctx context.Context, agents int, orders io.Reader, answers io.Writer, show func(context.Context, *Script) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	script := NewScript(agents)
	ran := make(chan struct{})
	go func() { defer close(ran); script.Run(ctx) }()
	obeyed := make(chan error, 1)
	go func() { defer cancel(); obeyed <- obey(script, orders, answers) }()
	err := show(ctx, script)
	cancel()
	<-ran
	// Whoever gives the orders sees that we end, and closes them.
	return errors.Join(err, <-obeyed)
}

// The orders. orderChanges is followed by a number.
const (
	orderChanges = "changes"
	orderUsage   = "usage"
)

var errOrder = errors.New("bench: not an order")

// obey lets a script do what each line says.
func obey(script *Script, orders io.Reader, answers io.Writer) error {
	return obeyed(orders, answers, func(word, rest string) (string, error) {
		if word != orderChanges {
			return "", errOrder
		}
		n, err := strconv.Atoi(rest)
		if err == nil {
			script.SetChanges(n)
		}
		return "", err
	})
}

// obeyed does what each line says, and answers each with one. What this process has
// used is asked of all.
func obeyed(orders io.Reader, answers io.Writer, do func(word, rest string) (answer string, err error)) error {
	lines := bufio.NewScanner(orders)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		var answer string
		var err error
		if word == orderUsage {
			var used time.Duration
			used, err = ownCPU()
			answer = strconv.FormatInt(int64(used), 10)
		} else {
			answer, err = do(word, rest)
		}
		if err != nil {
			return fmt.Errorf("%w: %q: %w", errOrder, lines.Text(), err)
		}
		if _, err := fmt.Fprintln(answers, answer); err != nil {
			return fmt.Errorf("bench: answer: %w", err)
		}
	}
	return lines.Err()
}

// program is a dashboard that runs on a terminal of ours. stop ends it.
type program struct {
	*terminal
	command *exec.Cmd
	// orders and answers are nil when it takes none.
	orders, answers *os.File
	lines           *bufio.Reader
	complaints      strings.Builder
}

// startProgram runs a command on a terminal; ordered is set when it serves a
// dashboard. What it reads and writes of the user's is in home, if that is set.
func startProgram(ctx context.Context, ordered bool, home string, command []string) (*program, error) {
	p := &program{command: exec.CommandContext(ctx, command[0], command[1:]...)}
	p.command.Env = append(environment(), "TERM=xterm-256color", "COLORTERM=truecolor")
	if home != "" {
		p.command.Env = append(p.command.Env, foldersIn(home)...)
	}
	p.command.Stderr = &p.complaints
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = programEnds
	var theirs []*os.File
	if ordered {
		fromUs, orders, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		answers, toUs, err := os.Pipe()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("bench: %w", err), fromUs.Close(), orders.Close())
		}
		p.orders, p.answers, p.lines = orders, answers, bufio.NewReader(answers)
		theirs = []*os.File{fromUs, toUs}
		p.command.ExtraFiles = theirs
	}
	file, err := pty.StartWithSize(p.command, &pty.Winsize{Rows: terminalHeight, Cols: terminalWidth})
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		p.closeOrders()
		return nil, fmt.Errorf("bench: start the dashboard: %w", err)
	}
	p.terminal = newTerminal(file)
	return p, nil
}

// foldersIn sets all folders in which a program keeps something to home.
func foldersIn(home string) []string {
	var env []string
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		env = append(env, name+"="+home)
	}
	return env
}

// programEnds bounds how long a dashboard may take to end, orderTime how long to
// answer.
const (
	programEnds = 5 * time.Second
	orderTime   = 5 * time.Second
)

// stop ends the program and waits for it.
func (p *program) stop() error {
	p.closeOrders()
	if p.orders == nil {
		_ = p.command.Process.Signal(syscall.SIGTERM)
	}
	kill := time.AfterFunc(programEnds, func() { _ = p.command.Process.Kill() })
	err := p.command.Wait()
	kill.Stop()
	p.terminal.close()
	if err != nil {
		return fmt.Errorf("bench: the dashboard: %w: %s", err, p.complaints.String())
	}
	return nil
}

func (p *program) closeOrders() {
	for _, f := range []*os.File{p.orders, p.answers} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// order gives an order and returns its answer.
func (p *program) order(words ...string) (string, error) {
	if err := p.answers.SetReadDeadline(time.Now().Add(orderTime)); err != nil {
		return "", fmt.Errorf("bench: order: %w", err)
	}
	if _, err := fmt.Fprintln(p.orders, strings.Join(words, " ")); err != nil {
		return "", fmt.Errorf("bench: order: %w", err)
	}
	line, err := p.lines.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("bench: no answer to %s: %w", words[0], err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// changes makes so many agents change with each snapshot from now on.
func (p *program) changes(n int) error {
	_, err := p.order(orderChanges, strconv.Itoa(n))
	return err
}

// used is the CPU time that the program has used.
func (p *program) used() (time.Duration, error) {
	text, err := p.order(orderUsage)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("bench: usage %q: %w", text, err)
	}
	return time.Duration(ns), nil
}
