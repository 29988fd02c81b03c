package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"agentwatch/engine"
)

const (
	// dialPatience bounds the exchange of the first lines for those whose user
	// waits; joinPatience for those who would otherwise watch alone for long.
	dialPatience = 500 * time.Millisecond
	joinPatience = 2 * time.Second
	// silence is how long a stream of snapshots may be quiet: an engine has
	// something to say every second.
	silence = 4 * time.Second
)

// Client is a connection to a running instance. Its methods are safe for
// concurrent use.
type Client struct {
	wire *wire
	// terms are the instance's (see Options).
	terms []string
	// quiet bounds the silence of the stream.
	quiet time.Duration
	// done is closed when nothing more is read.
	done chan struct{}

	mu      sync.Mutex
	number  uint64
	pending map[uint64]chan *reply
	boxes   boxes
	last    *engine.Snapshot
	// streaming is set once snapshots have been asked for, closed when the
	// connection has ended.
	streaming, closed bool
}

// Dial connects to the instance that listens at path. version is ours. It returns
// ErrNobody when there is none, ErrVersion for one of another version, ErrForeign
// when it is not the user's, and ErrNoAnswer when it does not answer in time.
func Dial(ctx context.Context, path, version string) (*Client, error) {
	return dialFor(ctx, path, version, dialPatience)
}

// dialFor is Dial with a bound for the instance's first line.
func dialFor(ctx context.Context, path, version string, patience time.Duration) (*Client, error) {
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return nil, ErrNobody
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.EAGAIN):
		return nil, ErrNoAnswer
	default:
		return nil, fmt.Errorf("serve: connect: %w", err)
	}
	unix, ok := conn.(*net.UnixConn)
	if ok {
		err = checkPeer(unix)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c, err := newClient(ctx, conn, version, patience)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// newClient greets the instance at the other end of a connection, which is the
// client's from then on.
func newClient(ctx context.Context, conn net.Conn, version string, patience time.Duration) (*Client, error) {
	w := newWire(conn, maxReply, defaultPatience)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, fmt.Errorf("serve: connect: %w", err)
	}
	if err := send(w, &hello{Protocol: protocol, Version: version, Shape: shape()}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	theirs, err := receive[hello](w)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, ErrNoAnswer
	case errors.Is(err, ErrRequest), errors.Is(err, ErrTooLong):
		return nil, fmt.Errorf("%w: its first line is not understood", ErrVersion)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	case theirs.Error != nil:
		return nil, theirs.Error
	case theirs.Protocol != protocol || theirs.Shape != shape():
		return nil, fmt.Errorf("%w: it is %s, and not %s", ErrVersion, theirs.Version, version)
	}
	c := &Client{wire: w, terms: theirs.Terms, quiet: silence, done: make(chan struct{}), pending: make(map[uint64]chan *reply)}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("serve: connect: %w", err)
	}
	go c.read()
	return c, nil
}

// Close hangs up and returns when nothing of the client runs any more.
func (c *Client) Close() {
	_ = c.wire.conn.Close()
	<-c.done
}

// read takes what comes, until the connection ends.
func (c *Client) read() {
	defer close(c.done)
	defer c.end()
	var d decoder
	for {
		r, err := receive[reply](c.wire)
		if err != nil {
			return
		}
		if r.Snapshot == nil {
			c.deliver(r)
			continue
		}
		s, err := d.decode(r.Snapshot)
		if err != nil {
			return
		}
		if err := c.wire.conn.SetReadDeadline(time.Now().Add(c.quiet)); err != nil {
			return
		}
		c.mu.Lock()
		c.last = s
		c.boxes.put(s)
		c.mu.Unlock()
	}
}

// deliver hands a reply to whoever waits for it.
func (c *Client) deliver(r *reply) {
	c.mu.Lock()
	waiting := c.pending[r.ID]
	delete(c.pending, r.ID)
	c.mu.Unlock()
	if waiting != nil {
		waiting <- r // it has room for one
	}
}

// end tells everybody that nothing more comes.
func (c *Client) end() {
	_ = c.wire.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for id, waiting := range c.pending {
		delete(c.pending, id)
		close(waiting)
	}
	c.boxes.close()
}

// errUnasked is an ErrLost of which it is known that the request has not arrived.
var errUnasked = fmt.Errorf("%w", ErrLost)

// call sends a request and waits for its answer. One that is an error has both.
func (c *Client) call(ctx context.Context, r request) (*reply, error) {
	answer := make(chan *reply, 1)
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, errUnasked
	}
	c.number++
	r.ID = c.number
	c.pending[r.ID] = answer
	c.mu.Unlock()
	if err := send(c.wire, &r); err != nil {
		// Half a request may have gone out: nothing more can be said.
		_ = c.wire.conn.Close()
		return nil, fmt.Errorf("%w: %w", errUnasked, err)
	}
	select {
	case got, ok := <-answer:
		switch {
		case !ok:
			return nil, ErrLost
		case got.Error != nil:
			return got, got.Error
		default:
			return got, nil
		}
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.pending, r.ID)
		c.mu.Unlock()
		return nil, ctx.Err()
	}
}
