package tmuxpool

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeConnection is a connection without a server.
type fakeConnection struct {
	dead   atomic.Bool
	mute   atomic.Bool // alive, but fails its health check
	silent time.Duration
	closed atomic.Int32
}

func (f *fakeConnection) alive() bool          { return !f.dead.Load() }
func (f *fakeConnection) quiet() time.Duration { return f.silent }
func (f *fakeConnection) close()               { f.closed.Add(1); f.dead.Store(true) }
func (f *fakeConnection) ping(context.Context) error {
	if f.mute.Load() {
		return ErrServerHung
	}
	return nil
}

// fakes opens fake connections and remembers them.
type fakes struct {
	mu   sync.Mutex
	all  []*fakeConnection
	err  error
	fail int // how often it has
	slow time.Duration
}

func (f *fakes) open(context.Context) (connection, error) {
	time.Sleep(f.slow) // in a synctest bubble: it takes no time
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		f.fail++
		return nil, f.err
	}
	c := &fakeConnection{silent: time.Hour}
	f.all = append(f.all, c)
	return c, nil
}

func (f *fakes) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

// refuse makes opening fail from now on, or no longer.
func (f *fakes) refuse(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakes) refusals() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fail
}

// at returns the connection that was opened as the i-th.
func (f *fakes) at(i int) *fakeConnection {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[i]
}

// inPool runs a test on a pool, in a bubble where time passes by itself.
func inPool(t *testing.T, f *fakes, config poolConfig, test func(t *testing.T, p *clientPool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if config.Max == 0 {
			config.Max = 3
		}
		config.Min, config.AcquireTimeout = 1, 5*time.Second
		config.GrowAfter, config.ShrinkAfter, config.PingTimeout = 10*time.Millisecond, time.Minute, time.Second
		p := newPool(config, f.open)
		defer func() {
			if err := p.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			for i, c := range f.all {
				if c.closed.Load() == 0 {
					t.Errorf("connection %d was not closed", i)
				}
			}
		}()
		test(t, p)
	})
}

// acquire takes a lease that must be had.
func acquire(t *testing.T, p *clientPool) *poolLease {
	t.Helper()
	lease, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func TestAFreeConnectionIsUsedAgain(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		for range 10 {
			lease := acquire(t, p)
			lease.Release()
			lease.Release() // counts once
		}
		if s := p.Stats(); s.Created != 1 || s.Reused != 9 || s.Open != 1 || s.Busy != 0 || s.ReuseRate != 0.9 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestThePoolGrowsWhenSomebodyWaitsAndShrinksWhenItIsCalm(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		leases := []*poolLease{acquire(t, p), acquire(t, p), acquire(t, p)}
		if s := p.Stats(); s.Open != 3 || s.Busy != 3 || s.Waits != 3 {
			t.Errorf("stats are %+v", s)
		}
		for _, lease := range leases {
			lease.Release()
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := p.Stats(); s.Open != 1 {
			t.Errorf("after calm there are %d", s.Open)
		}
	})
}

func TestABriefWaitDoesNotGrowThePool(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		first := acquire(t, p)
		time.AfterFunc(5*time.Millisecond, first.Release)
		acquire(t, p).Release()
		if f.count() != 1 {
			t.Errorf("%d were opened", f.count())
		}
	})
}

func TestWhoWaitsTooLongIsToldSo(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *clientPool) {
		lease := acquire(t, p)
		began := time.Now()
		_, err := p.Acquire(t.Context())
		if !errors.Is(err, ErrAcquireTimeout) || time.Since(began) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline: %v", err)
		}
		lease.Release()
		acquire(t, p).Release()
		if s := p.Stats(); s.Timeouts != 1 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestWhoWaitsIsServedInTurn(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *clientPool) {
		lease := acquire(t, p)
		var order []int
		var waiting sync.WaitGroup
		for i := range 5 {
			waiting.Go(func() {
				l, err := p.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, i) // the pool has one: no two at once
				l.Release()
			})
			synctest.Wait()
		}
		lease.Release()
		waiting.Wait()
		for i, got := range order {
			if i != got {
				t.Fatalf("the order is %v", order)
			}
		}
	})
}

func TestAnOldConnectionIsReplaced(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{MaxAge: 15 * time.Minute}, func(t *testing.T, p *clientPool) {
		lease := acquire(t, p)
		time.Sleep(16 * time.Minute)
		lease.Release()
		acquire(t, p).Release()
		time.Sleep(16 * time.Minute) // idle ones, too
		if s := p.Stats(); s.Recycled != 2 || s.Created != 2 || s.Open != 0 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestADeadOrMuteConnectionIsNotHandedOut(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		acquire(t, p).Release()
		f.at(0).dead.Store(true)
		acquire(t, p).Release()
		f.at(1).mute.Store(true)
		time.Sleep(20 * time.Second)
		acquire(t, p).Release()
		if f.count() != 3 {
			t.Errorf("%d were opened", f.count())
		}
	})
}

func TestAFailureToOpenReachesTheOneWhoWaits(t *testing.T) {
	f := &fakes{err: ErrNoServer}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		if _, err := p.Acquire(t.Context()); !errors.Is(err, ErrNoServer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestClosingAnswersEveryoneAndClosesEverything(t *testing.T) {
	f := &fakes{slow: time.Second}
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *clientPool) {
		lease := acquire(t, p)
		waited := make(chan error)
		go func() { _, err := p.Acquire(t.Context()); waited <- err }()
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-waited; !errors.Is(err, ErrPoolClosed) {
			t.Errorf("who waited got %v", err)
		}
		lease.Release()
		if _, err := p.Acquire(t.Context()); !errors.Is(err, ErrPoolClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestWhatWasKilledIsNotTakenBack(t *testing.T) {
	f := &fakes{slow: time.Second}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *clientPool) {
		lease := acquire(t, p)
		waited := make(chan error)
		go func() {
			l, err := p.Acquire(t.Context())
			if err == nil {
				l.Release()
			}
			waited <- err
		}()
		time.Sleep(100 * time.Millisecond) // the second is being opened
		p.kill()
		if f.at(0).alive() {
			t.Error("the busy one lives")
		}
		lease.Release()
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if f.count() != 3 || f.at(1).alive() || !f.at(2).alive() {
			t.Errorf("%d were opened, and the wrong ones live", f.count())
		}
	})
}
