package ui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// terminal collects what is written to it.
type terminal struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(p)
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.String()
}

// started runs a dashboard and waits until it has drawn.
func started(ctx context.Context, t *testing.T) (in io.Writer, out *terminal, ended <-chan error) {
	t.Helper()
	reader, writer := io.Pipe()
	out = &terminal{}
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, newFakeMonitor(), Options{Input: reader, Output: out})
		reader.Close()
	}()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), "\x1b[?1049h"); {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is drawn: %q", out)
		}
		select {
		case err := <-done:
			t.Fatalf("ended early: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return writer, out, done
}

func TestTheDashboardEndsOnQAndOnItsContextAndRestoresTheTerminal(t *testing.T) {
	for name, end := range map[string]func(io.Writer, context.CancelFunc){
		"q":       func(in io.Writer, _ context.CancelFunc) { _, _ = in.Write([]byte("q")) },
		"context": func(_ io.Writer, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			in, out, ended := started(ctx, t)
			end(in, cancel)
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("does not end")
			}
			if !strings.Contains(out.String(), "\x1b[?1049l") {
				t.Errorf("the alternate screen is not left: %q", out)
			}
		})
	}
}
