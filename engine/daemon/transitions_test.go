package daemon_test

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/health"
)

// told is what a reader of transitions was told of an agent.
type told struct {
	pane        string
	first, gone bool
}

func TestWhatWentWhileNoEngineLookedIsToldHoweverLateTheNextOneHasSeenEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newFakeEngine(t), newFakeEngine(t)
		at := serve(t, daemon.Options{Engine: first})
		var now atomic.Pointer[served]
		now.Store(at)
		m := client.Open(t.Context(), client.Options{Dial: func(ctx context.Context) (net.Conn, error) { return now.Load().dial(ctx) }})
		var all []told
		ctx, cancel := context.WithCancel(t.Context())
		read := make(chan struct{})
		go func() {
			defer close(read)
			_ = m.Transitions(ctx, func(tr *engine.Transition) error {
				if tr != nil {
					all = append(all, told{tr.Agent.Ref.Pane, tr.First, tr.Gone})
				}
				return nil
			})
		}()
		stays, goes := agent("%1", health.StateIdle), agent("%2", health.StateIdle)
		first.show(snapshot(1, stays, goes))
		time.Sleep(time.Second)
		next := serve(t, daemon.Options{Engine: second})
		now.Store(next)
		at.stop()

		unready := snapshot(1, stays)
		unready.Ready = false
		second.show(unready)
		time.Sleep(time.Minute)
		synctest.Wait()
		before := slices.Clone(all)
		second.show(snapshot(2, stays, agent("%3", health.StateIdle)))
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		<-read
		m.Close()
		next.stop()

		if want := []told{{"%1", true, false}, {"%2", true, false}, {"%1", true, false}}; !slices.Equal(before, want) {
			t.Errorf("told before everything was seen: %v, want %v", before, want)
		}
		if after, want := all[len(before):], []told{{"%3", true, false}, {"%2", false, true}}; !slices.Equal(after, want) {
			t.Errorf("told after that: %v, want %v", after, want)
		}
	})
}
