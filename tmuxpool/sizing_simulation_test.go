package tmuxpool

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What a capture costs in the simulation, as measured with tmux 3.3a for panes
// of 200x50 in colour: the server needs captureCost and does one at a time; the
// way there and back takes captureWay and goes on beside it. Attaching takes
// attachTime, a fifth of it the server's.
const (
	captureCost = 310 * time.Microsecond
	captureWay  = 315 * time.Microsecond
	attachTime  = 5 * time.Millisecond
)

// simulatedServer serves as many clients at a time as turn has room for, in the
// order of asking: tmux serves one.
type simulatedServer struct{ turn chan struct{} }

func (s *simulatedServer) work(d time.Duration) {
	s.turn <- struct{}{}
	time.Sleep(d)
	<-s.turn
}

func (s *simulatedServer) open(context.Context) (connection, error) {
	time.Sleep(attachTime * 4 / 5)
	s.work(attachTime / 5)
	return &fakeConnection{}, nil
}

// round is a number of captures that are wanted at the same time.
type round struct {
	at    time.Duration // since the beginning
	costs []time.Duration
}

// rounds makes as many rounds as sizes are given, every so often. Each comes
// up to a tenth of the interval late, and captures differ by a fifth in cost, by
// random numbers that are the same in every run.
func rounds(every time.Duration, sizes ...int) []round {
	random := rand.New(rand.NewPCG(1, 2))
	made := make([]round, len(sizes))
	for i, size := range sizes {
		made[i].at = time.Duration(i)*every + time.Duration(random.Int64N(int64(every/10)))
		for range size {
			made[i].costs = append(made[i].costs, captureCost*4/5+time.Duration(random.Int64N(int64(captureCost*2/5))))
		}
	}
	return made
}

// poisson makes captures that are independent of each other, so many a second.
func poisson(rate float64, length time.Duration) []round {
	random := rand.New(rand.NewPCG(3, 4))
	var made []round
	for at := time.Duration(0); at < length; at += time.Duration(random.ExpFloat64() / rate * float64(time.Second)) {
		made = append(made, round{at: at, costs: []time.Duration{captureCost}})
	}
	return made
}

// outcome is what became of a workload.
type outcome struct {
	took  []time.Duration // from the wish for a capture until it is there
	waits []time.Duration // for a connection
	open  float64         // connections, mean over time
	stats Stats
}

// p99 is the 99th percentile.
func p99(of []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)*99/100]
}

func (o outcome) String() string {
	return fmt.Sprintf("captured in p99 %8s, waited p99 %8s mean %8s, open mean %5.2f, attached %d",
		p99(o.took).Round(10*time.Microsecond), p99(o.waits).Round(10*time.Microsecond),
		o.stats.MeanWait.Round(time.Microsecond), o.open, o.stats.Created)
}

// simulate runs a workload on a real pool of least to most connections to a
// simulated server that serves atOnce clients at a time, in virtual time.
func simulate(t *testing.T, atOnce int, workload []round, least, most int) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		server := &simulatedServer{turn: make(chan struct{}, atOnce)}
		p := newPool(poolConfig{
			Min: least, Max: most, AcquireTimeout: 5 * time.Second, MaxAge: 15 * time.Minute,
			GrowAfter: growAfter, ShrinkAfter: shrinkAfter, PingTimeout: time.Second,
		}, server.open)
		var mu sync.Mutex
		capture := func(since time.Time, cost time.Duration) {
			asked := time.Now()
			lease := acquire(t, p)
			waited := time.Since(asked)
			time.Sleep(captureWay / 2)
			server.work(cost)
			time.Sleep(captureWay / 2)
			lease.Release()
			mu.Lock()
			defer mu.Unlock()
			o.took, o.waits = append(o.took, time.Since(since)), append(o.waits, waited)
		}
		done := make(chan struct{})
		var sampler, all sync.WaitGroup
		sampler.Go(func() { o.open = meanOpen(p, done) })
		began := time.Now()
		for _, r := range workload {
			time.Sleep(time.Until(began.Add(r.at)))
			all.Go(func() { r.run(capture) })
		}
		all.Wait()
		close(done)
		sampler.Wait()
		o.stats = p.Stats()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// meanOpen samples how many connections a pool has, until done.
func meanOpen(p *clientPool, done <-chan struct{}) float64 {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var samples, open float64
	for {
		select {
		case <-done:
			return open / max(samples, 1)
		case <-ticker.C:
			samples++
			open += float64(p.Stats().Open)
		}
	}
}

// run makes a round's captures, up to twenty at once, as sweeps do.
func (r round) run(capture func(since time.Time, cost time.Duration)) {
	began := time.Now()
	var taken atomic.Int64
	var workers sync.WaitGroup
	for worker := range min(len(r.costs), mostAtOnce) {
		workers.Go(func() {
			time.Sleep(time.Duration(worker)) // a nanosecond apart: in the same order in every run
			for i := taken.Add(1) - 1; i < int64(len(r.costs)); i = taken.Add(1) - 1 {
				capture(began, r.costs[i])
			}
		})
	}
	workers.Wait()
}

// repeat returns a size so many times.
func repeat(size, times int) []int { return slices.Repeat([]int{size}, times) }

// ramp returns sizes from 1 to most and back, several times.
func ramp(most, times int) []int {
	var sizes []int
	for range times {
		for i := 1; i <= most; i += 2 {
			sizes = append(sizes, i)
		}
		for i := most; i > 0; i -= 2 {
			sizes = append(sizes, i)
		}
	}
	return sizes
}

// What a pool sized by forecast may take longer than one of twenty: a tenth, for
// the times when it has not yet seen what comes, and what attaching costs once.
const (
	toleratedShare = 1.10
	toleratedTime  = time.Millisecond
)

// What counts is the time until a capture is there. The wait for a connection is
// only a part of it: with twenty connections nobody waits for one, but for as
// long inside the server, behind the other nineteen.
func TestThePoolSizedByForecastIsAsQuickAsTwentyAndHasFewerThanFour(t *testing.T) {
	for _, workload := range []struct {
		name          string
		tooMuchForOne bool
		rounds        []round
	}{
		{"fifty at once every second", true, rounds(time.Second, repeat(50, 180)...)},
		{"fifty at once every twenty seconds", true, rounds(20*time.Second, repeat(50, 30)...)},
		{"ten at once every half second", true, rounds(500*time.Millisecond, repeat(10, 240)...)},
		{"ramps from one to a hundred", true, rounds(time.Second, ramp(100, 2)...)},
		{"a steady 500 a second", false, poisson(500, 20*time.Second)},
		{"a steady 2500 a second", true, poisson(2500, 3*time.Second)},
		{"as many as can be, without a pause", true, rounds(time.Second, 10000)},
		{"quiet", false, rounds(2*time.Second, repeat(1, 60)...)},
	} {
		t.Run(workload.name, func(t *testing.T) {
			forecast := simulate(t, 1, workload.rounds, 1, mostClients)
			fixed := make(map[int]outcome)
			for _, n := range []int{1, 5, 20} {
				fixed[n] = simulate(t, 1, workload.rounds, n, n)
				t.Logf("fixed %2d: %s", n, fixed[n])
			}
			t.Logf("forecast: %s", forecast)
			limit := time.Duration(toleratedShare*float64(p99(fixed[20].took))) + toleratedTime
			if got := p99(forecast.took); got > limit {
				t.Errorf("99 of 100 captures are there after %s, more than %s", got, limit)
			}
			if one := p99(fixed[1].took); workload.tooMuchForOne && one <= limit {
				t.Errorf("one connection does it in %s: this shows nothing", one)
			}
			if forecast.open >= 4 {
				t.Errorf("it has %.2f connections on average", forecast.open)
			}
		})
	}
}

func TestWhereConnectionsAreServedIndependentlyThePoolGrowsToTheMost(t *testing.T) {
	const size = 5000
	long := rounds(2*time.Second, size, size)
	got := simulate(t, mostClients, long, 1, mostClients)
	if t.Logf("%s", got); got.stats.Open != mostClients {
		t.Errorf("it has %d", got.stats.Open)
	}
	twenty := simulate(t, mostClients, long, mostClients, mostClients)
	// In the first round it grows, in the second it is there.
	if took, limit := p99(got.took[size:]), p99(twenty.took[size:])*11/10; took > limit {
		t.Errorf("it takes %s, more than %s", took, limit)
	}
}

func TestASimulationIsTheSameEveryTime(t *testing.T) {
	workload := rounds(time.Second, ramp(60, 1)...)
	first, second := simulate(t, 1, workload, 1, mostClients), simulate(t, 1, workload, 1, mostClients)
	if first.stats.Created != second.stats.Created || p99(first.took) != p99(second.took) {
		t.Errorf("first: %s\nthen: %s", first, second)
	}
}
