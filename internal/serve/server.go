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
	// terms are told to clients, too (see Options).
	terms []string
	// patience bounds one write to a client.
	patience time.Duration
	// every is how often the socket is looked after.
	every time.Duration
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
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%w: %s is no socket; remove it", ErrForeign, path)
	default:
		if err := errors.Join(err, os.Remove(path)); err != nil {
			return nil, fmt.Errorf("serve: remove the old socket: %w", err)
		}
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
	if o.every <= 0 {
		o.every = claimEvery
	}
	return &server{options: o, hub: h, listener: listener, slots: make(chan struct{}, maxSessions)}
}

// serve serves until ctx ends, or until our socket is not the one that others
// find: somebody has tidied up, or put another one there. Then it removes the
// socket, if it still is ours, ends what it serves (see talk) and returns when all
// that it started has ended.
func (s *server) serve(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work.Go(func() {
		s.guard(ctx)
		cancel()
		_ = s.listener.Close()
	})
	for {
		conn, err := s.listener.AcceptUnix()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil:
			_ = pause(ctx, acceptPause)
			continue
		}
		work.Go(func() { s.admit(ctx, conn) })
	}
}

// guard returns when ctx ends or the socket is not ours any more. Closing the
// listener removes what is at its path then, but nothing of another's.
func (s *server) guard(ctx context.Context) {
	path := s.listener.Addr().String()
	ours, err := os.Lstat(path)
	intact := func() bool {
		now, failed := os.Lstat(path)
		return err == nil && failed == nil && os.SameFile(ours, now)
	}
	for intact() {
		if pause(ctx, s.options.every) != nil {
			break
		}
	}
	s.listener.SetUnlinkOnClose(intact())
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
