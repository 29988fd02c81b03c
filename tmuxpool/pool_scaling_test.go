package tmuxpool

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
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
	all := scaled(t)
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
		within := during(all, c.from, c.to)
		if len(within) == 0 {
			t.Fatalf("no readings %s", c.name)
		}
		for _, r := range within {
			if r.open < c.low || r.open > c.high || r.wait > c.wait {
				t.Errorf("%s, at %s: %d workers (%d to %d expected), waits up to %s (%s)", c.name, r.at, r.open, c.low, c.high, r.wait, c.wait)
			}
		}
	}
	if path := os.Getenv("AGENTWATCH_SCALING_PLOT"); path != "" {
		if err := os.WriteFile(path, []byte(plot(all)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// plot draws readings as SVG: three curves below each other, over the same time.
func plot(all []reading) string {
	const width, height, left, gap = 720, 90, 60, 44
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`, left+width+20, 3*(height+gap)+10)
	b.WriteString("\n<title>The pool under a load that grows tenfold and falls again</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n")
	last := all[len(all)-1].at.Seconds()
	for i, curve := range []struct {
		title, colour string
		value         func(reading) float64
	}{
		{"calls a second", "#777777", func(r reading) float64 { return r.load }},
		{"workers", "#1e66f5", func(r reading) float64 { return float64(r.open) }},
		{"longest wait for one, ms", "#d20f39", func(r reading) float64 { return float64(r.wait) / float64(time.Millisecond) }},
	} {
		top := 0.0
		for _, r := range all {
			top = max(top, curve.value(r))
		}
		y := float64(i*(height+gap) + 30)
		fmt.Fprintf(&b, `<text x="%d" y="%.0f" fill="#333333">%s</text><text x="%d" y="%.0f" text-anchor="end" fill="#333333">%.0f</text><text x="%d" y="%.0f" text-anchor="end" fill="#333333">0</text>`+"\n",
			left, y-8, curve.title, left-6, y+10, top, left-6, y+height)
		fmt.Fprintf(&b, `<path d="M%d %.0f V%.0f H%d" fill="none" stroke="#bbbbbb"/><polyline fill="none" stroke="%s" stroke-width="2" points="`, left, y, y+height, left+width, curve.colour)
		for _, r := range all {
			fmt.Fprintf(&b, "%.1f,%.1f ", left+width*r.at.Seconds()/last, y+height-height*curve.value(r)/max(top, 1))
		}
		b.WriteString("\"/>\n")
		for minute := 0.0; i == 2 && minute*60 <= last+1; minute++ {
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle" fill="#333333">%.0f min</text>`, left+width*minute*60/last, y+height+16, minute)
		}
	}
	b.WriteString("\n</svg>\n")
	return b.String()
}
