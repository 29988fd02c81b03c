package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// writeTimeout bounds one write to a pane's terminal.
	writeTimeout = 5 * time.Second
	// ackTimeout bounds the wait until the server has read all writes, asked
	// for every ackEvery.
	ackTimeout = 30 * time.Second
	ackEvery   = 5 * time.Millisecond
)

// errNotRead is returned when the server does not read what panes print.
var errNotRead = errors.New("bench: the server has not read all that was written in its panes")

// pane is one pane, with the terminal that its program runs on.
type pane struct {
	id   string
	tty  *os.File
	step int
}

// panes are the panes of a server, in tmux order.
type panes struct {
	server *server
	all    []*pane
}

// openPanes opens the terminals of all panes and draws their screens.
func openPanes(ctx context.Context, s *server, n int) (_ *panes, err error) {
	out, err := s.run(ctx, "", "list-panes", "-a", "-F", "#{pane_id} #{pane_tty} #{pane_width}x#{pane_height}")
	if err != nil {
		return nil, err
	}
	p := &panes{server: s}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	for line := range strings.Lines(out) {
		facts := strings.Fields(line)
		if len(facts) != 3 || facts[2] != paneSize {
			return nil, fmt.Errorf("bench: a pane is not %s: %q", paneSize, strings.TrimSpace(line))
		}
		// Without O_NOCTTY it could become our own terminal.
		tty, err := os.OpenFile(facts[1], os.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, fmt.Errorf("bench: pane %s: %w", facts[0], err)
		}
		p.all = append(p.all, &pane{id: facts[0], tty: tty})
	}
	if len(p.all) != n {
		return nil, fmt.Errorf("bench: there are %d panes, and there should be %d", len(p.all), n)
	}
	for i, one := range p.all {
		if err := one.write(screenOf(i)); err != nil {
			return nil, err
		}
	}
	return p, p.acknowledge(ctx)
}

func (p *panes) close() {
	for _, one := range p.all {
		_ = one.tty.Close()
	}
}

func (p *pane) write(text string) error {
	if err := p.tty.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("bench: pane %s: %w", p.id, err)
	}
	if _, err := p.tty.WriteString(text); err != nil {
		return fmt.Errorf("bench: write in pane %s: %w", p.id, err)
	}
	return nil
}

// change moves the spinner of the first n panes and returns when the server
// has read it.
func (p *panes) change(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	for _, one := range p.all[:n] {
		one.step++
		if err := one.write(tickOf(one.step)); err != nil {
			return err
		}
	}
	return p.acknowledge(ctx)
}

// acknowledge waits until every pane's cursor is where its last step has left
// it.
func (p *panes) acknowledge(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, ackTimeout, errNotRead)
	defer cancel()
	ticker := time.NewTicker(ackEvery)
	defer ticker.Stop()
	for {
		cursors, err := p.server.run(ctx, "", "list-panes", "-a", "-F", "#{pane_id} #{cursor_x}")
		if err != nil {
			return err
		}
		if p.acknowledged(cursors) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// acknowledged tells whether the list of cursors has every pane's last step.
// Panes that are not ours, such as that of the watchers' session, are not
// asked.
func (p *panes) acknowledged(cursors string) bool {
	at := make(map[string]int, len(p.all))
	for line := range strings.Lines(cursors) {
		id, column, _ := strings.Cut(strings.TrimSpace(line), " ")
		if x, err := strconv.Atoi(column); err == nil {
			at[id] = x
		}
	}
	for _, one := range p.all {
		if x, ok := at[one.id]; !ok || x != ackOf(one.step) {
			return false
		}
	}
	return true
}
