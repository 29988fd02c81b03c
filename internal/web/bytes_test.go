package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"agentwatch/engine"
)

// counted is a connection that counts what comes.
type counted struct {
	net.Conn
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// openCounted opens a page whose bytes are counted, as they are on the wire.
func (s *served) openCounted() (*browser, *atomic.Int64) {
	s.t.Helper()
	var read atomic.Int64
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return counted{conn, &read}, err
	}}
	s.t.Cleanup(transport.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.base+"/ws", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{Protocol}, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(16 << 20)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	b := &browser{t: s.t, conn: conn, agents: make(map[string]map[string]any), screens: make(map[string]map[string]any), answers: make(map[uint64]map[string]any)}
	b.say(map[string]any{"auth": map[string]string{"token": s.token("phone")}})
	b.until("the agents", func() bool { return len(b.agents) > 0 })
	return b, &read
}

func TestAThousandAgentsAtRestCostAPageNearlyNothing(t *testing.T) {
	s := serve(t, nil)
	all := agents(1000)
	s.monitor.show(snapshot(all))
	b, read := s.openCounted()
	first := read.Load()
	// The engine goes on to send figures, and times of checks.
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20 {
			next := snapshot(all)
			next.Round.Rounds, next.Pool.Created = uint64(i), uint64(i)
			s.monitor.show(next)
			time.Sleep(50 * time.Millisecond)
		}
	}()
	<-done
	value, problem := b.ask(map[string]any{"seen": map[string]any{"agent": "1"}})
	if problem != "" {
		t.Fatal(value, problem)
	}
	if rest := read.Load() - first; rest > 200 {
		t.Errorf("%d bytes in a second in which nothing that is shown has changed", rest)
	} else {
		t.Logf("1000 agents: %d bytes at first, %d in a second at rest with an answer to a question", first, rest)
	}
}

func TestAHundredChangesASecondCostAPageLittle(t *testing.T) {
	s := serve(t, nil)
	all := agents(1000)
	s.monitor.show(snapshot(all))
	b, read := s.openCounted()
	first, began := read.Load(), time.Now()
	const rounds, changes = 20, 10
	go func() {
		for i := range rounds {
			next := append([]engine.Agent(nil), all...)
			for k := range changes {
				a := &next[(i*changes+k)%len(next)]
				a.Activity, a.Revision = fmt.Sprintf("Ruminating… (%ds · ↑ %d.%dk tokens)", i*7+k, k, i), uint64(i+2)
				a.Evidence.Text, a.Evidence.Line = a.Activity, 20+k
			}
			all = next
			s.monitor.show(snapshot(all))
			time.Sleep(100 * time.Millisecond)
		}
	}()
	last := fmt.Sprintf("Ruminating… (%ds · ↑ %d.%dk tokens)", (rounds-1)*7+changes-1, changes-1, rounds-1)
	b.until("the last change", func() bool {
		for _, a := range b.agents {
			if a["activity"] == last {
				return true
			}
		}
		return false
	})
	took := time.Since(began)
	rate := float64(read.Load()-first) / float64(rounds*changes)
	if rate > 300 {
		t.Errorf("%.0f bytes a change: more than 30 kB/s at a hundred of them", rate)
	}
	t.Logf("%d changes in %s: %.0f bytes each, which is %.1f kB/s at a hundred a second", rounds*changes, took.Round(time.Millisecond), rate, rate/10)
}
