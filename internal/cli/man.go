package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/internal/cli/manpage"
)

// newMan is ours instead of fang's: that one leaves out files, environment,
// exit status, examples, and the values that options take.
func newMan(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Writes the manual page",
		Long: "man writes the manual page of all commands, made from what this program knows. Packages\n" +
			"and release archives have it as agentwatch.1.",
		Example: "  agentwatch man | man -l -\n  agentwatch man > agentwatch.1",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			date, err := sourceDate(p.Getenv("SOURCE_DATE_EPOCH"))
			if err != nil {
				return err
			}
			return manpage.Write(cmd.OutOrStdout(), cmd.Root(), manpage.Options{Version: versionText(p.Version), Date: date})
		},
	}
}

// sourceDate reads the date that a reproducible build gives to what it makes.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, usageError(fmt.Errorf("man: SOURCE_DATE_EPOCH=%q is not a number of seconds since 1970", epoch))
	}
	return time.Unix(seconds, 0), nil
}
