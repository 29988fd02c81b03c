//go:build fleet

package hub

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
)

func startPuller(t *testing.T, r *Redis, hosts []string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"pull", r.URL()}, hosts...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// writers are who has written each host last, by the number of the process.
type writers map[string]string

func writersOf(hosts []Host) writers {
	w := make(writers)
	for _, h := range hosts {
		if len(h.Agents) == 1 && h.Status.State == engine.HostLive {
			w[h.Status.Name] = h.Agents[0].Session
		}
	}
	return w
}

func (w writers) count(pid int) (n int) {
	for _, by := range w {
		if by == strconv.Itoa(pid) {
			n++
		}
	}
	return n
}

// watchEpochs fails the test when what Redis has of a host is older than what it had:
// then two write it.
func watchEpochs(t *testing.T, r *Redis, hosts []string) (callOff func()) {
	t.Helper()
	c, k := direct(t, r), keys{"test"}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		newest := make(map[string]int64)
		for ctx.Err() == nil {
			for _, name := range hosts {
				id := PulledID("test", name)
				text, err := c.Do(ctx, c.B().Get().Key(k.agent(id, "s1.0")).Build()).ToString()
				if err != nil {
					continue
				}
				record, err := readRecord(text, id, "s1.0")
				if err != nil || record.Epoch < newest[name] {
					t.Errorf("%s: a writer of epoch %d after one of %d, %v", name, record.Epoch, newest[name], err)
					return
				}
				newest[name] = record.Epoch
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func TestPullersShareHostsAndEachIsWrittenByOneWhoeverDiesFreezesOrJoins(t *testing.T) {
	t.Parallel()
	r := redis(t)
	var names []string
	for n := range 24 {
		names = append(names, fmt.Sprintf("pulled%d", n))
	}
	v := view(t, optionsOf(r))
	first, second := startPuller(t, r, names), startPuller(t, r, names)
	shared := func(among ...*exec.Cmd) func([]Host) bool {
		return func(hosts []Host) bool {
			w, sum := writersOf(hosts), 0
			for _, cmd := range among {
				n := w.count(cmd.Process.Pid)
				if n == 0 {
					return false
				}
				sum += n
			}
			return sum == len(names)
		}
	}
	// settled waits until they have shared the hosts and none has moved for a while.
	settled := func(what string, among ...*exec.Cmd) writers {
		last, since := writers(nil), time.Now()
		until(t, v, what, func(hosts []Host) bool {
			if now := writersOf(hosts); !maps.Equal(now, last) {
				last, since = now, time.Now()
			}
			return shared(among...)(hosts) && time.Since(since) > 2*pullLease
		})
		return last
	}
	before := settled("two share the hosts", first, second)
	callOff := watchEpochs(t, r, names)

	third := startPuller(t, r, names)
	began := time.Now()
	until(t, v, "a third has a share", shared(first, second, third))
	t.Logf("a third has a share after %s", time.Since(began))
	now := settled("all three have theirs", first, second, third)
	for name, by := range now {
		if by != before[name] && by != strconv.Itoa(third.Process.Pid) {
			t.Errorf("%s has gone from %s to %s, who was there before", name, before[name], by)
		}
	}
	before = now
	_ = third.Process.Kill()
	_ = third.Wait()
	began = time.Now()
	until(t, v, "the hosts of the dead are taken over", shared(first, second))
	t.Logf("the hosts of the dead are taken over after %s", time.Since(began))
	now = settled("two share the hosts again", first, second)
	for name, by := range now {
		if was := before[name]; was != strconv.Itoa(third.Process.Pid) && by != was {
			t.Errorf("%s has gone from %s to %s, and %s is alive", name, was, by, was)
		}
	}

	if err := second.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(t, v, "the hosts of the frozen are taken over", shared(first))
	if err := second.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	until(t, v, "it has its share again", shared(first, second))
	callOff()
}
