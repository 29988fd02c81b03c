package history

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
)

// childVariable makes the test binary a process that writes until it is killed.
const childVariable = "AGENTWATCH_TEST_WRITE_HISTORY"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(filmChildVariable); path != "" {
		if err := filmUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// noon is when most tests begin.
func noon() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }

// opened is a store that is closed when the test is over.
func opened(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "state", "history.db")
	}
	if o.Delay == 0 {
		o.Delay = time.Millisecond
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func appended(t testing.TB, s *Store, entries ...Entry) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Append(ctx, entries...); err != nil {
		t.Fatal(err)
	}
}

// api is an agent.
func api() Agent {
	return Agent{
		Socket: "/tmp/tmux-1000/default", Server: "default", Session: "api", Window: "review", Pane: "%1",
		PanePID: 4001, PID: 4002, Kind: "claude",
	}
}

// all reads a whole sequence.
func all[T any](t testing.TB, sequence func(func(T, error) bool)) []T {
	t.Helper()
	var list []T
	for v, err := range sequence {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// change is a transition of api in a run.
func change(run RunID, seq uint64, at time.Time, from, to engine.Urgency) Transition {
	return Transition{Run: run, Seq: seq, At: at, Since: at, Agent: api(), From: from, To: to, Rule: "test.rule", Text: "a line"}
}
