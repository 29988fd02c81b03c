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
	"agentwatch/tmuxpool"
)

func newWatch(p Process) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Writes one JSON line per change of an agent until interrupted",
		Long: "watch runs without a screen and writes one JSON object a line for every transition: time,\n" +
			"server, session, window, pane, kind, from, to, evidence. An agent that is there at the start,\n" +
			"or appears, has \"first\": true; one whose pane has closed has \"gone\": true. What is written is\n" +
			"recorded as well, for agentwatch history and report; --no-history leaves that.",
		Example: "  agentwatch watch | jq -r 'select(.to == \"waiting\") | \"\\(.session) needs you\"'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			service, err := o.service(p, tmuxpool.Options{})
			if err != nil {
				return err
			}
			settings := newConfiguration(p).History.In(loadQuietly(p))
			_, recorded := record(p, service, settings, !o.noHistory && settings.Enabled)
			defer recorded()
			return watch(cmd.Context(), p, service, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.addFlags(cmd)
	o.addHistory(cmd)
	return cmd
}

// watch writes transitions until ctx ends, which is its orderly end, or until
// out cannot be written to.
func watch(ctx context.Context, p Process, service *engine.Service, out, notes io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	transitions := service.Transitions()
	snapshots, unsubscribe := service.Subscribe()
	defer unsubscribe()
	ended := make(chan error, 2)
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { followFiles(ctx, p, service) })
	go func() { ended <- service.Run(ctx) }()
	go func() {
		noteProblems(snapshots, notes)
		ended <- nil
	}()
	if file, ok := out.(*os.File); ok {
		go whenClosed(ctx, file, cancel)
	}
	err := untilDone(ctx, func() error { return writeTransitions(ctx, transitions, out) })
	cancel()
	return errors.Join(err, <-ended, <-ended)
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

func writeTransitions(ctx context.Context, transitions *engine.TransitionStream, out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		t, err := transitions.Next(ctx)
		if errors.Is(err, context.Canceled) || errors.Is(err, engine.ErrStopped) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := encoder.Encode(transitionRecordOf(t)); err != nil {
			return fmt.Errorf("watch: write: %w", err)
		}
	}
}

// noteProblems writes each new notice once, until the stream ends.
func noteProblems(snapshots <-chan *engine.Snapshot, w io.Writer) {
	told := make(map[string]bool)
	for s := range snapshots {
		now := make(map[string]bool, len(s.Notices))
		for _, n := range s.Notices {
			now[n.Text] = true
			if !told[n.Text] {
				fmt.Fprintf(w, "agentwatch: %s\n", n.Text)
			}
		}
		told = now
	}
}
