package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"agentwatch/internal/bench"
)

// liveReport is what `bench --live --json` prints.
type liveReport struct {
	Machine bench.Machine `json:"machine"`
	Live    []bench.Live  `json:"live"`
}

// runBenchLive measures the running monitor with one number of agents after
// another.
func runBenchLive(ctx context.Context, p Process, o benchOptions) error {
	report := liveReport{Machine: bench.ThisMachine()}
	options := make([]bench.LiveOptions, 0, len(o.agents))
	for _, n := range o.agents {
		one := bench.LiveOptions{Agents: n, Changes: o.changes, Quiet: o.quiet, Soak: o.soak, Clients: o.clients}
		if err := one.Check(); err != nil {
			return usageError(err)
		}
		options = append(options, one)
	}
	for _, one := range options {
		bar := newBenchProgress(p.Stderr)
		one.Progress = bar.show
		live, err := bench.RunLive(ctx, one)
		bar.clear()
		if err != nil {
			return err
		}
		report.Live = append(report.Live, live)
		if !o.asJSON {
			if err := writeLive(p.Stdout, live); err != nil {
				return err
			}
		}
	}
	if !o.asJSON {
		return nil
	}
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("bench: write: %w", err)
	}
	return nil
}

func writeLive(w io.Writer, l bench.Live) error {
	const mib = 1 << 20
	_, err := fmt.Fprintf(w, "%d agents, the running monitor with default settings\n"+
		"  change to verdict   p50 %.0f ms, p99 %.0f ms, worst %.0f ms (%d changes, from the write)\n"+
		"  new window listed   p50 %.0f ms, worst %.0f ms (%d windows, from the command)\n"+
		"  spinners            tmux %.2f %% + agentwatch %.2f %% of a core (%d agents, ten steps a second)\n"+
		"  at rest             tmux %.2f %% + agentwatch %.2f %% of a core (over %.0f s)\n"+
		"  memory              agentwatch %.1f MiB\n",
		l.Agents, l.P50MS, l.P99MS, l.MaxMS, l.Changes, l.WindowP50MS, l.WindowMaxMS, l.Windows,
		100*l.SpinServerShare, 100*l.SpinOwnShare, l.Spinners, 100*l.ServerShare, 100*l.OwnShare, l.RestSeconds, float64(l.OwnBytes)/mib)
	if err == nil && l.SoakRounds > 0 {
		_, err = fmt.Fprintf(w, "  tmux server         %.2f MiB after a tenth of %d rounds, %.2f MiB at their end\n",
			float64(l.ServerStartBytes)/mib, l.SoakRounds, float64(l.ServerEndBytes)/mib)
	}
	if err != nil {
		return fmt.Errorf("bench: write: %w", err)
	}
	return nil
}
