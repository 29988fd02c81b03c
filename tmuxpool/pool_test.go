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

// fakeWorker is a connection without a server.
type fakeWorker struct {
	dead   atomic.Bool
	mute   atomic.Bool // alive, but fails its health check
	silent time.Duration
	closed atomic.Int32
}

func (f *fakeWorker) alive() bool          { return !f.dead.Load() }
func (f *fakeWorker) quiet() time.Duration { return f.silent }
func (f *fakeWorker) close()               { f.closed.Add(1); f.dead.Store(true) }
func (f *fakeWorker) ping(context.Context) error {
	if f.mute.Load() {
		return ErrServerHung
	}
	return nil
}

// fakes opens fake connections and remembers them.
type fakes struct {
	mu   sync.Mutex
	all  []*fakeWorker
	err  error
	fail int // how often it has
	slow time.Duration
}

func (f *fakes) open(context.Context) (worker, error) {
	time.Sleep(f.slow) // in a synctest bubble: it takes no time
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		f.fail++
		return nil, f.err
	}
	c := &fakeWorker{silent: time.Hour}
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
func (f *fakes) at(i int) *fakeWorker {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[i]
}

// inPool runs a test on a pool, in a bubble where time passes by itself.
func inPool(t *testing.T, f *fakes, config poolConfig, test func(t *testing.T, p *pool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if config.Max == 0 {
			config.Max = 3
		}
		config.AcquireTimeout, config.PingTimeout = 5*time.Second, time.Second
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
func acquire(t *testing.T, p *pool) *lease {
	t.Helper()
	lease, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func TestAFreeConnectionIsUsedAgain(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
		for range 10 {
			lease := acquire(t, p)
			lease.use()
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
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
		leases := []*lease{acquire(t, p), acquire(t, p), acquire(t, p)}
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
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{MaxAge: 15 * time.Minute}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
		if _, err := p.Acquire(t.Context()); !errors.Is(err, ErrNoServer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestClosingAnswersEveryoneAndClosesEverything(t *testing.T) {
	f := &fakes{slow: time.Second}
	inPool(t, f, poolConfig{Max: 1}, func(t *testing.T, p *pool) {
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
	inPool(t, f, poolConfig{}, func(t *testing.T, p *pool) {
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

func TestAllWhoComeTogetherDoNotEachGetAWorker(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *pool) {
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				l, err := p.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(2 * time.Millisecond) // the last one waits for 38 ms
				l.Release()
			})
		}
		callers.Wait()
		if s := p.Stats(); s.Created != 2 || s.Waits != 20 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestAQueueBehindLongJobsGetsWorkersUpToTheMost(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 3}, func(t *testing.T, p *pool) {
		var callers sync.WaitGroup
		began := time.Now()
		for range 6 {
			callers.Go(func() {
				l, err := p.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Second)
				l.Release()
			})
		}
		callers.Wait()
		if s, took := p.Stats(), time.Since(began); s.Created != 3 || s.Open != 3 || took > 2100*time.Millisecond {
			t.Errorf("after %s stats are %+v", took, s)
		}
	})
}

func TestAServerThatRefusesMoreWorkersIsNotAskedAtEveryWait(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 3}, func(t *testing.T, p *pool) {
		lease := acquire(t, p)
		f.refuse(ErrClientExited)
		time.AfterFunc(4*time.Second, lease.Release)
		acquire(t, p).Release()
		if got := f.refusals(); got != 1 {
			t.Errorf("it was asked %d times", got)
		}
	})
}

func TestAProcessThatMakesABatchIsOneConnectionUsedForEachCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(poolConfig{Max: 2, AcquireTimeout: time.Second, MaxAge: time.Hour, PingTimeout: time.Second},
			func(context.Context) (worker, error) { return &batchSlot{func() bool { return false }}, nil })
		for range 2 {
			l := acquire(t, p)
			l.useBatch(50)
			l.Release()
		}
		time.Sleep(2 * time.Hour) // a slot does not age
		if s := p.Stats(); s.Created != 2 || s.Reused != 98 || s.ReuseRate != 0.98 || s.Open != 1 || s.Recycled != 0 {
			t.Errorf("stats are %+v", s)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
