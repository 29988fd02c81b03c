package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/tmuxpool"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// Limits of stats' --for.
const (
	defaultStatsTime = 5 * time.Second
	minStatsTime     = time.Second
	maxStatsTime     = time.Hour
)

func newStats(p Process) *cobra.Command {
	var o watchOptions
	var length time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Watches for a while and prints what that cost",
		Long: "stats watches as the dashboard does, without a screen, for the time that --for says, and prints\n" +
			"what it did and what it cost: captures made and avoided, bytes, round times, how late changes\n" +
			"of state reached a verdict, pool, cache, processor time of ours and of the tmux servers. Lateness\n" +
			"counts from an agent's last output before the change was seen; where the kernel does not tell of\n" +
			"output it is an upper bound, from the last look that did not show the change.",
		Example: "  agentwatch stats --for 30s\n  agentwatch stats --json | jq .cache",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if length < minStatsTime || length > maxStatsTime {
				return usageError(fmt.Errorf("--for %s is not between %s and %s", length, minStatsTime, maxStatsTime))
			}
			service, err := o.service(p, tmuxpool.Options{})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			var following sync.WaitGroup
			following.Go(func() { followFiles(ctx, p, service) })
			snapshot, err := watchFor(ctx, service, length)
			cancel()
			following.Wait()
			if err != nil {
				return err
			}
			hints(cmd.ErrOrStderr(), snapshot)
			record := statsRecordOf(snapshot, length)
			if asJSON {
				return writeStatsJSON(cmd.OutOrStdout(), record)
			}
			return writeStatsText(cmd.OutOrStdout(), record)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().DurationVar(&length, "for", defaultStatsTime, "how long to watch, 1s to 1h")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// watchFor lets a service run for a time, or until ctx ends, and returns the
// last snapshot.
func watchFor(ctx context.Context, service *monitor.Service, length time.Duration) (*engine.Snapshot, error) {
	return lastSnapshot(ctx, service, length, func(*engine.Snapshot) bool { return false })
}

// statsRecord is the output of `stats --json`. Times are in milliseconds,
// shares between 0 and 1.
type statsRecord struct {
	Seconds  float64       `json:"seconds"`
	Strategy string        `json:"strategy"`
	Servers  int           `json:"servers"`
	Panes    int           `json:"panes"`
	Agents   int           `json:"agents"`
	Rounds   roundsRecord  `json:"rounds"`
	Latency  latencyRecord `json:"change_to_verdict"`
	Cost     costRecord    `json:"cost"`
	Pool     poolRecord    `json:"pool"`
	Cache    cacheRecord   `json:"cache"`
	// Hearing has an entry for each server.
	Hearing []hearingRecord `json:"hearing"`
}

// hearingRecord says how a server's changes are noticed: by "kernel" or by
// "activity", as tmux tells of it.
type hearingRecord struct {
	Server  string `json:"server"`
	By      string `json:"heard_by"`
	Reason  string `json:"reason,omitempty"`
	Heard   int    `json:"heard_panes"`
	Unheard int    `json:"unheard_panes"`
	Events  uint64 `json:"events"`
	Merged  uint64 `json:"merged"`
	Lost    uint64 `json:"lost"`
}

type roundsRecord struct {
	Count    uint64  `json:"count"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Captured uint64  `json:"captured"`
	Avoided  uint64  `json:"avoided"`
	Bytes    uint64  `json:"bytes"`
	InVain   uint64  `json:"in_vain"`
	Failures uint64  `json:"failures"`
}

type latencyRecord struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// costRecord has shares of one core over the last ten seconds; Servers is null
// where the system does not tell.
type costRecord struct {
	Own     float64  `json:"agentwatch_cpu"`
	Servers *float64 `json:"tmux_cpu"`
	Memory  uint64   `json:"agentwatch_rss_bytes"`
}

type poolRecord struct {
	Open      int     `json:"open"`
	Max       int     `json:"max"`
	Created   uint64  `json:"created"`
	Recycled  uint64  `json:"recycled"`
	Reused    uint64  `json:"reused"`
	Waits     uint64  `json:"waits"`
	Timeouts  uint64  `json:"timeouts"`
	ReuseRate float64 `json:"reuse_rate"`
	MeanWait  float64 `json:"mean_wait_ms"`
}

type cacheRecord struct {
	HitRate float64       `json:"hit_rate"`
	Looks   uint64        `json:"looks"`
	Layers  []layerRecord `json:"layers"`
}

type layerRecord struct {
	Name          string  `json:"name"`
	TTL           float64 `json:"ttl_seconds"`
	Size          int     `json:"size"`
	Hits          uint64  `json:"hits"`
	Misses        uint64  `json:"misses"`
	Invalidations uint64  `json:"invalidations"`
	Expiries      uint64  `json:"expiries"`
	Evictions     uint64  `json:"evictions"`
	HitRate       float64 `json:"hit_rate"`
	Warmed        uint64  `json:"warmed"`
	WarmHits      uint64  `json:"warm_hits"`
	WarmCaptures  uint64  `json:"warm_captures"`
}

func statsRecordOf(s *engine.Snapshot, length time.Duration) statsRecord {
	r := statsRecord{
		Seconds: length.Seconds(), Strategy: string(s.Strategy),
		Servers: len(s.Servers), Panes: s.Panes, Agents: len(s.Agents),
		Rounds: roundsRecord{
			Count: s.Round.Rounds, P50: millis(s.Round.P50), P99: millis(s.Round.P99), Captured: s.Round.Captured,
			Avoided: s.Round.Avoided, Bytes: s.Round.Bytes, InVain: s.Round.InVain, Failures: s.Round.Failures,
		},
		Latency: latencyRecord{P50: millis(s.Round.LatencyP50), P99: millis(s.Round.LatencyP99)},
		Cost:    costRecord{Own: s.Cost.Own, Memory: s.Cost.Memory},
		Pool: poolRecord{
			Open: s.Pool.Open, Max: s.Pool.Max, Created: s.Pool.Created, Recycled: s.Pool.Recycled,
			Reused: s.Pool.Reused, Waits: s.Pool.Waits, Timeouts: s.Pool.Timeouts, ReuseRate: s.Pool.ReuseRate,
			MeanWait: millis(s.Pool.MeanWait),
		},
		Cache: cacheRecord{HitRate: s.Cache.HitRate, Looks: s.Cache.Looks},
	}
	if s.Cost.Servers >= 0 {
		r.Cost.Servers = &s.Cost.Servers
	}
	for _, server := range s.Servers {
		h := server.Hearing
		r.Hearing = append(r.Hearing, hearingRecord{
			Server: server.Name, By: h.By.String(), Reason: h.Reason, Heard: h.Heard, Unheard: h.Unheard,
			Events: h.Events, Merged: h.Merged, Lost: h.Lost,
		})
	}
	for _, l := range s.Cache.Layers {
		r.Cache.Layers = append(r.Cache.Layers, layerRecord{
			Name: l.Name, TTL: l.TTL.Seconds(), Size: l.Size, Hits: l.Hits, Misses: l.Misses,
			Invalidations: l.Invalidations, Expiries: l.Expiries, Evictions: l.Evictions, HitRate: l.HitRate,
			Warmed: l.Warmed, WarmHits: l.WarmHits, WarmCaptures: l.WarmCaptures,
		})
	}
	return r
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func writeStatsJSON(w io.Writer, r statsRecord) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("stats: write: %w", err)
	}
	return nil
}

func writeStatsText(w io.Writer, r statsRecord) error {
	tmux := "unknown"
	if r.Cost.Servers != nil {
		tmux = format.Load(*r.Cost.Servers)
	}
	_, err := fmt.Fprintf(w, "watched   %s with %s and %s, for %g s by %s\n"+
		"rounds    %d, p50 %.1f ms, p99 %.1f ms\n"+
		"captures  %d made, %d avoided, %d bytes, %d in vain, %d failed\n"+
		"lateness  p50 %.0f ms, p99 %.0f ms at most from change to verdict\n"+
		"cost      tmux %s, agentwatch %s of one core, %.1f MB\n"+
		"pool      %d open of %d, %d created, %d recycled, reuse %s, %d waits, %d timeouts\n"+
		"cache     %s hits of %d lookups\n",
		format.Plural(r.Servers, "server"), format.Plural(r.Panes, "pane"), format.Plural(r.Agents, "agent"),
		r.Seconds, r.Strategy,
		r.Rounds.Count, r.Rounds.P50, r.Rounds.P99,
		r.Rounds.Captured, r.Rounds.Avoided, r.Rounds.Bytes, r.Rounds.InVain, r.Rounds.Failures,
		r.Latency.P50, r.Latency.P99, tmux, format.Load(r.Cost.Own), float64(r.Cost.Memory)/1e6,
		r.Pool.Open, r.Pool.Max, r.Pool.Created, r.Pool.Recycled, format.Percent(r.Pool.ReuseRate), r.Pool.Waits, r.Pool.Timeouts,
		format.Percent(r.Cache.HitRate), r.Cache.Looks)
	if err != nil {
		return fmt.Errorf("stats: write: %w", err)
	}
	for _, l := range r.Cache.Layers {
		if _, err := fmt.Fprintf(w, "          %-13s %6s of %d, %d entries\n", l.Name, format.Percent(l.HitRate), l.Hits+l.Misses, l.Size); err != nil {
			return fmt.Errorf("stats: write: %w", err)
		}
	}
	for _, h := range r.Hearing {
		if _, err := fmt.Fprintln(w, h.line()); err != nil {
			return fmt.Errorf("stats: write: %w", err)
		}
	}
	return nil
}

// line is the entry as text. The reason comes from the system, and the name from
// the file system: neither is trusted.
func (h hearingRecord) line() string {
	line := fmt.Sprintf("heard by  %s: %s, %s", sanitize.Text(h.Server), h.By, format.Plural(h.Heard+h.Unheard, "pane"))
	if h.By == engine.HeardByKernel.String() {
		line += fmt.Sprintf(", %d unheard, %d events, %d merged, %d lost", h.Unheard, h.Events, h.Merged, h.Lost)
	}
	if h.Reason != "" {
		line += ": " + sanitize.Text(h.Reason)
	}
	return line
}
