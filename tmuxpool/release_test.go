package tmuxpool_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// messageVersion is what a tmux server sends to a client of another protocol.
const messageVersion = 12

// anotherRelease is the socket of a server that speaks another protocol than every
// tmux so far, as an upgrade may leave one behind.
func anotherRelease(t *testing.T) tmuxpool.Socket {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "awt-")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "other")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
		_ = os.RemoveAll(folder)
	})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answer := binary.NativeEndian.AppendUint32(nil, messageVersion)
			answer = binary.NativeEndian.AppendUint16(answer, 16) // the length of this header
			answer = binary.NativeEndian.AppendUint16(answer, 0)
			answer = binary.NativeEndian.AppendUint32(answer, 250) // the protocol's version
			answer = binary.NativeEndian.AppendUint32(answer, uint32(os.Getpid()))
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if n, _ := conn.Read(make([]byte, 1<<12)); n > 0 {
				_, _ = conn.Write(answer)
				// The client hangs up.
				for n > 0 {
					n, _ = conn.Read(make([]byte, 1<<12))
				}
			}
			_ = conn.Close()
		}
	}()
	return tmuxpool.Socket{Path: path, Name: "other"}
}

func TestAServerOfAnotherReleaseIsToldWithTheWayToItsAgents(t *testing.T) {
	socket := anotherRelease(t)
	server := tmuxpool.NewServer(socket, tmuxpool.Options{})
	defer func() { _ = server.Close() }()
	if _, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); !errors.Is(err, tmuxpool.ErrOtherRelease) {
		t.Errorf("ListPanes: %v", err)
	}
	way := fmt.Sprintf("/proc/%d/exe -S %s attach", os.Getpid(), socket.Path)
	if st := server.Status(); st.Link != tmuxpool.LinkLost || !strings.Contains(st.Reason, "do not end it") || !strings.Contains(st.Reason, way) {
		t.Errorf("the status is %+v, want the way %q", st, way)
	}
}

// A server before 3.2 keeps the output of every client from 3.2 on open for ever:
// of each call a file descriptor stays in it.
func TestAServerThatKeepsTheOutputOfCallsIsAskedOnce(t *testing.T) {
	private := tmuxtest.New(t)
	calls := filepath.Join(t.TempDir(), "calls")
	tmux, _ := brokenTmux(t, "*", "echo call >>"+calls+"; sleep 5 & echo 3.1c 123; exit 0")
	asked := func() int {
		text, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "call")
	}
	server := watch(t, private, tmuxpool.Options{TmuxPath: tmux, Clients: tmuxpool.ClientsNever})
	if _, _, err := server.ListPanes(t.Context(), tmuxpool.DetailFast); !errors.Is(err, tmuxpool.ErrOtherRelease) {
		t.Fatalf("ListPanes: %v", err)
	}
	first := server.Status().RetryAt
	tmuxtest.Eventually(t, 30*time.Second, "it is looked whether another server listens", func() bool {
		return server.Status().RetryAt.After(first)
	})
	if n := asked(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}
