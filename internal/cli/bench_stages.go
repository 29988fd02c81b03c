package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"agentwatch/internal/bench"
)

// stagesReport is what `bench --shares --json` prints.
type stagesReport struct {
	Machine bench.Machine  `json:"machine"`
	Shares  []bench.Stages `json:"shares"`
}

// runBenchStages measures where the time of a round goes, with one number of agents
// after another.
func runBenchStages(ctx context.Context, p Process, o benchOptions) error {
	report := stagesReport{Machine: bench.ThisMachine()}
	o.each.Plain = true
	for _, n := range o.agents {
		one := o.each
		one.Agents = n
		if err := one.Check(); err != nil {
			return usageError(err)
		}
		bar := newBenchProgress(p.Stderr)
		one.Progress = bar.show
		stages, err := bench.RunStages(ctx, one)
		bar.clear()
		if stages.Rounds > 0 { // what was measured counts, also when the server took long to end
			report.Shares = append(report.Shares, stages)
			if !o.asJSON {
				err = errors.Join(err, writeText(p.Stdout, stagesText(report.Machine, stages)))
			}
		}
		if err != nil {
			return err
		}
	}
	if !o.asJSON {
		return nil
	}
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

func stagesText(m bench.Machine, s bench.Stages) string {
	heard := "asked for what has changed"
	if s.Heard {
		heard = "told by the kernel what has changed"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d agents, all changed, %d rounds, tmux %s, %s/%s, %d CPUs, %s\n\n", s.Agents, s.Rounds, s.Tmux, m.OS, m.Arch, m.CPUs, heard)
	t := benchTable("STAGE", "WALL", "OUR CPU", "OF ALL CPU")
	total := s.OwnCPUMS + s.ServerCPUMS
	share := func(ms float64) string { return strconv.FormatFloat(100*ms/max(total, 0.001), 'f', 1, 64) + " %" }
	inside := 0.0
	for _, stage := range s.Stages {
		inside += stage.CPUMS
		t.Row(stage.Name, timeText(stage.WallMS), timeText(stage.CPUMS), share(stage.CPUMS))
	}
	if rest := s.OwnCPUMS - inside; rest > 0 {
		t.Row("tmux processes", "", timeText(rest), share(rest))
	}
	t.Row("tmux server", "", timeText(s.ServerCPUMS), share(s.ServerCPUMS))
	t.Row("round", timeText(s.WallMS), timeText(total), "100 %")
	b.WriteString(trimmed(t) + "\n")
	for _, d := range s.Detection {
		fmt.Fprintf(&b, "detection of all %d screens alone, %d of %d cores: %s, %.1fx, processor time %s\n", s.Agents, d.Cores, len(s.Detection), timeText(d.WallMS), d.Speed, timeText(d.CPUMS))
	}
	fmt.Fprintf(&b, "if detection cost nothing, a round would use %.1f %% less\n\n", 100*s.Bound())
	return b.String()
}
