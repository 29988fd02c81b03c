package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/internal/bench"
	"agentwatch/tmuxpool"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	agents []int
	asJSON bool
	// live measures the running monitor instead of single rounds.
	live bool
	// stages measures which stage of a round takes how much.
	stages bool
	// changes, quiet and soak are for live.
	changes int
	quiet   time.Duration
	soak    int
	// dashboard measures the screen instead; span, keys and views are for it.
	dashboard bool
	clients   tmuxpool.Clients
	span      time.Duration
	keys      int
	views     []string
	// machines measures many machines on one dashboard: so many hosts, of which so many
	// agents change each second.
	machines         bool
	hosts, perSecond int
	// harm starts a program so often instead, to see whether the server survives it.
	harm   bool
	starts int
	// each is the same for every number of agents.
	each bench.Options
}

func newBench(p Process) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench [-- COMMAND...]",
		Short: "Measures every strategy on the same panes of a private tmux server",
		Long: "bench makes a private tmux server with simulated agents, 200x50 coloured cells each, and makes\n" +
			"rounds over them by every strategy in turn, with none, a tenth and all of the panes changed\n" +
			"between two rounds. It prints the medians, how many times faster each is than a process per\n" +
			"pane, and what a round costs tmux and us. Your own servers are not touched, and nothing is\n" +
			"left behind. 50 agents take some four minutes, 1000 a quarter of an hour.",
		Example: "  agentwatch bench\n  agentwatch bench --agents 10,25,50,100,1000 --plain=false\n" +
			"  agentwatch bench --live --agents 50,1000\n  agentwatch bench --ui --views grid,board\n  agentwatch bench --ui --live --agents 50,1000\n" +
			"  agentwatch bench --fleet --hosts 200 --agents 50 --load 1000\n" +
			"  agentwatch bench --harm -- another-monitor --flag\n" +
			"  agentwatch bench --rounds 5 --json | jq '.fleets[].cells[].rows[] | {method, ratio}'",
		Args: func(cmd *cobra.Command, args []string) error {
			if o.harm {
				return nil
			}
			return noArguments(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.harm {
				return runBenchHarm(cmd.Context(), p, o, args)
			}
			if len(o.agents) == 0 {
				return usageError(errors.New("--agents needs a number"))
			}
			if o.machines {
				return runBenchMachines(cmd.Context(), p, o)
			}
			if o.dashboard {
				return runBenchDashboard(cmd.Context(), p, o)
			}
			if o.stages {
				return runBenchStages(cmd.Context(), p, o)
			}
			if o.live {
				return runBenchLive(cmd.Context(), p, o)
			}
			return runBench(cmd.Context(), p, o)
		},
	}
	f := cmd.Flags()
	f.IntSliceVar(&o.agents, "agents", []int{bench.DefaultAgents}, "numbers of agents to measure with, one after another")
	f.IntVar(&o.each.Rounds, "rounds", bench.DefaultRounds, "turns per row; slow ones get fewer, but at least 3")
	f.BoolVar(&o.each.Colours, "colours", true, "measure captures with colours")
	f.BoolVar(&o.each.Plain, "plain", true, "measure captures without colours, as detection makes them")
	f.BoolVar(&o.live, "live", false, "run the monitor instead, and measure how late changes reach a verdict, the cost at rest, and memory")
	f.BoolVar(&o.stages, "shares", false, "measure which stage of a round takes how much, with all panes changed, and detection on one to all cores")
	f.IntVar(&o.changes, "changes", 200, "with --live: how many changes of state to time")
	f.DurationVar(&o.quiet, "quiet", 30*time.Second, "with --live: how long to measure the cost at rest")
	f.TextVar(&o.clients, "clients", tmuxpool.ClientsAuto, "with --live: which servers get control clients: auto, always or never")
	f.IntVar(&o.soak, "soak", 10_000, "with --live: how many rounds to make for the growth of the tmux server")
	f.BoolVar(&o.dashboard, "ui", false, "measure the dashboard instead: bytes to the terminal, CPU, and how late keys have their effect;\nwith --live the whole program at rest, and how late the next agent's screen comes")
	f.DurationVar(&o.span, "span", 10*time.Second, "with --ui and --fleet: how long to measure each load")
	f.IntVar(&o.keys, "keys", 200, "with --ui and --fleet: how many keys to time in each view;\nwith --ui --live: how many agents to select")
	f.BoolVar(&o.machines, "fleet", false, "measure many machines on one dashboard instead: over a redis-server of its own on loopback, and over\na command per host")
	f.IntVar(&o.hosts, "hosts", 200, "with --fleet: how many machines write to the hub, with as many agents each as --agents says")
	f.IntVar(&o.perSecond, "load", 1000, "with --fleet: how many agents change each second")
	f.BoolVar(&o.harm, "harm", false, "start and end COMMAND (agentwatch watch) again and again on a server where sessions and terminals come\nand go, and tell how many servers died and what was changed or left behind")
	f.IntVar(&o.starts, "starts", 150, "with --harm: how many times to start it")
	f.StringSliceVar(&o.views, "views", nil, "with --ui: only these views: "+strings.Join(bench.DashboardViews(), ", "))
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	return cmd
}

// runBench measures one number of agents after another, and prints each as
// soon as it is done.
func runBench(ctx context.Context, p Process, o benchOptions) error {
	report := bench.Report{At: time.Now(), Machine: bench.ThisMachine()}
	// What can be refused is refused before anything is started.
	for _, n := range o.agents {
		o.each.Agents = n
		if err := o.each.Check(); err != nil {
			return usageError(err)
		}
	}
	for _, n := range o.agents {
		o.each.Agents = n
		bar := newBenchProgress(p.Stderr)
		o.each.Progress = bar.show
		fleet, err := bench.Run(ctx, o.each)
		bar.clear()
		if err != nil {
			return err
		}
		report.Fleets = append(report.Fleets, fleet)
		if !o.asJSON {
			if err := writeFleet(p.Stdout, report.Machine, fleet); err != nil {
				return err
			}
		}
	}
	if o.asJSON {
		return writeBenchJSON(p.Stdout, report)
	}
	if err := writeScaling(p.Stdout, report); err != nil {
		return err
	}
	return writeMethod(p.Stdout)
}

func writeBenchJSON(w io.Writer, report bench.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("bench: write: %w", err)
	}
	return nil
}

// benchProgress draws how far a run has come, on one line that is gone
// afterwards: on a terminal only.
type benchProgress struct {
	w     io.Writer
	drawn bool
}

// benchBarWidth leaves room for the words in 80 columns.
const benchBarWidth = 28

func newBenchProgress(w io.Writer) *benchProgress {
	if tty, ok := w.(descriptor); !terminal(tty, ok) {
		w = nil
	}
	return &benchProgress{w: w}
}

func (b *benchProgress) show(now bench.Progress) {
	if b.w == nil {
		return
	}
	b.drawn = true
	full := min(benchBarWidth*now.Done/max(now.Total, 1), benchBarWidth)
	bar := strings.Repeat("━", full) + strings.Repeat("─", benchBarWidth-full)
	fmt.Fprintf(b.w, "\r%s  %s\x1b[K", bar, now.Doing)
}

func (b *benchProgress) clear() {
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

// hasCells tells whether any cell was measured with captures of the kind.
func hasCells(f bench.Fleet, colours bool) bool {
	return slices.ContainsFunc(f.Cells, func(c bench.Cell) bool { return c.Colours == colours })
}
