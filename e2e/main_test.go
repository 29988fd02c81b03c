// Package e2e drives the built program in real tmux servers, as a user would:
// keys go in by send-keys, and what the user would see comes out by
// capture-pane.
package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// program is the path of the binary under test. It is written once, before any
// test runs.
var program string

// atExit is how long the program stays when it has ended, for races of what it
// may have left running; a second, as the race detector has it, is paid by every
// command of every test.
const atExit = "atexit_sleep_ms=50"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "aw-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "agentwatch")
	flags := []string{"build", "-race", "-ldflags=-w", "-o", program, "agentwatch"}
	if os.Getenv("AGENTWATCH_CHAOS_PASSES") != "" {
		// The race detector never gives back what each defer takes of it: in a long run
		// that would look like growth.
		flags = slices.DeleteFunc(flags, func(f string) bool { return f == "-race" })
	}
	build := exec.Command("go", flags...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	if err := setEnvironment(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// setEnvironment keeps what no user of a test starts, by a mistake, away from
// the folders of whoever runs the tests.
func setEnvironment(dir string) error {
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		folder := filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(folder, 0o700), os.Setenv(name, folder)); err != nil {
			return err
		}
	}
	return os.Setenv("GORACE", os.Getenv("GORACE")+" "+atExit)
}
