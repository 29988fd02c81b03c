//go:build fleet

package hub

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

var (
	chaosLasts = flag.Duration("chaos", 40*time.Second, "how long the parts of a fleet are killed, frozen, emptied, cut off and restarted")
	chaosSeed  = flag.Uint64("chaos-seed", 0, "what comes in which order; 0 for another one each time")
)

// rightAfter is how soon after an event everything must be right, once its cause is over:
// as a givenClock tells it, since a machine that has other work may be late for seconds
// with all there is here, the server and the hosts.
const rightAfter = 7 * time.Second

// givenClock goes while the machine gives this process the processor when it is due: of a
// sleep that lasts longer than it is to, twice its time counts, and no more.
type givenClock struct{ gone atomic.Int64 }

// tick is how long the clock's sleeps are to last.
const tick = 5 * time.Millisecond

// run lets the clock go until ctx ends.
func (c *givenClock) run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		time.Sleep(tick)
		c.gone.Add(int64(min(time.Since(began), 2*tick)))
	}
}

func (c *givenClock) now() time.Duration { return time.Duration(c.gone.Load()) }

// chaosTold is what was told of the agents of a fleet, by two viewers.
type chaosTold struct {
	mu sync.Mutex
	// sure is how often something was told as for the first time, all how often at all.
	sure, all map[string]int
}

func (c *chaosTold) key(a *engine.Agent) string {
	return fmt.Sprintf("%s %s %d", a.Ref.Host, a.Ref.Pane, a.Since.UnixNano())
}

// tell tells of what a viewer shows, as a notifier does, until ctx ends.
func (c *chaosTold) tell(ctx context.Context, v *Viewer, teller *Teller) {
	mine := make(map[string]bool)
	for ctx.Err() == nil {
		for _, h := range v.Hosts(time.Now()) {
			for i := range h.Agents {
				a := &h.Agents[i]
				what := engine.Telling{Ref: a.Ref, Since: a.Since, Urgency: a.Urgency()}
				if key := c.key(a); a.State == health.StateWaiting && !a.Stale && !mine[key] && teller.Ours(what) {
					mine[key] = c.tellOne(ctx, teller, what, key)
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tellOne tells one thing and reports whether it is done with.
func (c *chaosTold) tellOne(ctx context.Context, teller *Teller, what engine.Telling, key string) bool {
	claim, err := teller.Claim(ctx, what)
	if err != nil || claim == engine.ClaimLater {
		return false
	}
	if claim != engine.ClaimTold {
		c.mu.Lock()
		c.all[key]++
		if claim == engine.ClaimFirst {
			c.sure[key]++
		}
		c.mu.Unlock()
		// What cannot be noted may be told again, and that is said then.
		_ = teller.Sent(ctx, what)
	}
	return true
}

// chaos is a fleet under load.
type chaos struct {
	t       *testing.T
	random  *rand.Rand
	redis   *Redis
	hosts   []*machine
	toHosts []*proxy
	toViews []*proxy
	// quiet is held while the load pauses.
	quiet sync.Mutex
	given givenClock
	// worst is the longest until all was right, worstGiven that by the given clock.
	worst, worstGiven time.Duration
}

// load lets agents change, one after the other.
func (c *chaos) load(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		c.quiet.Lock()
		m := c.hosts[random.IntN(len(c.hosts))]
		m.turn(random.IntN(len(m.agents)), func(a *engine.Agent) {
			if a.State == health.StateWaiting {
				a.State, a.Wait, a.Dialog, a.Since = health.StateWorking, health.WaitNone, nil, time.Now()
			} else {
				wait(fmt.Sprint(random.Int()))(a)
				a.Past = nil
			}
		})
		c.quiet.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
}

// frozen is how long a part stands still.
func (c *chaos) frozen() time.Duration {
	return time.Duration(500+c.random.IntN(4000)) * time.Millisecond
}

// event does one thing to one part, and undoes it.
func (c *chaos) event() string {
	pick := func(all []*proxy) *proxy { return all[c.random.IntN(len(all))] }
	switch c.random.IntN(7) {
	case 0:
		c.redis.Kill()
		time.Sleep(c.frozen())
		if err := c.redis.Start(context.Background()); err != nil {
			c.t.Fatal(err)
		}
		return "the server is killed and comes back empty"
	case 1:
		_ = syscall.Kill(c.redis.PID(), syscall.SIGSTOP)
		time.Sleep(c.frozen())
		_ = syscall.Kill(c.redis.PID(), syscall.SIGCONT)
		return "the server freezes"
	case 2:
		client := direct(c.t, c.redis)
		if err := client.Do(context.Background(), client.B().Flushall().Build()).Error(); err != nil {
			c.t.Fatal(err)
		}
		return "the server is emptied"
	case 3:
		p := pick(c.toHosts)
		p.cut(true)
		time.Sleep(c.frozen())
		p.cut(false)
		return "hosts are cut off"
	case 4:
		p := pick(c.toViews)
		p.cut(true)
		time.Sleep(c.frozen())
		p.cut(false)
		return "a viewer is cut off"
	case 5:
		p := pick(append(c.toViews[:len(c.toViews):len(c.toViews)], c.toHosts...))
		p.freeze()
		time.Sleep(c.frozen())
		p.thaw()
		return "a way freezes"
	default:
		c.quiet.Lock()
		defer c.quiet.Unlock()
		m := c.hosts[c.random.IntN(len(c.hosts))]
		m.stop()
		m.run()
		return "a collector is restarted"
	}
}

// settles waits until both viewers show what all hosts do, while nothing changes.
func (c *chaos) settles(after string, views []*Viewer) {
	c.t.Helper()
	c.quiet.Lock()
	defer c.quiet.Unlock()
	began, given := time.Now(), c.given.now()
	for _, v := range views {
		for !c.isRight(v) {
			if c.given.now()-given > rightAfter {
				_, problem := v.Problem()
				c.t.Fatalf("%s after this it is not right: %s; %s; problem: %v", time.Since(began), after, summary(v.Hosts(time.Now())), problem)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	took := time.Since(began)
	c.worst, c.worstGiven = max(c.worst, took), max(c.worstGiven, c.given.now()-given)
	c.t.Logf("%s; right after %s", after, took.Round(time.Millisecond))
}

func (c *chaos) isRight(v *Viewer) bool {
	shown := v.Hosts(time.Now())
	if len(shown) != len(c.hosts) {
		return false
	}
	for i, h := range shown {
		m := c.hosts[i]
		if h.Status.State != engine.HostLive || len(h.Agents) != len(m.agents) {
			return false
		}
		for j, a := range h.Agents {
			if b := m.agents[j]; a.Stale || a.State != b.State || !a.Since.Equal(b.Since) || !a.Dialog.Equal(b.Dialog) {
				return false
			}
		}
	}
	return true
}

// untold are the agents that wait and of which nothing has been told.
func (c *chaos) untold(told *chaosTold, v *Viewer) (all []string) {
	told.mu.Lock()
	defer told.mu.Unlock()
	for _, h := range v.Hosts(time.Now()) {
		for i := range h.Agents {
			if a := &h.Agents[i]; a.State == health.StateWaiting && told.all[told.key(a)] == 0 {
				all = append(all, told.key(a))
			}
		}
	}
	return all
}

func TestWhateverIsKilledFrozenEmptiedOrCutOffTheBoardIsRightSoonAndEachWaitIsToldOnce(t *testing.T) {
	const hosts, agents = 9, 10
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-chaos-seed %d", seed)
	c := &chaos{t: t, random: rand.New(rand.NewPCG(seed, 1)), redis: redis(t)}
	var ways []Options
	for range 3 {
		p, o := newProxy(t, c.redis)
		c.toHosts, ways = append(c.toHosts, p), append(ways, o)
	}
	for n := range hosts {
		c.hosts = append(c.hosts, start(t, ways[n%len(ways)], n, agents))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	told := &chaosTold{sure: make(map[string]int), all: make(map[string]int)}
	var views []*Viewer
	var callOff []func()
	for range 2 {
		p, o := newProxy(t, c.redis)
		v := view(t, o)
		c.toViews, views = append(c.toViews, p), append(views, v)
		until(t, v, "all", shows(hosts, agents))
		teller, err := v.Teller(TellOptions{Lease: 3 * time.Second, Trial: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer teller.Close()
		work.Go(func() { told.tell(ctx, v, teller) })
		callOff = append(callOff, watchBoard(t, v, hosts*agents))
	}
	defer work.Wait()
	defer cancel()
	work.Go(func() { c.given.run(ctx) })
	work.Go(func() { c.load(ctx, rand.New(rand.NewPCG(seed, 2))) })
	events := 0
	for end := time.Now().Add(*chaosLasts); time.Now().Before(end) && !t.Failed(); events++ {
		time.Sleep(time.Duration(c.random.IntN(1500)) * time.Millisecond)
		c.settles(c.event(), views)
	}
	c.quiet.Lock()
	defer c.quiet.Unlock()
	for late := time.Now().Add(patience); len(c.untold(told, views[0])) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never told: %v", c.untold(told, views[0]))
		}
	}
	for _, off := range callOff {
		off()
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	twice := 0
	for key, n := range told.sure {
		if n > 1 {
			t.Errorf("%s is told %d times", key, n)
		}
	}
	for _, n := range told.all {
		if n > 1 {
			twice++
		}
	}
	t.Logf("%d events, the worst was right after %s, and after %s in which the machine was there for it; %d waits told, %d of them twice, and said so", events, c.worst.Round(time.Millisecond), c.worstGiven.Round(time.Millisecond), len(told.all), twice)
}
