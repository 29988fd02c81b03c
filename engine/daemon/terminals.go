package daemon

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"agentwatch/engine/api"
	"agentwatch/health"
)

// ErrNoTerminal is returned while no face has a terminal to write to.
var ErrNoTerminal = errors.New("no dashboard is open that has a terminal")

// terminals are the faces that write control sequences to the user's terminal: the
// bell and the notifications of terminals. Safe for concurrent use.
type terminals struct {
	mu   sync.Mutex
	open []*faceTerminal
}

// faceTerminal is that of one face.
type faceTerminal struct {
	// pane is the one that the face runs in; zero outside of tmux.
	pane      health.PaneRef
	sequences chan string
}

// newest is the terminal of the face that came last: the one that the user is
// most likely to look at.
func (t *terminals) newest() *faceTerminal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.open) == 0 {
		return nil
	}
	return t.open[len(t.open)-1]
}

// TerminalPane is the pane in which WriteTerminal writes; the zero value outside of
// tmux. It returns ErrNoTerminal when nobody has a terminal.
func (s *Server) TerminalPane() (health.PaneRef, error) {
	t := s.terminals.newest()
	if t == nil {
		return health.PaneRef{}, ErrNoTerminal
	}
	return t.pane, nil
}

// WriteTerminal lets a face write a control sequence to the user's terminal. It
// waits until the face takes it or ctx ends.
func (s *Server) WriteTerminal(ctx context.Context, sequence string) error {
	t := s.terminals.newest()
	if t == nil {
		return ErrNoTerminal
	}
	select {
	case t.sequences <- sequence:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// streamSequences sends control sequences to a face that writes them to its
// terminal.
func (s *Server) streamSequences(ctx context.Context, r *http.Request, send line) error {
	one, err := faceOf(r)
	if err != nil {
		return err
	}
	own := &faceTerminal{one.pane, make(chan string)}
	t := &s.terminals
	t.mu.Lock()
	t.open = append(t.open, own)
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.open = slices.DeleteFunc(t.open, func(f *faceTerminal) bool { return f == own })
	}()
	// The head of the answer goes out at once.
	if err := send(api.Sequence{}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case text := <-own.sequences:
			if err := send(api.Sequence{Text: text}); err != nil {
				return err
			}
		}
	}
}
