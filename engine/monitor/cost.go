package monitor

import (
	"time"

	"agentwatch/engine"
)

// costWindow is how far back the shares of a core go; farther while samples are
// rarer.
const costWindow = 10 * time.Second

// costMeter samples processor times. It is not safe for
// concurrent use.
type costMeter struct {
	samples []costSample
}

// costSample is what had been used up to a moment.
type costSample struct {
	at  time.Time
	own time.Duration
	// servers is by the server's process.
	servers map[int]time.Duration
}

// sample takes a sample and returns the cost over the window.
func (m *costMeter) sample(at time.Time, pids []int) engine.Cost {
	now := costSample{at: at, own: ownTime(), servers: make(map[int]time.Duration, len(pids))}
	for _, pid := range pids {
		if used, ok := processTime(pid); ok {
			now.servers[pid] = used
		}
	}
	m.samples = append(m.samples, now)
	for len(m.samples) > 2 && at.Sub(m.samples[1].at) >= costWindow {
		m.samples = m.samples[1:]
	}
	return costBetween(m.samples[0], now, len(pids))
}

// costBetween is the cost between two samples of so many servers.
func costBetween(then, now costSample, servers int) engine.Cost {
	cost := engine.Cost{Memory: ownMemory()}
	elapsed := now.at.Sub(then.at)
	if servers > 0 && len(now.servers) == 0 {
		cost.Servers = -1
	}
	if elapsed <= 0 {
		return cost
	}
	cost.Own = float64(now.own-then.own) / float64(elapsed)
	for pid, used := range now.servers {
		// A server that was not there then has used all of its time since, or
		// before we came: only what both samples know counts.
		if before, known := then.servers[pid]; known {
			cost.Servers += float64(used-before) / float64(elapsed)
		}
	}
	return cost
}
