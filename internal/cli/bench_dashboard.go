package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/internal/bench"
	"agentwatch/ui"
)

// Descriptors that bench hands to the dashboard that it measures.
const (
	ordersDescriptor  = 3
	answersDescriptor = 4
)

// newBenchDashboard is the program that runs on bench's terminal: the real
// dashboard on a script.
func newBenchDashboard(p Process) *cobra.Command {
	return &cobra.Command{
		Use:    "bench-dashboard AGENTS",
		Short:  "Shows a dashboard on a script (used by bench --ui)",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			agents, err := strconv.Atoi(args[0])
			if err != nil || agents < 1 || agents > bench.MaxAgents {
				return usageError(fmt.Errorf("%q is not a number of agents from 1 to %d", args[0], bench.MaxAgents))
			}
			orders, answers := os.NewFile(ordersDescriptor, "orders"), os.NewFile(answersDescriptor, "answers")
			if orders == nil || answers == nil {
				return usageError(errors.New("only bench --ui can start this"))
			}
			defer orders.Close()
			defer answers.Close()
			show := func(ctx context.Context, script *bench.Script) error {
				return ui.Run(ctx, script, ui.Options{Version: versionText(p.Version), Input: p.Stdin, Output: p.Stdout})
			}
			return bench.ServeDashboard(cmd.Context(), agents, orders, answers, show)
		},
	}
}

// dashboardReport is what `bench --ui --json` prints.
type dashboardReport struct {
	Machine bench.Machine         `json:"machine"`
	Views   []bench.DashboardView `json:"views"`
}

// runBenchDashboard measures the dashboard's views, or with --live the whole
// program.
func runBenchDashboard(ctx context.Context, p Process, o benchOptions) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: find own program: %w", err)
	}
	if o.live {
		return runBenchWhole(ctx, p, o, executable)
	}
	options := bench.DashboardOptions{
		Command: []string{executable, "bench-dashboard"}, Few: bench.DashboardFew, Many: bench.DashboardMany,
		FewChanges: bench.DashboardFewChanges, ManyChanges: bench.DashboardManyChanges, Span: o.span, Keys: o.keys, Views: o.views,
	}
	if err := options.Check(); err != nil {
		return usageError(err)
	}
	bar := newBenchProgress(p.Stderr)
	options.Progress = bar.show
	views, err := bench.RunDashboard(ctx, options)
	bar.clear()
	if err != nil {
		return err
	}
	report := dashboardReport{Machine: bench.ThisMachine(), Views: views}
	if o.asJSON {
		return writeIndented(p.Stdout, "bench", report)
	}
	return writeDashboard(p.Stdout, report)
}

// wholeReport is what `bench --ui --live --json` prints.
type wholeReport struct {
	Machine bench.Machine `json:"machine"`
	Whole   []bench.Whole `json:"whole"`
}

// runBenchWhole measures the program at rest and how late the screens of agents that
// are selected come, with one number of agents after another.
func runBenchWhole(ctx context.Context, p Process, o benchOptions, executable string) error {
	report := wholeReport{Machine: bench.ThisMachine()}
	for _, n := range o.agents {
		one := bench.WholeOptions{Command: []string{executable, "--no-history", "--read-only", "-S"}, Agents: n, Quiet: o.quiet, Keys: o.keys}
		if err := one.Check(); err != nil {
			return usageError(err)
		}
		bar := newBenchProgress(p.Stderr)
		one.Progress = bar.show
		measured, err := bench.RunWhole(ctx, one)
		bar.clear()
		if err != nil {
			return err
		}
		report.Whole = append(report.Whole, measured)
	}
	if o.asJSON {
		return writeIndented(p.Stdout, "bench", report)
	}
	for _, w := range report.Whole {
		line := fmt.Sprintf("%d agents at rest, the whole program with the board on 200x50 (over %.0f s)\n"+
			"  agentwatch %.2f %% + tmux %.2f %% of a core, %.0f B/s to the terminal, memory %s\n",
			w.Agents, w.RestSeconds, 100*w.OwnShare, 100*w.ServerShare, w.BytesPerSecond, sizeText(float64(w.OwnBytes)))
		if w.Keys > 0 {
			line += fmt.Sprintf("  key to the next agent's screen: p50 %s, p99 %s, worst %s (%d keys)\n",
				timeText(w.ContentP50MS), timeText(w.ContentP99MS), timeText(w.ContentMaxMS), w.Keys)
		}
		if err := writeText(p.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// dashboardNote says how the figures came about.
const dashboardNote = `The whole program on a terminal of 200x50 with the focus, fed with ten snapshots a second, with two
while nothing changes (as the monitor does it). Each change is a row that an agent prints; those on the
screen change first. CPU is of one core; KEY is from the key's byte until its effect is on the screen,
during the load of that row.
`

func writeDashboard(w io.Writer, r dashboardReport) error {
	t := benchTable("VIEW", "AGENTS", "CHANGES/S", "B/S", "CPU %", "MEMORY", "KEY P50", "P99", "WORST")
	for _, v := range r.Views {
		name := v.View
		for i, l := range v.Loads {
			cells := []string{
				name, strconv.Itoa(l.Agents), strconv.Itoa(l.ChangesPerSecond), strconv.FormatFloat(l.BytesPerSecond, 'f', 0, 64),
				strconv.FormatFloat(100*l.CPUShare, 'f', 2, 64), sizeText(float64(l.RSSBytes)), "", "", "",
			}
			if i == len(v.Loads)-1 {
				copy(cells[6:], []string{timeText(v.P50MS), timeText(v.P99MS), timeText(v.MaxMS)})
			}
			t.Row(cells...)
			name = ""
		}
	}
	return writeText(w, strings.TrimSpace(trimmed(t))+"\n\n"+dashboardNote)
}
