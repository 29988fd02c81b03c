package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"agentwatch/engine"
	"agentwatch/health"
)

func newWatch(p Process) *cobra.Command {
	var o watchOptions
	var m machines
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Writes one JSON line per change of an agent until interrupted",
		Long: "watch runs without a screen and writes one JSON object a line for every transition: time,\n" +
			"server, session, window, pane, kind, from, to, evidence. An agent that is there at the start,\n" +
			"or appears, has \"first\": true; one whose pane has closed has \"gone\": true. What is written is\n" +
			"recorded as well, for agentwatch history and report; --no-history leaves that. With --hosts it\n" +
			"writes those of other machines, too, with \"host\".",
		Example: "  agentwatch watch | jq -r 'select(.to == \"waiting\") | \"\\(.session) needs you\"'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return asking{process: p, options: o}.monitored(cmd.Context(), m, func(ctx context.Context, monitor watched, named map[string]bool) error {
				first := &firstRead{options: o, process: p, machines: m, began: time.Now()}
				return watch(ctx, only{monitor, named}, first, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	o.addFlags(cmd)
	m.addFlag(cmd)
	o.addHistory(cmd)
	o.addAlone(cmd)
	return cmd
}

// only passes on the transitions on the named machines; nil are all.
type only struct {
	watched
	named map[string]bool
}

// Transitions implements watched.
func (o only) Transitions(ctx context.Context, take func(*engine.Transition) error) error {
	return o.watched.Transitions(ctx, func(t *engine.Transition) error {
		if t != nil && o.named != nil && !o.named[t.Agent.Ref.Host] {
			return nil
		}
		return take(t)
	})
}

// watch writes transitions until ctx ends, which is its orderly end, until out
// cannot be written to, or until first gives up a server.
func watch(ctx context.Context, m watched, first *firstRead, out, notes io.Writer) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	cancel := func() { end(nil) }
	var work sync.WaitGroup
	defer work.Wait()
	snapshots, unsubscribe := m.Subscribe()
	defer unsubscribe()
	work.Go(func() { noteProblems(ctx, snapshots, notes, first, end) })
	if file, ok := out.(*os.File); ok {
		work.Go(func() { whenClosed(ctx, file, cancel) })
	}
	defer cancel()
	err := untilDone(ctx, func() error { return writeTransitions(ctx, m, out) })
	if never := (codedError{}); errors.As(context.Cause(ctx), &never) {
		return never
	}
	return err
}

// whenClosed calls then when nobody reads the pipe any more: a watch with nothing
// to write would not notice. It ends with ctx.
func whenClosed(ctx context.Context, pipe *os.File, then func()) {
	ticker := time.NewTicker(closedEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// No event is asked for: an error of the other end is always told.
		poll := []unix.PollFd{{Fd: int32(pipe.Fd())}}
		if n, err := unix.Poll(poll, 0); err == nil && n > 0 && poll[0].Revents&unix.POLLERR != 0 {
			then()
			return
		}
	}
}

// closedEvery is how often a pipe is asked whether somebody reads it.
const closedEvery = 500 * time.Millisecond

// writeGrace is how long a writer gets to end when the program has to.
const writeGrace = time.Second

// untilDone runs work that may hang in a read or a write that nothing can
// interrupt, such as one to a pipe that nobody reads. When ctx ends, the work is
// given a moment and then left to the end of the process.
func untilDone(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(writeGrace):
		return nil
	}
}

// writeTransitions writes each transition once. Another engine process begins with
// all agents anew: of those only what has changed meanwhile is written.
func writeTransitions(ctx context.Context, m watched, out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	known := make(map[health.PaneRef]engine.Agent)
	err := m.Transitions(ctx, func(t *engine.Transition) error {
		if t == nil || t.Seen {
			return nil
		}
		if before, there := known[t.Agent.Ref]; there && t.First && before.PanePID == t.Agent.PanePID && before.Kind == t.Agent.Kind {
			if before.State == t.To {
				return nil
			}
			t.First, t.From, t.At = false, before.State, time.Now()
		}
		if before, there := known[t.Agent.Ref]; there && t.First {
			// Another agent runs in the pane: the one before went while no engine
			// process looked.
			gone := engine.Transition{
				At: t.At, Agent: before, From: before.State, To: health.StateExited, Gone: true,
				Evidence: health.Evidence{Source: health.SourceProcess, Rule: "pane.other", Text: "another program runs in its pane"},
			}
			if err := encoder.Encode(transitionRecordOf(gone)); err != nil {
				return fmt.Errorf("watch: write: %w", err)
			}
		}
		if known[t.Agent.Ref] = t.Agent; t.Gone {
			delete(known, t.Agent.Ref)
		}
		if err := encoder.Encode(transitionRecordOf(*t)); err != nil {
			return fmt.Errorf("watch: write: %w", err)
		}
		return nil
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// noteProblems writes each new notice once, until the stream or ctx ends. It ends
// the command when first gives up a server.
func noteProblems(ctx context.Context, snapshots <-chan *engine.Snapshot, w io.Writer, first *firstRead, end context.CancelCauseFunc) {
	told := make(map[string]bool)
	var latest *engine.Snapshot
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case s, open := <-snapshots:
			if !open {
				return
			}
			now := make(map[string]bool, len(s.Notices))
			for _, n := range s.Notices {
				now[n.Text] = true
				if !told[n.Text] {
					fmt.Fprintf(w, "agentwatch: %s\n", n.Text)
				}
			}
			told, latest = now, s
		case <-again.C:
		case <-ctx.Done():
			return
		}
		if latest == nil {
			continue
		}
		if err := first.check(latest, time.Now()); err != nil {
			end(coded(err, exitCode(err)))
		}
	}
}
