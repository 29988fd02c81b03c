package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/internal/config"
	"agentwatch/internal/notify"
	"agentwatch/themes"
	"agentwatch/ui/style"
)

// statusFormat says how `status` writes.
type statusFormat string

// The formats of `status`.
const (
	statusTmux  statusFormat = "tmux"
	statusPlain statusFormat = "plain"
	statusJSON  statusFormat = "json"
)

func newStatus(p Process) *cobra.Command {
	var o watchOptions
	var m machines
	var format string
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Prints one line of counts, for tmux's status line",
		Long: "status prints how many agents need you, by state, and how many work: \"▲3 ✖1 ●14\". It asks the\n" +
			"engine process that runs, which takes some milliseconds; without one it looks by itself. Without\n" +
			"agents it prints nothing. With --format tmux it has the colours of a status line, and what goes\n" +
			"wrong is said there, too.",
		Example: "  # in ~/.tmux.conf\n  set -g status-right '#(agentwatch status --format tmux 2>&1)'\n\n" +
			"  agentwatch status\n  agentwatch status --json | jq .need_you",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				format = string(statusJSON)
			}
			a := asking{p, o, verbose}
			switch chosen := statusFormat(format); chosen {
			case statusPlain, statusJSON:
				return runStatus(cmd.Context(), a, m, chosen, cmd.OutOrStdout())
			case statusTmux:
				err := runStatus(cmd.Context(), a, m, chosen, cmd.OutOrStdout())
				if err != nil {
					// Nobody sees what a status line's command writes to standard error.
					fmt.Fprintf(cmd.OutOrStdout(), "#[fg=red]agentwatch: %s#[default]\n", notify.FormatOf(err.Error()))
				}
				return err
			default:
				return usageError(fmt.Errorf("--format %q is none of tmux, plain, json", format))
			}
		},
	}
	o.addFlags(cmd)
	m.addFlag(cmd)
	cmd.Flags().StringVar(&format, "format", string(statusPlain), "plain, tmux or json")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "say on standard error why no running agentwatch was asked")
	return cmd
}

func runStatus(ctx context.Context, a asking, m machines, format statusFormat, out io.Writer) error {
	if len(m.words) > 0 {
		snapshot, from, away, err := a.snapshot(ctx, m, false)
		if err != nil {
			return err
		}
		err = writeStatus(a.process, from, api.StatusOf(snapshot), format, out)
		return errors.Join(err, away, m.unread(a.process, a.options, snapshot))
	}
	var status api.Status
	var unread error
	from, err := asked(ctx, a, func(ctx context.Context, c *client.Client) (err error) {
		if len(a.options.names)+len(a.options.sockets) == 0 {
			status, err = c.Status(ctx)
			return err
		}
		snapshot, err := c.Snapshot(ctx)
		if err == nil {
			status, unread = api.StatusOf(snapshot), a.options.unread(a.process, snapshot)
		}
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(writeStatus(a.process, from, status, format, out), unread)
}

func writeStatus(p Process, from source, status api.Status, format statusFormat, out io.Writer) error {
	if format == statusJSON {
		record := statusRecord{Source: from, Status: status, NeedYou: status.NeedUser()}
		if err := json.NewEncoder(out).Encode(record); err != nil {
			return fmt.Errorf("status: write: %w", err)
		}
		return nil
	}
	file, _ := configLoader(p).Load()
	ascii := newConfiguration(p).General.In(file).Glyphs == config.GlyphsASCII
	line := statusLine(status, style.New(style.Options{Theme: themes.Default(true), ASCII: ascii}).Glyphs, format == statusTmux)
	if line == "" {
		if format == statusPlain {
			fmt.Fprintln(p.Stderr, "agentwatch: no agent found")
			hintElsewhere(p.Stderr)
		}
		return nil
	}
	if _, err := fmt.Fprintln(out, line); err != nil {
		return fmt.Errorf("status: write: %w", err)
	}
	return nil
}

// statusRecord is `status --json`.
type statusRecord struct {
	// Source is who has told: the running instance or a look.
	Source source `json:"source"`
	api.Status
	NeedYou int `json:"need_you"`
}

// statusLine writes the counts: those who need the user each by their state, and
// those who work. When nobody needs the user it is short. It is empty without
// agents.
func statusLine(s api.Status, glyphs style.Glyphs, styled bool) string {
	var parts []string
	for u := engine.UrgencyWaiting; u.NeedsUser(); u++ {
		n := s.Counts[u]
		if n == 0 {
			continue
		}
		text := glyphs.State(u) + strconv.Itoa(n)
		if styled {
			text = "#[fg=" + tmuxColour(u) + "]" + text + "#[default]"
		}
		parts = append(parts, text)
	}
	space := ""
	if len(parts) == 0 {
		space = " "
	}
	if n := s.Counts[engine.UrgencyWorking] + s.Counts[engine.UrgencyStarting]; n > 0 {
		parts = append(parts, glyphs.State(engine.UrgencyWorking)+space+strconv.Itoa(n))
	}
	for _, rest := range []engine.Urgency{engine.UrgencyIdle, engine.UrgencyUnknown, engine.UrgencyExited} {
		if n := s.Counts[rest]; n > 0 && len(parts) == 0 {
			parts = append(parts, glyphs.State(rest)+space+strconv.Itoa(n))
		}
	}
	if s.Snoozed > 0 {
		parts = append(parts, glyphs.Snoozed+space+strconv.Itoa(s.Snoozed))
	}
	return strings.Join(parts, " ")
}

// tmuxColour is an urgency's colour by a name that every terminal has.
func tmuxColour(u engine.Urgency) string {
	switch u {
	case engine.UrgencyWaiting:
		return "yellow"
	case engine.UrgencyCrashed, engine.UrgencyError:
		return "red"
	case engine.UrgencyLimited:
		return "magenta"
	case engine.UrgencyDone:
		return "green"
	default:
		return "default"
	}
}
