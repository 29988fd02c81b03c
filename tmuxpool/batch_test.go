package tmuxpool

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"agentwatch/internal/tmuxtest"
)

func TestARoundIsSplitIntoBatchesThatDoNotKeepOthersWaiting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &sweep{requests: make([]CaptureRequest, rapid.IntRange(1, 300).Draw(t, "requests"))}
		var todo []int
		for i := range w.requests {
			w.requests[i].History = rapid.SampledFrom([]int{0, 0, 0, 49, 200, 10_000}).Draw(t, "rows of history")
			todo = append(todo, i)
		}
		var all []int
		for len(todo) > 0 {
			n := w.batchLength(todo)
			if n < 1 || n > batchScreens {
				t.Fatalf("a batch of %d", n)
			}
			rows := 0
			for _, i := range todo[:n] {
				rows += w.requests[i].History
			}
			if n > 1 && rows > batchScreens*screenRows {
				t.Fatalf("a batch of %d captures with %d rows of history", n, rows)
			}
			all, todo = append(all, todo[:n]...), todo[n:]
		}
		if len(all) != len(w.requests) || !slices.IsSorted(all) {
			t.Fatalf("captured are %v", all)
		}
	})
}

func TestALargeRoundIsManyUsesOfFewConnections(t *testing.T) {
	private := tmuxtest.New(t)
	server := NewServer(Socket{Path: private.SocketPath(), Name: filepath.Base(private.SocketPath())}, Options{Clients: ClientsNever})
	defer func() { _ = server.Close() }()
	requests := make([]CaptureRequest, 3*batchScreens)
	for i := range requests {
		requests[i] = CaptureRequest{Pane: "%0"}
	}
	var errs []error
	server.CaptureAll(t.Context(), requests, MethodPipelined, 1, func(_ int, _ Capture, err error) { errs = append(errs, err) })
	if err := errors.Join(errs...); err != nil || len(errs) != len(requests) {
		t.Fatalf("%d answers, %v", len(errs), err)
	}
	s := server.Stats()
	if s.Created != 3 || s.Reused != uint64(len(requests)-3) || s.Open != 1 || s.Busy != 0 || s.Captures != uint64(len(requests)) {
		t.Errorf("stats are %+v", s)
	}
}

func TestTheFactsOfAPaneComeWithItsCaptureByEveryLink(t *testing.T) {
	private := tmuxtest.New(t)
	private.Run("rename-window", "-t", "%0", "of the first")
	private.Run("new-window", "-d", "-n", "of the other")
	requests := []CaptureRequest{{Pane: "%0", Facts: true}, {Pane: "%4711", Facts: true}, {Pane: "%1", Facts: true, Colours: true}, {Pane: "%1"}}
	for _, how := range []struct {
		clients Clients
		method  Method
		made    uint64
	}{
		{ClientsNever, MethodPipelined, 1}, {ClientsNever, MethodProcess, 0}, {ClientsAlways, MethodPipelined, 1},
	} {
		server := NewServer(Socket{Path: private.SocketPath(), Name: filepath.Base(private.SocketPath())}, Options{Clients: how.clients})
		listed, _, err := server.ListPanes(t.Context(), DetailFast)
		if err != nil || len(listed) != 2 {
			t.Fatalf("%+v, %v", listed, err)
		}
		got, errs := make([]Capture, len(requests)), make([]error, len(requests))
		server.CaptureAll(t.Context(), requests, how.method, 1, func(i int, c Capture, err error) { got[i], errs[i] = c, err })
		if errs[0] != nil || !errors.Is(errs[1], ErrPaneGone) || errs[2] != nil || errs[3] != nil {
			t.Errorf("%v, %s: captures ended with %v", how.clients, how.method, errs)
		}
		for i, want := range []Pane{listed[0], {}, listed[1], {}} {
			// It may have printed since.
			got[i].Pane.WindowActivity, want.WindowActivity = 0, 0
			if got[i].Pane != want {
				t.Errorf("%v, %s: request %d has %+v, listed is %+v", how.clients, how.method, i, got[i].Pane, want)
			}
		}
		if s := server.Stats(); s.Created != how.made {
			t.Errorf("%v, %s: stats are %+v", how.clients, how.method, s)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}
