package tmuxpool

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// perClient is how many captures one pipelined client takes before another
	// helps; helpers is how many there are at most: more gain nothing.
	perClient = 200
	helpers   = 4
	// mostAtOnce bounds the limit of a sweep.
	mostAtOnce = 20
)

// sweep is one CaptureAll.
type sweep struct {
	server   *Server
	requests []CaptureRequest
	route    route
	limit    int

	mu      sync.Mutex
	deliver func(i int, c Capture, err error)
	done    []bool
	retry   bool  // a request whose client failed is left for another try
	err     error // why something could not even be tried
}

// CaptureAll captures panes by the method given, or what the link allows of
// it: without control clients all goes through one process, and without that
// each through its own; MethodProcess is always that. deliver is called exactly
// once for each request, never twice at the same time, in any order and from
// any goroutine; CaptureAll returns after the last call. limit bounds the
// captures at once with MethodPooled and MethodProcess (1 to 20). When ctx ends
// what is left is delivered with its error.
func (s *Server) CaptureAll(ctx context.Context, requests []CaptureRequest, m Method, limit int,
	deliver func(i int, c Capture, err error),
) {
	w := &sweep{
		server: s, requests: requests, limit: min(max(limit, 1), mostAtOnce),
		deliver: deliver, done: make([]bool, len(requests)),
	}
	for i, req := range requests {
		if !argPane.accepts(req.Pane) || req.History < 0 {
			w.finish(i, Capture{}, fmt.Errorf("%w: a pane called %q", ErrForbidden, req.Pane))
		}
	}
	for _, w.retry = range []bool{true, false} {
		todo := w.left()
		if len(todo) == 0 || ctx.Err() != nil || w.err != nil && !clientFailure(w.err) {
			break
		}
		waiting, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
		w.route, w.err = s.ready(waiting)
		cancel()
		if w.err == nil {
			w.pass(ctx, m, todo)
		}
	}
	w.rest(ctx)
}

// left are the requests that have not been delivered.
func (w *sweep) left() []int {
	var left []int
	for i, done := range w.done {
		if !done {
			left = append(left, i)
		}
	}
	return left
}

// pass tries each of todo once.
func (w *sweep) pass(ctx context.Context, m Method, todo []int) {
	switch {
	case m == MethodProcess || w.route.link == LinkProcess:
		w.parallel(len(todo), w.limit, func(next func() (int, bool)) {
			for k, ok := next(); ok; k, ok = next() {
				w.byProcess(ctx, todo[k])
			}
		})
	case w.route.link == LinkBatch:
		w.byBatches(ctx, todo)
	case m == MethodPooled:
		w.parallel(len(todo), w.limit, func(next func() (int, bool)) { w.byPool(ctx, todo, next) })
	default:
		clients := min((len(todo)+perClient-1)/perClient, helpers)
		w.parallel(len(todo), clients, func(next func() (int, bool)) { w.byPipeline(ctx, todo, next) })
	}
}

// parallel runs up to n goroutines that share jobs, numbered from 0.
func (w *sweep) parallel(jobs, n int, work func(next func() (int, bool))) {
	var taken atomic.Int64
	next := func() (int, bool) {
		k := int(taken.Add(1)) - 1
		return k, k < jobs
	}
	var workers sync.WaitGroup
	for range min(n, jobs) {
		workers.Go(func() { work(next) })
	}
	workers.Wait()
}

// byPipeline captures over one client with many requests under way.
func (w *sweep) byPipeline(ctx context.Context, todo []int, next func() (int, bool)) {
	lease, err := w.server.pool.Acquire(ctx)
	if err != nil {
		w.fail(err)
		return
	}
	defer lease.Release()
	c, ok := lease.client()
	if !ok {
		return // the link has changed
	}
	var lanes sync.WaitGroup
	for range window {
		lanes.Go(func() {
			for ctx.Err() == nil && c.alive() {
				k, ok := next()
				if !ok {
					return
				}
				lease.use()
				w.onClient(ctx, c, todo[k])
			}
		})
	}
	lanes.Wait()
}

// byPool takes a client for each capture.
func (w *sweep) byPool(ctx context.Context, todo []int, next func() (int, bool)) {
	for ctx.Err() == nil {
		k, ok := next()
		if !ok {
			return
		}
		lease, err := w.server.pool.Acquire(ctx)
		if err != nil {
			w.fail(err)
			return
		}
		if c, ok := lease.client(); ok {
			lease.use()
			w.onClient(ctx, c, todo[k])
		}
		lease.Release()
	}
}

// onClient makes one capture over a control client.
func (w *sweep) onClient(ctx context.Context, c *client, i int) {
	ctx, cancel := context.WithTimeout(ctx, w.server.opts.CallTimeout)
	defer cancel()
	buffer := ""
	if w.route.version.leaksPrinted() {
		buffer = w.server.maker + "-" + strconv.FormatUint(c.id, 10)
	}
	line := captureLine(w.requests[i], buffer, w.route.version)
	if w.requests[i].Facts {
		line = append(script{showPane(w.requests[i].Pane, w.server.mark)}, line...)
	}
	blocks, err := c.do(ctx, line)
	if err != nil {
		w.finish(i, Capture{}, err)
		return
	}
	facts := ""
	if w.requests[i].Facts {
		facts, blocks = string(blocks[0].Body), blocks[1:]
	}
	made, err := captured(blocks, buffer != "")
	w.finishWith(i, facts, made, err)
}

// captured reads the answer to captureLine.
func captured(blocks []Block, buffered bool) (Capture, error) {
	body := blocks[0].Body
	if buffered {
		if len(body) > 0 {
			return Capture{}, fmt.Errorf("%w (it printed %q)", errAlias, clip(body))
		}
		// One newline more: the buffer ends with one, and so does a block.
		body = bytes.TrimSuffix(unescape(blocks[1].Body), []byte{'\n'})
	}
	return printed(body, blocks[0].Second)
}

// byProcess makes one capture by a process of its own.
func (w *sweep) byProcess(ctx context.Context, i int) {
	ctx, cancel := context.WithTimeout(ctx, w.server.opts.CallTimeout)
	defer cancel()
	second := time.Now().Unix()
	cmds := script{capturePane(w.requests[i], "", w.route.version)}
	if w.requests[i].Facts {
		cmds = append(script{showPane(w.requests[i].Pane, w.server.mark), printFormat(w.note("facts", i))}, cmds...)
	}
	text, err := w.server.tmux.run(ctx, cmds)
	if err != nil {
		w.finish(i, Capture{}, err)
		return
	}
	facts := ""
	if w.requests[i].Facts {
		facts, text, _ = strings.Cut(text, w.note("facts", i)+"\n")
	}
	c, err := printed([]byte(text), second)
	w.finishWith(i, facts, c, err)
}

// finishWith is finish for a capture that was made together with the facts of its
// pane, if those were asked for.
func (w *sweep) finishWith(i int, facts string, c Capture, err error) {
	if err == nil && w.requests[i].Facts {
		c.Pane, err = parsePaneOf(w.requests[i].Pane, facts, w.server.mark)
	}
	w.finish(i, c, err)
}

// printed makes a capture of what was printed: rows that end in newlines, at
// least one.
func printed(output []byte, second int64) (Capture, error) {
	rows, ok := bytes.CutSuffix(output, []byte{'\n'})
	if !ok {
		return Capture{}, fmt.Errorf("%w (it printed %q)", errAlias, clip(output))
	}
	return Capture{Text: string(rows), ServerSecond: second, Bytes: len(rows)}, nil
}

// finish delivers a result, or leaves a request for another try when it was
// only its client that failed.
func (w *sweep) finish(i int, c Capture, err error) {
	if err != nil {
		w.server.doubt(w.route, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		if w.retry && clientFailure(err) {
			return
		}
		err = fmt.Errorf("tmuxpool: capture pane %s on %s: %w", w.requests[i].Pane, w.server.socket.Name,
			w.server.unlessClosed(err))
	} else {
		w.server.captures.Add(1)
		w.server.bytes.Add(uint64(c.Bytes))
	}
	w.done[i] = true
	w.deliver(i, c, err)
}

// fail notes why a worker could not begin.
func (w *sweep) fail(err error) {
	w.mu.Lock()
	w.err = err
	w.mu.Unlock()
	w.server.doubt(w.route, err)
}

// rest delivers what nobody has: the reason is the end of ctx, or of the link.
func (w *sweep) rest(ctx context.Context) {
	w.retry = false
	err := w.err
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil:
		err = ErrClientExited
	}
	for _, i := range w.left() {
		w.finish(i, Capture{}, err)
	}
}

// doubt takes note of an error of a capture. A client of the pool that failed
// is the pool's affair; but the client for commands has to show that the
// server is still well.
func (s *Server) doubt(r route, err error) {
	if !linkFailure(err) {
		return
	}
	if r.link == LinkControl {
		s.nudge()
		return
	}
	s.suspect(r, err)
}
