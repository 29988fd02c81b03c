package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/ui/explain"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

func newList(p Process) *cobra.Command {
	var o watchOptions
	var m machines
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Prints every agent once",
		Long: "list prints the agents: a table, or with --json an array of objects. It asks the engine process\n" +
			"that runs; without one it captures every pane once, by separate tmux processes, so that it leaves\n" +
			"no trace on the servers. When a server that -L or -S names cannot be read, it says so and exits with 1.\n" +
			"With --hosts it prints the agents of other machines, too, whose panes are named like dev1:%3.",
		Example: "  agentwatch list\n  agentwatch list --json | jq '.[] | select(.state == \"waiting\")'\n  agentwatch list --hosts all",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			snapshot, _, away, err := asking{process: p, options: o}.snapshot(cmd.Context(), m, true)
			if err != nil {
				return err
			}
			hints(cmd.ErrOrStderr(), snapshot)
			if asJSON {
				err = writeAgentsJSON(cmd.OutOrStdout(), snapshot.Agents)
			} else {
				err = writeAgentsTable(cmd.OutOrStdout(), snapshot)
			}
			return errors.Join(err, away, m.unread(p, o, snapshot))
		},
	}
	o.addFlags(cmd)
	m.addFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON objects, one agent a line")
	return cmd
}

// lastSnapshot lets a service run until a snapshot is good enough, or for at
// most a time, and returns the last one.
func lastSnapshot(ctx context.Context, service *monitor.Service, most time.Duration,
	enough func(*engine.Snapshot) bool,
) (*engine.Snapshot, error) {
	run, stop := context.WithTimeout(ctx, most)
	defer stop()
	snapshots, cancel := service.Subscribe()
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- service.Run(run) }()
	var last *engine.Snapshot
	for s := range snapshots {
		if last = s; enough(s) {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		return nil, err
	}
	if last == nil {
		return nil, fmt.Errorf("nothing was seen: %w", context.Cause(run))
	}
	return last, nil
}

// hints says on stderr what an empty or partial list means.
func hints(w io.Writer, s *engine.Snapshot) {
	for _, n := range s.Notices {
		fmt.Fprintf(w, "agentwatch: %s\n", n.Text)
	}
	if !s.Ready {
		fmt.Fprintln(w, "agentwatch: incomplete: not every tmux server has answered in time")
	}
	if !s.Ready || len(s.Agents) > 0 || len(s.Notices) > 0 {
		return
	}
	switch {
	case len(s.Servers) == 0:
		fmt.Fprintln(w, "agentwatch: no tmux server is running; start one with: tmux new -s work")
	case s.Panes == 1:
		fmt.Fprintln(w, "agentwatch: no agent found in the one pane; start one there, such as claude or codex")
	default:
		fmt.Fprintf(w, "agentwatch: no agent found in %d panes; start one there, such as claude or codex\n", s.Panes)
	}
	hintElsewhere(w)
}

// writeAgentsJSON writes an array with one agent a line.
func writeAgentsJSON(w io.Writer, agents []engine.Agent) error {
	separator := "[\n"
	for _, a := range agents {
		line, err := json.Marshal(agentRecordOf(a))
		if err != nil {
			return fmt.Errorf("list: pane %s: %w", a.Ref.Pane, err)
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
			return fmt.Errorf("list: write: %w", err)
		}
		separator = ",\n"
	}
	end := "\n]\n"
	if len(agents) == 0 {
		end = "[]\n"
	}
	if _, err := io.WriteString(w, end); err != nil {
		return fmt.Errorf("list: write: %w", err)
	}
	return nil
}

// writeAgentsTable writes a table for people.
func writeAgentsTable(w io.Writer, s *engine.Snapshot) error {
	if len(s.Agents) == 0 {
		return nil
	}
	headers := []string{"STATE", "FOR", "KIND", "WHERE", "PANE", "ON", "WHAT"}
	t := plainTable(len(headers), headers...)
	for _, a := range s.Agents {
		where := fmt.Sprintf("%s:%s:%d %s", a.Server, a.Session, a.WindowIndex, a.Window)
		t.Row(explain.StateWord(a), format.Age(s.At.Sub(a.Since)), kindWord(a.Kind), sanitize.Text(where), sanitize.Text(a.Ref.PaneName()),
			sanitize.Text(format.Repository(a.Repo, "↑", "↓")), sanitize.Text(a.Activity))
	}
	if _, err := lipgloss.Fprint(w, trimmed(t)); err != nil {
		return fmt.Errorf("list: write: %w", err)
	}
	return nil
}
