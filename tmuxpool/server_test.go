package tmuxpool_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// patience is how long a test waits for what has to happen: for ever, on a slow
// machine that has other work.
const patience = time.Minute

// socketOf is the socket of a test's server.
func socketOf(s *tmuxtest.Server) tmuxpool.Socket {
	return tmuxpool.Socket{Path: s.SocketPath(), Name: filepath.Base(s.SocketPath())}
}

// watch watches a test's server until the test ends.
func watch(t testing.TB, s *tmuxtest.Server, opts tmuxpool.Options) *tmuxpool.Server {
	t.Helper()
	server := tmuxpool.NewServer(socketOf(s), opts)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return server
}

// captureOne captures one pane.
func captureOne(t testing.TB, s *tmuxpool.Server, pane string, m tmuxpool.Method) (got tmuxpool.Capture, err error) {
	t.Helper()
	s.CaptureAll(t.Context(), []tmuxpool.CaptureRequest{{Pane: pane}}, m, 1,
		func(_ int, c tmuxpool.Capture, e error) { got, err = c, e })
	return got, err
}

// eachLink runs a test of a server that is watched by batches, as every release can
// be, and of one that is watched over control clients, where the release has them.
func eachLink(t *testing.T, test func(t *testing.T, link tmuxpool.Link, opts tmuxpool.Options)) {
	t.Helper()
	t.Run("by batches", func(t *testing.T) {
		test(t, tmuxpool.LinkBatch, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	})
	if tmuxtest.HasControlClients(t) {
		t.Run("over control clients", func(t *testing.T) { test(t, tmuxpool.LinkControl, withClients()) })
	}
}

// linked waits until a server is watched by a link.
func linked(t testing.TB, s *tmuxpool.Server, link tmuxpool.Link) {
	t.Helper()
	tmuxtest.Eventually(t, patience, "the link is "+link.String(), func() bool { return s.Status().Link == link })
}

func TestAPaneIsListedAndCaptured(t *testing.T) { eachLink(t, testAPaneIsListedAndCaptured) }

func testAPaneIsListedAndCaptured(t *testing.T, want tmuxpool.Link, opts tmuxpool.Options) {
	private := tmuxtest.New(t)
	server := watch(t, private, opts)
	panes, second, err := server.ListPanes(t.Context(), tmuxpool.DetailFull)
	if err != nil {
		t.Fatal(err)
	}
	if len(panes) != 1 || panes[0].Session != "main" || panes[0].CurrentCommand != "cat" {
		t.Fatalf("panes are %+v", panes)
	}
	if age := time.Now().Unix() - second; age < 0 || age > 5 {
		t.Errorf("the server's second is %d s old", age)
	}
	if link := server.Status().Link; link != want {
		t.Errorf("the link is %s: %s", link, server.Status().Reason)
	}
	private.Type(panes[0].ID, `back\slash $HOME é`)
	for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled, tmuxpool.MethodProcess} {
		tmuxtest.Eventually(t, patience, "the text is on the screen by "+m.String(), func() bool {
			c, err := captureOne(t, server, panes[0].ID, m)
			if err != nil {
				t.Fatal(err)
			}
			return c.Text == `back\slash $HOME é`+strings.Repeat("\n", 23)
		})
	}
}
