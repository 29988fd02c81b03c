package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/internal/fleet"
)

// installTime bounds one installation: the program has some 40 MB.
const installTime = 10 * time.Minute

func newHostsInstall(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "install HOST",
		Short: "Copies this agentwatch to a machine over ssh",
		Long: "install copies the running program to a machine that ssh reaches, if it is of the same kind\n" +
			"(uname -sm). What has arrived is compared (SHA-256), and only then takes the place of the one\n" +
			"before: the agentwatch that commands over ssh find there, else one in /usr/local/bin or\n" +
			"~/.local/bin, whichever can be written.",
		Example: "  agentwatch hosts install dev1\n  agentwatch hosts install alice@dev1",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(errors.New("install needs one host, such as dev1"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInstall(cmd.Context(), p, args[0], cmd.OutOrStdout())
		},
	}
}

func runInstall(ctx context.Context, p Process, word string, out io.Writer) error {
	named, err := fleet.Choose(configuredHosts(p), []string{word})
	if err != nil {
		return usageError(err)
	}
	path, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	h := named[0]
	done, err := fleet.Install(ctx, h, path, runtime.GOOS, runtime.GOARCH)
	var other *fleet.PlatformError
	switch {
	case errors.As(err, &other):
		version := strings.TrimPrefix(versionText(p.Version), "v")
		return fmt.Errorf("%w; unpack agentwatch_%s_%s_%s.tar.gz of the release there", err, version, other.OS, other.Arch)
	case err != nil:
		return awayCoded(err)
	}
	if _, err := fmt.Fprintf(out, "%s: %s is installed\n", h.Name, done.Path); err != nil || done.Found {
		return err
	}
	fmt.Fprintf(p.Stderr, "agentwatch: commands over ssh do not find it there: put its folder into the PATH that they get, or set in [[fleet.host]] command = [\"ssh\", \"-T\", %q, %q, \"serve\", \"--stdio\"]\n", h.SSH, done.Path)
	return nil
}
