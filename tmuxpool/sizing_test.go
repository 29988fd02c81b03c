package tmuxpool

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestErlangCIsAsPublished(t *testing.T) {
	for _, tc := range []struct {
		source string
		n      int
		load   float64
		want   float64
	}{
		{"M/M/1: the load", 1, 0.5, 0.5},
		{"M/M/2: load^2/(2+load)", 2, 1, 1.0 / 3},
		{"M/M/3 by hand", 3, 2, 4.0 / 9},
		{"callcentrehelper.com, the worked example: 200 calls of 180 s an hour, 14 agents", 14, 10, 0.174},
		{"mitan.co.uk, Erlang C: 360 calls of 240 s in half an hour, 55 agents", 55, 48, 0.239},
		{"overloaded: everybody waits", 4, 4, 1},
		{"nothing asked: nobody waits", 4, 0, 0},
	} {
		if got := erlangC(tc.n, tc.load); math.Abs(got-tc.want) > 0.0005 {
			t.Errorf("%s: %v and not %v", tc.source, got, tc.want)
		}
	}
	calls := demand{rate: 360.0 / 1800, service: 240 * time.Second}
	if got := meanWait(55, calls).Seconds(); math.Abs(got-8.2) > 0.05 {
		t.Errorf("mitan.co.uk: the mean wait is %v s and not 8.2", got)
	}
}

// erlangCBySums is Erlang's formula as it is written, in numbers long enough for
// its sums.
func erlangCBySums(n int, load float64) float64 {
	number := func(f float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(f) }
	term, sum := number(1), number(0)
	for i := 1; i <= n; i++ {
		sum.Add(sum, term)
		term.Mul(term, number(load))
		term.Quo(term, number(float64(i)))
	}
	waiting := term.Mul(term, number(float64(n)))
	waiting.Quo(waiting, number(0).Sub(number(float64(n)), number(load)))
	got, _ := number(0).Quo(waiting, sum.Add(sum, waiting)).Float64()
	return got
}

func TestErlangCByRecursionIsErlangCBySums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		load := float64(n) * rapid.Float64Range(0.001, 0.999).Draw(t, "utilisation")
		if got, want := erlangC(n, load), erlangCBySums(n, load); !closeTo(got, want) {
			t.Errorf("C(%d, %v) is %v and not %v", n, load, got, want)
		}
	})
}

// anyDemand draws a demand of any size that can be measured, and more.
func anyDemand(t *rapid.T) demand {
	return demand{
		rate:    math.Pow(10, rapid.Float64Range(-3, 12).Draw(t, "rate, power of ten")),
		service: time.Duration(math.Pow(10, rapid.Float64Range(0, 12).Draw(t, "service, power of ten"))),
		peak:    rapid.IntRange(0, 50).Draw(t, "peak"),
	}
}

func TestASizeIsWithinItsBoundsAndNoLargerThanThePeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDemand(t)
		least := rapid.IntRange(1, 20).Draw(t, "least")
		most := rapid.IntRange(least, 20).Draw(t, "most")
		if got := size(d, least, most); got < least || got > most || got > max(least, d.peak) {
			t.Errorf("%+v: %d", d, got)
		}
	})
}

func TestASizeKeepsUtilisationAndWaitsLowAndOneFewerWouldNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDemand(t)
		d.peak = 20
		believed := d
		believed.rate *= 1 - estimateError
		enough := func(n int) bool {
			wait := min(time.Duration(waitShare*float64(d.service)), waitMost)
			return believed.load() <= utilisation*float64(n)*(1+1e-12) && meanWait(n, believed) <= wait
		}
		n := size(d, 1, 20)
		if n < 20 && !enough(n) {
			t.Errorf("%+v: %d are not enough", d, n)
		}
		if n > 1 && enough(n-1) {
			t.Errorf("%+v: %d would be enough, not only %d", d, n-1, n)
		}
	})
}

func TestMoreDemandNeverNeedsFewer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDemand(t)
		more := d
		more.rate *= rapid.Float64Range(1, 100).Draw(t, "times")
		if size(more, 1, 20) < size(d, 1, 20) {
			t.Errorf("%+v needs %d, %+v only %d", d, size(d, 1, 20), more, size(more, 1, 20))
		}
	})
}

func TestNoDemandNeedsTheLeast(t *testing.T) {
	if got := size(demand{peak: 20}, 3, 20); got != 3 {
		t.Errorf("it is %d", got)
	}
}
