package cli

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"agentwatch/engine"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/internal/telemetry"
	"agentwatch/ui"
)

// addPrometheus adds the flag of commands that know of other machines. The address of
// the configuration is the engine process's.
func addPrometheus(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "prometheus", "", "let Prometheus scrape what this process knows of other machines at ADDRESS:PORT (docs/telemetry.md)")
}

// exportFleet exports what this process knows of other machines: to the receiver of
// the configuration, and at an address of its own for Prometheus. It is nil where
// neither is named.
func exportFleet(p Process, address string, source telemetry.FleetSource) (*telemetry.Fleet, error) {
	c := newConfiguration(p).Telemetry.In(loadQuietly(p))
	c.Prometheus = address
	if faults := c.Validate(); len(faults) > 0 {
		return nil, usageError(fmt.Errorf("--%s: %s; %s", faults[0].Key, faults[0].What, faults[0].Suggestion))
	}
	return telemetry.StartFleet(c, versionText(p.Version), source)
}

// observing tells an export of what is done at a hub; nil for none.
func observing(f *telemetry.Fleet) func(hub.Operation) {
	if f == nil {
		return nil
	}
	return func(o hub.Operation) {
		f.Operation(telemetry.Operation{Name: o.Name, Reason: o.Reason, Error: o.Kind(), Began: o.Began, Took: o.Took})
	}
}

// dialling tells an export of each try to connect to another machine; nil for none.
func dialling(f *telemetry.Fleet) func(fleet.Dial) {
	if f == nil {
		return nil
	}
	return func(d fleet.Dial) { f.Connect(d.Began, d.Took, d.Kind()) }
}

// watchedHosts are the machines that a snapshot has last told of.
type watchedHosts struct {
	latest atomic.Pointer[[]engine.HostStatus]
}

// source is what of them is exported.
func (w *watchedHosts) source() telemetry.FleetSource {
	return telemetry.FleetSource{Hosts: w.counts, Lag: func() time.Duration { return w.lag(time.Now()) }}
}

// follow notes the machines of each snapshot of a monitor, until ctx ends or what it
// returns is called.
func (w *watchedHosts) follow(ctx context.Context, m ui.Monitor) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	snapshots, cancel := m.Subscribe()
	var working sync.WaitGroup
	working.Go(func() {
		for {
			select {
			case s, open := <-snapshots:
				if !open {
					return
				}
				w.latest.Store(&s.Hosts)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		stop()
		cancel()
		working.Wait()
	}
}

func (w *watchedHosts) hosts() []engine.HostStatus {
	if all := w.latest.Load(); all != nil {
		return *all
	}
	return nil
}

// counts are how many are in which state; a state that nobody is in counts 0.
func (w *watchedHosts) counts() map[string]int {
	counts := make(map[string]int)
	for state := engine.HostConnecting; state <= engine.HostEnded; state++ {
		counts[state.String()] = 0
	}
	for _, h := range w.hosts() {
		counts[h.State.String()]++
	}
	return counts
}

// lag is how long ago the live machine that was heard of longest ago was heard of.
func (w *watchedHosts) lag(now time.Time) time.Duration {
	lag := time.Duration(0)
	for _, h := range w.hosts() {
		if !h.State.Away() && !h.Heard.IsZero() {
			lag = max(lag, now.Sub(h.Heard))
		}
	}
	return lag
}

// pullLoad is how much of what it can do a puller does: the greater of its share of a
// core and of the hosts that one can read.
type pullLoad struct {
	hosts atomic.Int64

	mu   sync.Mutex
	used time.Duration
	at   time.Time
}

// mostPulled is how many hosts a puller is to read at most.
const mostPulled = 256

func (l *pullLoad) load() float64 {
	return max(float64(l.hosts.Load())/mostPulled, l.processor(processorTime(), time.Now()))
}

// processor is the share of a core since it was asked last.
func (l *pullLoad) processor(used time.Duration, now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	share := 0.0
	if passed := now.Sub(l.at); !l.at.IsZero() && passed > 0 {
		share = (used - l.used).Seconds() / passed.Seconds()
	}
	l.used, l.at = used, now
	return share
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
