package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

// Exit codes of wait beside the usual ones.
const (
	exitTimeout = 3
	exitGone    = 4
)

// waitOptions say what is waited for.
type waitOptions struct {
	states                []string
	pane, session, window string
	any, all              bool
	timeout               time.Duration
	asJSON                bool
}

func newWait(p Process) *cobra.Command {
	var o watchOptions
	var m machines
	var w waitOptions
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "Waits until an agent is in a state",
		Long: "wait returns when an agent is in one of the states, and prints its server's socket, its pane and\n" +
			"its state, or with --json an object a line. Idle includes done. Say which agent by --pane (inside\n" +
			"tmux, one of this server), which ones by --session or --window, or --any for whichever is first;\n" +
			"--all waits until all of them are in one of the states.\n\n" +
			"It exits with 0 when that is so, 3 on timeout, 4 when the pane or its agent is gone, 5 when a\n" +
			"machine that --hosts names cannot be reached, 1 on any other error and 2 on wrong usage.",
		Example: "  agentwatch wait --pane %3 --timeout 10m && make test\n" +
			"  agentwatch wait --any --state waiting,error --json\n  agentwatch wait --session api --all --state idle,limited\n" +
			"  agentwatch wait --hosts all --any --state waiting\n  agentwatch wait --pane dev1:%3",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, err := w.condition()
			if err != nil {
				return usageError(err)
			}
			if name, ok := parsePaneName(w.pane); ok && name.host != "" {
				m.words = []string{name.host}
			}
			return runWait(cmd.Context(), asking{process: p, options: o}, m, w, wanted, cmd.OutOrStdout())
		},
	}
	o.addFlags(cmd)
	m.addFlag(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&w.states, "state", []string{engine.UrgencyIdle.String()}, "the states, parted by commas")
	f.StringVar(&w.pane, "pane", "", "the agent in this pane, such as %3, or dev1:%3 on another machine")
	f.StringVar(&w.session, "session", "", "the agents of this session")
	f.StringVar(&w.window, "window", "", "the agents of the windows of this name")
	f.BoolVar(&w.any, "any", false, "whichever agent is first")
	f.BoolVar(&w.all, "all", false, "all agents, or all of the session or window")
	f.DurationVar(&w.timeout, "timeout", 0, "how long to wait at most, such as 10m (default: for ever)")
	f.BoolVar(&w.asJSON, "json", false, "print a JSON object for each agent")
	return cmd
}

// condition is what the flags wait for.
func (w waitOptions) condition() (condition, error) {
	pane, isName := parsePaneName(w.pane)
	c := condition{Pane: pane.pane, Session: w.session, Window: w.window, All: w.all, Since: time.Now()}
	for _, word := range w.states {
		u, err := engine.ParseUrgency(strings.TrimSpace(word))
		if err != nil {
			return c, fmt.Errorf("--state: %w", err)
		}
		c.States = append(c.States, u)
	}
	switch {
	case len(c.States) == 0:
		return c, errors.New("--state names no state")
	case w.pane != "" && !isName:
		return c, fmt.Errorf("--pane %q is not a pane id, such as %%3; agentwatch list shows them", w.pane)
	case w.pane == "" && w.session == "" && w.window == "" && !w.any && !w.all:
		return c, errors.New("wait for which agent? Say --pane, --session, --window, --any or --all")
	case w.any && w.all:
		return c, errors.New("--any and --all exclude each other")
	case w.timeout < 0:
		return c, fmt.Errorf("--timeout %s is over already", w.timeout)
	default:
		return c, nil
	}
}

// errTimeout is why waiting ends whose time is over.
var errTimeout = errors.New("the time is over")

func runWait(ctx context.Context, a asking, m machines, w waitOptions, wanted condition, out io.Writer) error {
	if wanted.Pane != "" && len(m.words) == 0 && len(a.options.names)+len(a.options.sockets) == 0 {
		for ref := range ownPane(a.process.Getenv) {
			wanted.Socket = ref.Server
		}
	}
	if w.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, w.timeout, errTimeout)
		defer cancel()
	}
	ended, err := await(ctx, a, m, wanted)
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return coded(fmt.Errorf("wait: not within %s", w.timeout), exitTimeout)
	case errors.Is(err, api.ErrAmbiguous):
		return errPaneOnSeveral(wanted.Pane)
	case err != nil:
		return err
	case ended.outcome == outcomeGone:
		return coded(goneError(wanted, ended), exitGone)
	default:
		return writeWaited(out, ended.agents, w.asJSON)
	}
}

// goneError says what is gone.
func goneError(wanted condition, ended waited) error {
	switch {
	case len(ended.agents) > 0:
		a := ended.agents[0]
		return fmt.Errorf("wait: the agent in %s has %s", a.Ref.PaneName(), a.Urgency())
	case wanted.Pane != "":
		return fmt.Errorf("there is no agent in %s; agentwatch list shows where they are; %s", wanted.Pane, elsewhere())
	default:
		return fmt.Errorf("there is no such agent; agentwatch list shows where they are; %s", elsewhere())
	}
}

// await waits on what the engine process sees, which is started where none runs.
func await(ctx context.Context, a asking, m machines, wanted condition) (waited waited, err error) {
	err = a.monitored(ctx, m, func(ctx context.Context, monitor watched, named map[string]bool) error {
		snapshots, cancel := monitor.Subscribe()
		defer cancel()
		wanted.Machines = named
		first := &firstRead{options: a.options, process: a.process, machines: m, began: time.Now()}
		waited, err = wanted.await(ctx, snapshots, first.check)
		return err
	})
	return waited, err
}

// writeWaited prints the agents that are in one of the states.
func writeWaited(out io.Writer, agents []engine.Agent, asJSON bool) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, a := range agents {
		var err error
		if asJSON {
			err = encoder.Encode(agentRecordOf(a))
		} else {
			_, err = fmt.Fprintln(out, a.Ref, a.Urgency())
		}
		if err != nil {
			return fmt.Errorf("wait: write: %w", err)
		}
	}
	return nil
}
