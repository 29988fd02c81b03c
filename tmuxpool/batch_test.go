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

func TestAListAndTheCapturesAfterItTakeOneProcess(t *testing.T) {
	private := tmuxtest.New(t)
	server := NewServer(Socket{Path: private.SocketPath(), Name: filepath.Base(private.SocketPath())}, Options{Clients: ClientsNever})
	defer func() { _ = server.Close() }()
	requests := []CaptureRequest{{Pane: "%0"}, {Pane: "%4711"}, {Pane: "%0", Colours: true}}
	errs := make([]error, len(requests))
	active, second, err := server.ActiveAndCapture(t.Context(), 0, requests, MethodPipelined, 1, func(i int, _ Capture, err error) { errs[i] = err })
	if err != nil || second == 0 || len(active) != 1 || active[0].ID != "%0" {
		t.Fatalf("%+v at %d, %v", active, second, err)
	}
	if errs[0] != nil || !errors.Is(errs[1], ErrPaneGone) || errs[2] != nil {
		t.Errorf("captures ended with %v", errs)
	}
	if s := server.Stats(); s.Created != 1 || s.Captures != 2 {
		t.Errorf("stats are %+v", s)
	}
	if later, _, err := server.ActiveAndCapture(t.Context(), second+1000, requests[:1], MethodPipelined, 1, func(int, Capture, error) {}); err != nil || len(later) != 0 {
		t.Errorf("%+v active in the future, %v", later, err)
	}
}
