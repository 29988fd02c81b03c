package stdio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"agentwatch/engine/api"
)

// greeting begins the line of the hello.
const greeting = "agentwatch-stdio "

// Limits of a connection.
const (
	// pingAfter is after how much silence the other side is asked whether it is
	// there, and pingTime how long it may take to answer.
	pingAfter = 10 * time.Second
	pingTime  = 10 * time.Second
	// headTime bounds the reading of a request's head.
	headTime = 10 * time.Second
	// maxStreams bounds the requests and streams at once.
	maxStreams = 250
)

// Serve greets, and serves requests until the other side ends, in or out fails, or
// ctx ends. Then requests under way are cut off.
func Serve(ctx context.Context, in io.Reader, out io.Writer, hello api.Hello, handler http.Handler) error {
	line, err := json.Marshal(hello)
	if err != nil {
		return err
	}
	// What was printed before need not have ended its line.
	if _, err := fmt.Fprintf(out, "\n%s%s\n", greeting, line); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	l := newListener(&conn{in: in, out: out})
	server := &http.Server{
		Handler: handler, Protocols: onlyHTTP2(), ReadHeaderTimeout: headTime, ErrorLog: log.New(io.Discard, "", 0),
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: pingAfter, PingTimeout: pingTime, WriteByteTimeout: pingTime},
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err = server.Serve(l)
	if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, server.Close())
}

// onlyHTTP2 is HTTP/2 without TLS and without a negotiation.
func onlyHTTP2() *http.Protocols {
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	return &p
}

// listener accepts one connection, and nothing any more once that has ended.
type listener struct {
	first chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newListener(c *conn) *listener {
	l := &listener{first: make(chan net.Conn, 1), ended: make(chan struct{})}
	c.closed = func() { _ = l.Close() }
	l.first <- c
	return l
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.first:
		return c, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.ended) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "stdio" }
func (addr) String() string  { return "stdio" }

// conn is a connection over two files. Deadlines are those of the files, where they
// have any.
type conn struct {
	in     io.Reader
	out    io.Writer
	once   sync.Once
	closed func()
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) { return c.out.Write(p) }

// Close closes both files.
func (c *conn) Close() (err error) {
	c.once.Do(func() {
		for _, file := range []any{c.out, c.in} {
			if closer, ok := file.(io.Closer); ok {
				err = errors.Join(err, closer.Close())
			}
		}
		c.closed()
	})
	return err
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return addr{} }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return addr{} }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	if file, ok := c.in.(interface{ SetReadDeadline(time.Time) error }); ok {
		return file.SetReadDeadline(t)
	}
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if file, ok := c.out.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return file.SetWriteDeadline(t)
	}
	return nil
}

// ReadHello reads the line of a hello from what comes in, byte by byte so that
// nothing after it is taken. It gives up after maxNoise bytes of something else.
func ReadHello(in io.Reader) (hello api.Hello, err error) {
	var line []byte
	next := make([]byte, 1)
	for range maxNoise + maxHello {
		if _, err := io.ReadFull(in, next); err != nil {
			return hello, err
		}
		if next[0] != '\n' {
			line = append(line, next[0])
			continue
		}
		text, is := bytes.CutPrefix(line, []byte(greeting))
		if is && json.Unmarshal(text, &hello) == nil {
			return hello, nil
		}
		line = line[:0]
	}
	return hello, fmt.Errorf("%w: it printed %d bytes and no greeting", api.ErrUnreachable, maxNoise)
}
