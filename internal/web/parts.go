package web

import (
	"time"

	"agentwatch/engine"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
)

// summary are the few figures that every page shows.
type summary struct {
	Ready    bool   `json:"ready"`
	Blocked  int    `json:"blocked"`
	Snoozed  int    `json:"snoozed,omitempty"`
	Panes    int    `json:"panes"`
	Strategy string `json:"strategy"`
}

// server tells how a tmux server is watched.
type server struct {
	Name     string `json:"name"`
	Version  string `json:"version,omitempty"`
	Link     string `json:"link"`
	Reason   string `json:"reason,omitempty"`
	Problem  string `json:"problem,omitempty"`
	Degraded bool   `json:"degraded,omitempty"`
	HeardBy  string `json:"heard_by"`
	Panes    int    `json:"panes"`
	Agents   int    `json:"agents"`
}

// host tells how another machine is watched.
type host struct {
	Name    string `json:"name"`
	Way     string `json:"way,omitempty"`
	State   string `json:"state"`
	Since   int64  `json:"since,omitempty"`
	Heard   int64  `json:"heard,omitempty"`
	Problem string `json:"problem,omitempty"`
	Version string `json:"version,omitempty"`
	Panes   int    `json:"panes"`
	Agents  int    `json:"agents"`
	Needs   int    `json:"need_you"`
}

// notice is one thing that the user should know beside the agents.
type notice struct {
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

// figures are what watching does and costs. Durations are in microseconds.
type figures struct {
	Today  map[string]int64 `json:"today"` // seconds by urgency
	Pool   pool             `json:"pool"`
	Cache  cacheFigures     `json:"cache"`
	Rounds rounds           `json:"rounds"`
	// CPU and TmuxCPU are shares of a core, the latter negative when not known.
	CPU     float64 `json:"cpu"`
	TmuxCPU float64 `json:"tmux_cpu"`
	Memory  uint64  `json:"memory"`
	// Trend has a sample a second, oldest first: busy connections, hit rate (-1 when
	// nothing was asked), captures, the longest round.
	Trend [][4]float64 `json:"trend"`
}

type pool struct {
	Open      int     `json:"open"`
	Busy      int     `json:"busy"`
	Max       int     `json:"max"`
	Created   uint64  `json:"created"`
	Recycled  uint64  `json:"recycled"`
	Reused    uint64  `json:"reused"`
	Waits     uint64  `json:"waits"`
	Timeouts  uint64  `json:"timeouts"`
	ReuseRate float64 `json:"reuse_rate"`
	MeanWait  int64   `json:"mean_wait"`
}

type cacheFigures struct {
	HitRate float64 `json:"hit_rate"`
	Looks   uint64  `json:"looks"`
	Layers  []layer `json:"layers"`
}

type layer struct {
	Name          string  `json:"name"`
	TTL           int64   `json:"ttl"`
	Size          int     `json:"size"`
	Capacity      int     `json:"capacity"`
	Looks         uint64  `json:"looks"`
	HitRate       float64 `json:"hit_rate"`
	Invalidations uint64  `json:"invalidated"`
	Expiries      uint64  `json:"expired"`
	Evictions     uint64  `json:"evicted"`
}

type rounds struct {
	Rounds     uint64 `json:"rounds"`
	P50        int64  `json:"p50"`
	P99        int64  `json:"p99"`
	LatencyP50 int64  `json:"latency_p50"`
	LatencyP99 int64  `json:"latency_p99"`
	Captured   uint64 `json:"captured"`
	Avoided    uint64 `json:"avoided"`
	InVain     uint64 `json:"in_vain"`
	Bytes      uint64 `json:"bytes"`
	Failures   uint64 `json:"failures"`
	Interval   int64  `json:"interval"`
}

// strategy is one of the ways to watch.
type strategy struct {
	Name     string `json:"name"`
	Summary  string `json:"summary,omitempty"`
	Problem  string `json:"problem,omitempty"`
	InForce  bool   `json:"in_force,omitempty"`
	Foreseen bool   `json:"foreseen,omitempty"`
	// Forecast are the captures a second that it would make.
	Forecast float64 `json:"forecast"`
	Rounds   uint64  `json:"rounds"`
	P50      int64   `json:"p50"`
	Captures float64 `json:"captures"`
	Late     int64   `json:"late"`
}

// partsOf are the parts of a snapshot but its agents.
func partsOf(s *engine.Snapshot) map[string]any {
	counts := make(map[string]int)
	for u, n := range s.Counts {
		if n > 0 {
			counts[engine.Urgency(u).String()] = n
		}
	}
	return map[string]any{
		partSummary: summary{s.Ready, roster.Blocked(s.Counts), s.Snoozed, s.Panes, sanitize.Text(string(s.Strategy))},
		partCounts:  counts, partServers: serversOf(s.Servers), partHosts: hostsOf(s.Hosts), partNotices: noticesOf(s.Notices),
		partFigures: figuresOf(s), partStrategy: strategiesOf(s),
	}
}

func serversOf(servers []engine.ServerStatus) []server {
	all := make([]server, 0, len(servers))
	for _, s := range servers {
		all = append(all, server{
			sanitize.Text(s.Name), sanitize.Text(s.Version), s.Link.String(), sanitize.Text(s.Reason), sanitize.Text(s.Problem), s.Degraded,
			s.Hearing.By.String(), s.Panes, s.Agents,
		})
	}
	return all
}

func hostsOf(hosts []engine.HostStatus) []host {
	all := make([]host, 0, len(hosts))
	for _, h := range hosts {
		shown := host{
			Name: sanitize.Text(h.Name), Way: sanitize.Text(h.Way), State: h.State.String(), Since: millis(h.Since),
			Problem: sanitize.Text(h.Problem), Version: sanitize.Text(h.Version), Panes: h.Panes, Agents: h.Agents, Needs: h.NeedUser,
		}
		if h.State != engine.HostLive {
			shown.Heard = millis(h.Heard) // of a live one it changes all the time
		}
		all = append(all, shown)
	}
	return all
}

func noticesOf(notices []engine.Notice) []notice {
	words := map[engine.Severity]string{engine.SeverityInfo: "info", engine.SeverityWarning: "warning", engine.SeverityError: "error"}
	all := make([]notice, 0, len(notices))
	for _, n := range notices {
		all = append(all, notice{words[n.Severity], sanitize.Text(n.Text)})
	}
	return all
}

func micros(d time.Duration) int64 { return d.Microseconds() }

func figuresOf(s *engine.Snapshot) figures {
	f := figures{
		Today: make(map[string]int64),
		Pool: pool{
			s.Pool.Open, s.Pool.Busy, s.Pool.Max, s.Pool.Created, s.Pool.Recycled, s.Pool.Reused, s.Pool.Waits, s.Pool.Timeouts,
			s.Pool.ReuseRate, micros(s.Pool.MeanWait),
		},
		Cache: cacheFigures{HitRate: s.Cache.HitRate, Looks: s.Cache.Looks},
		Rounds: rounds{
			s.Round.Rounds, micros(s.Round.P50), micros(s.Round.P99), micros(s.Round.LatencyP50), micros(s.Round.LatencyP99), s.Round.Captured,
			s.Round.Avoided, s.Round.InVain, s.Round.Bytes, s.Round.Failures, micros(s.Round.Interval),
		},
		CPU: s.Cost.Own, TmuxCPU: s.Cost.Servers, Memory: s.Cost.Memory,
	}
	for u, d := range s.Today {
		if d >= time.Second {
			f.Today[engine.Urgency(u).String()] = int64(d / time.Second)
		}
	}
	for _, l := range s.Cache.Layers {
		f.Cache.Layers = append(f.Cache.Layers, layer{
			l.Name, micros(l.TTL), l.Size, l.Capacity, l.Hits + l.Misses, l.HitRate, l.Invalidations, l.Expiries, l.Evictions,
		})
	}
	for _, x := range s.Trend {
		f.Trend = append(f.Trend, [4]float64{float64(x.Busy), float64(int(x.HitRate*1000)) / 1000, float64(x.Captured), float64(micros(x.Round))})
	}
	return f
}

func strategiesOf(s *engine.Snapshot) []strategy {
	all := make([]strategy, 0, len(s.Strategies))
	for _, i := range s.Strategies {
		shown := strategy{
			Name: sanitize.Text(string(i.Name)), Summary: sanitize.Text(i.Summary), InForce: i.Name == s.Strategy, Foreseen: i.Foreseen,
			Forecast: i.Rate, Rounds: i.Rounds, P50: micros(i.P50), Captures: i.Captures, Late: micros(i.Late),
		}
		if i.Health.Status != engine.StrategyOK {
			shown.Problem = sanitize.Text(i.Health.Status.String() + ": " + i.Health.Reason)
		}
		all = append(all, shown)
	}
	return all
}
