package tmuxpool

import (
	"slices"
	"time"
)

// The windows in which demand is measured.
const (
	// windowLeast is how long a window is at least: what comes at the same
	// moment counts as spread over it. Shorter makes a client more for a handful
	// of captures that come together; longer makes none for a burst that ends
	// sooner. 10 ms is about what thirty captures in colour cost the server, and
	// less than a frame of a terminal.
	windowLeast = 10 * time.Millisecond
	// windowMost ends a window in the middle of the work, so that a demand
	// without end is seen, too. A quarter of a second has some hundreds of
	// captures: shorter counts too few to be sure, longer is late to grow.
	windowMost = 250 * time.Millisecond
	// serviceMemory is of how many windows' service times the median is taken.
	// With 5, two outliers in a row are not believed: a machine that was busy
	// with something else for a moment must not make the pool grow. The price
	// is that panes which become larger are believed after the third window.
	serviceMemory = 5
)

// demandMeter measures what is asked of a pool and forecasts the next demand.
// It starts no goroutine and reads no clock: everything is told to it, with its
// time. It is not safe for concurrent use.
//
// Demand is intermittent: a round of captures, then nothing. Smoothed over all
// time, the quiet would be forecast and not the next round. So only windows in
// which there is work are observed, as in Croston's method (1972). A window
// begins with the first lease and ends with the work that follows it. What
// becomes of connections in the quiet is the affair of neededSize.
//
// The rate is that of leases returned. When the work of a window is over these
// are all that were asked for. Before, those who still wait are left out: twenty
// who come at once are no rate, and do not need twenty connections.
//
// The service time is the shortest of a window that began with nothing leased:
// that of who was served before all others. One server serves all connections,
// one command at a time: the more are in use, the longer each is held. With
// that longer time, Little's law would call for ever more connections, each of
// which makes it longer. With the shortest, the load of a server that is busy
// all the time is (time alone)/(server's time per capture): the number of
// connections from which it cannot be busier, the knee of operational analysis
// (Denning and Buzen, 1978); congestion control by round-trip times rests on the
// same minimum (Cardwell and others, BBR, 2016). Were connections served
// independently of each other, the same product would grow with them, up to the
// most there may be.
type demandMeter struct {
	window  demandWindow
	rate    holt // per second
	service holt // seconds
	recent  [serviceMemory]time.Duration
	learnt  int // how many service times, ever
	peak    int // of the last window
	leased  int
}

// demandWindow is what happens in one window.
type demandWindow struct {
	began     time.Time
	last      time.Time // when something was last returned
	continued bool      // it began in the middle of work
	returned  int
	shortest  time.Duration // of the leases returned
	peak      int           // most that were wanted at the same time
}

// lend notes that a connection is given to somebody, while so many others wait.
func (d *demandMeter) lend(now time.Time, waiting int) {
	if d.leased == 0 && d.window.returned == 0 {
		d.window = demandWindow{began: now, last: now}
	}
	d.leased++
	d.window.peak = max(d.window.peak, d.leased+waiting)
}

// giveBack notes that a connection is returned that was lent at a time. served is
// false when it was of no use: then that says nothing of the server.
func (d *demandMeter) giveBack(lent, now time.Time, served bool) {
	d.leased--
	d.window.last = now
	if !served {
		return
	}
	if held := now.Sub(lent); d.window.returned == 0 || held < d.window.shortest {
		d.window.shortest = held
	}
	d.window.returned++
}

// settle ends a window whose time has come and learns from it. It returns what
// was seen, and whether there was such a window.
func (d *demandMeter) settle(now time.Time) (seen demand, over bool) {
	age := now.Sub(d.window.began)
	if d.window.returned == 0 || age < windowLeast || d.leased > 0 && age < windowMost {
		return demand{}, false
	}
	d.learnService()
	seen = d.current(now)
	d.rate.observe(seen.rate)
	d.peak = seen.peak
	d.window = demandWindow{began: now, last: now, continued: d.leased > 0, peak: d.leased}
	return seen, true
}

// current is the demand of the window so far. Its service time is that of the
// windows before: a machine that is slow for a moment makes it long and the rate
// low, and the two together say nothing.
func (d *demandMeter) current(now time.Time) demand {
	service := seconds(d.service.next())
	if d.learnt == 0 {
		service = d.window.shortest
	}
	return demand{rate: d.rateNow(now), service: service, peak: d.window.peak}
}

func (d *demandMeter) rateNow(now time.Time) float64 {
	end := now
	if d.leased == 0 {
		end = d.window.last
	}
	return float64(d.window.returned) / max(end.Sub(d.window.began), windowLeast).Seconds()
}

// learnService takes the window's service time, as the median of the last few.
// In the middle of work nobody may have been served before all others: then
// it can only turn out to be shorter than what is known.
func (d *demandMeter) learnService() {
	w := d.window
	if w.continued && d.learnt > 0 && w.shortest >= seconds(d.service.next()) {
		return
	}
	d.recent[d.learnt%serviceMemory] = w.shortest
	d.learnt++
	times := slices.Clone(d.recent[:min(d.learnt, serviceMemory)])
	slices.Sort(times)
	d.service.observe(times[(len(times)-1)/2].Seconds())
}

// forecast is the demand expected of the next window.
func (d *demandMeter) forecast() demand {
	return demand{rate: d.rate.next(), service: seconds(d.service.next()), peak: d.peak}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
