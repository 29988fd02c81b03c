package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"agentwatch/engine/api"
)

// maxConnections bounds how many connections are open at once.
const maxConnections = 256

// dialTime bounds the connection to a socket.
const dialTime = time.Second

// Abandoned is when a process began to listen at a socket that has not ended in good
// order: its socket is still there. Zero when there is none. The caller holds the lock.
func Abandoned(path string) time.Time {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return time.Time{}
	}
	return info.ModTime()
}

// Listen listens at a socket. The caller holds its lock, so that a socket which is
// there is a dead process's.
func Listen(path string) (net.Listener, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%w: %s is not a socket; remove it", api.ErrForeign, path)
	default:
		if err := errors.Join(err, os.Remove(path)); err != nil {
			return nil, fmt.Errorf("remove the old socket: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), l.Close())
	}
	return &listener{UnixListener: l}, nil
}

// listener accepts connections of its user only, and not too many.
type listener struct {
	*net.UnixListener
	open atomic.Int64
}

// Accept waits for the next connection of the user's.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if checkPeer(conn) != nil || l.open.Add(1) > maxConnections {
			l.open.Add(-1)
			_ = conn.Close()
			continue
		}
		return &accepted{UnixConn: conn, listener: l}, nil
	}
}

// accepted is a connection that counts while it is open.
type accepted struct {
	*net.UnixConn
	listener *listener
	closed   atomic.Bool
}

// Close closes the connection.
func (a *accepted) Close() error {
	if !a.closed.Swap(true) {
		a.listener.open.Add(-1)
	}
	return a.UnixConn.Close()
}

// Dial connects to the process that listens at a socket. It returns api.ErrNobody
// when none does, api.ErrForeign when it is not the user's, and api.ErrNoAnswer
// when it accepts nobody.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return nil, api.ErrNobody
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.EAGAIN):
		return nil, api.ErrNoAnswer
	default:
		return nil, fmt.Errorf("connect: %w", err)
	}
	if own, ok := conn.(*net.UnixConn); ok {
		if err := checkPeer(own); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}
