package tmuxpool

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// holderVar makes the test binary a process that watches a socket until it is
// killed, with the control clients that holderClientsVar says.
const (
	holderVar        = "AGENTWATCH_TEST_HOLD_SOCKET"
	holderClientsVar = "AGENTWATCH_TEST_HOLD_CLIENTS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(holderVar); path != "" {
		hold(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// hold watches a server, says so, and waits for the end of its input.
func hold(path string) {
	var clients Clients
	if err := clients.UnmarshalText([]byte(os.Getenv(holderClientsVar))); err != nil {
		fmt.Println("failed", err)
		return
	}
	server := NewServer(Socket{Path: path, Name: "held"}, Options{Clients: clients})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	panes, _, err := server.ListPanes(ctx, DetailFast)
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	var requests []CaptureRequest
	for _, p := range panes {
		requests = append(requests, CaptureRequest{Pane: p.ID})
	}
	server.CaptureAll(ctx, requests, MethodPipelined, 1, func(_ int, _ Capture, err error) {
		if err != nil {
			fmt.Println("failed", err)
		}
	})
	fmt.Println("holding", server.Status().Link)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = server.Close()
}
