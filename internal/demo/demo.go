// Package demo simulates a fleet of coding agents on a private tmux server, so
// that the dashboard can be seen and tested without any agent.
//
// Start makes the server and its panes. In each of them an interactive shell
// runs a program that is called like an agent: this executable under another
// name, playing a script (Simulate). A fallen one is started again by the demo's
// director. Nothing is left behind: Close removes everything, and a watchdog
// does the same when this process is killed.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// MaxAgents is the largest fleet.
const MaxAgents = 1000

// Options say what Start makes. The zero value is a usable fleet of twelve.
type Options struct {
	// Agents is the number of agents, 1 to MaxAgents; 0 means 12.
	Agents int
	// Executable is the program that plays the agents when it is called with
	// the argument "simulate"; empty means the running one.
	Executable string
	// Seed determines names, situations and courses.
	Seed int64
	// Speed divides the durations of everything that happens; 0 means 1, with a
	// first minute that goes twice as fast.
	Speed float64
	// Width and Height are the size of the windows in cells; 0 means 120 and 40.
	Width, Height int
	// TmuxPath is the tmux program; empty means the one in PATH.
	TmuxPath string
	// Progress, if set, is called from Start after each group of windows.
	Progress func(done, total int)
}

// Demo is a running fleet. Its methods may be called from any goroutine.
type Demo struct {
	box    *sandbox
	server *server
	stop   context.CancelFunc
	ended  chan struct{}
	// patience is how long Close waits for the processes: a thousand panes take
	// the server several seconds.
	patience time.Duration

	closing sync.Once
	closed  error
}

// ErrAgents tells that a number of agents is out of range.
var ErrAgents = errors.New("demo: number of agents out of range")

// Start makes a private tmux server with a fleet of agents. ctx bounds the start
// only; the demo runs until Close. When Start fails it has removed whatever it
// had made, and the Demo is nil (which Close accepts).
func Start(ctx context.Context, o Options) (*Demo, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	seats := fleet(o.Agents, o.Seed)
	var projects []string
	for _, s := range seats {
		projects = append(projects, s.project)
	}
	slices.Sort(projects)
	box, err := newSandbox(o.Executable, o.TmuxPath, slices.Compact(projects))
	if err != nil {
		return nil, err
	}
	directing, stop := context.WithCancel(context.WithoutCancel(ctx))
	d := &Demo{
		box: box, stop: stop, ended: make(chan struct{}),
		patience: 3*time.Second + time.Duration(o.Agents)*20*time.Millisecond,
		server:   &server{tmux: o.TmuxPath, box: box, width: o.Width, height: o.Height, speed: o.Speed},
	}
	if err := d.populate(ctx, seats, o.Progress); err != nil {
		close(d.ended)
		return nil, errors.Join(err, d.Close())
	}
	go func() {
		defer close(d.ended)
		newDirector(d.server, o.Seed).run(directing, o.Agents)
	}()
	return d, nil
}

// withDefaults fills in what was left open, and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Agents == 0 {
		o.Agents = 12
	}
	if o.Agents < 1 || o.Agents > MaxAgents {
		return o, fmt.Errorf("%w: %d (1 to %d)", ErrAgents, o.Agents, MaxAgents)
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 120, 40
	}
	var err error
	if o.Executable == "" {
		o.Executable, err = os.Executable()
	} else {
		o.Executable, err = filepath.Abs(o.Executable)
	}
	if err != nil {
		return o, fmt.Errorf("demo: executable: %w", err)
	}
	if o.TmuxPath == "" {
		o.TmuxPath = "tmux"
	}
	if o.TmuxPath, err = exec.LookPath(o.TmuxPath); err != nil {
		return o, fmt.Errorf("demo: tmux: %w", err)
	}
	return o, nil
}

// populate starts the server and seats the fleet.
func (d *Demo) populate(ctx context.Context, seats []seat, progress func(done, total int)) error {
	done := 0
	for group := range slices.Chunk(seats, windowsPerCall) {
		var err error
		if done == 0 {
			err = d.server.start(ctx, len(seats), group)
		} else {
			err = d.server.add(ctx, group)
		}
		if err != nil {
			return err
		}
		done += len(group)
		if progress != nil {
			progress(done, len(seats))
		}
	}
	return nil
}

// SocketPath is the socket of the private server.
func (d *Demo) SocketPath() string { return d.server.box.socket() }

// StateFolder is the base folder for what is recorded of the demo, which goes with
// it.
func (d *Demo) StateFolder() string { return stateFolder(d.server.box.dir) }

// Close ends the server and every process in it, waits until they are gone and
// removes the directory. It may be called more than once and on a nil Demo; it
// takes some seconds at most, and up to half a minute with a thousand agents on
// a loaded machine.
func (d *Demo) Close() error {
	if d == nil {
		return nil
	}
	d.closing.Do(func() {
		d.stop()
		<-d.ended
		d.closed = errors.Join(d.end(), d.box.remove())
	})
	return d.closed
}

// end kills the server and waits for the processes in its panes. They end with
// their terminals; a shell that does not is killed.
func (d *Demo) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	// Without a server there are no panes, which is as good.
	panes, _ := d.server.panes(ctx)
	if err := d.server.kill(ctx); err != nil {
		return err
	}
	if d.box.waitGone(d.patience) == nil {
		return nil
	}
	for _, p := range panes {
		// A shell leads a process group of its own number; most are gone.
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	}
	return d.box.waitGone(2 * time.Second)
}
