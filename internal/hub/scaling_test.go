package hub

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/plottest"
)

const (
	// publishStep is the time between two readings, publishAgents how many agents a
	// host has whose titles change with each spinner.
	publishStep   = 2 * time.Second
	publishLook   = 50 * time.Millisecond
	publishAgents = 50
	// loadFrom and loadTo bound the time in which ten times as many hosts write as
	// before, so that the hub's answers take longer than it is willing to wait.
	loadFrom, loadTo = time.Minute, 3 * time.Minute
	calmTrip         = 20 * time.Millisecond
	busyTrip         = 800 * time.Millisecond
)

// publishing is what a collector and those who pull do at a moment.
type publishing struct {
	at time.Duration
	// trip is what the hub takes, changes and writes count agents a second, detail is
	// how often each is written at most; pulled are the hosts of the busiest puller.
	trip, detail    time.Duration
	changes, writes float64
	pullers, pulled int
}

// published plays a collector's own pacing under such a load, in virtual time: what is
// due is taken for written, and takes as long as the hub does.
func published(t *testing.T) (readings []publishing) {
	synctest.Test(t, func(*testing.T) {
		c := &collector{
			CollectOptions: CollectOptions{ID: idOf(1), Name: "host1", Share: ShareLines, DetailEvery: defaultDetail, Now: time.Now},
			keys:           keys{"test"}, detail: defaultDetail, servers: make(map[string]string), entries: make(map[health.PaneRef]*entry),
		}
		began, turn, written := time.Now(), 0, 0
		for next := publishStep; time.Since(began) < 8*time.Minute; {
			elapsed := time.Since(began)
			for ; turn <= int(elapsed/time.Second); turn++ {
				c.take(spinning(turn))
			}
			trip := calmTrip
			if elapsed >= loadFrom && elapsed < loadTo {
				trip = busyTrip
			}
			due := 0
			for _, e := range c.entries {
				if !e.due.IsZero() && !e.due.After(time.Now()) {
					e.due, due = time.Time{}, due+1
				}
			}
			if due > 0 {
				time.Sleep(trip)
				c.measured(trip)
				written += due
			}
			time.Sleep(publishLook)
			if time.Since(began) >= next {
				pullers, pulled := sharedBy(elapsed)
				readings = append(readings, publishing{next, trip, c.detail, publishAgents, float64(written) / publishStep.Seconds(), pullers, pulled})
				written, next = 0, next+publishStep
			}
		}
	})
	return readings
}

// spinning is a host whose agents have all drawn another title.
func spinning(turn int) *engine.Snapshot {
	s := &engine.Snapshot{Ready: true}
	for i := range publishAgents {
		s.Agents = append(s.Agents, engine.Agent{
			Ref: health.PaneRef{Server: "/s", Pane: fmt.Sprintf("%%%d", i)}, Kind: "claude", State: health.StateWorking,
			Title: fmt.Sprint("step ", turn), Revision: uint64(turn + 1),
		})
	}
	return s
}

// sharedBy is how many pull at a time, and how many of 256 hosts the busiest of them
// has: three more are started for the load, and ended after it.
func sharedBy(elapsed time.Duration) (pullers, most int) {
	members := []string{"one"}
	if elapsed >= loadFrom && elapsed < loadTo {
		members = append(members, "two", "three", "four")
	}
	owned := make(map[string]int)
	for i := range 256 {
		owner := ownerOf(fmt.Sprint("host", i), members)
		owned[owner]++
		most = max(most, owned[owner])
	}
	return len(members), most
}

func TestLessIsWrittenWhileTheHubIsSlowAndAsMuchAsBeforeAfterIt(t *testing.T) {
	all := published(t)
	at := func(when time.Duration) publishing {
		for _, r := range all {
			if r.at >= when {
				return r
			}
		}
		return all[len(all)-1]
	}
	if before := at(50 * time.Second); before.detail != defaultDetail || before.writes < publishAgents/5*0.8 {
		t.Errorf("before: each agent once in %s, %.0f a second", before.detail, before.writes)
	}
	if under := at(170 * time.Second); under.detail != mostDetail || under.writes > publishAgents/30*1.8 || under.pulled > 85 {
		t.Errorf("under the load: each agent once in %s, %.0f a second, %d hosts with one of %d", under.detail, under.writes, under.pulled, under.pullers)
	}
	if after := at(7*time.Minute + 30*time.Second); after.detail != defaultDetail || after.writes < publishAgents/5*0.8 {
		t.Errorf("after: each agent once in %s, %.0f a second", after.detail, after.writes)
	}
	values := func(of func(publishing) float64) (values []float64) {
		for _, r := range all {
			values = append(values, of(r))
		}
		return values
	}
	var times []time.Duration
	for _, r := range all {
		times = append(times, r.at)
	}
	plottest.Write(t, "scaling-hub.svg", "What one host writes to a hub that is slow for two minutes, and how pullers share 256 hosts", times,
		plottest.Curve{Title: "round-trip to the hub, ms", Colour: "#777777", Values: values(func(r publishing) float64 { return float64(r.trip) / float64(time.Millisecond) })},
		plottest.Curve{Title: "agents written a second, of 50 that change each second", Colour: "#1e66f5", Values: values(func(r publishing) float64 { return r.writes })},
		plottest.Curve{Title: "each agent at most once in, s", Colour: "#1e66f5", Values: values(func(r publishing) float64 { return r.detail.Seconds() })},
		plottest.Curve{Title: "hosts with the busiest of the pullers (1, 4 under the load, 1)", Colour: "#40a02b", Values: values(func(r publishing) float64 { return float64(r.pulled) })})
}
