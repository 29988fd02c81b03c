package daemon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/socket"
	"agentwatch/health"
)

// get makes a request on a connection of its own, which ends with the test.
func get(t *testing.T, dial client.Dial, path string) *http.Response {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
	t.Cleanup(transport.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://agentwatch/v1/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// nextLine reads one line of a stream.
func nextLine[T any](t *testing.T, lines *json.Decoder) (line T) {
	t.Helper()
	if err := lines.Decode(&line); err != nil {
		t.Fatal(err)
	}
	return line
}

func TestAStreamOfSnapshotsGoesOnWithWhatItsReaderHas(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	a, b := agent("%1", health.StateWorking), agent("%2", health.StateIdle)
	fake.show(snapshot(1, a, b))
	first := get(t, s.dial, "snapshots")
	begun := nextLine[api.Patch](t, json.NewDecoder(first.Body))
	if !begun.Whole || begun.Engine == nil || len(begun.Agents) != 2 {
		t.Fatalf("a stream begins with %+v", begun)
	}
	known, err := begun.Apply(nil)
	if err != nil {
		t.Fatal(err)
	}
	first.Body.Close()
	a.State, a.Revision = health.StateWaiting, 2
	fake.show(snapshot(2, a, b))
	resumed := nextLine[api.Patch](t, json.NewDecoder(get(t, s.dial, "snapshots?since=1&engine="+begun.Engine.ID).Body))
	if resumed.Whole || len(resumed.Agents) != 1 || resumed.Agents[0].Ref != a.Ref {
		t.Errorf("what has changed since then is %+v", resumed)
	}
	if now, err := resumed.Apply(known); err != nil || len(now.Agents) != 2 || now.Agents[0].State != health.StateWaiting {
		t.Errorf("that makes %+v, %v", now, err)
	}
	for _, other := range []string{"snapshots?since=1&engine=another", "snapshots?since=77&engine=" + begun.Engine.ID, "snapshots?since=1"} {
		if line := nextLine[api.Patch](t, json.NewDecoder(get(t, s.dial, other).Body)); !line.Whole {
			t.Errorf("%s begins with %+v", other, line)
		}
	}
}

func TestAFaceWhoseConnectionBreaksMissesNothing(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	conns := make(chan net.Conn, 64)
	m := client.Open(t.Context(), client.Options{Dial: func(ctx context.Context) (net.Conn, error) {
		c, err := s.dial(ctx)
		if err == nil {
			conns <- c
		}
		return c, err
	}})
	defer m.Close()
	a := agent("%1", health.StateWorking)
	for n := uint64(1); n <= 20; n++ {
		a.Revision, a.Activity = n, fmt.Sprint("step ", n)
		fake.show(snapshot(n, a))
		await(t, m, a.Activity, func(s *engine.Snapshot) bool { return len(s.Agents) == 1 && s.Agents[0].Activity == a.Activity })
		for len(conns) > 0 {
			(<-conns).Close()
		}
	}
}

func TestAReaderThatIsTooSlowIsDroppedAndNobodyWaitsForIt(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	conn, err := s.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /v1/snapshots HTTP/1.1\r\nHost: agentwatch\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// It reads the head of the answer and no more.
	if _, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	m := client.Open(t.Context(), client.Options{Dial: s.dial})
	defer m.Close()
	began, dropped := time.Now(), make(chan time.Duration, 1)
	go func() {
		// What was on its way is followed by the end, not by what comes later.
		time.Sleep(4 * time.Second)
		rest, _ := io.ReadAll(conn)
		if !strings.Contains(string(rest), "late") {
			dropped <- time.Since(began)
		} else {
			close(dropped)
		}
	}()
	a := agent("%1", health.StateWorking)
	for n := uint64(1); len(dropped) == 0 && time.Since(began) < patience; n++ {
		a.Revision, a.Activity = n, fmt.Sprint("step ", n)
		if time.Since(began) > 3*time.Second {
			a.Activity = fmt.Sprint("late ", n)
		}
		fake.show(snapshot(n, a))
		await(t, m, a.Activity, func(s *engine.Snapshot) bool { return len(s.Agents) == 1 && s.Agents[0].Activity == a.Activity })
		time.Sleep(20 * time.Millisecond)
	}
	if after, ok := <-dropped; !ok {
		t.Error("it was sent what came after it had been slow for three seconds")
	} else {
		t.Logf("dropped within %s", after)
	}
}

// fakeArchive has some entries and then an error.
type fakeArchive struct {
	daemon.Archive
	entries int
	err     error
}

func (f fakeArchive) History(_ context.Context, filter api.PastFilter) iter.Seq2[api.PastEntry, error] {
	return func(yield func(api.PastEntry, error) bool) {
		for n := range f.entries {
			if filter.Limit > 0 && n == filter.Limit || !yield(api.PastEntry{Change: &api.PastChange{Rule: fmt.Sprint(n)}}, nil) {
				return
			}
		}
		if f.err != nil {
			yield(api.PastEntry{}, f.err)
		}
	}
}

func TestTheHistoryIsReadToItsEndOrToTheErrorThatEndsIt(t *testing.T) {
	broken := errors.New("the file is damaged")
	for _, c := range []struct {
		archive daemon.Archive
		limit   int
		read    int
		err     error
	}{
		{nil, 0, 0, api.ErrNoHistory},
		{fakeArchive{err: api.ErrNoHistory}, 0, 0, api.ErrNoHistory},
		{fakeArchive{entries: 5000}, 0, 5000, nil},
		{fakeArchive{entries: 5000}, 7, 7, nil},
		{fakeArchive{entries: 3, err: broken}, 0, 3, broken},
	} {
		s := serve(t, daemon.Options{Archive: c.archive}) // without an engine
		asked, read := client.New(s.dial, api.Selection{}), 0
		err := asked.Past(t.Context(), api.PastFilter{Limit: c.limit}, func(e api.PastEntry) error {
			if e.Change.Rule != fmt.Sprint(read) {
				t.Fatalf("entry %d is %+v", read, e.Change)
			}
			read++
			return nil
		})
		asked.Close()
		if read != c.read || (err == nil) != (c.err == nil) || err != nil && err.Error() != c.err.Error() {
			t.Errorf("%+v: read %d, %v", c, read, err)
		}
	}
}

func TestProfilesAreServedOverTheUnixSocketOnly(t *testing.T) {
	fake := newFakeEngine(t)
	s := serve(t, daemon.Options{Engine: fake})
	if status := get(t, s.dial, "pprof/heap").StatusCode; status != http.StatusForbidden {
		t.Errorf("over a pipe: %d", status)
	}
	path := filepath.Join(t.TempDir(), "s", "engine.sock")
	lock, err := socket.TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	listener, err := socket.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- daemon.New(daemon.Options{Engine: fake}).Serve(ctx, listener) }()
	dial := func(ctx context.Context) (net.Conn, error) { return socket.Dial(ctx, path) }
	if status := get(t, dial, "pprof/heap").StatusCode; status != http.StatusOK {
		t.Errorf("over the unix socket: %d", status)
	}
	if status := get(t, dial, "pprof/profile?seconds=3600").StatusCode; status != http.StatusBadRequest {
		t.Errorf("an hour's profile: %d", status)
	}
	cancel()
	<-ended
}
