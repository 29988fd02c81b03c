package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/history"
	"agentwatch/internal/notify"
)

// aboutNotifications is the topic of the notifier's notices.
const aboutNotifications engine.NoticeTopic = "notifications"

// terminalPatience is how long a sequence waits for the dashboard to write it.
const terminalPatience = 2 * time.Second

// errTerminalBusy is what a sequence comes to that the dashboard did not write.
var errTerminalBusy = errors.New("the dashboard did not write to its terminal in time")

// notify tells the user what a service tells, as the configuration says, until
// ctx ends. What was told is kept by the recorder, when there is one.
func (s *screen) notify(ctx context.Context, service *engine.Service, recorder *history.Recorder) {
	settings := newConfiguration(s.process).Notify.In(loadQuietly(s.process))
	if !settings.Enabled {
		return
	}
	tmux := newUserTmux(s.process.Getenv, s.watch.names, s.watch.sockets)
	options := notify.Options{
		Config: settings, Getenv: s.process.Getenv, Tmux: tmux, Terminal: func(sequence string) error { return s.write(ctx, sequence) },
	}
	if s.process.Getenv("TMUX") != "" {
		options.Reaches = tmux.passesOn
	}
	var notifier *notify.Notifier
	options.Report = func(r notify.Result) {
		service.Tell(aboutNotifications, notifier.Notices()...)
		if recorder != nil {
			// What cannot be kept is said by the recorder.
			recorder.Keep(notified(r)...)
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
	stream := service.Transitions()
	defer stream.Close()
	// That the stream has ended is the end of the service.
	_ = notifier.Run(ctx, stream)
}

// write gives a sequence to the dashboard, which owns the terminal.
func (s *screen) write(ctx context.Context, sequence string) error {
	timer := time.NewTimer(terminalPatience)
	defer timer.Stop()
	select {
	case s.sequences <- sequence:
		return nil
	case <-timer.C:
		return errTerminalBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notified is what the history keeps of a delivery: one entry per agent.
func notified(r notify.Result) []history.Entry {
	outcome := history.OutcomeDone
	if r.Outcome != notify.OutcomeDelivered {
		outcome = history.OutcomeFailed
	}
	var entries []history.Entry
	for _, item := range r.Message.Items {
		entries = append(entries, history.Notification{
			At: r.At, Agent: history.AgentOf(item.Agent), Channel: history.Channel(r.Channel), Outcome: outcome, Error: r.Reason,
		})
	}
	return entries
}
