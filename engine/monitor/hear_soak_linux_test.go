package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/health"
	"agentwatch/tmuxpool/hearing"
)

const (
	// hearSoakPanes and hearSoakWrites are the size of the suite's run, for each
	// way of hearing; AGENTWATCH_SOAK_PANES and AGENTWATCH_SOAK_WRITES make it
	// larger. hearSoakWaves is how often things go quiet and are compared.
	hearSoakPanes  = 40
	hearSoakWrites = 400
	hearSoakWaves  = 2
	// hearSoakCompare is the time between two comparisons.
	hearSoakCompare = 100 * time.Millisecond
)

// way is how a service hears, and what goes wrong with that.
type way struct {
	name    string
	options monitor.SoakOptions
	// fault happens in the middle of each wave.
	fault func(wave int)
	// check looks at the end whether it was heard in this way.
	check func(t *testing.T, h engine.Hearing, panes int)
}

// ways are all ways in which panes are heard.
func ways() []way {
	var limited, lossy faultyEar
	var listener atomic.Pointer[hearing.Listener]
	byActivity := func(reason string) func(*testing.T, engine.Hearing, int) {
		return func(t *testing.T, h engine.Hearing, _ int) {
			if h.By != engine.HeardByActivity || h.Reason != reason {
				t.Errorf("%+v", h)
			}
		}
	}
	byKernel := func(t *testing.T, h engine.Hearing, panes int) {
		if h.By != engine.HeardByKernel || h.Heard != panes || h.Unheard != 0 || h.Events == 0 {
			t.Errorf("%d panes: %+v", panes, h)
		}
	}
	return []way{
		{name: "by the kernel", options: monitor.SoakOptions{Listen: hearing.Listen}, check: byKernel},
		{name: "nobody listens", check: byActivity("")},
		{name: "the kernel does not report", options: monitor.SoakOptions{
			Listen: func() (*hearing.Listener, error) { return nil, hearing.ErrDeaf },
		}, check: byActivity(hearing.ErrDeaf.Error())},
		{
			name: "a limit of watches comes and goes", options: monitor.SoakOptions{Listen: hearing.Listen, Wrap: limited.wrap},
			fault: func(wave int) { limited.refused.Store(int64(3 - wave%4)) },
			check: func(t *testing.T, _ engine.Hearing, _ int) {
				if limited.refusals.Load() == 0 {
					t.Error("no pane met the limit")
				}
			},
		},
		{
			name: "reports are lost", options: monitor.SoakOptions{Listen: hearing.Listen, Wrap: lossy.wrap},
			fault: func(int) { lossy.lose.Store(true) },
			check: func(t *testing.T, h engine.Hearing, panes int) {
				byKernel(t, h, panes)
				if lossy.losses.Load() == 0 {
					t.Error("no report was lost")
				}
			},
		},
		{
			name: "the listener ends", options: monitor.SoakOptions{Listen: func() (*hearing.Listener, error) {
				l, err := hearing.Listen()
				listener.Store(l)
				return l, err
			}},
			fault: func(wave int) {
				if wave == 1 {
					listener.Load().Close()
				}
			},
			check: byActivity(hearing.ErrClosed.Error()),
		},
	}
}

// faultyEar is an ear that does not hear some panes, as when a limit of watches
// is reached, or loses reports.
type faultyEar struct {
	monitor.Ear
	// refused quarters of the panes are not heard.
	refused  atomic.Int64
	refusals atomic.Int64
	// lose is set when what is taken next is lost.
	lose   atomic.Bool
	losses atomic.Int64
}

func (f *faultyEar) wrap(e monitor.Ear) monitor.Ear {
	f.Ear = e
	return f
}

func (f *faultyEar) grants(pane string) bool {
	n, _ := strconv.ParseInt(strings.TrimPrefix(pane, "%"), 10, 64)
	if n%4 >= f.refused.Load() {
		return true
	}
	f.refusals.Add(1)
	return false
}

func (f *faultyEar) Follow(panes []hearing.Pane) {
	var granted []hearing.Pane
	for _, p := range panes {
		if f.grants(p.ID) {
			granted = append(granted, p)
		}
	}
	f.Ear.Follow(granted)
}

func (f *faultyEar) Arm(pane string) bool   { return f.grants(pane) && f.Ear.Arm(pane) }
func (f *faultyEar) Hears(pane string) bool { return f.grants(pane) && f.Ear.Hears(pane) }

func (f *faultyEar) Take() hearing.Heard {
	h := f.Ear.Take()
	if len(h.Printed) > 0 && f.lose.CompareAndSwap(true, false) {
		f.losses.Add(1)
		return hearing.Heard{Everything: true}
	}
	var granted []hearing.Print
	for _, p := range h.Printed {
		if f.grants(p.Pane) {
			granted = append(granted, p)
		}
	}
	h.Printed = granted
	return h
}

// lastBytes writes once more to each pane that it is told of, right after the
// engine has captured it and before the engine knows.
type lastBytes struct {
	mu      sync.Mutex
	ttys    map[string]string
	written int
}

// after is called when a pane has been captured. A pane that was closed in the
// meantime is left alone.
func (l *lastBytes) after(pane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path, ok := l.ttys[pane]
	if !ok {
		return
	}
	delete(l.ttys, pane)
	tty, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer tty.Close()
	if _, err := fmt.Fprintf(tty, "\x1b7\x1b[4;1Hlast %d\x1b8", l.written); err == nil {
		l.written++
	}
}

// tell makes each pane be written to after its next capture; none if panes is
// empty.
func (l *lastBytes) tell(panes []*soakPane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ttys = make(map[string]string, len(panes))
	for _, p := range panes {
		l.ttys[p.id] = p.tty
	}
}

// hearSoak is a run by one way of hearing.
type hearSoak struct {
	t         *testing.T
	stage     *soakStage
	service   *monitor.Service
	snapshots <-chan *engine.Snapshot
	last      *lastBytes
}

// TestNoLastFrameIsMissedHoweverPanesAreHeard lets things go quiet after waves of
// random writes and compares what the engine knows with a capture of all panes.
// Nothing in the cache expires, so that a miss stays one.
func TestNoLastFrameIsMissedHoweverPanesAreHeard(t *testing.T) {
	seed := soakSetting(t, "AGENTWATCH_SOAK_SEED", uint64(time.Now().UnixNano()))
	writes := int(soakSetting(t, "AGENTWATCH_SOAK_WRITES", hearSoakWrites))
	panes := int(soakSetting(t, "AGENTWATCH_SOAK_PANES", hearSoakPanes))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with AGENTWATCH_SOAK_SEED=%d AGENTWATCH_SOAK_WRITES=%d AGENTWATCH_SOAK_PANES=%d", seed, writes, panes)
		}
	})
	stage := newSoakStage(t, rand.New(rand.NewPCG(seed, seed)), panes)
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			stage.t = t
			s := newHearSoak(t, stage, w)
			s.settle("before the first write")
			for wave := range hearSoakWaves {
				s.wave(writes/hearSoakWaves, func() {
					if w.fault != nil {
						w.fault(wave)
					}
				})
				s.settle(fmt.Sprintf("after wave %d", wave))
			}
			server := s.snapshot().Servers[0]
			h := server.Hearing
			w.check(t, h, server.Panes)
			t.Logf("%d panes, %d writes, %d last bytes; %+v", len(stage.panes), writes, s.last.written, h)
		})
	}
	t.Logf("seed %d; %d terminals used again; writes by kind: %s", seed, stage.reused, stage.tally())
}

// newHearSoak starts a service on the stage's server.
func newHearSoak(t *testing.T, stage *soakStage, w way) *hearSoak {
	t.Helper()
	s := &hearSoak{t: t, stage: stage, last: &lastBytes{}}
	w.options.Captured = s.last.after
	s.service = monitor.NewSoakService(t, stage.server.SocketPath(), w.options)
	snapshots, unsubscribe := s.service.Subscribe()
	s.snapshots = snapshots
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.service.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		unsubscribe()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

// snapshot waits for the next snapshot of a server.
func (s *hearSoak) snapshot() *engine.Snapshot {
	s.t.Helper()
	for deadline := time.After(hearPatience); ; {
		select {
		case got := <-s.snapshots:
			if len(got.Servers) > 0 {
				return got
			}
		case <-deadline:
			s.t.Fatal("there are no snapshots any more")
		}
	}
}

// wave makes n writes, with the fault in their middle, and has the last
// byte of every pane that is looked at from then on come right after a capture.
func (s *hearSoak) wave(n int, fault func()) {
	s.t.Helper()
	s.look()
	s.write(n / 2)
	fault()
	s.write(n - n/2)
	s.last.tell(s.stage.panes)
}

// write makes n writes in bursts.
func (s *hearSoak) write(n int) {
	s.t.Helper()
	for done := 0; done < n; {
		for range min(1+s.stage.rng.IntN(soakBurst), n-done) {
			s.stage.write()
			done++
		}
		for range s.stage.rng.IntN(4) {
			s.snapshot()
		}
	}
}

// look makes the user look at some panes, whose colours count then.
func (s *hearSoak) look() {
	s.t.Helper()
	var refs []health.PaneRef
	for range 4 {
		p := s.stage.panes[s.stage.rng.IntN(len(s.stage.panes))]
		refs = append(refs, health.PaneRef{Server: s.stage.server.SocketPath(), Pane: p.id})
	}
	if err := s.service.Follow(s.t.Context(), refs[:2], refs[2:]); err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until what the engine knows of every pane is what it shows, twice
// in a row: one comparison could come before tmux has read the last write.
func (s *hearSoak) settle(when string) {
	s.t.Helper()
	began := time.Now()
	pace := time.NewTicker(hearSoakCompare)
	defer pace.Stop()
	for right := 0; right < 2; {
		wrong := s.compare()
		if right++; len(wrong) > 0 {
			right = 0
		}
		if time.Since(began) > hearPatience {
			s.t.Fatalf("%s and %s of quiet, %d of %d panes are judged by an old screen:\n%s",
				when, hearPatience, len(wrong), len(s.stage.panes), strings.Join(wrong[:min(3, len(wrong))], "\n"))
		}
		<-pace.C
	}
	s.last.tell(nil)
	s.t.Logf("%s: right after %s", when, time.Since(began).Round(time.Millisecond))
}

// compare returns what is wrong with what the engine knows.
func (s *hearSoak) compare() []string {
	s.t.Helper()
	plain, coloured := s.stage.captureAll(false), s.stage.captureAll(true)
	known, err := s.service.Judge(s.t.Context(), s.stage.server.SocketPath())
	if errors.Is(err, engine.ErrUnknownPane) {
		return []string{"the server is not watched yet"}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var wrong []string
	for _, p := range s.stage.panes {
		got, ok := known[p.id]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s was never looked at; last writes %v", p.id, p.last))
		case got.Screen != plain[p.id] && got.Screen != coloured[p.id]:
			wrong = append(wrong, fmt.Sprintf("%s after %v\n--- judged:\n%q\n--- shown:\n%q\nor\n%q",
				p.id, p.last, got.Screen, plain[p.id], coloured[p.id]))
		case got.Verdict.Kind != health.KindClaude:
			wrong = append(wrong, fmt.Sprintf("%s is taken for %q; last writes %v", p.id, got.Verdict.Kind, p.last))
		}
	}
	return wrong
}
