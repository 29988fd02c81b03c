package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/ui/sanitize"
)

// later lets a text wait until its agent is at its prompt. The engine process keeps
// and types it, and stays for that; it is started where none runs.
func (o *sendOptions) later(cmd *cobra.Command, p Process, name paneName) error {
	if name.host != "" {
		return usageError(errors.New("--when-idle is for this machine's agents; on another machine, run it there"))
	}
	var agent engine.Agent
	var text engine.WaitingText
	err := useMonitor(cmd.Context(), p, o.watch, func(ctx context.Context, m *client.Monitor) (err error) {
		if agent, err = awaitAgent(ctx, m, name.pane); err != nil {
			return err
		}
		if !o.yes {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s, once it is at its prompt:\n", kindWord(agent.Kind), name.pane)
			for row := range strings.Lines(o.text) {
				fmt.Fprintf(cmd.ErrOrStderr(), "  | %s\n", sanitize.Text(strings.TrimSuffix(row, "\n")))
			}
			if err := agree(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "send?"); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		text, err = m.SendWhenIdle(ctx, engine.Request{Target: agent.Ref, Text: o.text, Seen: engine.SeenOf(agent)})
		return err
	})
	if err != nil {
		return err
	}
	if o.asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(text); err != nil {
			return fmt.Errorf("send: write: %w", err)
		}
		return nil
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "it waits until %s in %s is at its prompt; the dashboard's w takes it back\n", kindWord(agent.Kind), name.pane)
	return err
}

// unseenFor is how long an agent may be missing after every known server has been
// captured: an engine process that has just started may not have found all servers.
const unseenFor = 3 * time.Second

// awaitAgent waits until the agent of a pane is known, or until every server has been
// captured and has been without it for unseenFor.
func awaitAgent(ctx context.Context, m *client.Monitor, pane string) (engine.Agent, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askTimeout)
	defer cancel()
	snapshots, unsubscribe := m.Subscribe()
	defer unsubscribe()
	var missing error
	var given <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return engine.Agent{}, context.Cause(ctx)
		case <-given:
			return engine.Agent{}, missing
		case seen, open := <-snapshots:
			if !open {
				return engine.Agent{}, engine.ErrStopped
			}
			agent, err := agentIn(seen, pane)
			if err == nil {
				return agent, nil
			}
			if missing = err; seen.Ready && given == nil {
				given = time.After(unseenFor)
			}
		}
	}
}
