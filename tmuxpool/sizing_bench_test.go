package tmuxpool

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// The size of the panes in benchmarks, and the pause between two bursts: long
// enough that the pool sees them apart.
const (
	benchWidth, benchHeight = 200, 50
	betweenBursts           = 50 * time.Millisecond
)

// colourful writes a file that fills a pane with text, every word of it in a
// colour of its own, and returns its path.
func colourful(b *testing.B) string {
	var text strings.Builder
	for row := range benchHeight - 1 {
		for column := range benchWidth / 8 {
			fmt.Fprintf(&text, "\x1b[38;5;%dm%7d \x1b[0m", 16+(row*7+column*3)%200, row*column)
		}
		text.WriteString("\r\n")
	}
	path := filepath.Join(b.TempDir(), "screen")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// burstServer is a private server of as many panes, all filled, and the
// requests that capture each of them.
func burstServer(b *testing.B, panes int, colours bool) (*tmuxtest.Server, []CaptureRequest) {
	private := tmuxtest.New(b, tmuxtest.Size(benchWidth, benchHeight))
	screen := colourful(b)
	var requests []CaptureRequest
	for range panes {
		pane := private.NewWindow("main", "w", "sh", "-c", "cat '"+screen+"'; exec cat")
		requests = append(requests, CaptureRequest{Pane: pane, Colours: colours})
	}
	return private, requests
}

// burstPool is a pool under comparison with what was measured of it.
type burstPool struct {
	name   string
	server *Server
	took   []time.Duration // from the burst's beginning, for each capture
	bursts []time.Duration // each as a whole
	done   chan struct{}
	open   chan float64
}

// compared opens the pools to compare. They last until the benchmark ends.
func compared(b *testing.B, private *tmuxtest.Server) []*burstPool {
	var pools []*burstPool
	for _, p := range []struct {
		name        string
		least, most int
	}{{"fixed1", 1, 1}, {"fixed5", 5, 5}, {"fixed20", 20, 20}, {"forecast", 1, 20}} {
		socket := Socket{Path: private.SocketPath(), Name: p.name}
		server := NewServer(socket, Options{Clients: ClientsAlways, MinClients: p.least, MaxClients: p.most})
		b.Cleanup(func() { _ = server.Close() })
		pools = append(pools, &burstPool{name: p.name, server: server})
	}
	return pools
}

// burst captures all panes at once.
func (p *burstPool) burst(b *testing.B, requests []CaptureRequest) {
	began := time.Now()
	p.server.CaptureAll(b.Context(), requests, MethodPooled, mostAtOnce, func(_ int, _ Capture, err error) {
		if err != nil {
			b.Error(err)
		}
		p.took = append(p.took, time.Since(began))
	})
	p.bursts = append(p.bursts, time.Since(began))
}

// watch measures from now on.
func (p *burstPool) watch() {
	p.took, p.bursts = nil, nil
	p.done, p.open = make(chan struct{}), make(chan float64, 1)
	go func() { p.open <- meanOpen(p.server.pool, p.done) }()
}

// report reports what was measured.
func (p *burstPool) report(b *testing.B) {
	close(p.done)
	median := slices.Sorted(slices.Values(p.bursts))[len(p.bursts)/2]
	b.ReportMetric(float64(median.Nanoseconds()*int64(len(p.bursts)))/float64(len(p.took)), "ns/capture-"+p.name)
	b.ReportMetric(float64(p99(p.took).Microseconds()), "p99-us-"+p.name)
	b.ReportMetric(float64(p.server.Stats().MeanWait.Microseconds()), "wait-us-"+p.name)
	b.ReportMetric(<-p.open, "open-"+p.name)
}

// BenchmarkBursts compares pools of fixed sizes with one that is sized by
// forecast, on the same panes of a real server: all are wanted at once, again
// and again, of each pool in turn, so that what else the machine does meets all
// of them. Each has some bursts to grow in before it is measured. For each pool
// it reports the time per capture in the median burst, the time within which 99 of 100
// captures are there, the mean wait for a connection, and the mean number of
// connections.
func BenchmarkBursts(b *testing.B) {
	for _, kind := range []struct {
		name    string
		panes   int
		colours bool
	}{{"50coloured", 50, true}, {"50plain", 50, false}, {"10coloured", 10, true}} {
		b.Run(kind.name, func(b *testing.B) {
			private, requests := burstServer(b, kind.panes, kind.colours)
			pools := compared(b, private)
			turns := 0
			turn := func() {
				for i := range pools {
					p := pools[(turns+i)%len(pools)]
					p.burst(b, requests)
					<-time.After(betweenBursts)
				}
				turns++
			}
			for range 10 {
				turn()
			}
			for _, p := range pools {
				p.watch()
			}
			for b.Loop() {
				turn()
			}
			for _, p := range pools {
				p.report(b)
			}
		})
	}
}
