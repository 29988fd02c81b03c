package bench

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/internal/beat"
	"agentwatch/tmuxpool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ownTemp gives the test a folder for temporary files, which must be empty at
// its end: whatever the bench makes is gone then.
func ownTemp(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "awb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
		_ = os.RemoveAll(dir)
	})
}

func tmuxPath(t *testing.T) string {
	t.Helper()
	path, err := tmuxpool.FindTmux()
	if err != nil {
		t.Fatal("these tests need tmux 3.2 or newer: install it, for example with \"apt install tmux\"")
	}
	return path
}

func TestARunMeasuresEveryStrategyOnTheSamePanes(t *testing.T) {
	ownTemp(t)
	const agents, rounds = 4, 2
	var told []Progress
	fleet, err := Run(t.Context(), Options{
		Agents: agents, Rounds: rounds, Colours: true, TmuxPath: tmuxPath(t),
		Progress: func(p Progress) { told = append(told, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(fleet.Cells) != len(Shares()) {
		t.Fatalf("%d cells, want one per share", len(fleet.Cells))
	}
	for i, share := range Shares() {
		cell := fleet.Cells[i]
		if cell.Share != share || !cell.Colours || cell.ChangedPanes != share.of(agents) {
			t.Errorf("cell %d is %s of %d panes", i, cell.Share, cell.ChangedPanes)
		}
		checkRows(t, cell, agents, rounds)
	}
	if fleet.Memory.OwnBytes <= 0 || fleet.Memory.ServerStartBytes <= 0 || fleet.Memory.ServerEndBytes <= 0 || fleet.Memory.Rounds == 0 {
		t.Errorf("memory %+v", fleet.Memory)
	}
	if last := told[len(told)-1]; last.Done != last.Total || last.Total == 0 {
		t.Errorf("the last that was told is %+v", last)
	}
}

// checkRows looks at what must hold on any machine.
func checkRows(t *testing.T, cell Cell, agents, rounds int) {
	t.Helper()
	if want := methodCount(); len(cell.Rows) != want {
		t.Fatalf("%s: %d rows, want %d", cell.Share, len(cell.Rows), want)
	}
	for _, r := range cell.Rows {
		if r.Rounds < rounds || r.Rounds > rounds*roundsAtRest || r.MedianMS <= 0 || r.P90MS < r.MedianMS || r.Ratio <= 0 || r.OwnCPUMS < 0 || r.ServerCPUMS < 0 {
			t.Errorf("%s: %+v", cell.Share, r)
		}
		switch r.Method {
		case string(engine.StrategyPush), string(engine.StrategyPriority), MethodBatched, MethodHeard:
			if r.Captures < float64(cell.ChangedPanes) || r.Captures > float64(agents) {
				t.Errorf("%s: %s captured %.1f panes a round, and %d changed", cell.Share, r.Method, r.Captures, cell.ChangedPanes)
			}
		default:
			if r.Rounds != rounds || r.Captures != float64(agents) || r.Bytes < 1000*float64(agents) {
				t.Errorf("%s: %s captured %.1f panes a round and %.0f bytes", cell.Share, r.Method, r.Captures, r.Bytes)
			}
		}
		if r.Method == reference && r.Ratio != 1 {
			t.Errorf("%s: the reference is %vx itself", cell.Share, r.Ratio)
		}
	}
}

func TestAnInterruptedRunLeavesNothing(t *testing.T) {
	ownTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const agents = 3
	_, err := Run(ctx, Options{
		Agents: agents, Rounds: 1000, Plain: true, TmuxPath: tmuxPath(t),
		Progress: func(p Progress) {
			if p.Done > agents {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the run ended with %v", err)
	}
}

func TestClosingAServerEndsTheProgramsInItsPanes(t *testing.T) {
	ownTemp(t)
	s, err := startServer(t.Context(), tmuxPath(t), 12, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	pids, err := s.run(t.Context(), "", "list-panes", "-a", "-F", "#{pane_pid}")
	if err != nil {
		t.Error(err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if n := len(strings.Fields(pids)); n != 12 {
		t.Fatalf("there were %d programs", n)
	}
	for _, pid := range strings.Fields(pids) {
		// ps fails when there is no such process; Z is one that has ended.
		state, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
		if err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z") {
			t.Errorf("process %s still runs: %s", pid, state)
		}
	}
}

func TestTheServerEndsWithTheProcessThatMadeIt(t *testing.T) {
	ownTemp(t)
	s, err := startServer(t.Context(), tmuxPath(t), 2, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	// What the kernel does when we are killed.
	if err := s.leash.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the folder is still there")
		}
		if err := beat.Pause(t.Context(), 10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := s.run(t.Context(), "", "list-sessions"); err == nil {
		t.Errorf("the server still answers: %q", out)
	}
}

func TestAChangeIsReadBeforeItCountsAsDone(t *testing.T) {
	ownTemp(t)
	s, err := startServer(t.Context(), tmuxPath(t), 3, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p, err := openPanes(t.Context(), s, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for range 3 {
		if err := p.change(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
	for i, one := range p.all {
		screen, err := s.run(t.Context(), "", "capture-pane", "-p", "-t", one.id)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"(15s", "(15s", "(12s"}[i]; !strings.Contains(screen, want) {
			t.Errorf("pane %s does not show %q:\n%s", one.id, want, screen)
		}
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	good := Options{Agents: 1, Rounds: 1, Colours: true}
	if err := good.Check(); err != nil {
		t.Errorf("good options: %v", err)
	}
	for name, change := range map[string]func(*Options){
		"no agents":       func(o *Options) { o.Agents = 0 },
		"too many agents": func(o *Options) { o.Agents = MaxAgents + 1 },
		"no rounds":       func(o *Options) { o.Rounds = 0 },
		"no captures":     func(o *Options) { o.Colours = false },
	} {
		o := good
		change(&o)
		if err := o.Check(); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
