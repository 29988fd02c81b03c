package hub

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Redis is a server of our own, for measurements and tests: it listens on a unix
// socket only, and keeps nothing unless it is told to.
type Redis struct {
	dir  string
	args []string
	cmd  *exec.Cmd
	said bytes.Buffer
}

// startTime bounds how long a server takes to listen.
const startTime = 30 * time.Second

// StartRedis starts redis-server with a folder of its own and further arguments.
func StartRedis(ctx context.Context, dir string, args ...string) (*Redis, error) {
	r := &Redis{dir: dir, args: args}
	return r, r.Start(ctx)
}

// Socket is the path of its socket.
func (r *Redis) Socket() string { return filepath.Join(r.dir, "redis.sock") }

// URL is its address.
func (r *Redis) URL() string { return "unix://" + r.Socket() }

// PID is its process.
func (r *Redis) PID() int { return r.cmd.Process.Pid }

// Start starts it, also again after a Kill.
func (r *Redis) Start(ctx context.Context) error {
	_ = os.Remove(r.Socket())
	args := append([]string{
		"--port", "0", "--unixsocket", r.Socket(), "--unixsocketperm", "700", "--dir", r.dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--loglevel", "warning",
	}, r.args...)
	r.cmd = exec.CommandContext(ctx, "redis-server", args...)
	r.said.Reset()
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("start redis-server: %w", err)
	}
	for late := time.Now().Add(startTime); ; {
		conn, err := net.Dial("unix", r.Socket())
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(late) || ctx.Err() != nil {
			r.Kill()
			return fmt.Errorf("redis-server does not listen: %w: %s", err, clean(r.said.String()))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Kill ends it at once.
func (r *Redis) Kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}
