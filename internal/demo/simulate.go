package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"
)

// SimulateOptions say what one simulator plays.
type SimulateOptions struct {
	// Kind is the program to play.
	Kind Kind
	// Seed determines everything that happens, in the absence of keys.
	Seed int64
	// Script is the situation to begin with.
	Script Script
	// Speed divides all durations but the spinner's; 0 means 1.
	Speed float64
	// Project chooses the tasks ("api"); empty means all of them.
	Project string
	// Task is the slug of the first task; empty means any.
	Task string
	// Input is the keyboard; nil means that there is none. Keys answer dialogs,
	// write and send prompts, interrupt (escape) and quit (ctrl+c).
	Input *os.File
	// Width and Height are used when out is not a terminal; 0 means 80 and 24.
	Width, Height int
}

// errQuit ends a simulator as if its user had left it.
var errQuit = errors.New("demo: quit")

// Simulate plays an agent program on out until ctx is done, the terminal is
// gone or the script lets the program exit; all of these return nil. A script
// that lets it crash kills this whole process with SIGKILL: Simulate is meant to
// be the only thing that a process does.
func Simulate(ctx context.Context, o SimulateOptions, out io.Writer) error {
	p := newPlayer(o, out)
	p.crash = func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }
	if tty, ok := out.(*os.File); ok && term.IsTerminal(tty.Fd()) {
		p.size = func() (int, int, error) { return term.GetSize(tty.Fd()) }
		resized := make(chan os.Signal, 1)
		signal.Notify(resized, syscall.SIGWINCH)
		defer signal.Stop(resized)
		p.resized = resized
	}
	if o.Input != nil {
		stop, err := p.listen(o.Input)
		if err != nil {
			return err
		}
		defer stop()
	}
	err := p.play(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, errQuit) {
		// Leaving may fail when the terminal went first; that is no news.
		_ = p.screen.leave(p.farewell())
		return nil
	}
	if errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// listen reads keys from in until stop is called. A terminal is in raw mode
// meanwhile, so that keys do not show up between the frames.
func (p *player) listen(in *os.File) (stop func(), err error) {
	restore := func() {}
	if term.IsTerminal(in.Fd()) {
		before, err := term.MakeRaw(in.Fd())
		if err != nil {
			return nil, fmt.Errorf("demo: raw mode: %w", err)
		}
		restore = func() { _ = term.Restore(in.Fd(), before) }
	}
	reader, err := cancelreader.NewReader(in)
	if err != nil {
		restore()
		return nil, fmt.Errorf("demo: read keys: %w", err)
	}
	keys, stopped, ended := make(chan string), make(chan struct{}), make(chan struct{})
	p.keys = keys
	go func() {
		defer close(ended)
		buffer := make([]byte, 1024)
		for {
			n, err := reader.Read(buffer)
			if err != nil {
				return
			}
			select {
			case keys <- string(buffer[:n]):
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		close(stopped)
		if reader.Cancel() {
			<-ended
			_ = reader.Close()
		}
		restore()
	}, nil
}

// newPlayer makes a player without keyboard and signals.
func newPlayer(o SimulateOptions, out io.Writer) *player {
	if o.Speed <= 0 {
		o.Speed = 1
	}
	width, height := o.Width, o.Height
	if width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	if o.Script == ScriptTrust && !o.Kind.asksForTrust() {
		o.Script = ScriptFresh
	}
	p := &player{
		rng:    rand.New(rand.NewPCG(uint64(o.Seed), uint64(o.Kind))),
		screen: newPainter(out), speed: o.Speed, goal: o.Script, rushing: o.Script != ScriptFresh,
		size: func() (int, int, error) { return width, height, nil },
		now:  time.Now, tasks: tasksOf(o.Project), first: o.Task,
		scene: scene{kind: o.Kind, dir: workingDir()},
	}
	p.depth = 2
	if o.Script == ScriptWorking {
		p.depth += p.rng.IntN(4)
	}
	return p
}

// workingDir is the current directory as the programs show it.
func workingDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	if home, err := os.UserHomeDir(); err == nil {
		if rel, err := filepath.Rel(home, dir); err == nil && filepath.IsLocal(rel) {
			return filepath.Join("~", rel)
		}
	}
	return dir
}
