package tmuxpool

import (
	"math"
	"time"
)

// How many connections a demand needs.
const (
	// utilisation is the share of time for which a connection should be busy.
	// Waits grow with 1/(1-utilisation): from 0.7 to 0.9 they triple, and below
	// 0.7 every client more buys next to nothing but its attaching.
	utilisation = 0.7
	// estimateError is by how much the load may seem greater than it is before it
	// buys a client. What is needed is the most of many windows, and so errs
	// upwards; between equal bursts, loads differ by two or three hundredths.
	estimateError = 0.05
	// waitShare is how long one may wait on average, as a share of the time
	// that one then holds the connection: a share, because a slow server makes
	// holding and waiting long alike, and no number of clients makes a server
	// quicker. At 0.6 the check adds to Little's law for one and two clients,
	// where to be busy for 70 % of the time means long waits, and lets it be from
	// three on. At 1 it would never add any, at 0.5 already a fourth client.
	waitShare = 0.6
	// waitMost bounds the same wait in time, for leases that are long because
	// many captures are made under them. It is a third of a frame at 60 Hz.
	waitMost = 5 * time.Millisecond
)

// demand is what is asked of a pool.
type demand struct {
	// rate is how many leases are asked for in a second.
	rate float64
	// service is how long one of them holds its connection while no other
	// connection is in use.
	service time.Duration
	// peak is how many are wanted at the same time at most; more connections
	// would be idle.
	peak int
}

// load is the mean number of leases held at the same time when nobody has to
// wait, in erlangs: Little's law, L = rate * service (J. D. C. Little, 1961).
func (d demand) load() float64 { return d.rate * d.service.Seconds() }

// size returns how many connections a demand needs, least to most: by Little's
// law as many as are busy for utilisation of the time, and then more until the
// mean wait that Erlang's C formula foretells is short enough. The formula takes
// arrivals to be independent of each other. Those of a burst are not and wait
// for longer; but the server does one thing at a time, so they would wait
// inside it just as long, however many connections there are.
func size(d demand, least, most int) int {
	most = max(least, min(most, d.peak))
	d.rate *= 1 - estimateError
	n := least
	if busy := math.Ceil(d.load() / utilisation); busy > float64(n) {
		n = int(min(busy, float64(most)))
	}
	patience := min(time.Duration(waitShare*float64(d.service)), waitMost)
	for n < most && meanWait(n, d) > patience {
		n++
	}
	return n
}

// meanWait is the mean wait for one of n connections in a queue M/M/n:
// C(n, load) * service / (n - load). It is the longest duration there is when
// the demand is more than they can serve.
func meanWait(n int, d demand) time.Duration {
	load := d.load()
	if load >= float64(n) {
		return math.MaxInt64
	}
	wait := erlangC(n, load) * float64(d.service) / (float64(n) - load)
	if wait >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(wait)
}

// erlangC is the probability that who asks for one of n connections has to
// wait, under a load in erlangs (A. K. Erlang, 1917). It goes by the recursion
// of his B formula, which unlike the sums of powers and factorials neither
// overflows nor cancels:
//
//	B(0) = 1, B(i) = load*B(i-1) / (i + load*B(i-1)), C = n*B(n) / (n - load*(1-B(n)))
func erlangC(n int, load float64) float64 {
	if load >= float64(n) {
		return 1
	}
	b := 1.0
	for i := 1; i <= n; i++ {
		b = load * b / (float64(i) + load*b)
	}
	return float64(n) * b / (float64(n) - load*(1-b))
}
