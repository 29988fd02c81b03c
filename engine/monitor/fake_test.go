package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(racerVar); path != "" {
		race(path)
		return
	}
	if path := os.Getenv(lateVar); path != "" {
		readLate(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// Screens that the detector reads without doubt.
const (
	claudeIdle = "● Done.\n\n✻ Worked for 3s · done 7:13 AM\n\n" +
		"────────────────────────────────────────\n❯ \n────────────────────────────────────────\n  ⏸ manual mode on · ? for shortcuts"
	claudeWaiting = "● Bash(./run.sh)\n\n Bash command\n\n   ./run.sh\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n" +
		" Esc to cancel · Tab to amend"
	claudeWorking = "❯ go on\n\n✽ Noodling… (12s · ↓ 21 tokens)\n\n" +
		"────────────────────────────────────────\n❯ \n────────────────────────────────────────\n  ⏸ manual mode on · ? for shortcuts"
)

// fakeServer is a tmux server in memory: its panes show what they are told to.
type fakeServer struct {
	mu       sync.Mutex
	panes    []tmuxpool.Pane
	screens  map[string]string
	captures map[string]int
	lists    int
	// coloured counts the captures with colours, colours those of each pane.
	coloured int
	colours  map[string]int
	// down is what every call fails with while it is set; hang makes every
	// call wait for its context instead.
	down   error
	hang   bool
	closed bool
	// unreadable fails captures only, unlistable lists only; slow is what a
	// capture takes.
	unreadable, unlistable error
	slow                   time.Duration
	// ahead is how far the server's clock is ahead of ours.
	ahead time.Duration
}

// second is the server's clock. It is called under mu, or where nothing else
// runs.
func (f *fakeServer) second() int64 { return time.Now().Add(f.ahead).Unix() }

// setClock lets the server's clock jump.
func (f *fakeServer) setClock(ahead time.Duration) {
	f.mu.Lock()
	f.ahead = ahead
	f.mu.Unlock()
}

func newFakeServer() *fakeServer {
	return &fakeServer{screens: make(map[string]string), captures: make(map[string]int), colours: make(map[string]int)}
}

// show makes a pane show a screen, and makes the pane when it is not there.
func (f *fakeServer) show(id, screen string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.screens[id] = screen
	for i := range f.panes {
		if f.panes[i].ID == id {
			f.panes[i].WindowActivity = f.second()
			return
		}
	}
	n := len(f.panes)
	f.panes = append(f.panes, tmuxpool.Pane{
		ID: id, PID: 1000 + n, Session: "work", WindowID: fmt.Sprintf("@%d", n), Window: "w" + id, WindowIndex: n,
		Width: 80, Height: 24, WindowActivity: f.second(),
	})
}

// enterBubble makes what was shown before a bubble of fake time old in it.
func (f *fakeServer) enterBubble() {
	for i := range f.panes {
		f.panes[i].WindowActivity = f.second() - 60
	}
}

// drop closes a pane.
func (f *fakeServer) drop(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.panes {
		if p.ID == id {
			f.panes = append(f.panes[:i:i], f.panes[i+1:]...)
			return
		}
	}
}

func (f *fakeServer) fail(err error) {
	f.mu.Lock()
	f.down = err
	f.mu.Unlock()
}

func (f *fakeServer) captured() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	total := 0
	for _, n := range f.captures {
		total += n
	}
	return total
}

// enter waits as a hung server does, or fails as a dead one.
func (f *fakeServer) enter(ctx context.Context) error {
	f.mu.Lock()
	hang, down := f.hang, f.down
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return down
}

func (f *fakeServer) ListPanes(ctx context.Context, _ tmuxpool.Detail) ([]tmuxpool.Pane, int64, error) {
	if err := f.enter(ctx); err != nil {
		return nil, 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists++
	if f.unlistable != nil {
		return nil, 0, f.unlistable
	}
	return append([]tmuxpool.Pane(nil), f.panes...), f.second(), nil
}

func (f *fakeServer) PaneIDs(ctx context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids strings.Builder
	for _, p := range f.panes {
		fmt.Fprintln(&ids, p.ID, p.PID)
	}
	return ids.String(), f.down
}

func (f *fakeServer) ActiveSince(ctx context.Context, epoch int64) ([]tmuxpool.Pane, int64, error) {
	all, second, err := f.ListPanes(ctx, tmuxpool.DetailFast)
	var active []tmuxpool.Pane
	for _, p := range all {
		if p.WindowActivity >= epoch {
			active = append(active, p)
		}
	}
	return active, second, err
}

func (f *fakeServer) CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, _ tmuxpool.Method, _ int,
	deliver func(int, tmuxpool.Capture, error),
) {
	err := f.enter(ctx)
	for i, r := range requests {
		if f.slow > 0 {
			time.Sleep(f.slow)
		}
		if err == nil {
			err = errors.Join(ctx.Err(), f.unreadable)
		}
		f.mu.Lock()
		f.captures[r.Pane]++
		if r.Colours {
			f.coloured++
			f.colours[r.Pane]++
		}
		text, ok := f.screens[r.Pane]
		facts := tmuxpool.Pane{}
		if at := slices.IndexFunc(f.panes, func(p tmuxpool.Pane) bool { return p.ID == r.Pane }); at >= 0 && r.Facts {
			facts = f.panes[at]
		}
		f.mu.Unlock()
		switch {
		case err != nil:
			deliver(i, tmuxpool.Capture{}, err)
		case !ok:
			deliver(i, tmuxpool.Capture{}, tmuxpool.ErrPaneGone)
		default:
			deliver(i, tmuxpool.Capture{Text: text, ServerSecond: f.second(), Bytes: len(text), Pane: facts}, nil)
		}
	}
}

func (f *fakeServer) Version(context.Context) (tmuxpool.Version, error) {
	return tmuxpool.Version{Major: 3, Minor: 3, Raw: "3.3a"}, nil
}

// Events never tells anything: what changes must be found without hints.
func (f *fakeServer) Events() <-chan tmuxpool.Event { return nil }

func (f *fakeServer) Status() tmuxpool.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != nil {
		return tmuxpool.Status{Link: tmuxpool.LinkLost, Reason: f.down.Error()}
	}
	return tmuxpool.Status{Link: tmuxpool.LinkControl}
}

func (f *fakeServer) Stats() tmuxpool.Stats { return tmuxpool.Stats{} }

func (f *fakeServer) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	return nil
}

// programs is a process table: the program of each pane by its process, claude
// where none is named.
type programs struct {
	mu   sync.Mutex
	name map[int]string
}

// run makes another program run in the pane of a process.
func (p *programs) run(pid int, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name == nil {
		p.name = make(map[int]string)
	}
	p.name[pid] = name
}

func (p *programs) Fingerprint(pid int) (health.ProcessFingerprint, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, ok := p.name[pid]
	if !ok {
		name = "claude"
	}
	return health.ProcessFingerprint{Group: pid, Start: 1, Comm: name}, nil
}

func (p *programs) Foreground(_ context.Context, pid int) (health.ForegroundInfo, error) {
	print, err := p.Fingerprint(pid)
	return health.ForegroundInfo{
		Fingerprint: print,
		Processes:   []health.Process{{PID: pid, Comm: print.Comm, Args: []string{print.Comm}, Foreground: true}},
	}, err
}

// newTestService is a service on fake servers, named after their sockets.
func newTestService(t *testing.T, o Options, servers map[string]*fakeServer) *Service {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.processes, s.listen, s.tokens = &programs{}, nil, nil
	s.connect = func(socket tmuxpool.Socket) paneServer { return servers[socket.Path] }
	s.discover = func(context.Context) ([]tmuxpool.Socket, []error) {
		var found []tmuxpool.Socket
		for path, server := range servers {
			server.mu.Lock()
			if server.down == nil {
				found = append(found, tmuxpool.Socket{Path: path, Name: path})
			}
			server.mu.Unlock()
		}
		return found, nil
	}
	return s
}
