package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/internal/config"
	"agentwatch/internal/history"
	"agentwatch/ui/format"
)

// aboutHistory is the topic of the recorder's notices.
const aboutHistory engine.NoticeTopic = "history"

// recordingEnds bounds how long the program waits at its end for a disk that
// does not take what is left.
const recordingEnds = 5 * time.Second

// record writes down what a service will tell, in a goroutine that ends when the
// service has stopped. The returned function waits for that, but not for ever; it
// is to be called when the service has stopped. What goes wrong is a notice of the
// service's: the program goes on without a history. The recorder is nil when
// nothing is to be recorded. left are the agents of a process that has just ended.
func record(p Process, service *monitor.Service, settings config.History, wanted bool, left []engine.Agent) (recorder *history.Recorder, wait func()) {
	if !wanted {
		return nil, func() {}
	}
	stream := service.TransitionsAndSeen()
	ctx, cancel := context.WithCancel(context.Background())
	options := history.RecorderOptions{
		Store: history.Options{
			Path: history.Path(p.Getenv), Retention: settings.Retention.Duration, MaxBytes: settings.MaxSize.Bytes,
		},
		Tell: func(s history.Status) { service.Tell(aboutHistory, recordingNotices(s)...) },
	}
	options.Left = left
	if settings.Screens {
		options.Screens = service.Screens()
	}
	recorder = history.NewRecorder(options)
	answers := service.Answers()
	var work sync.WaitGroup
	work.Go(func() {
		// Its error has been told as a notice.
		_ = recorder.Run(ctx, stream)
	})
	work.Go(func() { keepAnswers(ctx, answers, recorder) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		work.Wait()
	}()
	return recorder, func() {
		defer cancel()
		select {
		case <-ended:
		case <-time.After(recordingEnds):
		}
	}
}

// keepAnswers writes down every answer that is sent, until the service has
// stopped or ctx ends.
func keepAnswers(ctx context.Context, answers *engine.AnswerStream, recorder *history.Recorder) {
	defer answers.Close()
	for {
		o, err := answers.Next(ctx)
		if err != nil {
			return
		}
		// What cannot be kept is said by the recorder.
		recorder.Keep(answered(o))
	}
}

// keepAnswer writes down one answer of a command that records nothing else, unless
// the user wants no history.
func keepAnswer(ctx context.Context, p Process, o engine.Outcome) (err error) {
	settings := newConfiguration(p).History.In(loadQuietly(p))
	if !settings.Enabled {
		return nil
	}
	// The user may have given up on the rest; what was typed is kept all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordingEnds)
	defer cancel()
	store, err := history.Open(ctx, history.Options{
		Path: history.Path(p.Getenv), Retention: settings.Retention.Duration, MaxBytes: settings.MaxSize.Bytes,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Append(ctx, answered(o))
}

// answered is what the history keeps of an answer.
func answered(o engine.Outcome) history.Answer {
	outcome := history.OutcomeDone
	switch {
	case o.Uncertain:
		outcome = history.OutcomeUncertain
	case !o.Sent && !o.Confirmed:
		outcome = history.OutcomeRefused
	case !o.Confirmed:
		outcome = history.OutcomeFailed
	}
	return history.Answer{
		At: o.At, Agent: history.AgentOf(o.Agent), Action: history.Action(o.Request.Action.String()), Text: o.What(), Outcome: outcome, Reason: o.Problem,
		By: o.Request.By,
	}
}

// recordingNotices say what the user should know of the recording; none when all
// is well.
func recordingNotices(s history.Status) []engine.Notice {
	switch {
	case s.Err != nil:
		return []engine.Notice{{Severity: engine.SeverityWarning, Text: fmt.Sprintf("no history is recorded: %v", s.Err)}}
	case s.Lost > 0:
		return []engine.Notice{{Severity: engine.SeverityInfo, Text: fmt.Sprintf(
			"history: %s could not be recorded, because the disk did not take them in time", format.Plural(int(s.Lost), "change"))}}
	case s.LostScreens > 0:
		return []engine.Notice{{Severity: engine.SeverityInfo, Text: fmt.Sprintf(
			"history: %s could not be stored", format.Plural(int(s.LostScreens), "screen"))}}
	default:
		return nil
	}
}
