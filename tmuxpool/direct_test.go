package tmuxpool

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// captureSoon is how long a change may take to be seen.
const captureSoon = time.Minute

// connected returns a server that is watched over control clients.
func connected(t *testing.T, private *tmuxtest.Server) *Server {
	t.Helper()
	tmuxtest.NeedsControlClients(t)
	server := NewServer(Socket{Path: private.SocketPath(), Name: filepath.Base(private.SocketPath())}, Options{Clients: ClientsAlways})
	t.Cleanup(func() { _ = server.Close() })
	if _, err := server.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server
}

func TestNewerServersPrintCapturesDirectly(t *testing.T) {
	private := tmuxtest.New(t)
	private.Type("%0", `a\b $HOME é`)
	server := connected(t, private)
	// What a server of 3.6 is asked works with this one, too; it only leaks.
	server.mu.Lock()
	server.version = Version{Major: 3, Minor: 6}
	server.mu.Unlock()
	tmuxtest.Eventually(t, captureSoon, "the text is on the screen", func() bool {
		var text string
		server.CaptureAll(t.Context(), []CaptureRequest{{Pane: "%0"}}, MethodPipelined, 1, func(_ int, c Capture, err error) {
			if err != nil {
				t.Fatal(err)
			}
			text = c.Text
		})
		return text == `a\b $HOME é`+strings.Repeat("\n", 23)
	})
}

func TestAClientThatIsMovedAmongTheUsersSessionsLeaves(t *testing.T) {
	private := tmuxtest.New(t)
	server := connected(t, private)
	ours := private.Run("list-clients", "-F", "#{client_name}")
	private.Run("switch-client", "-c", ours, "-t", "=main")
	tmuxtest.Eventually(t, captureSoon, "we are back in our own session", func() bool {
		sessions := private.Run("list-sessions", "-F", "#{session_attached} #{session_name}")
		return strings.Contains(sessions, "0 main") && strings.Contains(sessions, "1 "+server.session)
	})
}

func TestABlockThatAnswersNothingEndsTheClient(t *testing.T) {
	private := tmuxtest.New(t)
	server := connected(t, private)
	server.mu.Lock()
	c := server.commands
	server.mu.Unlock()
	c.take(Message{Kind: MessageBlock, Block: Block{Flags: 1}})
	<-c.dead
	if c.alive() {
		t.Error("it lives")
	}
	if _, _, err := server.ListPanes(t.Context(), DetailFast); err != nil {
		t.Errorf("no other took its place: %v", err)
	}
}

// BenchmarkLink times what a round asks of a server, by each link in turn on the
// same panes: a list of what is active, and captures of one, a tenth and all.
func BenchmarkLink(b *testing.B) {
	for _, panes := range []int{50, 1000} {
		private := tmuxtest.New(b, tmuxtest.Size(200, 50))
		requests := []CaptureRequest{{Pane: "%0"}}
		for len(requests) < panes {
			requests = append(requests, CaptureRequest{Pane: private.NewWindow("main", "w", "cat")})
		}
		for _, clients := range []Clients{ClientsAlways, ClientsNever} {
			server := NewServer(Socket{Path: private.SocketPath(), Name: "bench"}, Options{Clients: clients})
			capture := func(requests []CaptureRequest, m Method) {
				server.CaptureAll(b.Context(), requests, m, 20, func(_ int, _ Capture, err error) {
					if err != nil {
						b.Error(err)
					}
				})
			}
			capture(requests, MethodPipelined)
			link := server.Status().Link.String()
			b.Run(fmt.Sprintf("%d/list/%s", panes, link), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := server.ActiveSince(b.Context(), 1<<40); err != nil {
						b.Fatal(err)
					}
				}
			})
			for _, n := range []int{1, panes / 10, panes} {
				b.Run(fmt.Sprintf("%d/capture %d/%s", panes, n, link), func(b *testing.B) {
					for b.Loop() {
						capture(requests[:n], MethodPipelined)
					}
				})
			}
			if clients == ClientsNever && panes == 50 {
				b.Run("50/capture 50/a process each", func(b *testing.B) {
					for b.Loop() {
						capture(requests, MethodProcess)
					}
				})
			}
			if err := server.Close(); err != nil {
				b.Error(err)
			}
		}
	}
}
