package history

import (
	"context"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

// pruneAll makes steps until nothing is left to remove, and returns how many.
func pruneAll(t *testing.T, s *Store) int {
	t.Helper()
	for steps := 1; ; steps++ {
		more, err := s.pruneStep(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return steps
		}
		if steps > 1000 {
			t.Fatal("it never ends")
		}
	}
}

// count is how many rows a table has.
func count(t *testing.T, s *Store, table string) int {
	t.Helper()
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// fill keeps n transitions, one an hour, in a run of each day.
func fill(t *testing.T, s *Store, n, size int) time.Time {
	t.Helper()
	var entries []Entry
	at := noon()
	for i := range n {
		run := RunID(i/24 + 1)
		at = noon().Add(time.Duration(i) * time.Hour)
		if i%24 == 0 {
			entries = append(entries, RunBegun{Run: run, Socket: api().Socket, At: at})
		}
		e := change(run, uint64(i), at, engine.UrgencyIdle, engine.UrgencyWorking)
		e.Text, e.Agent.PID = strings.Repeat("x", size), i/24
		entries = append(entries, e, Answer{At: at, Agent: e.Agent, Action: "choose"})
	}
	for len(entries) > 0 {
		n := min(len(entries), 1000)
		appended(t, s, entries[:n]...)
		entries = entries[n:]
	}
	return at
}

func TestWhatIsOlderThanTheRetentionGoesAndNothingElse(t *testing.T) {
	var now time.Time
	s := opened(t, Options{Retention: 10 * 24 * time.Hour, Now: func() time.Time { return now }})
	now = fill(t, s, 100*24, 50)
	if steps := pruneAll(t, s); steps < 4 {
		t.Errorf("it took %d steps: one removes too much at once", steps)
	}
	got := all(t, s.Transitions(context.Background(), Filter{OldestFirst: true}))
	if len(got) != 241 || got[0].At.Before(now.Add(-10*24*time.Hour)) {
		t.Errorf("%d transitions are left, the oldest of %s", len(got), got[0].At)
	}
	if runs, agents, answers := count(t, s, "runs"), count(t, s, "agents"), count(t, s, "answers"); runs != 11 || agents != 11 || answers != 241 {
		t.Errorf("%d runs, %d agents, %d answers are left, want 11, 11, 241", runs, agents, answers)
	}
	// What is recorded next finds its agent again.
	appended(t, s, change(1, 1, now, engine.UrgencyIdle, engine.UrgencyWorking))
}

func TestAFileThatGrowsBeyondItsBoundLosesTheOldestAndShrinks(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	s := opened(t, Options{Retention: -1, MaxBytes: bound})
	last := fill(t, s, 8000, 400)
	pages := func() (size int) {
		if err := s.read.QueryRow("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size); err != nil {
			t.Fatal(err)
		}
		return size
	}
	before := pages()
	pruneAll(t, s)
	after := pages()
	if before < 2*bound || after > bound+prunePages*4096 {
		t.Errorf("the file had %d bytes and has %d, the bound is %d", before, after, bound)
	}
	got := all(t, s.Transitions(context.Background(), Filter{}))
	if len(got) < 500 || !got[0].At.Equal(last) {
		t.Errorf("%d transitions are left, the newest of %s, want %s", len(got), got[0].At, last)
	}
}

func TestWithoutBoundsEverythingStays(t *testing.T) {
	s := opened(t, Options{Retention: -1, MaxBytes: -1, Now: func() time.Time { return noon().AddDate(50, 0, 0) }})
	fill(t, s, 100, 10)
	if steps := pruneAll(t, s); steps != 1 || count(t, s, "transitions") != 100 {
		t.Errorf("%d are left after %d steps", count(t, s, "transitions"), steps)
	}
}
