package cli

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"

	"agentwatch/engine"
	"agentwatch/internal/config"
	"agentwatch/internal/history"
	"agentwatch/themes"
	"agentwatch/tmuxpool"
	"agentwatch/ui"
)

func themeUsage() string {
	return "colours: " + strings.Join(themes.Names(), ", ") + ", or one of your own (default: by the terminal's background)"
}

// errNoTerminal is returned when the dashboard has no terminal to draw on.
var errNoTerminal = errors.New("the dashboard needs a terminal; for scripts there are `agentwatch list --json` and `agentwatch watch`")

// errDumbTerminal is returned when the terminal cannot move its cursor.
var errDumbTerminal = errors.New("the dashboard needs a terminal that can place its cursor, and TERM says that this one cannot")

// screen is a dashboard that is about to be shown.
type screen struct {
	process Process
	watch   watchOptions
	// theme is the flag.
	theme   string
	options ui.Options
	// changes brings newer settings, sequences what others write to the terminal.
	changes   chan ui.Settings
	sequences chan string
}

// runDashboard runs engine and screen until the user quits.
func runDashboard(ctx context.Context, p Process, o watchOptions, theme string) error {
	s, err := newScreen(p, o, theme)
	if err != nil {
		return err
	}
	service, err := o.service(p, tmuxpool.Options{})
	if err != nil {
		return err
	}
	s.remember()
	recorder, recorded := s.record(service)
	defer recorded()
	return s.show(ctx, service, func(ctx context.Context) { s.notify(ctx, service, recorder) })
}

// newScreen checks what the screen needs.
func newScreen(p Process, o watchOptions, theme string) (*screen, error) {
	in, inOK := p.Stdin.(descriptor)
	out, outOK := p.Stdout.(descriptor)
	if !terminal(in, inOK) || !terminal(out, outOK) {
		return nil, usageError{errNoTerminal}
	}
	if term := p.Getenv("TERM"); term == "" || term == "dumb" {
		return nil, usageError{errDumbTerminal}
	}
	// What is wrong with the file is said when it is read for the service.
	file, _ := configLoader(p).Load()
	settings, err := appearance(p, file, theme)
	if err != nil {
		return nil, err
	}
	s := &screen{process: p, watch: o, theme: theme, changes: make(chan ui.Settings, 1), sequences: make(chan string)}
	s.options = ui.Options{
		Settings: settings, Changes: s.changes, Sequences: s.sequences,
		ReadOnly: o.readOnly || newConfiguration(p).General.In(file).ReadOnly,
		InPopup:  inPopup(p),
		NoColor:  p.Getenv("NO_COLOR") != "", Version: versionText(p.Version), Input: p.Stdin, Output: p.Stdout,
	}
	if view := newConfiguration(p).General.In(file).View; view != config.ViewLast {
		s.options.View = view
	}
	return s, nil
}

// remember lets the dashboard take up where the last one was left.
func (s *screen) remember() {
	path := dashboardMemory(s.process.Getenv)
	if path == "" {
		return
	}
	s.options.Remembered = readMemory(path)
	s.options.Save = func(data []byte) error { return saveMemory(path, data) }
}

// record records what the service will tell, and lets the dashboard show what
// was recorded. The returned function waits for the end of it.
func (s *screen) record(service *engine.Service) (recorder *history.Recorder, wait func()) {
	settings := newConfiguration(s.process).History.In(loadQuietly(s.process))
	recorder, wait = record(s.process, service, settings, !s.watch.noHistory && settings.Enabled)
	if recorder != nil {
		s.options.Pasts = recorder
		if settings.Screens {
			s.options.Recordings = recordings{recorder}
		}
	}
	return recorder, wait
}

// loadQuietly reads the configuration where what is wrong with it is said by
// others.
func loadQuietly(p Process) config.File {
	file, _ := configLoader(p).Load()
	return file
}

// show runs a service and the dashboard on it until the user quits, and beside
// them what else is to run that long.
func (s *screen) show(ctx context.Context, service *engine.Service, beside ...func(context.Context)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.options.Jumper = newPaneJumper(ctx, s.process)
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { followFiles(ctx, s.process, service) })
	following.Go(func() { followConfiguration(ctx, s.process, s.watch, service, s.theme, s.changes) })
	for _, work := range beside {
		following.Go(func() { work(ctx) })
	}
	err := ui.Run(ctx, service, s.options)
	cancel()
	return errors.Join(err, <-ended)
}

// descriptor is a stream that may be a terminal.
type descriptor interface{ Fd() uintptr }

// terminal tells whether a stream, as its conversion to a descriptor gave it,
// is a terminal.
func terminal(stream descriptor, ok bool) bool {
	return ok && isatty.IsTerminal(stream.Fd())
}
