package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/internal/config"
)

// Words for how long an agent is snoozed.
const (
	snoozeNew      = "new"
	snoozeTomorrow = "tomorrow"
	snoozeOff      = "off"
)

func newSnooze(p Process) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "snooze PANE [new|15m|1h|tomorrow|off]",
		Short: "Lets you hear nothing of what an agent needs, until it needs something new",
		Long: "snooze takes the agent in a pane (its tmux id, such as %3) out of those that need you: it is shown and\n" +
			"counted apart, and no notification tells of it. It comes back when it needs you for something new,\n" +
			"such as another question, and at the latest after the time that is given (15m, 1h, 2d) or tomorrow\n" +
			"at 9:00; off ends it. The engine process that runs keeps that, also when it is started anew.",
		Example: "  agentwatch snooze %3\n  agentwatch snooze %3 1h\n  agentwatch snooze %3 off",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 || !strings.HasPrefix(args[0], "%") {
				return usageError(errors.New("snooze needs one pane id, such as %3, and may be told for how long; agentwatch list shows them"))
			}
			return nil
		},
		ValidArgs: []cobra.Completion{snoozeNew, "15m", "1h", snoozeTomorrow, snoozeOff},
		RunE: func(cmd *cobra.Command, args []string) error {
			word := snoozeNew
			if len(args) == 2 {
				word = args[1]
			}
			return runSnooze(cmd, p, o, args[0], word)
		},
	}
	o.addFlags(cmd)
	return cmd
}

// snoozedUntil is when a snooze of that word ends; zero for something new.
func snoozedUntil(word string, now time.Time) (time.Time, error) {
	switch word {
	case snoozeNew, snoozeOff:
		return time.Time{}, nil
	case snoozeTomorrow:
		return engine.Tomorrow(now), nil
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(word)); err != nil || d.Duration <= 0 {
		return time.Time{}, usageError(fmt.Errorf("%q does not say for how long: %s, a time such as 15m or 1h, %s, or %s", word, snoozeNew, snoozeTomorrow, snoozeOff))
	}
	return now.Add(d.Duration), nil
}

// runSnooze asks the engine process that runs: nobody else could remember it.
func runSnooze(cmd *cobra.Command, p Process, o watchOptions, pane, word string) error {
	until, err := snoozedUntil(word, time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
	defer cancel()
	c := client.New(dialEngine(p), o.selection(p.Getenv))
	defer c.Close()
	seen, err := c.Snapshot(ctx)
	if errors.Is(err, api.ErrNobody) {
		return fmt.Errorf("%w: without a dashboard or agentwatch serve there is nobody to remember it", err)
	}
	if err != nil {
		return err
	}
	agent, err := agentIn(seen, pane)
	if err != nil {
		return err
	}
	said := "snoozed until it needs you for something new"
	switch {
	case word == snoozeOff:
		err, said = c.Wake(ctx, agent.Ref), "no longer snoozed"
	default:
		if err = c.Snooze(ctx, agent.Ref, until); !until.IsZero() {
			said = "snoozed until " + until.Format("Mon 15:04") + ", or until it needs you for something new"
		}
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s is %s\n", kindWord(agent.Kind), pane, said); err != nil {
		return fmt.Errorf("snooze: write: %w", err)
	}
	return nil
}
