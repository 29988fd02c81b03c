package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// maxSessions bounds how many are served at once.
	maxSessions = 64
	// acceptPause is how long nobody is accepted after the system could not:
	// it is out of file descriptors, mostly.
	acceptPause = 100 * time.Millisecond
)

// serverOptions say how others are served.
type serverOptions struct {
	// version is told to clients.
	version string
	// readOnly refuses what changes something for all.
	readOnly bool
	// patience bounds one write to a client.
	patience time.Duration
}

// defaultPatience is how long a client may let a write wait.
const defaultPatience = 2 * time.Second

// server serves an engine to the processes that connect.
type server struct {
	options  serverOptions
	hub      *hub
	listener *net.UnixListener
	// slots has room for maxSessions.
	slots chan struct{}
}

// listen begins to listen at a socket; whoever connects waits until serve is
// called. The caller holds the claim to it, so that one which is there is a dead
// one's.
func listen(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("serve: remove the old socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("serve: listen: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("serve: listen: %w", err), listener.Close())
	}
	return listener, nil
}

func newServer(h *hub, listener *net.UnixListener, o serverOptions) *server {
	if o.patience <= 0 {
		o.patience = defaultPatience
	}
	return &server{options: o, hub: h, listener: listener, slots: make(chan struct{}, maxSessions)}
}

// serve serves until ctx ends; then it removes the socket, hangs up and returns
// when all that it started has ended.
func (s *server) serve(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	for {
		conn, err := s.listener.AcceptUnix()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil:
			select {
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		work.Go(func() { s.admit(ctx, conn) })
	}
}

// admit serves one connection until it ends.
func (s *server) admit(ctx context.Context, conn *net.UnixConn) {
	defer conn.Close()
	if err := checkPeer(conn); err != nil {
		return
	}
	w := newWire(conn, maxRequest, s.options.patience)
	var full error
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		full = ErrBusy
	}
	s.talk(ctx, w, full)
}
