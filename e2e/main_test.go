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
	"testing"
)

// program is the path of the binary under test. It is written once, before any
// test runs.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "aw-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "agentwatch")
	build := exec.Command("go", "build", "-race", "-o", program, "agentwatch")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	// What the program records is none of the user's.
	if err := os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Nor are its instances the user's.
	runtime := filepath.Join(dir, "run")
	if err := errors.Join(os.Mkdir(runtime, 0o700), os.Setenv("XDG_RUNTIME_DIR", runtime)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
