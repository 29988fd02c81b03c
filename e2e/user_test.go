package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// user is somebody who runs the program, with folders of their own for
// configuration, state and instances: tests run side by side, and none may see
// what another's user has set, recorded or started.
type user struct {
	t *testing.T
	// env is what their environment has beyond ours.
	env []string
}

// newUser makes a user, with more variables ("NAME=value") where they are given.
func newUser(t *testing.T, variables ...string) *user {
	t.Helper()
	// A socket's path may have about 100 bytes, which t.TempDir can exceed.
	home, err := os.MkdirTemp("/tmp", "awu-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	u := &user{t: t}
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		folder := filepath.Join(home, strings.ToLower(name))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		u.env = append(u.env, name+"="+folder)
	}
	u.env = append(u.env, variables...)
	return u
}

// getenv reads a variable of the user's.
func (u *user) getenv(name string) string {
	for _, pair := range u.env {
		if value, is := strings.CutPrefix(pair, name+"="); is {
			return value
		}
	}
	return os.Getenv(name)
}

// command is a run of the program by the user, who is not inside tmux.
func (u *user) command(args ...string) *exec.Cmd {
	command := exec.Command(program, args...)
	command.Env = append(tmuxtest.Environ(), u.env...)
	return command
}

// configFolder makes a folder within that of the user's configuration.
func (u *user) configFolder(names ...string) string {
	u.t.Helper()
	folder := filepath.Join(append([]string{u.getenv("XDG_CONFIG_HOME"), "agentwatch"}, names...)...)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		u.t.Fatal(err)
	}
	return folder
}

// withClients asks for control clients by name, whatever the tmux.
func (u *user) withClients() *user {
	u.t.Helper()
	newStage(u.t).write(filepath.Join(u.configFolder(), "config.toml"), "[watch]\nclients = \"always\"\n", 0o600)
	return u
}

// server starts a tmux server in whose panes the user runs things.
func (u *user) server(opts ...tmuxtest.Option) *tmuxtest.Server {
	u.t.Helper()
	return tmuxtest.New(u.t, append(opts, tmuxtest.Env(u.env...))...)
}
