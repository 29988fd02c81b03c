package tmuxpool_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

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

func TestAPaneIsListedAndCapturedOverAControlClient(t *testing.T) {
	private := tmuxtest.New(t)
	server := watch(t, private, withClients())
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
	if link := server.Status().Link; link != tmuxpool.LinkControl {
		t.Errorf("the link is %s: %s", link, server.Status().Reason)
	}
	private.Type(panes[0].ID, `back\slash $HOME é`)
	for _, m := range []tmuxpool.Method{tmuxpool.MethodPipelined, tmuxpool.MethodPooled, tmuxpool.MethodProcess} {
		tmuxtest.Eventually(t, 5*time.Second, "the text is on the screen by "+m.String(), func() bool {
			c, err := captureOne(t, server, panes[0].ID, m)
			if err != nil {
				t.Fatal(err)
			}
			return c.Text == `back\slash $HOME é`+strings.Repeat("\n", 23)
		})
	}
}
