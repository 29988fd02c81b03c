package e2e

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/socket"
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
	u := &user{t: t}
	t.Cleanup(func() {
		u.endEngine()
		_ = os.RemoveAll(home)
	})
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

// socket is where the user's engine process listens.
func (u *user) socket() string { return socket.Path(u.getenv) }

// engine asks the user's engine process who it is; ok is false when none answers.
func (u *user) engine() (e api.Engine, ok bool) {
	c := client.New(func(ctx context.Context) (net.Conn, error) { return socket.Dial(ctx, u.socket()) }, api.Selection{})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e, err := c.Health(ctx)
	return e, err == nil
}

// awaitNoEngine waits until the user's engine process has left, as it does without
// a face, and has written down what it had.
func (u *user) awaitNoEngine() {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lock, err := socket.WaitForLock(ctx, u.socket())
	if err != nil {
		u.t.Errorf("the engine process does not end: %v", err)
		return
	}
	lock.Release()
}

// endEngine ends the user's engine process and waits until it is gone.
func (u *user) endEngine() {
	if e, ok := u.engine(); ok {
		_ = syscall.Kill(e.PID, syscall.SIGTERM)
	}
	u.awaitNoEngine()
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
