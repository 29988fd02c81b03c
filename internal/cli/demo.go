package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"agentwatch/engine/client"
	"agentwatch/internal/demo"
	otherMachines "agentwatch/internal/fleet"
	"agentwatch/tmuxpool"
)

const (
	defaultDemoAgents = 12
	minDemoSpeed      = 0.1
	maxDemoSpeed      = 10.0
)

// demoOptions are the flags of demo.
type demoOptions struct {
	watch watchOptions
	theme string
	fleet demo.Options
	// hosts is how many other machines there are.
	hosts int
	// tour leads through what can be done.
	tour bool
}

func newDemo(p Process) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Shows the dashboard on simulated agents in a private tmux server",
		Long: "demo starts a private tmux server with simulated agents that go through all states, and the\n" +
			"dashboard on it. Your own servers are not touched, and nothing is left behind. With\n" +
			"--hosts there are other machines, too: each with a home, a tmux server and an engine of its own; one\n" +
			"is lost for half a minute, and another is lost for good. A line above the footer leads through what\n" +
			"can be done in two minutes; ctrl+x ends it, and --tour=false does without.",
		Example: "  agentwatch demo\n  agentwatch demo --agents 40\n  agentwatch demo --hosts 5",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.fleet.Agents < 1 || o.fleet.Agents > demo.MaxAgents {
				return usageError(fmt.Errorf("--agents %d is not between 1 and %d", o.fleet.Agents, demo.MaxAgents))
			}
			if o.fleet.Speed < minDemoSpeed || o.fleet.Speed > maxDemoSpeed {
				return usageError(fmt.Errorf("--speed %g is not between %g and %g", o.fleet.Speed, minDemoSpeed, maxDemoSpeed))
			}
			if o.hosts < 0 || o.hosts > demo.MaxHosts {
				return usageError(fmt.Errorf("--hosts %d is not between 0 and %d", o.hosts, demo.MaxHosts))
			}
			if o.hosts > 0 && o.fleet.Agents <= o.hosts {
				return usageError(fmt.Errorf("--agents %d leaves machines without any: there are %d of them", o.fleet.Agents, o.hosts+1))
			}
			return runDemo(cmd.Context(), p, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.fleet.Agents, "agents", defaultDemoAgents, "how many agents to simulate")
	f.IntVar(&o.hosts, "hosts", 0, "how many other machines to simulate; the agents are spread over all")
	f.Float64Var(&o.fleet.Speed, "speed", 1, "how fast they work: 2 is twice as fast")
	f.Int64Var(&o.fleet.Seed, "seed", 0, "another number is another course of events")
	f.BoolVar(&o.tour, "tour", true, "lead through what can be done")
	f.StringVar(&o.theme, "theme", "", themeUsage())
	o.watch.addPace(cmd)
	return cmd
}

// runDemo shows the dashboard on a demo server and removes the server after.
func runDemo(ctx context.Context, p Process, o demoOptions) (err error) {
	// What can be refused is refused before anything is started.
	s, err := newScreen(p, o.watch, o.theme)
	if err != nil {
		return err
	}
	tmux, err := tmuxpool.FindTmux()
	if err != nil {
		return err
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: find own program: %w", err)
	}
	o.fleet.Executable, o.fleet.TmuxPath, o.fleet.Progress = executable, tmux, demoProgress(p.Stderr)
	machines, err := demo.StartHosts(ctx, &o.fleet, o.hosts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, machines.Close()) }()
	running, err := demo.Start(ctx, o.fleet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	var others []otherMachines.Host
	for _, m := range machines.All() {
		others = append(others, otherMachines.Host{Name: m.Name, Command: m.Command})
	}
	o.watch.sockets, o.watch.alone = []string{running.SocketPath()}, true
	s.watch = o.watch
	s.options.Tour = o.tour
	// Its history is its own, and goes with it.
	s.process = keepingStateIn(p, running.StateFolder())
	return useMonitor(ctx, s.process, o.watch, func(ctx context.Context, m *client.Monitor) error {
		return withHosts(ctx, m, otherMachines.Options{Screen: true, Hosts: others, ReadOnly: o.watch.readOnly, Notify: true}, s.show)
	})
}

// keepingStateIn is a process that keeps what it records below another folder.
func keepingStateIn(p Process, folder string) Process {
	getenv := p.Getenv
	p.Getenv = func(name string) string {
		if name == "XDG_STATE_HOME" {
			return folder
		}
		return getenv(name)
	}
	return p
}

// demoProgress draws how far the start has come, on one line that is gone
// afterwards.
func demoProgress(w io.Writer) func(done, total int) {
	return func(done, total int) {
		if done < total {
			fmt.Fprintf(w, "\rstarting agent %d of %d", done+1, total)
			return
		}
		fmt.Fprint(w, "\r\x1b[K")
	}
}

// newSimulate is the program that runs in the demo's panes.
func newSimulate() *cobra.Command {
	var o demo.SimulateOptions
	var kind, script string
	cmd := &cobra.Command{
		Use:    "simulate",
		Short:  "Plays one simulated agent (used by demo)",
		Hidden: true,
		Args:   noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Kind, err = demo.ParseKind(kind); err != nil {
				return usageError(err)
			}
			if o.Script, err = demo.ParseScript(script); err != nil {
				return usageError(err)
			}
			if keyboard, ok := cmd.InOrStdin().(*os.File); ok {
				o.Input = keyboard
			}
			return demo.Simulate(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&kind, "kind", demo.Claude.String(), "claude, codex, gemini or opencode")
	f.Int64Var(&o.Seed, "seed", 1, "seed of its course")
	f.StringVar(&script, "script", "", "name of its script")
	f.Float64Var(&o.Speed, "speed", 1, "how fast it plays")
	f.StringVar(&o.Project, "project", "", "whose tasks it works on (default: all)")
	f.StringVar(&o.Task, "task", "", "its first task (default: any)")
	return cmd
}
