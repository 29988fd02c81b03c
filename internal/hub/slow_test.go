//go:build fleet

package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// proxy passes connections to a server on, until it is cut or frozen.
type proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	closed   bool
	open     map[net.Conn]struct{}
	frozen   chan struct{}
}

func newProxy(t *testing.T, r *Redis) (*proxy, Options) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: r.Socket(), open: make(map[net.Conn]struct{})}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", p.to)
			if err != nil || !p.add(in, out) {
				_ = in.Close()
				continue
			}
			work.Go(func() { p.pass(in, out) })
			work.Go(func() { p.pass(out, in) })
		}
	})
	t.Cleanup(func() {
		p.thaw()
		_ = l.Close()
		p.cut(true)
		work.Wait()
	})
	return p, Options{URL: "redis://" + l.Addr().String(), Fleet: "test"}
}

func (p *proxy) add(in, out net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = out.Close()
		return false
	}
	p.open[in], p.open[out] = struct{}{}, struct{}{}
	return true
}

// cut ends all connections; with stay, new ones as well.
func (p *proxy) cut(stay bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = stay
	for c := range p.open {
		_ = c.Close()
	}
	clear(p.open)
}

func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		frozen := p.frozen
		p.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// watchBoard fails the test when an agent of those that are shown goes from the board
// before it is called off.
func watchBoard(t *testing.T, v *Viewer, agents int) (callOff func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		for ctx.Err() == nil {
			sum := 0
			for _, h := range v.Hosts(time.Now()) {
				sum += len(h.Agents)
			}
			if sum != agents {
				t.Errorf("%d agents are shown", sum)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	return func() { cancel(); work.Wait() }
}

func TestAServerThatIsKilledAndComesBackEmptyIsWholeSoon(t *testing.T) {
	const hosts, agents = 40, 25
	r := redis(t)
	var all []*machine
	for n := range hosts {
		all = append(all, start(t, optionsOf(r), n, agents))
	}
	v := view(t, optionsOf(r))
	until(t, v, "all", shows(hosts, agents))
	callOff := watchBoard(t, v, hosts*agents)
	r.Kill()
	all[3].turn(4, wait("while it is away"))
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	until(t, v, "what has changed meanwhile, and everything anew", func(shown []Host) bool {
		f := v.Figures()
		for _, h := range shown {
			if h.Status.Name == "host3" && (len(h.Agents) < 5 || h.Agents[4].State != health.StateWaiting) {
				return false
			}
		}
		return f.Holes == 0 && shows(hosts, agents)(shown)
	})
	t.Logf("right %s after the restart", time.Since(began))
	c := direct(t, r)
	for {
		n, err := c.Do(t.Context(), c.B().Dbsize().Build()).ToInt64()
		if err != nil {
			t.Fatal(err)
		}
		if n == 1+hosts*(2+agents) {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("%d keys", n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("whole %s after the restart", time.Since(began))
	callOff()
}

func TestAHostThatIsCutOffIsStaleAfterFifteenSecondsAndRightWhenItIsBack(t *testing.T) {
	r := redis(t)
	p, through := newProxy(t, r)
	m := start(t, through, 1, 3)
	v := view(t, optionsOf(r))
	until(t, v, "the host", shows(1, 3))
	callOff := watchBoard(t, v, 3)
	p.cut(true)
	began := time.Now()
	m.turn(1, wait("while cut off"))
	asked := m.agents[1].Since
	until(t, v, "it is stale", func(all []Host) bool { return all[0].Status.State == engine.HostStale && all[0].Agents[0].Stale })
	if took := time.Since(began); took < 9*time.Second || took > 40*time.Second {
		t.Errorf("it is stale after %s", took)
	} else {
		t.Logf("stale after %s", took)
	}
	p.cut(false)
	began = time.Now()
	hosts := until(t, v, "it is right again", func(all []Host) bool {
		return shows(1, 3)(all) && all[0].Agents[1].State == health.StateWaiting
	})
	t.Logf("right after %s", time.Since(began))
	if !hosts[0].Agents[1].Since.Equal(asked) {
		t.Errorf("it waits since %s, and not %s", hosts[0].Agents[1].Since, asked)
	}
	callOff()
}

func TestAViewerThatIsCutOffKeepsItsRowsAndIsRightWhenItIsBack(t *testing.T) {
	r := redis(t)
	p, through := newProxy(t, r)
	m := start(t, optionsOf(r), 1, 3)
	v := view(t, through)
	until(t, v, "the host", shows(1, 3))
	callOff := watchBoard(t, v, 3)
	p.cut(true)
	m.turn(2, wait("unseen"))
	until(t, v, "it says so, and the host is stale", func(all []Host) bool {
		_, problem := v.Problem()
		return problem != nil && all[0].Status.State == engine.HostStale && len(v.Notices()) == 1
	})
	p.cut(false)
	began := time.Now()
	until(t, v, "it is right", func(all []Host) bool { return shows(1, 3)(all) && all[0].Agents[2].State == health.StateWaiting })
	t.Logf("right after %s", time.Since(began))
	callOff()
}

func TestAHubThatFreezesForEightSecondsIsSaidOnceAndCostsNoMemory(t *testing.T) {
	r := redis(t)
	p, through := newProxy(t, r)
	m := start(t, through, 1, 50)
	v := view(t, through)
	until(t, v, "the host", shows(1, 50))
	callOff := watchBoard(t, v, 50)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p.freeze()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		m.turn(rand.IntN(50), wait(fmt.Sprint(rand.Int())))
	}
	m.turn(7, wait("the last"))
	runtime.GC()
	runtime.ReadMemStats(&after)
	p.thaw()
	began := time.Now()
	until(t, v, "the last change", func(all []Host) bool {
		d := all[0].Agents[7].Dialog
		return shows(1, 50)(all) && d != nil && d.Question == "the last"
	})
	t.Logf("right after %s; the heap grew by %d kB", time.Since(began), (int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024)
	if after.HeapAlloc > before.HeapAlloc+20<<20 {
		t.Errorf("the heap grew from %d to %d", before.HeapAlloc, after.HeapAlloc)
	}
	callOff()
	m.mu.Lock()
	defer m.mu.Unlock()
	failures := 0
	for _, err := range m.said {
		if err != nil {
			failures++
		}
	}
	if failures > 1 {
		t.Errorf("it was said %d times: %v", failures, m.said)
	}
}

// TestTwoHundredHostsWithFiftyAgents measures how late changes are seen.
func TestTwoHundredHostsWithFiftyAgents(t *testing.T) {
	const hosts, agents, viewers, perSecond, lasts = 200, 50, 3, 1000, 20 * time.Second
	r := redis(t)
	all := make([]*machine, hosts)
	for n := range all {
		all[n] = start(t, optionsOf(r), n, agents)
	}
	watching := make([]*Viewer, viewers)
	for i := range watching {
		watching[i] = view(t, optionsOf(r))
		until(t, watching[i], "all", shows(hosts, agents))
	}
	began := time.Now()
	late := view(t, optionsOf(r))
	until(t, late, "all, for who comes late", shows(hosts, agents))
	joined := time.Since(began)
	late.Close()
	ctx, cancel := context.WithCancel(t.Context())
	latencies := make([][]time.Duration, viewers)
	var work sync.WaitGroup
	for i, v := range watching {
		work.Go(func() { latencies[i] = timeChanges(ctx, v) })
	}
	cpu, began := cpuOf(t, r.PID()), time.Now()
	for n := 0; time.Since(began) < lasts; n++ {
		m := all[rand.IntN(hosts)]
		m.turn(rand.IntN(agents), func(a *engine.Agent) {
			if a.Since = time.Now(); a.State == health.StateWaiting {
				a.State = health.StateWorking
			} else {
				a.State = health.StateWaiting
			}
		})
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / perSecond)))
	}
	took := time.Since(began)
	share := float64(cpuOf(t, r.PID())-cpu) / took.Seconds() / 100
	time.Sleep(time.Second)
	cancel()
	work.Wait()
	seen := slices.Concat(latencies...)
	slices.Sort(seen)
	if len(seen) < 1000 {
		t.Fatalf("only %d changes were seen", len(seen))
	}
	t.Logf("%d changes seen by %d viewers: p50 %s, p99 %s; redis-server %.1f %% of a core; who comes late is complete after %s",
		len(seen), viewers, seen[len(seen)/2], seen[len(seen)*99/100], 100*share, joined)
}

// timeChanges is how late each change is shown.
func timeChanges(ctx context.Context, v *Viewer) []time.Duration {
	var all []time.Duration
	shown := make(map[string][]engine.Agent)
	for {
		select {
		case <-ctx.Done():
			return all
		case <-v.Changed():
		}
		now := time.Now()
		for _, h := range v.Hosts(now) {
			before := shown[h.Status.Name]
			shown[h.Status.Name] = h.Agents
			if len(before) != len(h.Agents) || &before[0] == &h.Agents[0] {
				continue
			}
			for i := range h.Agents {
				if h.Agents[i].Revision != before[i].Revision {
					all = append(all, now.Sub(h.Agents[i].Since))
				}
			}
		}
	}
}

// cpuOf is what a process has used, in hundredths of a second.
func cpuOf(t *testing.T, pid int) int64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return user + system
}
