package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/monitor"
	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// crew are two engines on one server, side by side: the engine process, which a
// dashboard and a watch share, and one in this process.
type crew struct {
	t     *testing.T
	arena *arena
	user  *user
	// clients is set where the engines have control clients.
	clients bool
	board   *dashboard
	keys    *keyboard
	watch   *watcher
	// snapshot is the newest of the engine in this process, which can be looked
	// at for leaks of goroutines.
	snapshot   atomic.Pointer[engine.Snapshot]
	stopEngine func()
}

// crewEngines is how many engines there are.
const crewEngines = 2

func newCrew(t *testing.T, a *arena) *crew {
	t.Helper()
	// Keys are timed: nothing may be waited for at the end of a program.
	c := &crew{t: t, arena: a, user: newUser(t, "GORACE=atexit_sleep_ms=0"), clients: tmuxtest.HasControlClients(t)}
	u := c.user
	if c.clients {
		u.withClients()
	}
	c.startEngine()
	c.board = openDashboard(u, 120, 40, a.server)
	c.keys = &keyboard{board: c.board}
	c.watch = startWatch(u, a.server)
	c.board.shows("agents")
	return c
}

// engine waits until an engine process answers, and returns which one.
func (c *crew) engine() (e api.Engine) {
	c.t.Helper()
	tmuxtest.Eventually(c.t, patience, "an engine process that answers", func() (ok bool) {
		e, ok = c.user.engine()
		return ok
	})
	return e
}

// startEngine runs the engine in this process. That it has ended and left no
// goroutine is made sure of when it is stopped.
func (c *crew) startEngine() {
	c.t.Helper()
	others := goleak.IgnoreCurrent()
	service, err := monitor.New(monitor.Options{Discover: tmuxpool.DiscoverOptions{
		Paths: []string{c.arena.server.SocketPath()}, Env: os.Getenv, UID: os.Getuid(),
	}, Pool: tmuxpool.Options{Clients: tmuxpool.ClientsAlways}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.snapshot.Store(&engine.Snapshot{})
	ctx, cancel := context.WithCancel(context.Background())
	snapshots, unsubscribe := service.Subscribe()
	var running sync.WaitGroup
	running.Go(func() {
		if err := service.Run(ctx); err != nil {
			c.t.Errorf("the engine ended: %v", err)
		}
	})
	running.Go(func() {
		for s := range snapshots {
			c.snapshot.Store(s)
		}
	})
	c.stopEngine = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		unsubscribe()
	})
	c.t.Cleanup(func() {
		c.stopEngine()
		goleak.VerifyNone(c.t, others)
	})
}

// keyboard presses keys on the dashboard and measures how long they take to
// show: from before the process that sends the key until a capture has it.
type keyboard struct {
	board *dashboard

	mu    sync.Mutex
	took  []time.Duration
	at    []time.Time
	wrong error
}

// keyEvery is the pace of the keys.
const keyEvery = 100 * time.Millisecond

// press opens and closes the help, again and again, until the returned
// function is called; then the help is closed.
func (k *keyboard) press() (stop func()) {
	quit := make(chan struct{})
	var pressing sync.WaitGroup
	pressing.Go(func() {
		ticker := time.NewTicker(keyEvery)
		defer ticker.Stop()
		for open := true; ; open = !open {
			if !k.toggle(open) {
				return
			}
			select {
			case <-quit:
				if !open {
					return
				}
			case <-ticker.C:
			}
		}
	})
	return func() {
		k.board.t.Helper()
		close(quit)
		pressing.Wait()
		if k.wrong != nil {
			k.board.t.Fatal(k.wrong)
		}
	}
}

// toggle presses the key for help and waits for what it does.
func (k *keyboard) toggle(open bool) bool {
	began := time.Now()
	_, err := k.board.server.Try("send-keys", "-t", k.board.pane, "?")
	for err == nil {
		var screen string
		screen, err = k.board.server.Try("capture-pane", "-p", "-t", k.board.pane)
		if err == nil && strings.Contains(screen, "page up") == open {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.took, k.at = append(k.took, time.Since(began)), append(k.at, began)
			return true
		}
		if time.Since(began) > patience {
			err = fmt.Errorf("%s after the key for help it is not as wanted (open: %t):\n%s", patience, open, screen)
		}
	}
	k.wrong = err
	return false
}

// since returns the longest time that a key took which was pressed after then.
func (k *keyboard) since(then time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	worst := time.Duration(0)
	for i, at := range k.at {
		if !at.Before(then) {
			worst = max(worst, k.took[i])
		}
	}
	return worst
}

// count is how many keys have been answered.
func (k *keyboard) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.took)
}

func (k *keyboard) worst() time.Duration { return k.since(time.Time{}) }

func (k *keyboard) median() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.took) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(k.took))[len(k.took)/2]
}

// Bounds of what the crew may have at rest.
const (
	// clientsEach is one client for commands and up to four for captures.
	clientsEach = 5
	// heapGrowth is what the engine in this process may keep, and programGrowth
	// what a program may grow by: Go gives memory back late, and the race
	// detector, with which it is built, keeps several times as much for itself.
	// serverMemory is what the tmux server may have in the end.
	heapGrowth    = 8 << 20
	programGrowth = 128 << 20
	serverMemory  = 128 << 20
	// chaosGoroutines is how many goroutines this process may have more than at
	// the beginning: a few for each client.
	chaosGoroutines = 8 * clientsEach
)

// clean waits until nothing is left of a storm: no session, client, process or
// buffer more than two engines need.
func (c *crew) clean(when string) {
	c.t.Helper()
	left := ""
	deadline := time.Now().Add(chaosPromise)
	for ticker := time.NewTicker(20 * time.Millisecond); ; <-ticker.C {
		if left = c.surplus(); left == "" {
			ticker.Stop()
			return
		}
		if time.Now().After(deadline) {
			c.t.Errorf("%s and %s something is left: %s", when, chaosPromise, left)
			ticker.Stop()
			return
		}
	}
}

// surplus says what there is more of than there should be.
func (c *crew) surplus() string {
	c.t.Helper()
	s := c.arena.server
	sessions := c.arena.ours()
	clients := len(s.Clients())
	processes := clientProcesses(c.t, s)
	buffers := s.Run("list-buffers", "-F", "#{buffer_name}")
	switch {
	case len(sessions) > crewEngines:
		return fmt.Sprintf("%d sessions of ours: %q", len(sessions), sessions)
	case clients > crewEngines*clientsEach:
		return fmt.Sprintf("%d clients", clients)
	case len(processes) > crewEngines*clientsEach:
		return fmt.Sprintf("%d client processes", len(processes))
	case buffers != "":
		return "buffers " + strings.Join(strings.Fields(buffers), " ")
	}
	return ""
}

// clientProcesses are the control clients of a server that run, zombies and
// orphans included.
func clientProcesses(t *testing.T, s *tmuxtest.Server) []int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // It has ended meanwhile.
		}
		arguments := strings.Split(string(line), "\x00")
		if slices.Contains(arguments, s.SocketPath()) && slices.Contains(arguments, "-C") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// footprint is what the crew costs: this process's goroutines and heap, which
// are those of its engine, and the resident memory of the programs, in bytes.
type footprint struct {
	goroutines                  int
	heap, process, watch, board uint64
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, engine %d MB, engine process %d MB, watch %d MB, dashboard %d MB",
		f.goroutines, f.heap>>20, f.process>>20, f.watch>>20, f.board>>20)
}

func (c *crew) footprint() footprint {
	c.t.Helper()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return footprint{
		goroutines: runtime.NumGoroutine(), heap: memory.HeapAlloc,
		process: residentBytes(c.t, c.engine().PID), watch: residentBytes(c.t, c.watch.command.Process.Pid), board: residentBytes(c.t, c.boardPID()),
	}
}

// boardPID is the dashboard's process: the child of the shell in its pane.
func (c *crew) boardPID() int {
	c.t.Helper()
	shell := c.board.server.Run("display-message", "-p", "-t", c.board.pane, "#{pane_pid}")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", shell, shell))
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		c.t.Fatal(err)
	}
	return pid
}

// residentBytes is a process's resident memory.
func residentBytes(t *testing.T, pid int) uint64 {
	t.Helper()
	pages, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(pages))
	resident, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return resident * uint64(os.Getpagesize())
}

// bounded compares the crew's cost with that before the storms.
func (c *crew) bounded(before footprint) {
	c.t.Helper()
	tmuxtest.Eventually(c.t, patience, "the goroutines of the storms to end", func() bool {
		return runtime.NumGoroutine() <= before.goroutines+chaosGoroutines
	})
	after, server := c.footprint(), c.arena.server.RSS()
	c.t.Logf("before the storms %s, after them %s, the tmux server %d MB", before, after, server>>20)
	for _, grown := range []struct {
		name          string
		before, after uint64
		most          uint64
	}{
		{"the heap of the engine", before.heap, after.heap, heapGrowth},
		{"the engine process", before.process, after.process, programGrowth},
		{"watch", before.watch, after.watch, programGrowth},
		{"the dashboard", before.board, after.board, programGrowth},
		{"the tmux server", 0, uint64(server), serverMemory},
	} {
		if grown.after > grown.before+grown.most {
			c.t.Errorf("%s has grown from %d to %d MB", grown.name, grown.before>>20, grown.after>>20)
		}
	}
}
