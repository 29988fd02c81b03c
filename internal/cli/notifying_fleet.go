package cli

import (
	"context"
	"strings"

	"agentwatch/engine"
	"agentwatch/internal/fleet"
	"agentwatch/internal/notify"
)

// tellOfOthers tells the user of the agents of other machines, as the configuration of
// this one says, until ctx ends. Those of this machine are told of by its engine process.
func (s *screen) tellOfOthers(ctx context.Context, m *fleet.Monitor) {
	p := s.process
	file := loadQuietly(p)
	if !newConfiguration(p).Fleet.In(file).Notify {
		return
	}
	options := notify.Options{
		Config: newConfiguration(p).Notify.In(file), Changed: s.notifying, Getenv: p.Getenv, Tmux: newUserTmux(p.Getenv, s.watch.names, s.watch.sockets), Register: m.Register(),
		Terminal: func(sequence string) error {
			ctx, cancel := context.WithTimeoutCause(ctx, terminalPatience, errTerminalBusy)
			defer cancel()
			select {
			case s.sequences <- sequence:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
	}
	if socket, _, inside := strings.Cut(p.Getenv("TMUX"), ","); inside && socket != "" {
		options.Reaches = func(ctx context.Context) (notify.Reach, error) { return passesOn(ctx, socket, p.Getenv("TMUX_PANE")) }
	}
	var notifier *notify.Notifier
	options.Report = func(notify.Result) { m.Tell(notifier.Notices()...) }
	notifier, err := notify.New(options)
	if err != nil {
		m.Tell(engine.Notice{Severity: engine.SeverityWarning, Text: "nothing is notified of other machines: " + err.Error()})
		return
	}
	elsewhere := m.Elsewhere(notifier.Observe)
	defer elsewhere.Close()
	// That there are no more transitions is the end of the monitor.
	_ = notifier.Run(ctx, elsewhere)
}
