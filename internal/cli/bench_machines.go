package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/monitor"
	"agentwatch/engine/stdio"
	"agentwatch/health"
	"agentwatch/internal/bench"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/ui"
)

// newBenchMachine plays one process of bench --fleet.
func newBenchMachine(p Process) *cobra.Command {
	return &cobra.Command{
		Use:    "bench-machine ROLE",
		Short:  "Plays hosts or a viewer (used by bench --fleet)",
		Hidden: true,
		Args:   cobra.RangeArgs(3, 4),
		RunE: func(cmd *cobra.Command, args []string) error {
			began, ctx := time.Now(), cmd.Context()
			role, url := args[0], args[1]
			var numbers []int
			for _, word := range args[1:] {
				if n, err := strconv.Atoi(word); err == nil {
					numbers = append(numbers, n)
				}
			}
			if role == bench.RoleHost && len(numbers) == 2 {
				return playHost(ctx, p, numbers[0], numbers[1])
			}
			orders, answers := os.NewFile(ordersDescriptor, "orders"), os.NewFile(answersDescriptor, "answers")
			if orders == nil || answers == nil {
				return usageError(errors.New("only bench --fleet can start this"))
			}
			defer orders.Close()
			defer answers.Close()
			at := hub.Options{URL: url, Fleet: hub.DefaultFleet}
			switch {
			case role == bench.RoleHosts && len(numbers) == 2:
				return bench.ServeHosts(ctx, at, numbers[0], numbers[1], orders, answers)
			case (role == bench.RoleViewer || role == bench.RoleDashboard) && len(numbers) == 1:
				viewer, err := hub.Open(at)
				if err != nil {
					return err
				}
				defer viewer.Close()
				drawn := role == bench.RoleDashboard
				return benchViewer(ctx, p, fleet.Options{Screen: drawn, Hub: viewer, ReadOnly: true}, drawn, func(ctx context.Context, m face) error {
					return bench.ServeViewer(ctx, began, numbers[0], m, orders, answers)
				})
			case role == bench.RoleDirect && len(numbers) == 3:
				hosts, err := playedHosts(numbers[0], numbers[1], numbers[2])
				if err != nil {
					return err
				}
				return benchViewer(ctx, p, fleet.Options{Hosts: hosts, ReadOnly: true}, false, func(ctx context.Context, m face) error {
					return bench.ServeViewer(ctx, began, numbers[0]*numbers[1], m, orders, answers)
				})
			}
			return usageError(fmt.Errorf("no role of bench --fleet: %v", args))
		},
	}
}

// playedHosts are hosts that this program plays, each by a command.
func playedHosts(hosts, agents, perSecond int) ([]fleet.Host, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("bench: find own program: %w", err)
	}
	all := make([]fleet.Host, 0, hosts)
	for n := range hosts {
		all = append(all, fleet.Host{
			Name: fmt.Sprintf("host%03d", n), Command: []string{executable, "bench-machine", bench.RoleHost, strconv.Itoa(agents), strconv.Itoa(perSecond)},
		})
	}
	return all, nil
}

// benchViewer shows other machines beside an engine that has nothing to watch, with a
// dashboard or without, while serve runs.
func benchViewer(ctx context.Context, p Process, o fleet.Options, dashboard bool, serve func(context.Context, face) error) error {
	nothing := watchOptions{alone: true, noHistory: true, readOnly: true, given: func(string) bool { return false }}
	return useMonitor(ctx, p, nothing, func(ctx context.Context, local *client.Monitor) error {
		return withHosts(ctx, local, o, func(ctx context.Context, m face) error {
			ctx, cancel := context.WithCancel(ctx)
			served := make(chan error, 1)
			go func() { defer cancel(); served <- serve(ctx, m) }()
			var err error
			if dashboard {
				err = ui.Run(ctx, m, ui.Options{Version: versionText(p.Version), Input: p.Stdin, Output: p.Stdout})
			} else {
				<-ctx.Done()
			}
			cancel()
			return errors.Join(err, <-served)
		})
	})
}

// playedEngine serves the snapshots of a host that is played, and nothing else.
type playedEngine struct {
	daemon.Engine
	*bench.Played
}

// Subscribe implements daemon.Engine.
func (e playedEngine) Subscribe() (<-chan *engine.Snapshot, func()) { return e.Played.Subscribe() }

// TransitionsAndSeen implements daemon.Engine: nothing reads them.
func (playedEngine) TransitionsAndSeen() *engine.TransitionStream {
	return new(monitor.Service).TransitionsAndSeen()
}

// Ignore implements daemon.Engine.
func (playedEngine) Ignore(map[health.PaneRef]bool) {}

// Waiting implements daemon.Engine.
func (playedEngine) Waiting() bool { return false }

// Follow implements daemon.Engine.
func (playedEngine) Follow(context.Context, []health.PaneRef, []health.PaneRef) error { return nil }

// playHost is the command of a host that is played.
func playHost(ctx context.Context, p Process, agents, perSecond int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	played := bench.NewPlayed(rand.IntN(100), agents)
	ended := make(chan struct{})
	go func() { defer close(ended); bench.PlayHost(ctx, played, perSecond) }()
	server := daemon.New(daemon.Options{Engine: playedEngine{Played: played}})
	err := stdio.Serve(ctx, p.Stdin, p.Stdout, api.Hello{PID: os.Getpid(), Host: "played", Now: time.Now()}, server)
	cancel()
	<-ended
	return err
}

// machinesReport is what `bench --fleet --json` prints.
type machinesReport struct {
	Machine bench.Machine  `json:"machine"`
	Fleet   bench.Machines `json:"fleet"`
}

// runBenchMachines measures many machines on one dashboard.
func runBenchMachines(ctx context.Context, p Process, o benchOptions) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: find own program: %w", err)
	}
	options := bench.MachinesOptions{
		Command: []string{executable, "bench-machine"}, Hosts: o.hosts, Agents: o.agents[0], Changes: o.perSecond, Viewers: 3,
		DirectHosts: min(o.hosts, 20), DirectAgents: o.agents[0], DirectChanges: max(o.perSecond/10, min(o.hosts, 20)), Span: o.span, Keys: o.keys,
	}
	if err := options.Check(); err != nil {
		return usageError(err)
	}
	bar := newBenchProgress(p.Stderr)
	options.Progress = bar.show
	measured, err := bench.RunMachines(ctx, options)
	bar.clear()
	if err != nil {
		return err
	}
	if o.asJSON {
		return writeIndented(p.Stdout, "bench", machinesReport{bench.ThisMachine(), measured})
	}
	return writeMachines(p.Stdout, measured)
}

func writeMachines(w io.Writer, m bench.Machines) error {
	late := func(l bench.Late) string {
		return fmt.Sprintf("p50 %s, p99 %s, worst %s (%d)", timeText(l.P50MS), timeText(l.P99MS), timeText(l.MaxMS), l.Changes)
	}
	costs := func(c bench.Costs) string {
		return fmt.Sprintf("redis-server %.2f %%, a viewer %.2f %%, the dashboard %.2f %% of a core and %.1f kB/s, all collectors %.1f %%",
			100*c.Redis, 100*c.Viewer, 100*c.Dashboard, c.BytesPerSecond/1000, 100*c.Collectors)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d hosts with %d agents over a hub, %d changes a second, %d viewers, each measured for %.0f s\n", m.Hosts, m.Agents, m.Changes, m.Viewers, m.Seconds)
	fmt.Fprintf(&b, "  change to viewer    %s\n", late(m.Late))
	fmt.Fprintf(&b, "  key to its frame    %s, with %d agents in the list\n", late(m.Keys), m.Hosts*m.Agents)
	fmt.Fprintf(&b, "  under load          %s\n  at rest             %s\n", costs(m.Load), costs(m.Rest))
	fmt.Fprintf(&b, "  who comes late      has all after %s at worst (of %d)\n", timeText(slices.Max(m.JoinedMS)), len(m.JoinedMS))
	fmt.Fprintf(&b, "  memory              redis-server %s, a viewer %s, the dashboard %s\n",
		sizeText(float64(m.RedisBytes)), sizeText(float64(m.ViewerBytes)), sizeText(float64(m.DashboardBytes)))
	if m.DirectHosts > 0 {
		fmt.Fprintf(&b, "%d hosts with %d agents over a command each, %d changes a second\n", m.DirectHosts, m.DirectAgents, m.DirectChanges)
		fmt.Fprintf(&b, "  change to viewer    %s\n  the viewer          %.2f %% of a core\n", late(m.Direct), 100*m.DirectShare)
	}
	return writeText(w, b.String())
}
