package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/internal/fleet"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/jump"
)

func newGo(p Process) *cobra.Command {
	var o watchOptions
	var attach bool
	var by string
	cmd := &cobra.Command{
		Use:   "go PANE",
		Short: "Takes you to an agent's pane, also on another machine",
		Long: "go takes your tmux client to an agent's pane (%3), or the terminal when it is not inside tmux. To\n" +
			"a pane of another machine (dev1:%3) it logs in by ssh, in a new window of your tmux or else in this\n" +
			"terminal, and attaches to the tmux there; when you detach, the window closes. Inside tmux within\n" +
			"tmux, pressing the prefix twice gives it to the inner one.",
		Example: "  agentwatch go %3\n  agentwatch go dev1:%3",
		Args:    onePane,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, _ := parsePaneName(args[0])
			if attach {
				p = outsideTmux(p)
			}
			a := asking{process: p, options: o}
			if name.host == "" {
				return runGo(cmd.Context(), a, by, name.pane)
			}
			named, err := hostsNamed(configuredHosts(p), name.host)
			if err != nil {
				return err
			}
			return goToHost(cmd.Context(), p, by, named[0], health.PaneRef{Pane: name.pane})
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&attach, "attach", false, "attach this terminal, also inside tmux")
	cmd.Flags().StringVar(&by, "client", "", "the tmux client to move, as by '#{client_name}' (default: the one used last)")
	return cmd
}

// outsideTmux is the process as one that does not run inside tmux.
func outsideTmux(p Process) Process {
	getenv := p.Getenv
	p.Getenv = func(name string) string {
		if name == "TMUX" || name == "TMUX_PANE" {
			return ""
		}
		return getenv(name)
	}
	return p
}

// runGo goes to a pane of this machine: of the one server that -S names, or of
// whichever has an agent in it.
func runGo(ctx context.Context, a asking, by, pane string) error {
	if len(a.options.sockets) == 1 && len(a.options.names) == 0 {
		return goTo(ctx, a, by, engine.Agent{Ref: health.PaneRef{Server: resolvedSocket(a.options.sockets[0]), Pane: pane}})
	}
	var agent engine.Agent
	_, err := asked(ctx, a, func(ctx context.Context, c *client.Client) error {
		seen, err := c.Snapshot(ctx)
		if err == nil {
			agent, err = agentIn(seen, pane)
		}
		return err
	})
	if err != nil {
		return err
	}
	return goTo(ctx, a, by, agent)
}

// goToHost takes the user's tmux client, or else this terminal, to a pane of another
// machine.
func goToHost(ctx context.Context, p Process, by string, h fleet.Host, ref health.PaneRef) error {
	tmux, err := tmuxpool.FindTmux()
	if err != nil {
		return err
	}
	keyboard, isFile := p.Stdin.(*os.File)
	home, err := jump.Here(ctx, tmux, p.Getenv, keyboard)
	if err != nil {
		return err
	}
	done, err := openHost(ctx, jump.Jumper{Tmux: tmux, Home: home, Client: by}, h, ref)
	switch {
	case err != nil:
		return err
	case len(done.Attach) == 0:
		fmt.Fprintln(p.Stderr, "agentwatch:", done.Back)
		return nil
	case !terminal(keyboard, isFile):
		return usageError(errors.New("this is neither inside tmux nor in a terminal: there is nothing to take to the pane"))
	default:
		return attach(ctx, p, done.Attach)
	}
}

// openHost opens the way to a pane of another machine.
func openHost(ctx context.Context, j jump.Jumper, h fleet.Host, ref health.PaneRef) (jump.Done, error) {
	args := []string{"go", "--attach", ref.Pane}
	if ref.Server != "" {
		args = append(args, "-S", ref.Server)
	}
	command, err := h.Terminal(args...)
	if err != nil {
		return jump.Done{}, err
	}
	return j.Open(ctx, h.Name, command)
}
