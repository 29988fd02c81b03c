package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"

	"agentwatch/internal/beat"
	"agentwatch/tmuxpool"
)

// HarmOptions say which program is started and ended beside a busy tmux server, and how
// often.
type HarmOptions struct {
	// Command is any program that watches tmux. It finds the private server in TMUX, as
	// it would find the user's when it is started there.
	Command []string
	// Starts is how often it is started, and ended by SIGINT and SIGKILL in turn.
	Starts   int
	TmuxPath string
	Progress func(Progress)
}

// Check returns ErrOptions for what RunHarm would refuse.
func (o HarmOptions) Check() error {
	switch {
	case len(o.Command) == 0:
		return fmt.Errorf("%w: no command", ErrOptions)
	case o.Starts < 1:
		return fmt.Errorf("%w: %d starts", ErrOptions, o.Starts)
	}
	return nil
}

// Harm is what became of the server.
type Harm struct {
	Tmux    string   `json:"tmux"`
	Command []string `json:"command"`
	Starts  int      `json:"starts"`
	// Spoke counts the starts that printed something: a program that prints nothing has
	// perhaps not looked at the server.
	Spoke int `json:"spoke"`
	// Deaths are the starts after which the server was found dead, by their numbers from
	// 1. It is started anew after each.
	Deaths []int `json:"deaths"`
	// Changed are the lines that what the server says of itself has more (+) or less (-)
	// than in the beginning, 20 s after the last end.
	Changed []string `json:"changed"`
}

const (
	// harmAgents is how many agents the server has.
	harmAgents = 3
	// sessionEvery makes twenty sessions a second come and go, terminalEvery two
	// terminals attach and leave: below 3.7, tmux can die of one that goes while a control
	// client identifies itself.
	sessionEvery  = 50 * time.Millisecond
	terminalEvery = 500 * time.Millisecond
	// harmSpeaks bounds the wait for what a program prints first, harmEnds that for its
	// end. Between them it goes on for so many times harmStay, up to mostStays, in turn.
	harmSpeaks = 20 * time.Second
	harmEnds   = 10 * time.Second
	// harmClears is how long after the last end something may still be there that is
	// then taken away.
	harmClears = 20 * time.Second
	harmStay   = 100 * time.Millisecond
	mostStays  = 4
)

// RunHarm starts and ends a program many times beside a private server on which sessions
// and terminals come and go all the time, and returns how often the server died of it
// and what it changed there.
func RunHarm(ctx context.Context, o HarmOptions) (Harm, error) { return runHarm(ctx, o, harmClears) }

func runHarm(ctx context.Context, o HarmOptions, clears time.Duration) (Harm, error) {
	if err := o.Check(); err != nil {
		return Harm{}, err
	}
	if o.TmuxPath == "" {
		path, err := tmuxpool.FindTmux()
		if err != nil {
			return Harm{}, fmt.Errorf("bench: %w", err)
		}
		o.TmuxPath = path
	}
	h := harm{options: o, clears: clears, report: Harm{Command: o.Command, Deaths: []int{}, Changed: []string{}}}
	for h.report.Starts < o.Starts {
		if err := h.untilDeath(ctx); err != nil {
			return h.report, interrupted(ctx, err)
		}
	}
	return h.report, nil
}

// harm is one run.
type harm struct {
	options HarmOptions
	clears  time.Duration
	report  Harm
}

// untilDeath makes a server and starts the program beside it, until the server has died
// or all starts are made.
func (h *harm) untilDeath(ctx context.Context) (err error) {
	s, err := startServer(ctx, h.options.TmuxPath, harmAgents, func(int) {})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	h.report.Tmux = s.version
	before, err := s.account(ctx)
	if err != nil {
		return err
	}
	if died, err := h.starts(ctx, s); died || err != nil {
		return err
	}
	if h.report.Changed, err = s.changedSince(ctx, before, h.clears); err != nil && s.died(ctx) {
		h.report.Deaths = append(h.report.Deaths, h.report.Starts)
		return nil
	}
	return err
}

// changedSince is what is not as it was before, once what a program takes away at its
// end has had the time to go.
func (s *server) changedSince(ctx context.Context, before []string, clears time.Duration) (changed []string, err error) {
	for began := time.Now(); ; {
		after, err := s.account(ctx)
		if err != nil {
			return nil, err
		}
		if changed = changedLines(before, after); len(changed) == 0 || time.Since(began) > clears {
			return changed, nil
		}
		if err := beat.Pause(ctx, terminalEvery); err != nil {
			return nil, err
		}
	}
}

// starts starts the program again and again in the crowd, and tells whether the server
// has died.
func (h *harm) starts(ctx context.Context, s *server) (died bool, err error) {
	crowd, stop := context.WithCancel(ctx)
	var comers sync.WaitGroup
	comers.Go(func() { s.sessionsPass(crowd) })
	comers.Go(func() { s.terminalsPass(crowd) })
	defer comers.Wait()
	defer stop()
	ends := []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}
	for h.report.Starts < h.options.Starts {
		if tell := h.options.Progress; tell != nil {
			tell(Progress{fmt.Sprintf("start %d, %d servers died", h.report.Starts+1, len(h.report.Deaths)), h.report.Starts, h.options.Starts})
		}
		n := h.report.Starts
		spoke, err := s.startAndEnd(ctx, h.options.Command, time.Duration(n/len(ends)%mostStays)*harmStay, ends[n%len(ends)])
		if err != nil {
			return false, err
		}
		h.report.Starts++
		if spoke {
			h.report.Spoke++
		}
		// One that is about to end, as kill-server asks it to, may still answer.
		if s.died(ctx) {
			h.report.Deaths = append(h.report.Deaths, h.report.Starts)
			return true, nil
		}
	}
	return false, nil
}

// died tells whether the server answers no more and its process has ended.
func (s *server) died(ctx context.Context) bool {
	if _, err := s.run(ctx, "", "display-message", "-p", "#{pid}"); err == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, harmEnds)
	defer cancel()
	for syscall.Kill(s.pid, 0) == nil {
		if beat.Pause(ctx, sessionEvery) != nil {
			return false
		}
	}
	return true
}

// startAndEnd runs a program on a terminal of its own until it has printed something,
// and for stay more, and ends it with all that it started there.
func (s *server) startAndEnd(ctx context.Context, command []string, stay time.Duration, end syscall.Signal) (spoke bool, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = slices.Concat(environment(), foldersIn(s.dir), []string{
		"HOME=" + s.dir, "TMUX_TMPDIR=" + s.dir, fmt.Sprintf("TMUX=%s,%d,0", s.socket(), s.pid), "TERM=xterm-256color",
	})
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: terminalHeight, Cols: terminalWidth})
	if err != nil {
		return false, fmt.Errorf("bench: start %s: %w", command[0], err)
	}
	defer terminal.Close()
	first, rest := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(rest)
		buffer := make([]byte, 4096)
		n, err := terminal.Read(buffer)
		first <- n > 0
		for err == nil {
			_, err = terminal.Read(buffer)
		}
	}()
	deadline := time.NewTimer(harmSpeaks)
	defer deadline.Stop()
	select {
	case spoke = <-first:
	case <-deadline.C:
	case <-ctx.Done():
	}
	_ = beat.Pause(ctx, stay)
	// Its own process group, which it leads on its terminal.
	_ = syscall.Kill(-cmd.Process.Pid, end)
	kill := time.AfterFunc(harmEnds, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	// How it ends is its own affair; that it does is waited for.
	_ = cmd.Wait()
	kill.Stop()
	_ = terminal.Close()
	<-rest
	return spoke, ctx.Err()
}

// sessionsPass makes a session at each beat and ends the one made ten before, and those
// that are left at the end. What fails, fails because the server is dead.
func (s *server) sessionsPass(ctx context.Context) {
	const some = 10
	name := func(i int) string { return fmt.Sprintf("passing-%d", i) }
	end := func(ctx context.Context, i int) { _, _ = s.run(ctx, "", "kill-session", "-t", "="+name(i)) }
	made := 0
	for ; beat.Pause(ctx, sessionEvery) == nil; made++ {
		_, _ = s.run(ctx, "", "new-session", "-d", "-s", name(made), "exec cat")
		end(ctx, made-some)
	}
	for i := max(0, made-some-1); i <= made; i++ {
		end(context.WithoutCancel(ctx), i)
	}
}

// terminalsPass attaches a terminal for a moment, again and again.
func (s *server) terminalsPass(ctx context.Context) {
	for ctx.Err() == nil {
		s.attach(ctx)
	}
}

func (s *server) attach(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, terminalEvery)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.tmux, append(s.flags(), "attach-session", "-t", "=team0")...)
	cmd.Env = append(environment(), "TERM=xterm-256color")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Second
	// As large as the windows, which follow it.
	if terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: paneHeight, Cols: paneWidth}); err == nil {
		_ = cmd.Wait()
		_ = terminal.Close()
	}
	<-ctx.Done()
}

// account is what the server says of itself, line by line: what is set, what keys do,
// which panes, clients and buffers there are and how large. Not which window was looked
// at last, which the crowd changes.
func (s *server) account(ctx context.Context) ([]string, error) {
	var lines []string
	for _, question := range [][]string{
		{"show-options", "-s"},
		{"show-options", "-g"},
		{"show-options", "-gw"},
		{"show-hooks", "-g"},
		{"show-environment", "-g"},
		{"list-keys"},
		{"list-buffers", "-F", "buffer #{buffer_name} #{buffer_sample}"},
		{"list-sessions", "-F", "session #{session_name} #{session_group} #{session_windows}"},
		{"list-panes", "-a", "-F", "pane #{pane_id} #{session_name} #{window_name} #{window_layout} #{pane_width}x#{pane_height} mode #{pane_in_mode} pipe #{pane_pipe} input #{pane_input_off} marked #{pane_marked}"},
		{"list-clients", "-F", "client #{client_name} #{client_session} #{client_control_mode}"},
	} {
		out, err := s.run(ctx, "", question...)
		if err != nil {
			return nil, err
		}
		lines = append(lines, strings.Split(strings.TrimSpace(out), "\n")...)
	}
	return lines, nil
}

// changedLines are the lines that are on one side only.
func changedLines(before, after []string) []string {
	changed := []string{}
	for _, side := range []struct {
		mark       string
		have, lack []string
	}{{"-", before, after}, {"+", after, before}} {
		for _, line := range side.have {
			if line != "" && !slices.Contains(side.lack, line) {
				changed = append(changed, side.mark+line)
			}
		}
	}
	return changed
}
