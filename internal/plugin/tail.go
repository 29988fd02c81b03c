package plugin

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// maxTail is how much of a process's standard error is kept.
	maxTail = 4096
	// maxStderr is how much it may write in stderrWindow: it costs us to read.
	maxStderr    = 1 << 20
	stderrWindow = time.Minute
)

// tail keeps the end of what is written to it. It is safe for concurrent use.
type tail struct {
	mu      sync.Mutex
	kept    []byte
	since   time.Time
	written int
	broken  error
}

// Write implements io.Writer. It fails when too much is written too fast, which
// ends the reading of the stream.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.since) > stderrWindow {
		t.since, t.written = now, 0
	}
	t.written += len(b)
	t.kept = append(t.kept, b[max(len(b)-maxTail, 0):]...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	if t.written > maxStderr {
		t.broken = fmt.Errorf("it wrote more than %d bytes to its standard error within %s", maxStderr, stderrWindow)
		return 0, t.broken
	}
	return len(b), nil
}

// overflow tells whether too much was written.
func (t *tail) overflow() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken
}

// text is all that is kept, fit to be shown: without control characters but
// ends of lines.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(string(t.kept), "?")))
}

// lastLine is the last line of a text, of a length that fits a screen.
func lastLine(text string) string {
	line := []rune(strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:]))
	return string(line[:min(len(line), maxSummaryRunes)])
}
