package history

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
)

const (
	kills        = 100
	childWriters = 4
)

// writeUntilKilled is the child: it says on standard output what has been
// acknowledged, one line each, and removes old entries meanwhile.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: path, Delay: time.Millisecond})
	if err != nil {
		return err
	}
	run := NewRunID()
	if err := s.Append(ctx, RunBegun{Run: run, Socket: api().Socket, At: time.Now(), PID: os.Getpid()}); err != nil {
		return err
	}
	failed := make(chan error, childWriters)
	for writer := range uint64(childWriters) {
		go func() {
			for i := uint64(0); ; i++ {
				e := change(run, i*childWriters+writer, time.Now(), engine.UrgencyIdle, engine.UrgencyWorking)
				e.Text = strings.Repeat("text ", rand.IntN(200))
				if err := s.Append(ctx, e); err != nil {
					failed <- err
					return
				}
				fmt.Printf("%d %d.\n", run, e.Seq)
			}
		}()
	}
	return <-failed
}

// acknowledgement is one line of the child.
type acknowledgement struct {
	run RunID
	seq uint64
}

// killed runs a child, kills it after it has been at it for a time, and returns
// what it had acknowledged.
func killed(t *testing.T, path string, after time.Duration) []acknowledgement {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var got []acknowledgement
	var timer sync.Once
	for {
		line, err := lines.ReadString('\n')
		var a acknowledgement
		// A line that the kill has cut off has no end and acknowledges nothing.
		if _, e := fmt.Sscanf(line, "%d %d.\n", &a.run, &a.seq); e == nil && strings.HasSuffix(line, ".\n") {
			got = append(got, a)
			timer.Do(func() { time.AfterFunc(after, func() { _ = child.Process.Kill() }) })
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v\n%s", err, complaints.String())
	}
	return got
}

func TestAKilledWriterLosesNothingItAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	total := 0
	for round := range kills {
		got := killed(t, path, time.Duration(rand.IntN(30_000))*time.Microsecond)
		total += len(got)
		s, err := Open(context.Background(), Options{Path: path})
		if err != nil {
			t.Fatalf("after kill %d: %v", round+1, err)
		}
		checkKept(t, s, round+1, got)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d entries acknowledged", kills, total)
	if total < kills {
		t.Errorf("only %d entries were acknowledged: the kills came too early to tell anything", total)
	}
}

// checkKept looks for every acknowledged entry, and at the file itself.
func checkKept(t *testing.T, s *Store, round int, got []acknowledgement) {
	t.Helper()
	var verdict string
	if err := s.read.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("after kill %d: integrity check: %q, %v", round, verdict, err)
	}
	kept := make(map[acknowledgement]int)
	rows, err := s.read.Query("SELECT run, seq FROM transitions WHERE run = ?", int64(got[0].run))
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var a acknowledgement
		if err := rows.Scan(&a.run, &a.seq); err != nil {
			t.Fatal(err)
		}
		kept[a]++
	}
	if err := closed(rows); err != nil {
		t.Fatal(err)
	}
	for _, a := range got {
		if kept[a] != 1 {
			t.Fatalf("after kill %d: entry %d was acknowledged and is there %d times", round, a.seq, kept[a])
		}
	}
	// What was not acknowledged may be there, but not more than was on its way.
	if extra := len(kept) - len(got); extra > childWriters {
		t.Errorf("after kill %d: %d entries too many", round, extra)
	}
}
