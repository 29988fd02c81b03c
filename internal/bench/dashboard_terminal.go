package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
)

// Size of the dashboard's terminal, in cells.
const (
	terminalWidth  = 200
	terminalHeight = 50
)

// errNotDrawn is returned when the dashboard has not drawn what it should.
var errNotDrawn = errors.New("bench: the dashboard has not drawn what was waited for")

// terminal is the user's side of a pty: it counts what arrives, keeps the screen
// that it makes, and answers what a terminal is asked. close ends it.
type terminal struct {
	pty     *os.File
	mu      sync.Mutex
	screen  *vt.Emulator
	bytes   int64
	arrived chan time.Time
	readers sync.WaitGroup
}

func newTerminal(pty *os.File) *terminal {
	t := &terminal{pty: pty, screen: vt.NewEmulator(terminalWidth, terminalHeight), arrived: make(chan time.Time, 1)}
	t.readers.Go(t.read)
	t.readers.Go(func() { _, _ = io.Copy(pty, t.screen) })
	return t
}

// close ends the terminal. The program that draws on it must have ended.
func (t *terminal) close() {
	_ = t.pty.Close()
	if pipe, ok := t.screen.InputPipe().(io.Closer); ok {
		_ = pipe.Close()
	}
	t.readers.Wait()
}

// read takes what arrives until the pty closes.
func (t *terminal) read() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.pty.Read(buffer)
		at := time.Now()
		if n > 0 {
			t.mu.Lock()
			t.bytes += int64(n)
			_, _ = t.screen.Write(buffer[:n])
			t.mu.Unlock()
			select {
			case t.arrived <- at:
			default: // the earlier one has not been looked at yet: it counts
			}
		}
		if err != nil {
			return
		}
	}
}

// count is how many bytes have arrived.
func (t *terminal) count() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// rows is what is on the screen.
func (t *terminal) rows() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Split(t.screen.String(), "\n")
}

// press writes a key.
func (t *terminal) press(key string) error {
	select {
	case <-t.arrived: // what has come before is no effect of this
	default:
	}
	if _, err := t.pty.WriteString(key); err != nil {
		return fmt.Errorf("bench: press a key: %w", err)
	}
	return nil
}

// await waits until the screen is as wanted, and returns when the output came
// that made it so.
func (t *terminal) await(ctx context.Context, most time.Duration, wanted func(rows []string) bool) (time.Time, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errNotDrawn)
	defer cancel()
	at := time.Now()
	for !wanted(t.rows()) {
		select {
		case arrived := <-t.arrived:
			// One that was not waited for may still be there.
			if arrived.After(at) {
				at = arrived
			}
		case <-ctx.Done():
			return at, fmt.Errorf("%w; the screen is:\n%s", context.Cause(ctx), strings.Join(t.rows(), "\n"))
		}
	}
	return at, nil
}
