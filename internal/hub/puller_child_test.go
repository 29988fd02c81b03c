package hub

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"agentwatch/engine"
)

// pullLease is how long the leases of the test's pullers last.
const pullLease = 2 * time.Second

// pullAs is the process of a puller, whose hosts have one agent each, which is called
// by the number of the process.
func pullAs(url string, hosts []string) {
	began := time.Now().Add(-time.Minute)
	o := PullOptions{
		CollectOptions: CollectOptions{Options: Options{URL: url, Fleet: "test"}, Share: ShareLines, DetailEvery: 100 * time.Millisecond},
		Hosts:          hosts, Lease: pullLease,
		Read: func(ctx context.Context, _ string, take func(*engine.Snapshot)) {
			for n := uint64(1); ctx.Err() == nil; n++ {
				a := agent(0, began)
				a.Session, a.Revision, a.Title = strconv.Itoa(os.Getpid()), n, fmt.Sprint(n)
				take(&engine.Snapshot{Ready: true, Panes: 1, Agents: []engine.Agent{a}, At: time.Now()})
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
		},
	}
	if err := Pull(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
