package tmuxpool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The server executes a batch in one go, and whatever else is asked of it, a key
// of the user's included, waits until that is done: so a batch is bounded. One
// batch at a time per round, because more of them make a round of 1000 panes one
// eighth quicker and everybody else wait three times as long (docs/measured.md).
const (
	// batchScreens is how many screens one batch captures at most.
	batchScreens = 64
	// screenRows is how many rows of history count as one screen more.
	screenRows = 50
)

// batchSlot is a worker of the pool that allows one batched process at a time.
// There is nothing behind it that could fail or age; its end comes when captures are
// made by control clients, which outdated tells.
type batchSlot struct{ outdated func() bool }

func (s *batchSlot) alive() bool              { return !s.outdated() }
func (*batchSlot) quiet() time.Duration       { return 0 }
func (*batchSlot) ping(context.Context) error { return nil }
func (*batchSlot) close()                     {}

// batchLength is how many of the requests todo go into the next batch, at least 1.
func (w *sweep) batchLength(todo []int) int {
	screens := 0
	for n, i := range todo {
		if screens += 1 + w.requests[i].History/screenRows; screens > batchScreens {
			return max(n, 1)
		}
	}
	return len(todo)
}

// byBatches makes the captures by batched processes, one after another. Between
// two of them others get their turn.
func (w *sweep) byBatches(ctx context.Context, todo []int) {
	for len(todo) > 0 && ctx.Err() == nil {
		lease, err := w.server.pool.Acquire(ctx)
		if err != nil {
			w.fail(err)
			return
		}
		n := w.batchLength(todo)
		lease.useBatch(n)
		w.batch(ctx, todo[:n])
		lease.Release()
		todo = todo[n:]
	}
}

// batch makes captures by one process that reads its commands from its input.
// The facts of a pane, if they are asked for, precede its capture in a line of their
// own. Each capture is followed by a line that says it went well, and then, in a line
// of commands of its own, by one that says it is over: a failing command takes the
// rest of its own line with it, and nothing else.
func (w *sweep) batch(ctx context.Context, todo []int) {
	var input strings.Builder
	for _, i := range todo {
		lines := []script{
			{capturePane(w.requests[i], "", w.route.version), printFormat(w.note("ok", i))},
			{printFormat(w.note("end", i))},
		}
		if w.requests[i].Facts {
			lines = append([]script{{showPane(w.requests[i].Pane, w.server.mark), printFormat(w.note("facts", i))}}, lines...)
		}
		for _, s := range lines {
			line, err := s.render()
			if err != nil {
				w.fail(err)
				return
			}
			input.WriteString(line)
		}
	}
	reader := &batchReader{sweep: w, second: time.Now().Unix(), todo: todo}
	args, err := script{{nameSourceFile, "-"}}.arguments()
	if err != nil {
		w.fail(err)
		return
	}
	complaint, err := w.server.tmux.stream(ctx, args, strings.NewReader(input.String()), reader)
	if errors.Is(err, ErrCommand) && !reader.began && len(reader.body) > 0 {
		// tmux complains about a line that it cannot parse in its output.
		err = commandError(string(clip(reader.body)))
	}
	if err == nil && len(reader.todo) > 0 {
		err = commandError(complaint)
	}
	if errors.Is(err, ErrCommand) && !reader.began {
		w.server.giveUpBatch(w.route)
	}
	for _, i := range reader.failed {
		w.finish(i, Capture{}, batchError(complaint, w.requests[i].Pane))
	}
	if err != nil && ctx.Err() == nil {
		for _, i := range reader.todo {
			w.finish(i, Capture{}, err)
		}
	}
}

// batchError picks a pane's error out of all that a batch complained about.
func batchError(complaint, pane string) error {
	for line := range strings.Lines(complaint) {
		if strings.HasSuffix(strings.TrimSpace(line), " "+pane) {
			return commandError(line)
		}
	}
	return commandError(complaint)
}

// note is a line that no pane can know.
func (w *sweep) note(word string, i int) string {
	return w.server.note + " " + word + " " + strconv.Itoa(i)
}

// batchReader takes a batch's output apart as it comes.
type batchReader struct {
	sweep  *sweep
	second int64
	todo   []int  // what is still to come, in order
	began  bool   // something that was expected has come
	facts  string // what was printed of the pane that is captured next
	body   []byte
	line   []byte
	failed []int
}

// Write implements io.Writer.
func (r *batchReader) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			r.line = append(r.line, rest...)
			break
		}
		r.line = append(r.line, rest[:i+1]...)
		rest = rest[i+1:]
		if err := r.take(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// take reads one line.
func (r *batchReader) take() error {
	defer func() { r.line = r.line[:0] }()
	note, ok := bytes.CutPrefix(r.line, []byte(r.sweep.server.note+" "))
	if !ok {
		if len(r.body)+len(r.line) > maxBlock {
			return fmt.Errorf("%w: a capture of more than %d bytes", ErrProtocol, maxBlock)
		}
		r.body = append(r.body, r.line...)
		return nil
	}
	word, number, _ := strings.Cut(strings.TrimSuffix(string(note), "\n"), " ")
	i, err := strconv.Atoi(number)
	if err != nil || len(r.todo) == 0 {
		return fmt.Errorf("%w: a batch said %q", ErrProtocol, clip(note))
	}
	r.began = true
	switch {
	case word == "facts" && i == r.todo[0]:
		r.facts = string(r.body)
	case word == "ok" && i == r.todo[0]:
		c, err := printed(r.body, r.second)
		r.sweep.finishWith(i, r.facts, c, err)
		r.todo = r.todo[1:]
	case word == "end" && i == r.todo[0]:
		r.failed = append(r.failed, i)
		r.todo = r.todo[1:]
	}
	r.body = r.body[:0]
	return nil
}

// giveUpBatch takes note that batches do not work here.
func (s *Server) giveUpBatch(r route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.Link != LinkBatch || r.link != LinkBatch {
		return
	}
	reason := noBatchWords
	if s.status.Reason != "" {
		reason = s.status.Reason + "; " + noBatchWords
	}
	retryAt := s.status.RetryAt
	if retryAt.IsZero() {
		retryAt = time.Now().Add(retryBatch)
	}
	s.setLocked(LinkProcess, reason, retryAt, nil)
	s.nudge()
}
