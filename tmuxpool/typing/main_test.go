package typing

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"go.uber.org/goleak"

	"agentwatch/internal/tmuxtest"
)

// recorderVar makes the test binary a program that asks for bracketed pastes
// and writes all that is typed at it into a file.
const recorderVar = "AGENTWATCH_TEST_RECORD_KEYS"

func TestMain(m *testing.M) {
	if path := os.Getenv(recorderVar); path != "" {
		record(path)
		return
	}
	goleak.VerifyTestMain(m)
}

func record(path string) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := term.MakeRaw(os.Stdin.Fd()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print("\x1b[?2004hready\r\n")
	buffer := make([]byte, 64<<10)
	for {
		n, err := os.Stdin.Read(buffer)
		if err != nil {
			return
		}
		if _, err := file.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// recorder is a pane in which the recording program runs.
type recorder struct {
	server *tmuxtest.Server
	typist *Typist
	pane   string
	path   string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	s := tmuxtest.New(t)
	path := filepath.Join(t.TempDir(), "keys")
	pane := s.NewSession("agent", "exec env "+recorderVar+"="+path+" "+testBinary(t))
	r := &recorder{server: s, typist: New(Options{Socket: s.SocketPath()}), pane: pane, path: path}
	tmuxtest.Eventually(t, time.Minute, "the recorder is ready", func() bool { return s.Capture(pane) == "ready" })
	return r
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// typed returns all that the program has read.
func (r *recorder) typed() string {
	text, _ := os.ReadFile(r.path)
	return string(text)
}

// look looks at the pane.
func (r *recorder) look(t testing.TB) Look {
	t.Helper()
	l, err := r.typist.Look(t.Context(), r.pane)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// settled waits until what was typed ends with the text and returns all of it.
func (r *recorder) settled(t testing.TB, end string) string {
	t.Helper()
	tmuxtest.Eventually(t, time.Minute, fmt.Sprintf("%q arrives", end), func() bool { return strings.HasSuffix(r.typed(), end) })
	return r.typed()
}
