package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/internal/notify"
	"agentwatch/ui/format"
)

func newNotify(p Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Tries out how you are told that an agent needs you",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNotifyTest(p))
	return cmd
}

func newNotifyTest(p Process) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "test [CHANNEL]",
		Short: "Sends a test message over each channel, or over one",
		Long: "test sends one message over each channel of the configuration, or over the one that is named,\n" +
			"and says for each whether it arrived there and, where it did not, what to do. Quiet hours,\n" +
			"mutes and limits do not hold for it. It fails when a channel has.",
		Example: "  agentwatch notify test\n  agentwatch notify test phone",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(errors.New("notify test takes at most one channel; without one it tries all"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return testChannels(cmd.Context(), p, o, cmd.OutOrStdout(), strings.Join(args, ""))
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.names, "server", "L", nil, "show tmux messages only on the server of this name (repeatable)")
	f.StringArrayVarP(&o.sockets, "socket", "S", nil, "show tmux messages only on the server at this socket path (repeatable)")
	return cmd
}

// errChannelFailed is returned when a test message has not been delivered.
var errChannelFailed = errors.New("not every channel works")

func testChannels(ctx context.Context, p Process, o watchOptions, out io.Writer, channel string) (err error) {
	config := newConfiguration(p).Notify.In(loadConfiguration(p))
	write, closed := openTerminal(p.Stdout)
	defer func() { err = errors.Join(err, closed()) }()
	tmux := newUserTmux(p.Getenv, o.names, o.sockets)
	options := notify.Options{Config: config, Getenv: p.Getenv, Tmux: tmux, Terminal: write}
	if socket, _, inside := strings.Cut(p.Getenv("TMUX"), ","); inside && socket != "" {
		options.Reaches = func(ctx context.Context) (notify.Reach, error) { return passesOn(ctx, socket, p.Getenv("TMUX_PANE")) }
	}
	notifier, err := notify.New(options)
	if err != nil {
		return err
	}
	results, err := notifier.Test(ctx, channel)
	if errors.Is(err, notify.ErrUnknownChannel) {
		return usageError(fmt.Errorf("no channel is called %q; there are: %s", channel, strings.Join(notifier.Channels(), ", ")))
	}
	if err != nil {
		return err
	}
	return writeResults(out, results)
}

// writeResults writes a line per channel, and a second one with what to do.
func writeResults(out io.Writer, results []notify.Result) error {
	width := 0
	for _, r := range results {
		width = max(width, len(r.Channel))
	}
	var failed error
	for _, r := range results {
		text := fmt.Sprintf("%-*s  ok      %s, %s\n", width, r.Channel, r.Type, format.Duration(r.Took))
		if r.Outcome != notify.OutcomeDelivered {
			failed = errChannelFailed
			text = fmt.Sprintf("%-*s  failed  %s: %s\n", width, r.Channel, r.Type, r.Reason)
			if r.Hint != "" {
				text += fmt.Sprintf("%-*s          %s\n", width, "", r.Hint)
			}
		}
		if _, err := io.WriteString(out, text); err != nil {
			return fmt.Errorf("notify: write: %w", err)
		}
	}
	return failed
}

// openTerminal returns the user's terminal: the standard output, or the
// controlling one where the output goes elsewhere; nil when there is none.
// closed must be called in any case.
func openTerminal(stdout io.Writer) (write func(string) error, closed func() error) {
	into := func(file *os.File) func(string) error {
		return func(sequence string) error {
			_, err := file.WriteString(sequence)
			return err
		}
	}
	if file, ok := stdout.(*os.File); ok && terminal(file, ok) {
		return into(file), func() error { return nil }
	}
	file, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return nil, func() error { return nil }
	}
	return into(file), file.Close
}
