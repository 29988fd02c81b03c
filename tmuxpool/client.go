package tmuxpool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// window is how many lines may be under way on one client. It keeps a pipe from
// filling up and a server from buffering more than it can write.
const window = 8

// client is one control-mode connection: a tmux process that we own. It is safe
// for concurrent use; answers come in the order of the lines.
type client struct {
	id     uint64
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	hang   time.Duration
	notify func(*client, Message)
	slots  chan struct{}
	// attached is closed when the server has let us in; dead when the process
	// has been reaped. cause is set before that.
	attached   chan struct{}
	dead       chan struct{}
	complaints errorText

	mu      sync.Mutex
	cause   error
	welcome bool
	pending []*request
	heard   time.Time
}

// request is a line under way.
type request struct {
	want   int // blocks still to come
	blocks []Block
	sent   time.Time
	done   chan struct{}
	err    error
}

// openClient starts a client that attaches to a session of ours, and returns
// when the server has let it in. notify is called for every notification, from
// the client's reader: it must not block.
func openClient(
	ctx context.Context, p program, session string, id uint64, notify func(*client, Message),
) (*client, error) {
	args, err := script{attachSession(session)}.arguments()
	if err != nil {
		return nil, err
	}
	c := &client{
		id: id, hang: p.hang, notify: notify, slots: make(chan struct{}, window),
		attached: make(chan struct{}), dead: make(chan struct{}), heard: time.Now(),
	}
	// The process outlives ctx, which is the caller's patience with its start.
	c.cmd = p.command(context.WithoutCancel(ctx), append([]string{"-N", "-C"}, args...)...)
	c.cmd.Stderr = &c.complaints
	if err := c.start(); err != nil {
		return nil, fmt.Errorf("tmuxpool: start a client on %s: %w", p.socket, err)
	}
	timer := time.NewTimer(p.hang)
	defer timer.Stop()
	select {
	case <-c.attached:
		return c, nil
	case <-c.dead:
		err = c.cause
	case <-timer.C:
		err = ErrServerHung
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.close()
	return nil, fmt.Errorf("tmuxpool: attach a client to %s: %w", p.socket, err)
}

// start starts the process and its reader.
func (c *client) start() error {
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		_, _ = inR.Close(), inW.Close()
		return err
	}
	c.stdin, c.stdout = inW, outR
	c.cmd.Stdin, c.cmd.Stdout = inR, outW
	err = c.cmd.Start()
	_, _ = inR.Close(), outW.Close()
	if err != nil {
		_, _ = inW.Close(), outR.Close()
		if errors.Is(err, os.ErrNotExist) {
			return ErrTmuxMissing
		}
		return err
	}
	go c.read()
	return nil
}

// do sends a script and returns its blocks. When ctx ends first the answer is
// dropped as it comes, and the client stays usable.
func (c *client) do(ctx context.Context, s script) ([]Block, error) {
	line, err := s.render()
	if err != nil {
		return nil, err
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.dead:
		return nil, c.cause
	}
	r := &request{want: len(s), done: make(chan struct{})}
	if err := c.send(r, line); err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.blocks, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send writes a line and queues its request; both in one order.
func (c *client) send(r *request, line string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		<-c.slots
		return c.cause
	}
	r.sent = time.Now()
	if err := c.stdin.SetWriteDeadline(r.sent.Add(c.hang)); err != nil {
		<-c.slots
		return c.endLocked(err)
	}
	if _, err := io.WriteString(c.stdin, line); err != nil {
		<-c.slots
		return c.endLocked(err)
	}
	c.pending = append(c.pending, r)
	return nil
}

// endLocked notes why the client is useless and kills it; its reader does the
// rest. It returns the cause.
func (c *client) endLocked(err error) error {
	if c.cause != nil {
		return c.cause
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrServerHung
	}
	if !errors.Is(err, ErrServerHung) && !errors.Is(err, ErrProtocol) {
		err = fmt.Errorf("%w: %w", ErrClientExited, err)
	}
	c.cause = err
	// Killed, not asked to leave: the end of its input would make the server
	// mark the client as leaving, and wait for it.
	_ = c.cmd.Process.Kill()
	return err
}

func (c *client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.endLocked(err)
}

// read owns the process's output: it reads until the end, whatever comes, and
// then reaps the process.
func (c *client) read() {
	defer close(c.dead)
	var parser Parser
	chunk := make([]byte, 64<<10)
	for {
		if err := c.stdout.SetReadDeadline(time.Now().Add(c.hang / 4)); err != nil {
			c.end(err)
		}
		n, err := c.stdout.Read(chunk)
		if n > 0 {
			c.hear()
			if bad := parser.Feed(chunk[:n], c.take); bad != nil {
				c.end(bad)
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && c.patient() {
			continue
		}
		if err != nil {
			c.end(err)
		}
		if c.ended() {
			break
		}
	}
	_ = c.stdout.Close()
	_ = c.cmd.Wait()
	_ = c.stdin.Close()
	c.abandon()
}

// hear notes that the server has said something.
func (c *client) hear() {
	c.mu.Lock()
	c.heard = time.Now()
	c.mu.Unlock()
}

// patient tells whether silence is still in order, and ends the client if not.
func (c *client) patient() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return false
	}
	if len(c.pending) > 0 {
		since := c.pending[0].sent
		if c.heard.After(since) {
			since = c.heard
		}
		if time.Since(since) > c.hang {
			_ = c.endLocked(ErrServerHung)
			return false
		}
	}
	return true
}

func (c *client) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause != nil
}

// abandon answers all that is still under way.
func (c *client) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.pending {
		r.err = c.cause
		close(r.done)
	}
	c.pending = nil
}

// take handles one message of the server, on the reader.
func (c *client) take(m Message) {
	switch {
	case m.Kind == MessageExit:
		reason := m.Text
		if reason == "" {
			reason = "without a reason"
		}
		if text := c.complaints.String(); text != "" {
			reason = text
		}
		c.end(fmt.Errorf("ended by the server, %s", reason))
	case m.Kind == MessageNotification:
		if m.Name == "session-changed" && !c.welcomed() {
			return
		}
		c.notify(c, m)
	case m.Block.Flags == 1:
		c.answer(m.Block)
	case m.Block.Failed && !c.isWelcome():
		c.end(fmt.Errorf("%w: %s", ErrClientExited, clip(m.Block.Body)))
	}
}

// welcomed notes that we have been attached, and returns false the first time.
func (c *client) welcomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.welcome
	if !was {
		c.welcome = true
		close(c.attached)
	}
	return was
}

func (c *client) isWelcome() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcome
}

// answer gives a block to the oldest line under way.
func (c *client) answer(b Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		_ = c.endLocked(fmt.Errorf("%w: an answer to nothing", ErrProtocol))
		return
	}
	r := c.pending[0]
	r.blocks = append(r.blocks, b)
	r.want--
	if b.Failed {
		// The rest of the line is not executed.
		r.err, r.want = commandError(string(b.Body)), 0
	}
	if r.want == 0 {
		c.pending[0] = nil
		c.pending = c.pending[1:]
		close(r.done)
		<-c.slots
	}
}

// alive tells whether the client can still be used.
func (c *client) alive() bool { return !c.ended() }

// ping makes sure that the client answers.
func (c *client) ping(ctx context.Context) error {
	_, err := c.do(ctx, script{printFormat("#{pid}")})
	return err
}

// quiet is for how long nothing has been heard.
func (c *client) quiet() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.heard)
}

// close ends the client and returns when it is reaped. It may be called many
// times. What is under way gets ErrClientExited: unless all is being closed, the
// same can be asked over the next link.
func (c *client) close() {
	c.end(errClosed)
	<-c.dead
}
