package cli

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"

	"agentwatch/engine/client"
	"agentwatch/internal/config"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/internal/notify"
	"agentwatch/themes"
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
	// hosts are the other machines that are watched.
	hosts []fleet.Host
	// theme is the flag.
	theme   string
	options ui.Options
	// changes brings newer settings, notifying those of the notifications of other machines,
	// sequences what others write to the terminal.
	changes   chan ui.Settings
	notifying chan notify.Config
	sequences chan string
}

// runDashboard runs engine and screen until the user quits.
func runDashboard(ctx context.Context, p Process, o watchOptions, theme string) error {
	s, err := newScreen(p, o, theme)
	if err != nil {
		return err
	}
	hosts, err := fleet.Choose(configuredHosts(p), o.hosts)
	if err != nil {
		return usageError(err)
	}
	s.hosts = hosts
	others := fleet.Options{Screen: true, Hosts: hosts, ReadOnly: s.options.ReadOnly, Notify: newConfiguration(p).Fleet.In(loadQuietly(p)).Notify}
	if others.Hub, err = openHub(p, o.hub, nil); err != nil {
		return err
	}
	if others.Hub != nil {
		defer others.Hub.Close()
		if others.Notify {
			if others.Teller, err = others.Hub.Teller(hub.TellOptions{}); err != nil {
				return err
			}
			defer others.Teller.Close()
		}
	}
	s.remember()
	return useMonitor(ctx, p, o, func(ctx context.Context, local *client.Monitor) error {
		return withHosts(ctx, local, others, s.show)
	})
}

// newScreen checks what the screen needs.
func newScreen(p Process, o watchOptions, theme string) (*screen, error) {
	in, inOK := p.Stdin.(descriptor)
	out, outOK := p.Stdout.(descriptor)
	if !terminal(in, inOK) || !terminal(out, outOK) {
		return nil, usageError(errNoTerminal)
	}
	if term := p.Getenv("TERM"); term == "" || term == "dumb" {
		return nil, usageError(errDumbTerminal)
	}
	// What is wrong with the file is said when it is read for the service.
	file, _ := configLoader(p).Load()
	settings, err := appearance(p, file, theme)
	if err != nil {
		return nil, err
	}
	s := &screen{process: p, watch: o, theme: theme, changes: make(chan ui.Settings, 1), notifying: make(chan notify.Config, 1), sequences: make(chan string)}
	s.options = ui.Options{
		Settings: settings, Changes: s.changes, Sequences: s.sequences,
		ReadOnly: o.readOnly || newConfiguration(p).General.In(file).ReadOnly,
		InPopup:  inPopup(p),
		Pair:     pairingOf(p),
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

// recall lets the dashboard show what has been recorded.
func (s *screen) recall(monitor face) {
	settings := newConfiguration(s.process).History.In(loadQuietly(s.process))
	if s.watch.noHistory || !settings.Enabled {
		return
	}
	s.options.Pasts = monitor
	if settings.Screens {
		s.options.Recordings = recordings{monitor}
	}
}

// loadQuietly reads the configuration where what is wrong with it is said by
// others.
func loadQuietly(p Process) config.File {
	file, _ := configLoader(p).Load()
	return file
}

// face is what the dashboard shows: the agents of this machine, or of several.
type face interface {
	ui.Monitor
	ui.Pasts
	screenStore
	SettingsChanged() <-chan struct{}
	Sequences(ctx context.Context, write func(string))
}

// show shows a monitor until the user quits.
func (s *screen) show(ctx context.Context, monitor face) error {
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer cancel()
	s.recall(monitor)
	s.options.Jumper = newPaneJumper(ctx, s.process, s.hosts)
	following.Go(func() { followAppearance(ctx, s.process, s.theme, monitor.SettingsChanged(), s.changes, s.notifying) })
	following.Go(func() { monitor.Sequences(ctx, func(text string) { s.write(ctx, text) }) })
	if m, others := monitor.(*fleet.Monitor); others {
		following.Go(func() { s.tellOfOthers(ctx, m) })
	}
	return ui.Run(ctx, monitor, s.options)
}

// write gives a sequence to the dashboard, which owns the terminal.
func (s *screen) write(ctx context.Context, sequence string) {
	select {
	case s.sequences <- sequence:
	case <-ctx.Done():
	}
}

// descriptor is a stream that may be a terminal.
type descriptor interface{ Fd() uintptr }

// terminal tells whether a stream, as its conversion to a descriptor gave it,
// is a terminal.
func terminal(stream descriptor, ok bool) bool {
	return ok && isatty.IsTerminal(stream.Fd())
}
