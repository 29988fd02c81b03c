package tmuxpool

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// burst makes leases on as many goroutines, each held for a while.
func burst(t *testing.T, p *clientPool, leases int, held time.Duration) {
	t.Helper()
	var all sync.WaitGroup
	for range leases {
		all.Go(func() {
			lease, err := p.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(held)
			lease.Release()
		})
	}
	all.Wait()
}

func TestThePoolIsLargerBeforeTheNextBurstComes(t *testing.T) {
	f := &fakes{slow: 5 * time.Millisecond}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *clientPool) {
		burst(t, p, 12, 2*time.Millisecond)
		time.Sleep(2 * keepEvery) // nobody asks; the window is over
		synctest.Wait()
		s := p.Stats()
		if s.Open < 2 || s.Open != s.Target || s.Busy != 0 {
			t.Errorf("stats are %+v", s)
		}
		if s.ForecastService != 2*time.Millisecond || s.ForecastRate <= 0 || s.MeanWait <= 0 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestAPoolHasItsLeastAfterTheFirstThatWaits(t *testing.T) {
	f := &fakes{slow: 5 * time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		p := newPool(poolConfig{
			Min: 5, Max: 8, AcquireTimeout: time.Second, GrowAfter: growAfter,
			ShrinkAfter: shrinkAfter, PingTimeout: time.Second,
		}, f.open)
		defer func() { _ = p.Close() }()
		acquire(t, p).Release()
		time.Sleep(time.Hour)
		if s := p.Stats(); s.Open != 5 || s.Target != 5 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestClientsAreOpenedOneAfterTheOther(t *testing.T) {
	f := &fakes{slow: 5 * time.Millisecond}
	var opening, most atomic.Int32
	synctest.Test(t, func(t *testing.T) {
		p := newPool(poolConfig{
			Min: 6, Max: 20, AcquireTimeout: time.Second, GrowAfter: growAfter,
			ShrinkAfter: shrinkAfter, PingTimeout: time.Second,
		}, func(ctx context.Context) (connection, error) {
			most.Store(max(most.Load(), opening.Add(1)))
			defer opening.Add(-1)
			return f.open(ctx)
		})
		burst(t, p, 40, time.Millisecond)
		time.Sleep(time.Second)
		if f.count() < 6 || most.Load() != 1 {
			t.Errorf("of %d, %d were opened at the same time", f.count(), most.Load())
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestThePoolShrinksOneAtATimeAndOnlyAfterCalm(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *clientPool) {
		for range 8 {
			burst(t, p, 40, time.Millisecond)
			time.Sleep(time.Second)
		}
		large := p.Stats().Open
		if large < 3 {
			t.Fatalf("it has %d", large)
		}
		for range 110 { // a little is asked for, all along: it does not count
			burst(t, p, 1, time.Millisecond)
			time.Sleep(500 * time.Millisecond)
		}
		if got := p.Stats().Open; got != large {
			t.Errorf("after 55 s there are %d of %d", got, large)
		}
		for last := large; last > 1; {
			time.Sleep(keepEvery)
			synctest.Wait()
			now := p.Stats().Open
			if now < last-1 {
				t.Fatalf("from %d to %d at once", last, now)
			}
			last = now
		}
	})
}

func TestAServerThatRefusesClientsIsNotAskedAtEveryRound(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *clientPool) {
		acquire(t, p).Release()
		f.refuse(ErrClientExited)
		for range 100 {
			burst(t, p, 40, time.Millisecond)
			time.Sleep(100 * time.Millisecond)
		}
		if got := f.refusals(); got < 1 || got > 3 {
			t.Errorf("in some 14 s it was asked %d times", got)
		}
		f.refuse(nil)
		time.Sleep(pauseAfterFailure)
		burst(t, p, 40, time.Millisecond)
		time.Sleep(time.Second)
		if got := p.Stats().Open; got < 2 {
			t.Errorf("then there are %d", got)
		}
	})
}

func TestALeaseKeptForLongMakesRoomForOthersMoreAndMoreSlowly(t *testing.T) {
	f := &fakes{}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *clientPool) {
		acquire(t, p)
		for i, want := range []time.Duration{10, 20, 40, 80} {
			began := time.Now()
			acquire(t, p)
			if got := time.Since(began); got < want*time.Millisecond || got > 2*want*time.Millisecond {
				t.Errorf("connection %d came after %s", i+2, got)
			}
		}
	})
}

func TestANeedIsRememberedForAsLongAsCalmTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var needed neededSize
		calm := time.Minute
		type note struct {
			at time.Time
			n  int
		}
		var notes []note
		now := time.Unix(1000, 0)
		for range rapid.IntRange(1, 50).Draw(t, "notes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			n := rapid.IntRange(0, mostClients).Draw(t, "n")
			needed.need(n, now)
			notes = append(notes, note{now, n})
			want := 0
			for _, note := range notes {
				if now.Sub(note.at) < calm {
					want = max(want, note.n)
				}
			}
			if got := needed.within(calm, now); got != want {
				t.Fatalf("it is %d and not %d", got, want)
			}
		}
	})
}
