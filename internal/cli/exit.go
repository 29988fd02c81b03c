package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes of the program.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
	// exitChanged: an answer was not typed, since the pane has changed.
	exitChanged = 3
	// exitUncertain: an answer was typed, or may have been, and the screen does not
	// show that it has worked.
	exitUncertain = 4
	// exitInterrupted is what shells report for SIGINT.
	exitInterrupted = 130
)

// codedError ends the program with a code of its own.
type codedError struct {
	error
	code int
	// mistake is set for a mistake in the call of a command; the command is empty where
	// that is not known.
	mistake bool
	command string
}

func (e codedError) Unwrap() error { return e.error }

// coded lets an error end the program with a code.
func coded(err error, code int) error { return codedError{error: err, code: code} }

// usageError is a mistake in how the program was called.
func usageError(err error) error { return codedError{error: err, code: exitUsage, mistake: true} }

// exitCode is the code with which an error ends the program.
func exitCode(err error) int {
	var coded codedError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitError
	}
}

// reportError says what went wrong, in its own words.
func reportError(w io.Writer, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintf(w, "agentwatch: %s\n", err)
	var coded codedError
	if errors.As(err, &coded) && coded.mistake {
		fmt.Fprintf(w, "try: %s --help\n", cmp.Or(coded.command, "agentwatch"))
	}
}

// nameMistakes lets the mistakes in a call to the command, and to those below it,
// say which one it was.
func nameMistakes(cmd *cobra.Command) {
	name := func(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
		if f == nil {
			return nil
		}
		return func(cmd *cobra.Command, args []string) error {
			err := f(cmd, args)
			if mistake := (codedError{}); errors.As(err, &mistake) && mistake.mistake {
				return codedError{err, mistake.code, true, cmd.CommandPath()}
			}
			return err
		}
	}
	cmd.RunE, cmd.PreRunE, cmd.Args = name(cmd.RunE), name(cmd.PreRunE), name(cmd.Args)
	for _, below := range cmd.Commands() {
		nameMistakes(below)
	}
}
