package tmuxpool

import (
	"sync"
	"testing"
	"time"

	"agentwatch/internal/plottest"
)

// reading is what a pool was at a moment: calls a second in the time before it, and
// the longest of their waits.
type reading struct {
	at         time.Duration
	load       float64
	open, busy int
	wait       time.Duration
}

const (
	// scaleEvery is the time between two readings, scaleHold how long a call has a
	// worker: what a capture takes on a busy server.
	scaleEvery = 2 * time.Second
	scaleHold  = 40 * time.Millisecond
)

// scaled plays a load that grows tenfold after a minute and falls again after three
// on a pool, in virtual time.
func scaled(t *testing.T) (readings []reading) {
	f := &fakes{slow: 10 * time.Millisecond}
	inPool(t, f, poolConfig{Max: 20}, func(t *testing.T, p *pool) {
		var mu sync.Mutex
		var longest time.Duration
		var calls sync.WaitGroup
		began, next, made := time.Now(), time.Now().Add(scaleEvery), 0
		for elapsed := time.Duration(0); elapsed < 7*time.Minute; elapsed = time.Since(began) {
			pause := 50 * time.Millisecond
			if elapsed >= time.Minute && elapsed < 3*time.Minute {
				pause = 5 * time.Millisecond
			}
			calls.Go(func() {
				asked := time.Now()
				l, err := p.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				longest = max(longest, time.Since(asked))
				mu.Unlock()
				time.Sleep(scaleHold)
				l.Release()
			})
			made++
			time.Sleep(pause)
			if now := time.Now(); !now.Before(next) {
				s := p.Stats()
				mu.Lock()
				readings = append(readings, reading{now.Sub(began), float64(made) / scaleEvery.Seconds(), s.Open, s.Busy, longest})
				longest, made, next = 0, 0, next.Add(scaleEvery)
				mu.Unlock()
			}
		}
		calls.Wait()
	})
	return readings
}

// during returns the readings of a time.
func during(all []reading, from, to time.Duration) (within []reading) {
	for _, r := range all {
		if r.at > from && r.at <= to {
			within = append(within, r)
		}
	}
	return within
}

func TestThePoolGrowsWithALoadThatGrowsTenfoldAndShrinksWhenItFalls(t *testing.T) {
	readings := scaled(t)
	for _, c := range []struct {
		name      string
		from, to  time.Duration
		low, high int
		wait      time.Duration
	}{
		{"before", 10 * time.Second, time.Minute, 1, 2, 50 * time.Millisecond},
		{"in the first seconds of the load", time.Minute, 64 * time.Second, 1, 20, time.Second},
		{"under the load", 70 * time.Second, 3 * time.Minute, 8, 20, 50 * time.Millisecond},
		{"two minutes after the load", 5*time.Minute + time.Second, 7 * time.Minute, 1, 3, 50 * time.Millisecond},
	} {
		within := during(readings, c.from, c.to)
		if len(within) == 0 {
			t.Fatalf("no readings %s", c.name)
		}
		for _, r := range within {
			if r.open < c.low || r.open > c.high || r.wait > c.wait {
				t.Errorf("%s, at %s: %d workers (%d to %d expected), waits up to %s (%s)", c.name, r.at, r.open, c.low, c.high, r.wait, c.wait)
			}
		}
	}
	values := func(of func(reading) float64) (all []float64) {
		for _, r := range readings {
			all = append(all, of(r))
		}
		return all
	}
	var at []time.Duration
	for _, r := range readings {
		at = append(at, r.at)
	}
	plottest.Write(t, "scaling.svg", "The pool under a load that grows tenfold and falls again", at,
		plottest.Curve{Title: "calls a second", Colour: "#777777", Values: values(func(r reading) float64 { return r.load })},
		plottest.Curve{Title: "workers", Colour: "#1e66f5", Values: values(func(r reading) float64 { return float64(r.open) })},
		plottest.Curve{Title: "longest wait for one, ms", Colour: "#d20f39", Values: values(func(r reading) float64 { return float64(r.wait) / float64(time.Millisecond) })})
}
