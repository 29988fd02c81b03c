package history

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// filmChildVariable makes the test binary a process that keeps screens until it
// is killed.
const filmChildVariable = "AGENTWATCH_TEST_FILM"

// filmUntilKilled is the child: it says on standard output which screens have
// been acknowledged.
func filmUntilKilled(path string) error {
	s, err := Open(context.Background(), Options{Path: path, Delay: time.Nanosecond})
	if err != nil {
		return err
	}
	f, c := &film{}, newCompressor()
	agent := api()
	agent.PanePID = os.Getpid()
	for step := 0; ; step++ {
		e, _ := f.next(agent, noon().Add(time.Duration(step)*time.Second), screenAt(step), c)
		if err := s.Append(context.Background(), e); err != nil {
			return err
		}
		fmt.Printf("%d.\n", step)
	}
}

func TestAfterAKillEveryAcknowledgedScreenIsReadBackExactly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	total := 0
	for range 15 {
		pid, acknowledged := killedWhileFilming(t, path, time.Duration(rand.IntN(150_000))*time.Microsecond)
		total += acknowledged
		s := opened(t, Options{Path: path})
		agent := api()
		agent.PanePID = pid
		got := all(t, s.Frames(context.Background(), agent, noon(), noon().Add(24*time.Hour)))
		if extra := len(got) - acknowledged; extra < 0 || extra > 1 {
			t.Fatalf("%d screens are there, %d were acknowledged", len(got), acknowledged)
		}
		requireFrames(t, got, filmOf(len(got)))
	}
	t.Logf("%d screens acknowledged", total)
	if total < 15 {
		t.Error("the kills came too early to tell anything")
	}
}

// killedWhileFilming runs a child, kills it after it has been at it for a time,
// and returns how many screens it had acknowledged.
func killedWhileFilming(t *testing.T, path string, after time.Duration) (pid, acknowledged int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), filmChildVariable+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var timer sync.Once
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasSuffix(lines.Text(), ".") {
			acknowledged++
			timer.Do(func() { time.AfterFunc(after, func() { _ = child.Process.Kill() }) })
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return child.Process.Pid, acknowledged
}
