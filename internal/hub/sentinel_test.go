//go:build fleet

package hub

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
	"agentwatch/health"
)

// sentinel starts a Sentinel that watches a master, and returns its port.
func sentinel(t *testing.T, master string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "awhub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port, file := freePort(t), filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor hub 127.0.0.1 %s 1\nsentinel down-after-milliseconds hub 1000\nsentinel failover-timeout hub 5000\n", port, dir, master)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("redis-server", file, "--sentinel")
	var said bytes.Buffer
	cmd.Stdout = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the Sentinel: %s", said.String())
		}
	})
	return port
}

// awaits asks a server until what it says is as wanted.
func awaits(t *testing.T, port, what string, is func(c rueidis.Client) bool) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"127.0.0.1:" + port}, ForceSingleClient: true, DisableCache: true, DisableRetry: true})
		if err == nil {
			now := is(c)
			c.Close()
			if now {
				return
			}
		}
		if time.Now().After(late) {
			t.Fatalf("never: %s: %v", what, err)
		}
	}
}

func TestWhenASentinelPromotesAReplicaAllGoOnThereAndNothingOldIsShown(t *testing.T) {
	t.Parallel()
	const hosts, agents = 5, 10
	first, second := freePort(t), freePort(t)
	master := redis(t, "--port", first, "--bind", "127.0.0.1")
	redis(t, "--port", second, "--bind", "127.0.0.1", "--replicaof", "127.0.0.1 "+first)
	at := sentinel(t, first)
	awaits(t, at, "the Sentinel knows the replica", func(c rueidis.Client) bool {
		replicas, err := c.Do(t.Context(), c.B().SentinelReplicas().Master("hub").Build()).ToArray()
		return err == nil && len(replicas) == 1
	})
	o := Options{URL: "redis://127.0.0.1:" + at + "?master_set=hub", Fleet: "test"}
	var all []*machine
	for n := range hosts {
		all = append(all, start(t, o, n, agents))
	}
	v := view(t, o)
	until(t, v, "all", shows(hosts, agents))
	callOff := watchBoard(t, v, hosts*agents)
	master.Kill()
	began := time.Now()
	all[2].turn(3, wait("while there is no master"))
	asked := func(shown []Host) bool {
		return shows(hosts, agents)(shown) && shown[2].Agents[3].State == health.StateWaiting
	}
	until(t, v, "what has changed meanwhile, from the new master", asked)
	t.Logf("right %s after the master was killed", time.Since(began))
	callOff()
	newcomer := view(t, o)
	until(t, newcomer, "the same, for who comes then", asked)
}

// TestAServerThatComesBackWithAnOldFileIsPutRight is F2: what its file has is older than
// what hosts have written.
func TestAServerThatComesBackWithAnOldFileIsPutRight(t *testing.T) {
	t.Parallel()
	const agents = 10
	r := redis(t, "--appendonly", "yes", "--appendfsync", "always")
	m := start(t, optionsOf(r), 1, agents)
	v := view(t, optionsOf(r))
	until(t, v, "the host", shows(1, agents))
	m.turn(1, wait("long answered"))
	m.turn(2, wait("still asked"))
	until(t, v, "its questions", func(all []Host) bool { return all[0].Status.NeedUser == 2 })
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(filepath.Join(r.dir, "appendonlydir"))); err != nil {
		t.Fatal(err)
	}
	m.turn(1, func(a *engine.Agent) {
		a.State, a.Wait, a.Dialog, a.Since = health.StateWorking, health.WaitNone, nil, time.Now()
	})
	m.agents = m.agents[:agents-1]
	m.show()
	right := func(all []Host) bool {
		return len(all) == 1 && shows(1, agents-1)(all) && all[0].Agents[1].State == health.StateWorking && all[0].Agents[2].State == health.StateWaiting
	}
	until(t, v, "what comes after", right)
	r.Kill()
	if err := os.RemoveAll(filepath.Join(r.dir, "appendonlydir")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(r.dir, "appendonlydir"), os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	newcomer := view(t, optionsOf(r))
	until(t, newcomer, "what is so now, for who comes then", right)
	t.Logf("right %s after the restart", time.Since(began))
	until(t, v, "what is so now", right)
	for end := time.Now().Add(2 * beatEvery); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if shown := newcomer.Hosts(time.Now()); !right(shown) {
			t.Fatalf("it was right, and is not any more: %s", summary(shown))
		}
	}
}
