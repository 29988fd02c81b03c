package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/history"
	"agentwatch/internal/notify"
	"agentwatch/internal/telemetry"
)

// aboutNotifications is the topic of the notifier's notices.
const aboutNotifications engine.NoticeTopic = "notifications"

// terminalPatience is how long a sequence waits for the dashboard to write it.
const terminalPatience = 2 * time.Second

// errTerminalBusy is what a sequence comes to that the dashboard did not write.
var errTerminalBusy = errors.New("the dashboard did not write to its terminal in time")

// notify tells the user what the engine tells, as the configuration says, until
// ctx ends. What was told is kept by the recorder, when there is one.
func (h *hosted) notify(ctx context.Context, recorder *history.Recorder) {
	p, service := h.process, h.Service
	tmux := newUserTmux(p.Getenv, h.options.names, h.options.sockets)
	options := notify.Options{
		Config: h.notifySettings(loadQuietly(p)), Changed: h.notifying, Getenv: p.Getenv, Tmux: tmux, Left: h.left, Register: h.server.Register(),
		Terminal: func(sequence string) error {
			ctx, cancel := context.WithTimeoutCause(ctx, terminalPatience, errTerminalBusy)
			defer cancel()
			err := h.server.WriteTerminal(ctx, sequence)
			if errors.Is(err, context.DeadlineExceeded) {
				err = context.Cause(ctx)
			}
			return err
		},
		Reaches: func(ctx context.Context) (notify.Reach, error) {
			pane, err := h.server.TerminalPane()
			switch {
			case err != nil:
				return notify.ReachNone, nil // nobody has a terminal now
			case pane.Server == "":
				return notify.ReachDirect, nil
			}
			return passesOn(ctx, pane.Server, pane.Pane)
		},
	}
	options.Act = func(ctx context.Context, a notify.Act) { h.act(ctx, tmux, a) }
	var notifier *notify.Notifier
	if recorder != nil {
		options.Begin = func(ctx context.Context, channel string, m notify.Message) {
			noted, cancel := context.WithTimeout(ctx, noteTime)
			defer cancel()
			// A disk that is slow or full does not keep the user from being told.
			select {
			case <-recorder.Keep(notified(notify.Result{Channel: channel, Message: m}, history.OutcomeUncertain)...):
			case <-noted.Done():
			}
		}
	}
	options.Report = func(r notify.Result) {
		service.Tell(aboutNotifications, notifier.Notices()...)
		h.telemetry.Delivered(telemetry.Delivery{
			Channel: string(r.Type), Outcome: r.Outcome.String(), Ended: r.At, Took: r.Took, Tries: r.Tries,
		})
		if recorder != nil {
			// What cannot be kept is said by the recorder.
			recorder.Keep(notified(r, outcomeOf(r))...)
		}
	}
	notifier, err := notify.New(options)
	if err != nil {
		service.Tell(aboutNotifications, engine.Notice{Severity: engine.SeverityWarning, Text: "nothing is notified: " + err.Error()})
		return
	}
	var work sync.WaitGroup
	defer work.Wait()
	snapshots, unsubscribe := service.Subscribe()
	defer unsubscribe()
	work.Go(func() {
		for snap := range snapshots {
			notifier.Observe(snap)
		}
	})
	stream := service.TransitionsAndSnoozes()
	defer stream.Close()
	// That the stream has ended is the end of the service.
	_ = notifier.Run(ctx, stream)
}

// noteTime is how long a message waits until it is written down that it is being
// sent. Without that it could be told twice when the process is killed.
const noteTime = time.Second

// outcomeOf is what the history says of a delivery. What the end of the process has
// kept from being tried is told by the next one.
func outcomeOf(r notify.Result) history.Outcome {
	switch {
	case r.Outcome == notify.OutcomeDelivered:
		return history.OutcomeDone
	case !errors.Is(r.Err, context.Canceled):
		return history.OutcomeFailed
	case r.Tries == 0:
		return history.OutcomeRefused
	default:
		return history.OutcomeUncertain
	}
}

// notified is what the history keeps of a delivery: one entry per agent.
func notified(r notify.Result, outcome history.Outcome) []history.Entry {
	var entries []history.Entry
	for _, item := range r.Message.Items {
		entries = append(entries, history.Notification{
			At: r.Message.At.Round(0), Agent: history.AgentOf(item.Agent), Channel: history.Channel(r.Channel), Outcome: outcome, Error: r.Reason,
		})
	}
	return entries
}
